from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from news.models import NewsItem


@register(NewsItem)
class NewsItemTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary")}
