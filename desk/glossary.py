"""Terms of the glossary as they occur in a text."""

import re

from django.conf import settings
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from modeltranslation.utils import build_localized_fieldname

from desk.models import GlossaryTerm

TAG = re.compile(r"(<[^>]*>)")


def marked(text: str, language: str, *, is_html: bool) -> tuple[SafeString, list[dict]]:
    """`text` with each term underlined as a link to its entry, and these entries: term, translation, meaning."""
    name = build_localized_fieldname("term", settings.LANGUAGE_CODE)
    terms = {getattr(term, name).lower(): term for term in GlossaryTerm.objects.into(language)}
    if not terms:
        return (mark_safe(text) if is_html else conditional_escape(text)), []  # noqa: S308
    # The longest first.
    pattern = re.compile(rf"\b((?:{'|'.join(map(in_either_number, terms))}))\b", re.IGNORECASE)
    found: dict[int, GlossaryTerm] = {}

    def mark(piece: str, within_link: bool) -> str:
        """Escape `piece` of a plain text, and underline its terms."""
        parts = pattern.split(piece)
        for place in range(1, len(parts), 2):
            term = terms[singular(parts[place].lower(), terms)]
            found[term.pk] = term
            tag = '<span class="term">{}</span>' if within_link else '<a class="term" href="#term-{}">{}</a>'
            parts[place] = format_html(tag, *([] if within_link else [term.pk]), parts[place])
        return "".join(parts)

    if not is_html:
        return mark_safe(mark(conditional_escape(text), False)), entries(found, language)  # noqa: S308
    pieces, depth = TAG.split(text), 0
    for place, piece in enumerate(pieces):
        if piece.startswith("<a ") or piece == "</a>":
            depth += 1 if piece != "</a>" else -1
        elif not TAG.fullmatch(piece):
            pieces[place] = mark(piece, depth > 0)
    # Rich text was sanitised on its way into the database.
    return mark_safe("".join(pieces)), entries(found, language)  # noqa: S308


def in_either_number(term: str) -> str:
    """A pattern for an English term in the singular and plural."""
    return f"{re.escape(term[:-1])}(?:y|ies)" if term.endswith("y") else f"{re.escape(term)}(?:s|es)?"


def singular(word: str, terms) -> str:
    return next(form for form in (word, word[:-1], word[:-2], f"{word[:-3]}y") if form in terms)


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
