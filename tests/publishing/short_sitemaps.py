"""The site's settings with two of its languages, and with few addresses in each file of the site map."""

from tests.publishing.two_languages import *  # noqa: F403

ROOT_URLCONF = "tests.publishing.short_sitemaps_urls"
