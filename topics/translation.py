from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from topics.models import Audience, Topic


@register([Topic, Audience])
class NameTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = {settings.LANGUAGE_CODE: ("name",)}
