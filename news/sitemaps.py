"""The news in the sitemap."""

from news.models import NewsItem
from pages.sitemaps import ContentSitemap


class NewsSitemap(ContentSitemap):
    model, section_kind = NewsItem, "news"
