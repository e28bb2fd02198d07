"""Comparison of the texts of items with what is known of them: what was translated, and from which wording."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from translations.status.models import TARGET_LANGUAGES, SourceText, Translation, text_fields, translated_models

# As the base managers have them: to read a translation through its own manager settles changed items first.
translations, sources = Translation._base_manager, SourceText._base_manager
UPDATED = ["source", "translated_from", "target", "draft", "words", "changed_at"]


def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that hold the texts of `model`, in all languages."""
    names = [
        build_localized_fieldname(name, code) for name in text_fields(model) for code in settings.CONTENT_LANGUAGES
    ]
    return tuple(model._meta.get_field(name).column for name in names)


def word_count(text: str) -> int:
    """An estimate: what stands between spaces, line breaks and tags."""
    return len(text.replace("><", "> <").split())


def compare(model: type[models.Model], keys: Collection[int]):
    """Bring the source texts and translations of these items of `model` up to date with the items."""
    label, now = model._meta.label_lower, timezone.now()
    of_items = Q(model=label, object_id__in=keys)
    # Locked, so that a draft that is proposed meanwhile is not overwritten.
    rows = translations.filter(of_items).order_by("pk").select_for_update()
    known = {(row.object_id, row.field, row.language): row for row in rows.defer("status")}
    present = texts_of(model, keys)
    source_keys = known_sources(label, of_items, present)
    written, current = [], set()
    for (key, field), texts in present.items():
        source = texts[settings.LANGUAGE_CODE]
        for language in TARGET_LANGUAGES:
            target = texts[language]
            if not source and not target:
                continue
            place = (key, field, language)
            current.add(place)
            row = known.get(place) or Translation(model=label, object_id=key, field=field, language=language, target="")
            source_id = source_keys[key, field, source] if source else None
            if row.pk and row.target == target and row.source_id == source_id:
                continue
            if row.target != target:
                row.translated_from_id = source_id if target else None
                row.draft = ""
            row.source_id, row.target, row.words, row.changed_at = source_id, target, word_count(source), now
            # Without its key: the row is found by its place.
            row.pk = None
            written.append(row)
    place_fields = ["model", "object_id", "field", "language"]
    translations.bulk_create(written, update_conflicts=True, update_fields=UPDATED, unique_fields=place_fields)
    translations.filter(pk__in=[row.pk for place, row in known.items() if place not in current]).delete()
    sources.filter(model=label, object_id__in=set(keys) - {key for key, _field in present}).delete()


def texts_of(model: type[models.Model], keys: Collection[int]) -> dict[tuple[int, str], dict[str, str]]:
    """Key and field → language → text, of the items that there are."""
    localized = {
        (field, code): build_localized_fieldname(field, code)
        for field in text_fields(model)
        for code in settings.CONTENT_LANGUAGES
    }
    found: dict[tuple[int, str], dict[str, str]] = {}
    for item in models.QuerySet(model).filter(pk__in=keys).order_by().values("pk", *localized.values()):
        for (field, code), name in localized.items():
            found.setdefault((item["pk"], field), {})[code] = item[name] or ""
    return found


def known_sources(label: str, of_items: Q, present: dict) -> dict[tuple[int, str, str], int]:
    """Key, field and text → key of the source text; those that are not known yet are added."""
    rows = sources.filter(of_items).values_list("object_id", "field", "text", "pk")
    known = {tuple(place): pk for *place, pk in rows}
    now = timezone.now()
    new = [
        SourceText(model=label, object_id=key, field=field, text=source, created_at=now)
        for (key, field), texts in present.items()
        if (source := texts[settings.LANGUAGE_CODE]) and (key, field, source) not in known
    ]
    for row in sources.bulk_create(new):
        known[row.object_id, row.field, row.text] = row.pk
    return known


def forget_what_is_not_translated():
    """Delete the rows of models, fields and languages that are not translated any more."""
    known = Q(pk__in=[])
    for model in translated_models():
        known |= Q(model=model._meta.label_lower, field__in=text_fields(model))
    translations.exclude(known, language__in=TARGET_LANGUAGES).delete()
    sources.exclude(known).delete()
