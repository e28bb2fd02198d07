"""Settings of the peer: this project as it would be with Django's cache of whole pages instead of the page store."""

from unic_site.settings import *  # noqa: F403
from unic_site.settings import MIDDLEWARE

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}}
# Outermost and innermost, as its documentation asks.
MIDDLEWARE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    *MIDDLEWARE,
    "django.middleware.cache.FetchFromCacheMiddleware",
]
