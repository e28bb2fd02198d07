from modeltranslation.translator import TranslationOptions, register

from pictures.models import Picture


@register(Picture)
class PictureTranslation(TranslationOptions):
    fields = ("alt", "caption", "credit")
    # The model asks for the description itself, since decoration has none.
    required_languages = {"en": ()}
