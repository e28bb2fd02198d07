from modeltranslation.translator import TranslationOptions, register

from events.models import Event


@register(Event)
class EventTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "place", "body", "report")
    required_languages = {"en": ("title", "summary")}
