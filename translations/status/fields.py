"""The models, fields and languages that have translations."""

from django.apps import apps
from django.conf import settings
from django.db import models
from modeltranslation.translator import translator

TARGET_LANGUAGES = [code for code in settings.CONTENT_LANGUAGES if code != settings.LANGUAGE_CODE]


def translated_models() -> list[type[models.Model]]:
    """The models with translated texts, in the order of INSTALLED_APPS."""
    registered = set(translator.get_registered_models(abstract=False))
    return [model for model in apps.get_models() if model in registered and text_fields(model)]


def text_fields(model: type[models.Model]) -> list[str]:
    """The names of the model's translated fields that hold text; slugs and files are left out."""
    return [
        name
        for name in translator.get_options_for_model(model).all_fields
        if not isinstance(model._meta.get_field(name), models.SlugField | models.FileField)
    ]
