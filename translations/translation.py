from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from translations.desk.models import GlossaryTerm


@register(GlossaryTerm)
class GlossaryTermTranslation(TranslationOptions):
    fields = ("term",)
    required_languages = {settings.LANGUAGE_CODE: ("term",)}
