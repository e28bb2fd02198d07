"""Content with pages of its own, and the history of its slugs."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.models.content import ContentQuerySet, ContentT, OrderedContent, first_free_name, slug_of
from editorial.texts import page_language_code


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
        language = page_language_code()
        past = PastSlug.objects.filter(section=self.model.content_section, slug=slug)
        # A language without a slug of its own uses that of the source language.
        own, source = (build_localized_fieldname("slug", code) for code in (language, settings.LANGUAGE_CODE))
        in_active = Q(**{own: slug}) | Q(**{source: slug}) & (Q(**{own: None}) | Q(**{own: ""}))
        in_any = Q()
        for code in settings.CONTENT_LANGUAGES:
            in_any |= Q(**{build_localized_fieldname("slug", code): slug})
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
        """Write the slugs in small letters, and make one from the heading in each language that has only a heading."""
        # Language → (slug of the heading, slug that the item got because the first was taken).
        self.numbered_slugs: dict[str, tuple[str, str]] = {}
        for code in settings.CONTENT_LANGUAGES:
            field = build_localized_fieldname("slug", code)
            heading = getattr(self, build_localized_fieldname(self.heading_field, code))
            if slug := getattr(self, field):
                setattr(self, field, slug.lower())
            elif heading:
                # A heading in a script other than Latin gives an empty slug.
                in_source = getattr(self, build_localized_fieldname("slug", settings.LANGUAGE_CODE))
                stem = slug_of(heading)[:90].strip("-") or in_source or str(self._meta.model_name)
                free = first_free_name(stem, self.taken_slugs("startswith", stem))
                setattr(self, field, free)
                if free != stem:
                    self.numbered_slugs[code] = stem, free

    def taken_slugs(self, lookup: str, value: str | Collection[str]) -> set[str]:
        """Return slugs that the item cannot have: those of others, in any language, that match `lookup`.

        A language without a slug of its own uses that of the source language, and an address with the slug of another
        language leads on, so that a slug that two items share in two languages would be ambiguous.
        """
        columns = [build_localized_fieldname("slug", code) for code in settings.CONTENT_LANGUAGES]
        matches = Q()
        for column in columns:
            matches |= Q(**{f"{column}__{lookup}": value})
        others = type(self).objects.exclude(pk=self.pk).filter(matches)
        return {slug for row in others.values_list(*columns) for slug in row if slug}

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Raise ValidationError for each slug that is taken, with a free one."""
        columns = {build_localized_fieldname("slug", code) for code in settings.CONTENT_LANGUAGES}
        slugs = {name: slug.lower() for name in columns - set(exclude or ()) if (slug := getattr(self, name))}
        taken = self.taken_slugs("in", set(slugs.values())) if slugs else set()
        errors: dict[str, Any] = {}
        for name, slug in slugs.items():
            if slug in taken:
                free = first_free_name(slug, self.taken_slugs("startswith", slug))
                errors[name] = ValidationError(
                    _("The address “%(slug)s” belongs to another page. Enter another one, such as “%(free)s”."),
                    code="unique",
                    params={"slug": slug, "free": free},
                )
        try:
            super().validate_unique(exclude={*(exclude or ()), *columns, "slug"})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)
