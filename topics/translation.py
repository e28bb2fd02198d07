from modeltranslation.translator import TranslationOptions, register

from topics.models import Audience, Topic


@register([Topic, Audience])
class NameTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = {"en": ("name",)}
