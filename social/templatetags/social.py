"""Template tags for link previews."""

from django import template
from django.template import Context

from social.cards import HEIGHT, WIDTH, Card, identity

register = template.Library()


@register.simple_tag(takes_context=True)
def share_card(context: Context) -> dict[str, str | int] | None:
    """Path, width and height of the share card of this page, or of the home page if this one has none.

    None before content is loaded.
    """
    subject, alliance = context.get("subject"), context.get("alliance")
    if identity(subject) is None:
        subject = next((page for page in context["layout_pages"] if page.kind == page.Kind.HOME), None)
    if not subject or not alliance:
        return None
    return {"path": Card.of(subject, alliance, context["universities"]).path, "width": WIDTH, "height": HEIGHT}
