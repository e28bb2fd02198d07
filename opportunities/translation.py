from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from opportunities.models import Opportunity


@register(Opportunity)
class OpportunityTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "place", "funding", "eligibility", "how_to_apply", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary")}
