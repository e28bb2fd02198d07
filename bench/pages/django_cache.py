"""Settings for the comparison with Django's cache middleware instead of the page cache."""

from unic_site.settings import *  # noqa: F403
from unic_site.settings import MIDDLEWARE

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}}
POSITION = MIDDLEWARE.index("health.middleware.ResponseHeadersMiddleware") + 1
# As early as possible, but after the middleware that adds `no-cache`, because responses with it are not cached.
MIDDLEWARE = [
    *MIDDLEWARE[:POSITION],
    "django.middleware.cache.UpdateCacheMiddleware",
    *MIDDLEWARE[POSITION:],
    "django.middleware.cache.FetchFromCacheMiddleware",
]
