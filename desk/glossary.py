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
    # The longest first, in the singular or plural.
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, terms))})(?=(?:s|es)?\b)", re.IGNORECASE)
    found: dict[str, GlossaryTerm] = {}

    def mark(piece: str, within_link: bool) -> str:
        """Escape `piece` of a plain text, and underline its terms."""
        parts = pattern.split(piece)
        for place in range(1, len(parts), 2):
            term = found.setdefault(parts[place].lower(), terms[parts[place].lower()])
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


def entries(found: dict[str, GlossaryTerm], language: str) -> list[dict]:
    return [
        {
            "pk": term.pk,
            "term": getattr(term, build_localized_fieldname("term", settings.LANGUAGE_CODE)),
            "translation": getattr(term, build_localized_fieldname("term", language)),
            "note": term.note,
        }
        for term in found.values()
    ]
