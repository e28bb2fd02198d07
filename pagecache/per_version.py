"""Decorator that keeps what a function read of the content until the content changes."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest

from pagecache.models import ContentVersion

Result = TypeVar("Result")


def cached_per_version(read: Callable[..., Result]) -> Callable[..., Result]:
    """Keep the results of `read` in this process until any content changes.

    The decorated function takes the request, then the arguments of `read`. The first call of a request asks the
    database for the content version, the others do not. All requests share a result, so nothing may change it: return
    tuples, with all related objects fetched. A request that may change content reads for itself, because its
    transaction can be rolled back.
    """
    entry: tuple[str, dict] = ("", {})

    @wraps(read)
    def cached(request: HttpRequest, *arguments):
        nonlocal entry
        if request.method not in ("GET", "HEAD"):
            return read(*arguments)
        version = ContentVersion.objects.of(request)
        # Replaced as a whole, because other threads read it meanwhile.
        kept_version, results = entry
        if kept_version != version or not version:
            # The version is read before the data, so that a result is never older than its version.
            results = {}
            entry = (version, results)
        if arguments not in results:
            results[arguments] = read(*arguments)
        return results[arguments]

    return cached
