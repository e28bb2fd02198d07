"""Decorator that caches the result of a function until content changes."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest

from pagecache.models import ContentVersion

Result = TypeVar("Result")


def cached_per_version(read: Callable[..., Result]) -> Callable[..., Result]:
    """Cache the results of `read` in this process until any content changes.

    The decorated function takes the request, then the arguments of `read`. The first call in a request queries the
    content version, later calls do not. Requests share the result, so it must not be changed: return tuples, with all
    related objects fetched. Requests with unsafe methods, and those without a version, do not use the cache, because
    their transaction can be rolled back.
    """
    entry: tuple[str, dict] = ("", {})

    @wraps(read)
    def cached(request: HttpRequest, *arguments) -> Result:
        nonlocal entry
        if request.method not in ("GET", "HEAD"):
            return read(*arguments)
        version = ContentVersion.objects.of(request)
        if not version:
            return read(*arguments)
        # Read and replaced as a whole, because other threads use it at the same time.
        cached_version, results = entry
        if cached_version != version:
            # The version is read before the data, so that a result is never older than its version.
            results = {}
            entry = (version, results)
        if arguments not in results:
            results[arguments] = read(*arguments)
        return results[arguments]

    return cached
