"""Settings with two languages and short sitemaps, for a quick export."""

from unic_site.settings import *  # noqa: F403

LANGUAGES = [("en", "English"), ("pl", "Polski")]
ROOT_URLCONF = "tests.staticexport.short_sitemaps"
