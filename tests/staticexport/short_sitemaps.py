from pages.sitemaps import ContentSitemap
from unic_site.urls import *  # noqa: F403

ContentSitemap.limit = 5
