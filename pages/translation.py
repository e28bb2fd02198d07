from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from pages.models import Page


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "short_title", "slug", "description", "lead", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "short_title", "description")}
