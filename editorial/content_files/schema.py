"""Sections and fields of the content files, derived from the models."""

import datetime

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from editorial.models import Content, content_models

# Fields that the program sets.
INTERNAL_FIELDS = ("id", "key", "updated_at")
# Not a field of the model: the list of past slugs of an item in the language of the file.
PAST_SLUGS = "past_slugs"


def models_by_section() -> dict[str, type[Content]]:
    """Return every content model by its section. Each comes after the models that it refers to."""
    remaining = content_models()
    ordered: dict[str, type[Content]] = {}
    while remaining:
        ready = [
            model
            for model in remaining
            if not any(f.related_model in remaining and f.related_model is not model for f in references(model))
        ]
        ordered |= {model.content_section: model for model in ready}
        remaining = [model for model in remaining if model not in ready]
    return ordered


def related_content(model_field: models.Field) -> type[Content] | None:
    """Return the content model that a field refers to, or None."""
    related = model_field.related_model if model_field.is_relation else None
    return related if isinstance(related, type) and issubclass(related, Content) else None


def references(model: type[Content]) -> list[models.Field]:
    """Return the fields of `model` that refer to other content."""
    return [field for field in (*model._meta.fields, *model._meta.many_to_many) if related_content(field)]


def is_translated(model: type[models.Model]) -> bool:
    return model in translator.get_registered_models()


def translated_fields(model: type[models.Model]) -> set[str]:
    """Return the names of the translated fields of `model`, without a language."""
    return set(translator.get_options_for_model(model).all_fields) if is_translated(model) else set()


def content_fields(model: type[Content]) -> dict[str, models.Field]:
    """Return the fields that a content file may have for `model`, by their names in the file."""
    localized = {
        build_localized_fieldname(name, code)
        for name in translated_fields(model)
        for code in settings.CONTENT_LANGUAGES
    }
    fields = (*model._meta.fields, *model._meta.many_to_many)
    return {f.name: f for f in fields if f.editable and f.name not in {*localized, *INTERNAL_FIELDS}}


def required_fields(model: type[Content]) -> set[str]:
    """Return the names of the fields that the source file must have for `model`."""
    required = {name for name, f in content_fields(model).items() if not f.blank and not f.has_default()}
    if not is_translated(model):
        return required
    languages = translator.get_options_for_model(model).required_languages
    in_source = languages.get(settings.LANGUAGE_CODE, ()) if isinstance(languages, dict) else ()
    return (required - translated_fields(model)) | set(in_source)


def type_error(model_field: models.Field, value: object) -> str | None:
    """Return the expected type of `value` in words, or None if `value` has that type.

    Raises FieldDoesNotExist for a class of field that content files do not support.
    """
    expected_types = (
        (models.BooleanField, bool, "true or false"),
        (models.DateField, datetime.date, "a date such as 2022-01-31"),
        (models.TimeField, datetime.time, "a time such as 09:30:00"),
        (models.DecimalField, (int, float), "a number"),
        (models.IntegerField, int, "a whole number"),
        ((models.CharField, models.TextField), str, "a text in quotes"),
    )
    for field_class, python_type, description in expected_types:
        if isinstance(model_field, field_class):
            is_bool_for_number = isinstance(value, bool) and field_class is not models.BooleanField
            is_datetime = isinstance(value, datetime.datetime)
            is_expected = isinstance(value, python_type) and not is_bool_for_number and not is_datetime
            return None if is_expected else description
    raise FieldDoesNotExist(f"content files do not support fields of the class {type(model_field).__name__}")
