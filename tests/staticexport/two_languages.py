"""The site's settings with two of its languages and few addresses in each file of the site map: a quick export."""

from unic_site.settings import *  # noqa: F403

LANGUAGES = [("en", "English"), ("pl", "Polski")]
ROOT_URLCONF = "tests.staticexport.short_sitemaps"
