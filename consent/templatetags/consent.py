"""Rich text as visitors read it: with the content of others that its links stand for."""

import re
from html import unescape

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from consent.state import ConsentState
from editorial.typography import typeset_html

register = template.Library()

LINK_ALONE = re.compile(r'<p>\s*<a\s[^>]*?href="([^"]+)"[^>]*>[^<]*</a>\s*</p>')


@register.simple_tag(takes_context=True)
def rich_text(context, html: str | None) -> str:
    """`html`, which was sanitised when it was stored, typeset; a link alone in its paragraph to content that is
    declared becomes that content, or the question whether to load it."""
    html = typeset_html(html or "", getattr(html, "language", get_language()))
    if not LINK_ALONE.search(html) or "request" not in context:
        return mark_safe(html)  # noqa: S308
    request = context["request"]
    standing = ConsentState.of(request)

    def shown(match: re.Match) -> str:
        embed = standing.embeds.get(unescape(match[1]))
        if embed is None:
            return match[0]
        is_granted = embed.purpose.key in standing.granted
        if is_granted:
            standing.allow(embed)
        parameters = {
            "embed": embed,
            "is_granted": is_granted,
            "path": request.get_full_path(),
            "notice": standing.version.number if standing.version else "",
            "static_mirror": context.get("static_mirror", False),
        }
        return render_to_string("components/embed.html", parameters)

    return mark_safe(LINK_ALONE.sub(shown, html))  # noqa: S308
