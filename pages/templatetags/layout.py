"""What the frame of a page needs beyond its context: alternates, breadcrumbs and structured data."""

import json

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from editorial.alphabet import sort_key
from editorial.models import Content
from editorial.texts import UNTRANSLATED_ATTRIBUTE
from pages.pagination import page_query

register = template.Library()

# The characters that could end a script element or start a comment in it (HTML, section 4.12.1.3).
JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def alternates(context) -> list[dict]:
    """This page in every language that is offered, in the order of their own names: code, name, path, whether it is the
    active one, and whether the page's body is there in it, with words that offer it to whoever prefers it. Where the
    body is not there in the active one, the source's is canonical.

    A page that is none of the site's (an error) leads to the home page, and is offered in no other language.
    """
    subject = context.get("subject")
    there = context.get("languages_there") or languages_of(subject)
    part = context.get("list_page")
    query = page_query(1 if part is None else part.number, context.get("filter_query", ""))
    active = translation.get_language()
    found = []
    for code, name in sorted(settings.LANGUAGES, key=lambda pair: sort_key(pair[1], active)):
        with translation.override(code):
            # Translators: Name your own language in place of English. Shown to whoever's browser prefers it.
            offer = gettext("Read this page in English")
            path = subject.get_absolute_url() if subject else reverse("alliance:home")
        found.append(
            {
                "code": code,
                "name": name,
                "path": f"{path}{query}",
                "offer": offer if subject and code in there else "",
                "is_active": code == active,
                "is_there": code in there,
                "is_canonical": code == (active if active in there else settings.LANGUAGE_CODE),
                "is_source": code == settings.LANGUAGE_CODE,
            }
        )
    return found


@register.simple_tag(takes_context=True)
def page_url(context, number: int) -> str:
    """The address of one part of the list that this page shows a part of; `query` of the context narrows it."""
    return page_query(number, context.get("query", "")) or context["request"].path


def languages_of(subject) -> set[str]:
    """Those of the content that the page is about; all of them where it says what the program says."""
    return subject.languages() if isinstance(subject, Content) else set(settings.CONTENT_LANGUAGES)


class TranslationNote(template.Node):
    """What stands in it, and before that one line where some of it is not in the language of the page."""

    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        html = self.nodelist.render(context)
        if f" {UNTRANSLATED_ATTRIBUTE}>" not in html and f" {UNTRANSLATED_ATTRIBUTE} " not in html:
            return html
        return render_to_string("components/translation_note.html") + html


@register.tag
def translation_note(parser, token):
    """{% translation_note %} … {% endtranslation_note %}"""
    nodelist = parser.parse(["endtranslation_note"])
    parser.delete_first_token()
    return TranslationNote(nodelist)


@register.simple_tag(takes_context=True)
def absolute(context, path: str) -> str:
    """`path` with the scheme and host under which the visitor reads the site."""
    return context["request"].build_absolute_uri(path)


@register.simple_tag(takes_context=True)
def breadcrumbs(context) -> list:
    """The way from the home page to this one: pages and things with a title and an address."""
    subject, section = context.get("subject"), context.get("section")
    home = next((page for page in context["layout_pages"] if page.kind == page.Kind.HOME), None)
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
