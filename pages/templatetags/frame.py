"""What the frame of a page needs beyond its context: alternates, breadcrumbs and structured data."""

import json

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe

register = template.Library()

# The characters that could end a script element or start a comment in it (HTML, section 4.12.1.3).
JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def alternates(context) -> list[dict]:
    """This page in every language that is offered: code, the language's own name, path, whether it is this one.

    A page that is none of the site's (an error) leads to the home page.
    """
    subject = context.get("subject")
    query = f"?{context['filter_query']}" if context.get("filter_query") else ""
    active = translation.get_language()
    found = []
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            path = subject.get_absolute_url() if subject else reverse("alliance:home")
        found.append({"code": code, "name": name, "path": f"{path}{query}", "is_active": code == active})
    return found


@register.simple_tag(takes_context=True)
def absolute(context, path: str) -> str:
    """`path` with the scheme and host under which the visitor reads the site."""
    return context["request"].build_absolute_uri(path)


@register.simple_tag(takes_context=True)
def breadcrumbs(context) -> list:
    """The way from the home page to this one: pages and things with a title and an address."""
    subject, section = context.get("subject"), context.get("section")
    home = next((page for page in context["frame_pages"] if page.kind == page.Kind.HOME), None)
    if subject is None or subject == home:
        return []
    return [step for step in (home, section, subject) if step is not None]


@register.simple_tag(takes_context=True)
def breadcrumb_data(context, steps) -> dict:
    """`steps` as schema.org's BreadcrumbList."""
    elements = [
        {
            "@type": "ListItem",
            "position": position,
            "name": str(step),
            "item": context["request"].build_absolute_uri(step.get_absolute_url()),
        }
        for position, step in enumerate(steps, start=1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": elements}


@register.simple_tag(takes_context=True)
def structured_data(context, thing) -> dict:
    """`thing` in the terms of schema.org, with its address."""
    url = context["request"].build_absolute_uri(thing.get_absolute_url())
    return {"@context": "https://schema.org", **thing.structured_data(), "url": url}


@register.simple_tag
def json_ld(data: dict) -> str:
    """`data` as a block of JSON-LD. Browsers run no such block, so the Content-Security-Policy lets it stand."""
    text = json.dumps(data, ensure_ascii=False).translate(JSON_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 (escaped above)
