"""What every page's frame shows of the alliance."""

from django.utils.functional import SimpleLazyObject

from alliance import cached


def alliance(request):
    """`alliance`: the alliance with its host university, or an empty value before any content is loaded."""
    return {"alliance": SimpleLazyObject(lambda: cached.alliance(request))}
