from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from events.models import Event


@register(Event)
class EventTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "place", "body", "report")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary")}
