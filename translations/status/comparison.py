"""Updates source texts and translations from the items that hold the texts."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from translations.status.fields import TARGET_LANGUAGES, text_fields, translated_models
from translations.status.models import SourceText, Translation, model_field

# The base managers, because the default manager of Translation processes changed items first.
translations, sources = Translation._base_manager, SourceText._base_manager
UPDATED = ["source", "translated_from", "target", "draft", "words", "changed_at"]
# (key, field) → language → text
Texts = dict[tuple[int, str], dict[str, str]]


def text_columns(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that hold the texts of `model`, in all languages."""
    names = [
        build_localized_fieldname(name, code) for name in text_fields(model) for code in settings.CONTENT_LANGUAGES
    ]
    return tuple(column for name in names if (column := model_field(model, name).column))


def word_count(text: str) -> int:
    """The estimated number of words: strings between spaces, line breaks and tags."""
    return len(text.replace("><", "> <").split())


def update_translations(model: type[models.Model], keys: Collection[int]):
    """Update the source texts and translations of the items of `model` with these primary keys."""
    label, now = model._meta.label_lower, timezone.now()
    condition = Q(model=label, object_id__in=keys)
    # Locked, so that a draft that is saved meanwhile is not overwritten.
    rows = translations.filter(condition).order_by("pk").select_for_update()
    stored = {(row.object_id, row.field, row.language): row for row in rows.defer("status")}
    texts = current_texts(model, keys)
    source_ids = ensure_source_texts(label, condition, texts)
    changed, current = [], set()
    for (key, field), by_language in texts.items():
        source = by_language[settings.LANGUAGE_CODE]
        for language in TARGET_LANGUAGES:
            target = by_language[language]
            if not source and not target:
                continue
            row_key = (key, field, language)
            current.add(row_key)
            row = stored.get(row_key)
            row = row or Translation(model=label, object_id=key, field=field, language=language, target="")
            source_id = source_ids[key, field, source] if source else None
            if row.pk and row.target == target and row.source_id == source_id:
                continue
            if row.target != target:
                row.translated_from_id = source_id if target else None
                row.draft = ""
            row.source_id, row.target, row.words, row.changed_at = source_id, target, word_count(source), now
            # Without the primary key, the upsert finds an existing row by its unique fields.
            row.pk = None
            changed.append(row)
    unique_fields = ["model", "object_id", "field", "language"]
    translations.bulk_create(changed, update_conflicts=True, update_fields=UPDATED, unique_fields=unique_fields)
    translations.filter(pk__in=[row.pk for row_key, row in stored.items() if row_key not in current]).delete()
    sources.filter(model=label, object_id__in=set(keys) - {key for key, _field in texts}).delete()


def current_texts(model: type[models.Model], keys: Collection[int]) -> Texts:
    """The texts of the items with these primary keys; deleted items are left out."""
    localized = {
        (field, code): build_localized_fieldname(field, code)
        for field in text_fields(model)
        for code in settings.CONTENT_LANGUAGES
    }
    texts: Texts = {}
    for item in models.QuerySet(model).filter(pk__in=keys).order_by().values("pk", *localized.values()):
        for (field, code), name in localized.items():
            texts.setdefault((item["pk"], field), {})[code] = item[name] or ""
    return texts


def ensure_source_texts(label: str, condition: Q, texts: Texts) -> dict[tuple[int, str, str], int]:
    """Create missing source texts. Returns (key, field, text) → primary key of the source text."""
    ids = {(row.object_id, row.field, row.text): row.pk for row in sources.filter(condition)}
    now = timezone.now()
    new = [
        SourceText(model=label, object_id=key, field=field, text=source, created_at=now)
        for (key, field), by_language in texts.items()
        if (source := by_language[settings.LANGUAGE_CODE]) and (key, field, source) not in ids
    ]
    for row in sources.bulk_create(new):
        ids[row.object_id, row.field, row.text] = row.pk
    return ids


def delete_untranslated():
    """Delete the rows of models, fields and languages that are no longer translated."""
    translated = Q(pk__in=[])
    for model in translated_models():
        translated |= Q(model=model._meta.label_lower, field__in=text_fields(model))
    translations.exclude(translated, language__in=TARGET_LANGUAGES).delete()
    sources.exclude(translated).delete()
