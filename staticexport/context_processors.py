"""Tells templates whether they render a page of the static mirror."""

from staticexport.site import MirrorRequest


def static_mirror(request) -> dict[str, bool]:
    """`static_mirror`: True on a page for a plain web space, where no form and no consent notice can work."""
    return {"static_mirror": isinstance(request, MirrorRequest)}
