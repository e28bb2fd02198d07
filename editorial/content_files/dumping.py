"""Dumping of the content in the database into content files."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import tomli_w
from django.conf import settings
from django.db.models.fields.files import FieldFile
from modeltranslation.utils import build_localized_fieldname

from editorial.content_files.schema import PAST_SLUGS, content_fields, models_by_section, translated_fields
from editorial.content_files.values import is_empty, stored_value
from editorial.fields import PictureField
from editorial.models import Content, PastSlug


def dump(folder: Path) -> list[Path]:
    """Write the content of the database into content files in `folder`. Return their paths.

    A language without texts has no file. Pictures are written into the folder images. Raises OSError.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents: dict[str, dict] = {code: {} for code in settings.CONTENT_LANGUAGES}
    past = past_slugs()
    for section, model in models_by_section().items():
        for item in model.objects.order_by("pk"):
            for code, values in dump_item(item, folder).items():
                # The current slug may also be in the history.
                if slugs := [slug for slug in past[section, item.key, code] if slug != values.get("slug")]:
                    values[PAST_SLUGS] = slugs
                if values or code == settings.LANGUAGE_CODE:
                    documents[code].setdefault(section, {})[item.key] = values
    written = []
    for code, document in documents.items():
        if document or code == settings.LANGUAGE_CODE:
            path = folder / f"{code}.toml"
            path.write_text(tomli_w.dumps(document), encoding="utf-8")
            written.append(path)
    return written


def past_slugs() -> dict[tuple[str, str, str], list[str]]:
    """Return the past slugs by section, key and language of their items."""
    found = defaultdict(list)
    for past in PastSlug.objects.order_by("pk"):
        found[past.section, past.key, past.language].append(past.slug)
    return found


def dump_item(item: Content, folder: Path) -> dict[str, dict[str, Any]]:
    """Return language → field name → value of one item, without empty fields and defaults."""
    values: dict[str, dict[str, Any]] = {code: {} for code in settings.CONTENT_LANGUAGES}
    for name, model_field in content_fields(type(item)).items():
        if name in translated_fields(type(item)):
            for code in settings.CONTENT_LANGUAGES:
                value = stored_value(item, build_localized_fieldname(name, code), model_field)
                if not is_empty(value):
                    values[code][name] = value
            continue
        value = stored_value(item, name, model_field)
        if isinstance(model_field, PictureField) and value:
            value = dump_picture(getattr(item, name), folder)
        if not is_empty(value):
            values[settings.LANGUAGE_CODE][name] = value
    return values


def dump_picture(file: FieldFile, folder: Path) -> str:
    """Copy the file of a picture into `folder`. Return its path relative to `folder`."""
    name = file.name or ""
    relative = Path("images") / name
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    with file.storage.open(name) as source:
        target.write_bytes(source.read())
    return relative.as_posix()
