from modeltranslation.translator import TranslationOptions, register

from consent.models import DeclaredCookie, EmbeddedContent, Notice, PrivacyPolicy, Purpose, Script
from consent.models.policy import RIGHTS, SECTIONS


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


@register(EmbeddedContent)
class EmbeddedContentTranslation(TranslationOptions):
    fields = ("title", "provider")
    required_languages = {"en": ("title", "provider")}


@register(Script)
class ScriptTranslation(TranslationOptions):
    fields = ("provider",)
    required_languages = {"en": ("provider",)}


@register(PrivacyPolicy)
class PrivacyPolicyTranslation(TranslationOptions):
    fields = (*SECTIONS, *RIGHTS)
    required_languages = {"en": ("controller",)}
