"""Settings of the peer: this project as it would be with Django's cache of whole pages instead of the page store."""

from unic_site.settings import *  # noqa: F403
from unic_site.settings import MIDDLEWARE

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}}
HEADERS = MIDDLEWARE.index("health.middleware.ResponseHeadersMiddleware") + 1
# As far out as may be: it keeps nothing that says `no-cache`, which the middleware before adds.
MIDDLEWARE = [
    *MIDDLEWARE[:HEADERS],
    "django.middleware.cache.UpdateCacheMiddleware",
    *MIDDLEWARE[HEADERS:],
    "django.middleware.cache.FetchFromCacheMiddleware",
]
