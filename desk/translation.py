from modeltranslation.translator import TranslationOptions, register

from desk.models import GlossaryTerm


@register(GlossaryTerm)
class GlossaryTermTranslation(TranslationOptions):
    fields = ("term",)
    required_languages = {"en": ("term",)}
