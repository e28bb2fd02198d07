"""Conversion and comparison of values in content files and in the database."""

import json
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import models
from django_countries.fields import CountryField

from editorial.clean_text import is_blank
from editorial.content_files.schema import related_content
from editorial.fields import PictureField
from editorial.images import clean_image
from editorial.models import Content


def digest(value: object) -> str:
    """Return the SHA-256 digest in hex of a value as in a content file. Equal values have equal digests."""
    return sha256(json.dumps(value, ensure_ascii=False, default=str, sort_keys=True).encode()).hexdigest()


EMPTY_DIGEST = digest(None)


def is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and is_blank(value))


def plain_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def stored_value(item: Content, stored_name: str, model_field: models.Field) -> Any:
    """Return the value of a field as in a content file, or None if it is empty or the default.

    The value of a picture is the SHA-256 digest of its file.
    """
    value = getattr(item, stored_name)
    if model_field.many_to_many:
        return [other.key for other in value.order_by("key")] or None
    if model_field.is_relation:
        return value.key if value else None
    if isinstance(model_field, PictureField):
        if not value:
            return None
        with value.storage.open(value.name) as file:
            return sha256(file.read()).hexdigest()
    if isinstance(model_field, CountryField):
        value = value.code
    if isinstance(value, Decimal):
        value = plain_number(value)
    if is_empty(value) or (value == model_field.get_default() and not model_field.null):
        return None
    return value


def file_digest(model_field: models.Field, value: Any, folder: Path) -> str:
    """Return the digest of `value` from a content file in `folder`, to compare with that of `stored_value`."""
    if is_empty(value) or (not model_field.null and value == model_field.get_default()):
        return EMPTY_DIGEST
    if isinstance(model_field, PictureField):
        return digest(sha256((folder / value).read_bytes()).hexdigest())
    if model_field.many_to_many:
        return digest(sorted(value))
    if isinstance(model_field, models.DecimalField):
        return digest(plain_number(Decimal(str(value))))
    return digest(value)


def python_value(model_field: models.Field, value: Any, folder: Path) -> Any:
    """Return `value` from a content file in `folder` as the model field expects it."""
    if related := related_content(model_field):
        return related.objects.get(key=value) if value else None
    if isinstance(model_field, PictureField) and value:
        path = folder / value
        with path.open("rb") as file:
            return clean_image(File(file, name=path.name))
    if value is None:
        return None if model_field.null else model_field.get_default()
    if isinstance(model_field, models.DecimalField):
        return Decimal(str(value))
    return value
