"""Content with pages of its own, and the history of its slugs."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.models.content import ContentQuerySet, ContentT, OrderedContent, first_free_name, slug_of


class PastSlug(models.Model):
    """Slug that an item had before in one language.

    Database triggers add a row when a slug changes and when a published item is deleted. The row refers to the item by
    section and key, so that a deleted item that is restored is found again. An item whose current slug is the same
    takes precedence.
    """

    section = models.CharField(max_length=60)
    language = models.CharField(max_length=20)
    slug = models.CharField(max_length=100)
    key = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "language", "slug"], name="past_slug_of_one")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.language} {self.section} {self.slug} → {self.key}"


class Gone(Http404):
    """The item with this slug was deleted."""

    status = 410


class SluggableQuerySet(ContentQuerySet[ContentT]):
    def get_by_slug(self, slug: str) -> ContentT:
        """Return the best match of `with_slug`. Raises Gone if the item was deleted, or Http404."""
        item = self.with_slug(slug).first()
        if item is not None:
            return item
        past = PastSlug.objects.filter(section=self.model.content_section, slug=slug)
        was_deleted = past.exclude(key__in=self.model.objects.values("key")).exists()
        raise Gone(slug) if was_deleted else Http404(slug)

    def with_slug(self, slug: str) -> Self:
        """Return the items that have or had `slug`, the best match first.

        The order is: current slug in the active language, past slug there, current slug in another language, past slug
        there. If the match is not the current slug, the view redirects to it.
        """
        language = get_language() or settings.LANGUAGE_CODE
        past = PastSlug.objects.filter(section=self.model.content_section, slug=slug)
        # A language without a slug of its own uses that of the source language.
        own, source = f"slug_{language}", f"slug_{settings.LANGUAGE_CODE}"
        in_active = Q(**{own: slug}) | Q(**{source: slug}) & (Q(**{own: None}) | Q(**{own: ""}))
        in_any = Q()
        for code in settings.CONTENT_LANGUAGES:
            in_any |= Q(**{f"slug_{code}": slug})
        matches = (in_active, Q(key__in=past.filter(language=language).values("key")), in_any)
        ranks = (models.When(match, then=number) for number, match in enumerate(matches))
        rank = models.Case(*ranks, default=len(matches))
        return self.filter(in_any | Q(key__in=past.values("key"))).order_by(rank, "pk")


class SluggableContent(OrderedContent):
    """Content with pages of its own, and a slug in each language."""

    slug = models.SlugField(
        _("address"),
        max_length=100,
        unique=True,
        null=True,
        blank=True,
        help_text=_(
            "The last part of the page's address in this language: letters without accents, digits, "
            "hyphens. If you leave it empty, it is made from the heading."
        ),
    )

    objects: ClassVar = SluggableQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        abstract = True

    def get_absolute_url(self) -> str:
        """Return the path of the item's page in the active language."""
        raise NotImplementedError

    def save(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("update_fields") is None:
            self.fill_slugs()
        super().save(*args, **kwargs)

    def fill_slugs(self) -> None:
        """Make a slug from the heading in each language that has a heading and no slug."""
        for code in settings.CONTENT_LANGUAGES:
            field = f"slug_{code}"
            heading = getattr(self, f"{self.heading_field}_{code}")
            if heading and not getattr(self, field):
                # A heading in a script other than Latin gives an empty slug.
                in_source = getattr(self, f"slug_{settings.LANGUAGE_CODE}")
                stem = slug_of(heading)[:90].strip("-") or in_source or str(self._meta.model_name)
                others = type(self).objects.exclude(pk=self.pk).filter(**{f"{field}__startswith": stem})
                setattr(self, field, first_free_name(stem, others.values_list(field, flat=True)))
