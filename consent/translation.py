from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from consent.models import DeclaredCookie, EmbeddedContent, Notice, PrivacyPolicy, Provider, Purpose
from consent.models.policy import RIGHTS, SECTIONS


@register(Notice)
class NoticeTranslation(TranslationOptions):
    fields = ("heading", "introduction", "controller")
    required_languages = {settings.LANGUAGE_CODE: ("heading", "introduction", "controller")}


@register(Purpose)
class PurposeTranslation(TranslationOptions):
    fields = ("name", "description")
    required_languages = {settings.LANGUAGE_CODE: ("name", "description")}


@register(DeclaredCookie)
class DeclaredCookieTranslation(TranslationOptions):
    fields = ("description",)
    required_languages = {settings.LANGUAGE_CODE: ("description",)}


@register(EmbeddedContent)
class EmbeddedContentTranslation(TranslationOptions):
    fields = ("title",)
    required_languages = {settings.LANGUAGE_CODE: ("title",)}


@register(Provider)
class ProviderTranslation(TranslationOptions):
    fields = ("data", "retention", "transfer")
    required_languages = {settings.LANGUAGE_CODE: ("data", "retention")}


@register(PrivacyPolicy)
class PrivacyPolicyTranslation(TranslationOptions):
    fields = (*SECTIONS, *RIGHTS)
    required_languages = {settings.LANGUAGE_CODE: ("controller",)}
