"""Template variable for pages of the static mirror."""

from django.http import HttpRequest

from staticexport.site import MirrorRequest


def static_mirror(request: HttpRequest) -> dict[str, bool]:
    """Set `static_mirror`: True for a page of the mirror, where forms and the consent notice cannot work."""
    return {"static_mirror": isinstance(request, MirrorRequest)}
