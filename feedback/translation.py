from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from feedback.models import FeedbackPage


@register(FeedbackPage)
class FeedbackPageTranslation(TranslationOptions):
    fields = ("title", "description", "introduction", "confirmation", "unit", "building_access")
    required_languages = {settings.LANGUAGE_CODE: ("title", "description", "introduction", "confirmation")}
