"""Rich text with embedded third-party content."""

import re
from html import unescape

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from consent.state import ConsentState
from editorial.typography import typeset_html

register = template.Library()

LINK_ONLY_PARAGRAPH = re.compile(r'<p>\s*<a\s[^>]*?href="([^"]+)"[^>]*>[^<]*</a>\s*</p>')


@register.simple_tag(takes_context=True)
def rich_text(context, html: str | None) -> str:
    """Return `html` typeset, with declared third-party content embedded.

    A paragraph that contains only a link to such content is replaced by the content, or by a placeholder that asks for
    consent. `html` was sanitised when it was stored.
    """
    html = typeset_html(html or "", getattr(html, "language", get_language()))
    if not LINK_ONLY_PARAGRAPH.search(html) or "request" not in context:
        return mark_safe(html)  # noqa: S308
    request = context["request"]
    state = ConsentState.for_request(request)

    def embed_or_link(match: re.Match) -> str:
        embed = state.embeds.get(unescape(match[1]))
        if embed is None:
            return match[0]
        is_granted = embed.provider.key in state.granted
        if is_granted:
            state.allow(embed)
        parameters = {
            "embed": embed,
            "is_granted": is_granted,
            "path": request.get_full_path(),
            "notice": state.version.number if state.version else "",
            "static_mirror": context.get("static_mirror", False),
        }
        return render_to_string("components/embed.html", parameters)

    return mark_safe(LINK_ONLY_PARAGRAPH.sub(embed_or_link, html))  # noqa: S308
