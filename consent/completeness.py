"""Texts that the draft of the notice lacks. It is not put in force before they are complete."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from consent.models.cookie import DeclaredCookie
from consent.models.notice import Notice
from consent.models.provider import Provider
from consent.models.purpose import Purpose
from editorial.models import Content
from translations.status.models import Translation, model_field

Status = Translation.Status


@dataclass(frozen=True)
class Gap:
    """A text of the draft that is missing or stale in one language. `desk_url` is empty for the source language."""

    language: str
    item: Content
    field: str
    status: Translation.Status
    edit_url: str
    desk_url: str = ""

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES.get(self.language, self.language)

    @property
    def item_kind(self) -> str:
        return capfirst(str(self.item._meta.verbose_name))

    def __str__(self):
        return f"{self.language}: {self.item._meta.verbose_name} {self.item}, {self.field}: {self.status.label}"


class IncompleteNoticeError(Exception):
    """The draft of the notice lacks texts. `gaps` has them."""

    def __init__(self, gaps: list[Gap]):
        super().__init__("\n".join(map(str, gaps)))
        self.gaps = gaps


def draft_items() -> list[Content]:
    """Return all items whose texts are part of the draft."""
    providers, purposes = Provider.objects.in_use(), Purpose.objects.published()
    cookies = DeclaredCookie.objects.published()
    return [
        *Notice.objects.all(),
        *purposes,
        *providers,
        *cookies.filter(Q(purpose__in=purposes.necessary()) | Q(provider__in=providers)).prefetch_related(
            "purpose__cookies", "provider__cookies"
        ),
    ]


def gaps() -> list[Gap]:
    """Return the missing and stale texts of the draft in all languages that visitors are offered, by language."""
    items = draft_items()
    languages = [code for code, _name in settings.LANGUAGES]
    found = [*source_gaps(items), *translation_gaps(items, languages)]
    return sorted(found, key=lambda gap: languages.index(gap.language))


def source_gaps(items: list[Content]) -> Iterator[Gap]:
    for item in items:
        required = cast(dict, translator.get_options_for_model(type(item)).required_languages)
        for field in required[settings.LANGUAGE_CODE]:
            name = build_localized_fieldname(field, settings.LANGUAGE_CODE)
            if not getattr(item, name):
                label = str(model_field(type(item), field).verbose_name)
                yield Gap(settings.LANGUAGE_CODE, item, label, Status.MISSING, field_url(item, name))


def translation_gaps(items: list[Content], languages: list[str]) -> Iterator[Gap]:
    by_key = {(item._meta.label_lower, item.pk): item for item in items}
    texts = Translation.objects.of_items(items).filter(language__in=languages).missing_or_stale()
    for text in texts.select_related("source").order_by("model", "object_id", "pk"):
        item = by_key[text.model, text.object_id]
        yield Gap(
            text.language,
            item,
            text.field_label,
            Status.STALE if text.target else Status.MISSING,
            field_url(item, text.localized_field),
            text.desk_url,
        )


def field_url(item: Content, name: str) -> str:
    """Return the URL of a field. Cookies are rows in the form of their purpose or provider."""
    owner: Any = item
    if isinstance(item, DeclaredCookie):
        owner = item.provider or item.purpose
        name = f"cookies-{list(owner.cookies.all()).index(item)}-{name}"
    return f"{reverse(f'admin:consent_{owner._meta.model_name}_change', args=[owner.pk])}#id_{name}"
