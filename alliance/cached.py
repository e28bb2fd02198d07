"""The alliance, cached per content version."""

from django.http import Http404, HttpRequest

from alliance.models import Alliance
from pagecache.per_version import cached_per_version


@cached_per_version
def alliance() -> Alliance | None:
    """The alliance with its texts and host; None before content is loaded."""
    return Alliance.objects.with_host().first()


def get_alliance_or_404(request: HttpRequest) -> Alliance:
    """The alliance. Raises Http404 before content is loaded."""
    found = alliance(request)
    if found is None:
        raise Http404("no content is loaded")
    return found
