"""Template tag that shows a picture of the library."""

from django import template

from pictures.models import Picture
from pictures.renditions import RATIOS, WHOLE

register = template.Library()


@register.inclusion_tag("components/picture.html")
def cover_picture(
    picture: Picture | None,
    sizes: str = "100vw",
    ratio: str = WHOLE,
    is_main: bool = False,
) -> dict:
    """Show `picture` if it is published.

    `sizes` is the attribute of that name in HTML. `is_main` is for the one picture that is visible without scrolling:
    the browser loads it first. All other pictures are loaded lazily.

    Raises TemplateSyntaxError for an unknown ratio.
    """
    if ratio not in RATIOS:
        raise template.TemplateSyntaxError(f"cover_picture has no ratio “{ratio}”; use one of {', '.join(RATIOS)}.")
    if picture is None or not picture.is_published:
        return {"picture": None}
    return {
        "picture": picture,
        "rendition": picture.rendition(ratio),
        "sizes": sizes,
        "is_main": is_main,
    }
