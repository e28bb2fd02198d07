"""Embedded third-party content, by itself and in rich text."""

import re
from html import unescape

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from consent.link_paragraphs import LINK_ONLY_PARAGRAPH
from consent.models import EmbeddedContent, Script
from consent.state import ConsentState
from editorial.typography import typeset_html

register = template.Library()


@register.filter
def tool_name(code: str) -> str:
    """Return the name of a tool whose interface this site knows, or ""."""
    return str(Script.Tool(code).label) if code in (Script.Tool.MATOMO, Script.Tool.GOOGLE) else ""


@register.simple_tag(takes_context=True)
def third_party(context, embed: EmbeddedContent) -> str:
    """Return embedded content, or a placeholder that asks for consent to load it.

    The content can be an instance that is not stored. It is a link if it is not published, if the notice in force does
    not name its provider with all of its origins, and in the static mirror. Select `provider__purpose` with it.
    """
    request = context.get("request")
    is_mirror = request is None or context.get("static_mirror", False)
    parameters: dict = {"embed": embed, "is_link": True}
    if not is_mirror and (state := ConsentState.for_request(request)).is_named(embed) and state.version:
        parameters = {
            "embed": embed,
            "is_loaded": state.loads(embed),
            "is_previewed": state.preview is not None and embed.provider.key in state.granted,
            "is_once": state.shown_once is embed,
            "is_first": embed.key not in state.placed,
            "provider": state.named_providers[embed.provider.key],
            "path": request.get_full_path(),
            "notice": state.version.number,
        }
        state.placed.add(embed.key)
    return mark_safe(render_to_string("components/embed.html", parameters))  # noqa: S308 (a template)


@register.simple_tag(takes_context=True)
def rich_text(context, html: str | None) -> str:
    """Return `html` typeset, with declared third-party content embedded.

    A paragraph that contains only a link to such content is replaced by the content, or by a placeholder that asks for
    consent. `html` was sanitised when it was stored.
    """
    html = typeset_html(html or "", getattr(html, "language", get_language()))
    if not LINK_ONLY_PARAGRAPH.search(html) or "request" not in context:
        return mark_safe(html)  # noqa: S308
    state = ConsentState.for_request(context["request"])

    def embed_or_link(match: re.Match) -> str:
        embed = state.embeds.get(unescape(match[1]))
        return third_party(context, embed) if embed and state.is_named(embed) else match[0]

    return mark_safe(LINK_ONLY_PARAGRAPH.sub(embed_or_link, html))  # noqa: S308
