"""Glossary terms in a text."""

import re
from html import unescape

from django.conf import settings
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from modeltranslation.utils import build_localized_fieldname

from translations.desk.models import GlossaryTerm

TAG = re.compile(r"(<[^>]*>)")


def mark_terms(text: str, language: str, *, is_html: bool) -> tuple[SafeString, list[dict]]:
    """`text` as HTML with each term linked to its entry, and the entries of these terms for the template."""
    name = build_localized_fieldname("term", settings.LANGUAGE_CODE)
    # Longest first, so that the regular expression prefers "key area" to "area".
    terms = GlossaryTerm.objects.into(language)
    if not terms:
        return (mark_safe(text) if is_html else conditional_escape(text)), []  # noqa: S308
    # A group for each term identifies the matched term. The matched text cannot: "İ" matches "I", and its lower case
    # has two characters.
    groups = "|".join(f"({singular_or_plural(getattr(term, name))})" for term in terms)
    pattern = re.compile(rf"\b(?:{groups})\b", re.IGNORECASE)
    found: dict[int, GlossaryTerm] = {}

    def mark(plain: str, within_link: bool) -> str:
        parts, end = [], 0
        for match in pattern.finditer(plain):
            term = terms[(match.lastindex or 1) - 1]
            found[term.pk] = term
            tag = '<span class="term">{}</span>' if within_link else '<a class="term" href="#term-{}">{}</a>'
            parts.append(conditional_escape(plain[end : match.start()]))
            parts.append(format_html(tag, *([] if within_link else [term.pk]), match[0]))
            end = match.end()
        return "".join([*parts, conditional_escape(plain[end:])])

    if not is_html:
        return mark_safe(mark(text, False)), entries(found, language)  # noqa: S308
    pieces, depth = TAG.split(text), 0
    for index, piece in enumerate(pieces):
        if piece.startswith("<a ") or piece == "</a>":
            depth += 1 if piece != "</a>" else -1
        elif not TAG.fullmatch(piece):
            pieces[index] = mark(unescape(piece), depth > 0)
    # Rich text is sanitised before it is stored.
    return mark_safe("".join(pieces)), entries(found, language)  # noqa: S308


def singular_or_plural(term: str) -> str:
    """A regular expression for the singular and the plural of an English term."""
    return f"{re.escape(term[:-1])}(?:y|ies)" if term.endswith("y") else f"{re.escape(term)}(?:s|es)?"


def entries(terms: dict[int, GlossaryTerm], language: str) -> list[dict]:
    return [
        {
            "pk": term.pk,
            "term": getattr(term, build_localized_fieldname("term", settings.LANGUAGE_CODE)),
            "translation": getattr(term, build_localized_fieldname("term", language)),
            "note": term.note,
        }
        for term in terms.values()
    ]
