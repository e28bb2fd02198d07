"""Terms of the glossary as they occur in a text."""

import re
from html import unescape

from django.conf import settings
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from modeltranslation.utils import build_localized_fieldname

from translations.desk.models import GlossaryTerm

TAG = re.compile(r"(<[^>]*>)")


def marked(text: str, language: str, *, is_html: bool) -> tuple[SafeString, list[dict]]:
    """`text` with each term underlined as a link to its entry, and these entries: term, translation, meaning."""
    name = build_localized_fieldname("term", settings.LANGUAGE_CODE)
    # The longest first.
    terms = GlossaryTerm.objects.into(language)
    if not terms:
        return (mark_safe(text) if is_html else conditional_escape(text)), []  # noqa: S308
    # A group for each term, so that the match itself says which one it is. The matched text cannot: "İ" matches "I",
    # and its small form has two characters.
    groups = "|".join(f"({in_either_number(getattr(term, name))})" for term in terms)
    pattern = re.compile(rf"\b(?:{groups})\b", re.IGNORECASE)
    found: dict[int, GlossaryTerm] = {}

    def mark(words: str, within_link: bool) -> str:
        """`words` as HTML, its terms underlined."""
        parts, end = [], 0
        for match in pattern.finditer(words):
            term = terms[match.lastindex - 1]
            found[term.pk] = term
            tag = '<span class="term">{}</span>' if within_link else '<a class="term" href="#term-{}">{}</a>'
            parts.append(conditional_escape(words[end : match.start()]))
            parts.append(format_html(tag, *([] if within_link else [term.pk]), match[0]))
            end = match.end()
        return "".join([*parts, conditional_escape(words[end:])])

    if not is_html:
        return mark_safe(mark(text, False)), entries(found, language)  # noqa: S308
    pieces, depth = TAG.split(text), 0
    for place, piece in enumerate(pieces):
        if piece.startswith("<a ") or piece == "</a>":
            depth += 1 if piece != "</a>" else -1
        elif not TAG.fullmatch(piece):
            pieces[place] = mark(unescape(piece), depth > 0)
    # Rich text was sanitised on its way into the database.
    return mark_safe("".join(pieces)), entries(found, language)  # noqa: S308


def in_either_number(term: str) -> str:
    """A pattern for an English term in the singular and plural."""
    return f"{re.escape(term[:-1])}(?:y|ies)" if term.endswith("y") else f"{re.escape(term)}(?:s|es)?"


def entries(found: dict[int, GlossaryTerm], language: str) -> list[dict]:
    return [
        {
            "pk": term.pk,
            "term": getattr(term, build_localized_fieldname("term", settings.LANGUAGE_CODE)),
            "translation": getattr(term, build_localized_fieldname("term", language)),
            "note": term.note,
        }
        for term in found.values()
    ]
