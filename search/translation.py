from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from search.models import Synonyms


@register(Synonyms)
class SynonymsTranslation(TranslationOptions):
    fields = ("words",)
    required_languages = {settings.LANGUAGE_CODE: ("words",)}
