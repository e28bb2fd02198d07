from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from partners.models import PartnerUniversity


@register(PartnerUniversity)
class PartnerUniversityTranslation(TranslationOptions):
    fields = ("name", "slug", "city", "city_past", "logo_alt", "summary", "description", "city_story", "alliance_role")
    required_languages = {settings.LANGUAGE_CODE: ("name", "city", "summary")}
