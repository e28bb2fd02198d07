from modeltranslation.translator import TranslationOptions, register

from consent.models import DeclaredCookie, EmbeddedContent, Notice, PrivacyPolicy, Provider, Purpose
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
    fields = ("description",)
    required_languages = {"en": ("description",)}


@register(EmbeddedContent)
class EmbeddedContentTranslation(TranslationOptions):
    fields = ("title",)
    required_languages = {"en": ("title",)}


@register(Provider)
class ProviderTranslation(TranslationOptions):
    fields = ("data", "retention", "transfer")
    required_languages = {"en": ("data", "retention")}


@register(PrivacyPolicy)
class PrivacyPolicyTranslation(TranslationOptions):
    fields = (*SECTIONS, *RIGHTS)
    required_languages = {"en": ("controller",)}
