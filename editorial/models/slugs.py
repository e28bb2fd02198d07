"""Content with a page of its own, and the history of its slugs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.models.content import ContentQuerySet, OrderedContent, first_free_name, slug_of


class PastSlug(models.Model):
    """An address that one item had in one language before; database triggers write it when the address changes, and
    when an item that visitors could read is deleted.

    It names the item by section and key, so that one which was deleted and brought back is found again. Whatever has
    the address now goes first, so it is never in anybody's way.
    """

    section = models.CharField(max_length=60)
    language = models.CharField(max_length=20)
    slug = models.CharField(max_length=100)
    key = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "language", "slug"], name="past_slug_of_one")]
        default_permissions = ()

    def __str__(self):
        return f"{self.language} {self.section} {self.slug} → {self.key}"


class Gone(Http404):
    """What had the address was deleted."""

    status = 410


class SluggableQuerySet(ContentQuerySet):
    def at(self, slug: str):
        """What answers to `slug` first. Raises Http404, or Gone, where nothing does."""
        found = self.with_slug(slug).first()
        if found is None:
            raise self.absence(slug)
        return found

    def absence(self, slug: str) -> Http404:
        """What to raise where nothing answers to `slug`."""
        past = PastSlug.objects.filter(section=self.model.content_section, slug=slug)
        was_deleted = past.exclude(key__in=self.model.objects.values("key")).exists()
        return Gone(slug) if was_deleted else Http404(slug)

    def with_slug(self, slug: str):
        """What answers to `slug`: what has this address in the active language first, then what had it there before,
        then what has it in another language, then what had it in another.

        A view that finds something under another address than its own redirects to that.
        """
        language = get_language() or settings.LANGUAGE_CODE
        past = PastSlug.objects.filter(section=self.model.content_section, slug=slug)
        # Where a language has no address of its own, that of the source language is in use.
        own, source = f"slug_{language}", f"slug_{settings.LANGUAGE_CODE}"
        in_active = Q(**{own: slug}) | Q(**{source: slug}) & (Q(**{own: None}) | Q(**{own: ""}))
        in_any = Q()
        for code in settings.CONTENT_LANGUAGES:
            in_any |= Q(**{f"slug_{code}": slug})
        ways = (in_active, Q(key__in=past.filter(language=language).values("key")), in_any)
        rank = models.Case(*(models.When(way, then=place) for place, way in enumerate(ways)), default=len(ways))
        return self.filter(in_any | Q(key__in=past.values("key"))).order_by(rank, "pk")


class SluggableContent(OrderedContent):
    """Content with a page of its own, at an address that each language has in its own words."""

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

    objects = SluggableQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        abstract = True

    def save(self, *args, **kwargs):
        if kwargs.get("update_fields") is None:
            self.fill_slugs()
        super().save(*args, **kwargs)

    def fill_slugs(self):
        """Make an address from the heading in each language that has a heading and no address."""
        for code in settings.CONTENT_LANGUAGES:
            field = f"slug_{code}"
            heading = getattr(self, f"{self.heading_field}_{code}")
            if heading and not getattr(self, field):
                # Of a heading in another script nothing is left.
                in_source = getattr(self, f"slug_{settings.LANGUAGE_CODE}")
                stem = slug_of(heading)[:90].strip("-") or in_source or self._meta.model_name
                others = type(self).objects.exclude(pk=self.pk).filter(**{f"{field}__startswith": stem})
                setattr(self, field, first_free_name(stem, others.values_list(field, flat=True)))
