"""How templates show a picture of the library."""

from django import template

from pictures.models import Picture
from pictures.sizes import RATIOS, WHOLE

register = template.Library()


@register.inclusion_tag("components/picture.html")
def cover_picture(
    picture: Picture | None,
    sizes: str = "100vw",
    ratio: str = WHOLE,
    is_main: bool = False,
    with_caption: bool = True,
) -> dict:
    """Show `picture`, if there is one that visitors may see.

    `sizes` tells the browser how wide it will stand, as in HTML. `is_main` is for the one picture that belongs to the
    first view of a page: the browser fetches it first, and all others when they come near.
    """
    if ratio not in RATIOS:
        raise template.TemplateSyntaxError(f"cover_picture knows no ratio “{ratio}”; use one of {', '.join(RATIOS)}.")
    if picture is None or not picture.is_published:
        return {"picture": None}
    return {
        "picture": picture,
        "rendition": picture.rendition(ratio),
        "sizes": sizes,
        "is_main": is_main,
        "with_caption": with_caption,
    }
