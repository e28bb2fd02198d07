from modeltranslation.translator import TranslationOptions, register

from consent.models import DeclaredCookie, Notice, Purpose


@register(Notice)
class NoticeTranslation(TranslationOptions):
    fields = ("heading", "introduction", "controller")
    required_languages = {"en": ("heading", "introduction", "controller")}


@register(Purpose)
class PurposeTranslation(TranslationOptions):
    fields = ("name", "description")
    required_languages = {"en": ("name", "description")}


@register(DeclaredCookie)
class DeclaredCookieTranslation(TranslationOptions):
    fields = ("provider", "description", "duration")
    required_languages = {"en": ("provider", "description", "duration")}
