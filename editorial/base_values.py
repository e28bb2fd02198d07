"""Base values: digests of the values that a form was rendered with, for finding what others changed since.

When a form is submitted, there are three values of each field: the base value, the stored value, and the submitted one.
"""

from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models

BASE_VALUES = "base_values"


@dataclass
class BaseValues:
    """The base values of a form, as its hidden input carries them. Only the user of the form could forge them."""

    values: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __str__(self) -> str:
        return signing.dumps([self.at.timestamp(), self.values], salt=BASE_VALUES, compress=True)

    @classmethod
    def read(cls, text: str) -> "BaseValues":
        """Return the base values in `text`. If it is damaged, there are none, and each difference is a conflict."""
        try:
            at, values = signing.loads(text, salt=BASE_VALUES)
        except signing.BadSignature:
            return cls()
        return cls(values, datetime.fromtimestamp(at, UTC))


class RenderedField(forms.CharField):
    """Hidden field that is always rendered with its initial value, also in a submitted form."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


def unix_newlines(text: str) -> str:
    """Return `text` with "\\n" for each line break. Browsers submit "\\r\\n" for it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fingerprint(form_field: forms.Field, model_field: models.Field, value: Any) -> str | list[str]:
    """Return a digest of a stored or submitted value. It is the same for values that are stored alike.

    The fingerprint of a many-to-many field is the list of its keys, so that the changes of two users can be merged.
    """
    if model_field.many_to_many:
        return sorted(str(getattr(other, "pk", other)) for other in value or ())
    if model_field.is_relation:
        value = getattr(value, "pk", value)
    elif not isinstance(model_field, models.FileField):
        with suppress(ValidationError, TypeError, ValueError):
            # get_prep_value sanitises rich text.
            value = model_field.get_prep_value(form_field.to_python(value))
    if isinstance(value, Decimal):
        value = value.normalize()
    elif isinstance(value, datetime):
        value = value.astimezone(UTC)
    text = "" if value is None else unix_newlines(str(value))
    return urlsafe_b64encode(sha256(text.encode(errors="replace")).digest()[:6]).decode()
