from modeltranslation.translator import TranslationOptions, register

from news.models import NewsItem


@register(NewsItem)
class NewsItemTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "body")
    required_languages = {"en": ("title", "summary")}
