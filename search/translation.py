from modeltranslation.translator import TranslationOptions, register

from search.models import Synonyms


@register(Synonyms)
class SynonymsTranslation(TranslationOptions):
    fields = ("words",)
    required_languages = {"en": ("words",)}
