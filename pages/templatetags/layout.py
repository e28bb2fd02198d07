"""Template tags of the page layout: alternates, pagination, breadcrumbs and structured data."""

import json
from urllib.parse import urlsplit

from babel.core import get_global
from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from editorial.alphabet import sort_key
from editorial.clean_text import xml_text
from editorial.models import Content
from editorial.texts import UNTRANSLATED_ATTRIBUTE, page_language_code
from pages import sections
from pages.models import Page
from pages.pagination import page_query
from pages.structured_data import without_empty

register = template.Library()

# The likely territory of English is outside Europe.
EUROPEAN_ENGLISH = {"en": "GB"}
# Characters that could end a script element or start a comment in it (HTML, section 4.12.1.3).
JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def alternates(context) -> list[dict]:
    """The versions of this page in all languages, sorted by the names of the languages.

    `offer` is a link text in that language, empty if the page is not fully translated (`is_available`). The source
    language is canonical if the active language is not available. On an error page, which has no `subject`, the links
    lead to the home page.
    """
    subject = context.get("subject")
    available = context.get("available_languages") or languages_of(subject)
    page_obj = context.get("page_obj")
    query = page_query(1 if page_obj is None else page_obj.number, context.get("filter_query", ""))
    active = translation.get_language()
    found = []
    for code, name in sorted(settings.LANGUAGES, key=lambda pair: sort_key(pair[1], active)):
        with translation.override(code):
            # Translators: Replace “English” by the name of your language. Visitors whose browser prefers it see this.
            offer = gettext("Read this page in English")
            path = subject.get_absolute_url() if subject else reverse("alliance:home")
        found.append(
            {
                "code": code,
                "name": name,
                "path": f"{path}{query}",
                "offer": offer if subject and code in available else "",
                "is_active": code == active,
                "is_available": code in available,
                "is_canonical": code == (active if active in available else settings.LANGUAGE_CODE),
                "is_source": code == settings.LANGUAGE_CODE,
            }
        )
    return found


@register.simple_tag
def source_language() -> str:
    """The language that the content is written in first."""
    return settings.LANGUAGE_CODE


@register.simple_tag(takes_context=True)
def page_url(context, number: int) -> str:
    """The URL of page `number` of the list on this page. `filter_query` in the context holds the filters."""
    return page_query(number, context.get("filter_query", "")) or context["request"].path


def languages_of(subject: object) -> set[str]:
    """The languages with the full text of `subject`; all languages if it is not content from the database."""
    return subject.languages() if isinstance(subject, Content) else set(settings.CONTENT_LANGUAGES)


class TranslationNote(template.Node):
    """Renders the content of the tag, and a note above it if part of the content is not translated."""

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


@register.simple_tag
def open_graph_locale() -> str:
    """The active language with a territory, as the Open Graph protocol wants it: pl_PL."""
    language, *subtags = page_language_code().split("-")
    # A subtag of four letters is a script, as in sr-latn.
    territory = next((subtag for subtag in subtags if len(subtag) == 2), EUROPEAN_ENGLISH.get(language))
    if not territory:
        # Likely subtags (Unicode, UTS 35): pl → pl_Latn_PL, zh_Hant → zh_Hant_TW.
        likely = get_global("likely_subtags")
        with_script = "_".join([language, *map(str.title, subtags)])
        territory = (likely.get(with_script) or likely.get(language, language)).rpartition("_")[2]
    return f"{language}_{territory.upper()}"


@register.simple_tag(takes_context=True)
def absolute(context, path: str) -> str:
    """`path` as an absolute URL with the host of the request."""
    return context["request"].build_absolute_uri(path)


@register.simple_tag(takes_context=True)
def breadcrumbs(context) -> list:
    """The home page, the parent of the section, the section and this page; empty on the home page.

    Those that do not exist are left out.
    """
    subject, section = context.get("subject"), context.get("section")
    by_kind = {page.kind: page for page in context["layout_pages"]}
    home = by_kind.get(Page.Kind.HOME)
    if subject is None or subject == home:
        return []
    parent = by_kind.get(sections.parent_of(getattr(section or subject, "kind", "")))
    return [crumb for crumb in (home, parent, section, subject) if crumb is not None]


@register.simple_tag(takes_context=True)
def breadcrumb_data(context, crumbs) -> dict:
    """`crumbs` as BreadcrumbList of schema.org."""
    elements = [
        {
            "@type": "ListItem",
            "position": position,
            "name": str(crumb),
            "item": context["request"].build_absolute_uri(crumb.get_absolute_url()),
        }
        for position, crumb in enumerate(crumbs, start=1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": elements}


@register.simple_tag(takes_context=True)
def structured_data(context, item) -> dict:
    """`item` in the vocabulary of schema.org, with its URL and without empty properties."""
    url = context["request"].build_absolute_uri(item.get_absolute_url())
    return without_empty({"@context": "https://schema.org", **item.structured_data(), "url": url})


@register.filter
def host(url: str) -> str:
    """The host name of `url` without www, such as uni.example.org."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


@register.simple_tag
def json_ld(data: dict) -> str:
    """`data` as a JSON-LD script element. It is not executed, so the Content-Security-Policy allows it."""
    text = xml_text(json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)).translate(JSON_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 (escaped above)
