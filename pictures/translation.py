from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from pictures.models import Picture


@register(Picture)
class PictureTranslation(TranslationOptions):
    fields = ("alt", "caption", "credit")
    # The model requires the description itself, because a decorative picture has none.
    required_languages = {settings.LANGUAGE_CODE: ()}
