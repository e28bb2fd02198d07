"""Excerpts of texts with the matched words marked."""

from collections.abc import Collection, Iterator, Sequence

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from editorial.texts import TranslatedText
from editorial.typography import typeset
from search.words import normalized, plain_text, words

MAX_LENGTH = 240
# A shorter text does not say enough alone.
SHORT = 80
# Characters before the first match.
LEAD = 60


def spans(text: str, found: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Return start, end and normalised form of each word of `text` that is in `found`.

    A word with joints is marked as a whole: post-industrial, l’alliance.
    """
    for word in words(text):
        for form in word.forms:
            if (key := normalized(form)) in found:
                yield word.start, word.end, key
                break


def marked(text: TranslatedText, found: Collection[str]) -> SafeString:
    """Return `text` as HTML with the matched words marked."""
    return as_html(text, text, found)


def excerpt(texts: Sequence[TranslatedText], description: TranslatedText, found: Collection[str]) -> SafeString:
    """Return the part of one of `texts` with the most matched words as HTML.

    A short text is followed by the start of `description`, which also stands alone if no text matches.
    """
    description = TranslatedText(plain_text(description), description.language)
    best, best_start, most = description, 0, 0
    for text in (TranslatedText(plain_text(text), text.language) for text in texts):
        matches = list(spans(text, found))
        for start, _end, _key in matches:
            distinct = len({key for s, e, key in matches if start <= s and e <= start - LEAD + MAX_LENGTH})
            if distinct > most:
                best, best_start, most = text, start, distinct
    html = as_html(best, cut(best, best_start), found)
    if len(best) > SHORT or best == description or not description:
        return html
    return format_html("{} – {}", html, as_html(description, cut(description, 0), found))


def cut(text: str, position: int) -> str:
    """Return the part of `text` around `position`, between two words."""
    if len(text) <= MAX_LENGTH:
        return text
    start = 0
    if position > LEAD:
        start = text.find(" ", position - LEAD) + 1 or position
        start = min(start, position)
    end = len(text)
    if start + MAX_LENGTH < end:
        end = text.rfind(" ", position + 1, start + MAX_LENGTH)
        end = end if end > position else start + MAX_LENGTH
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def as_html(text: TranslatedText, part: str, found: Collection[str]) -> SafeString:
    """Return `part` of `text` as HTML with the matched words marked, and its language if the page has another."""
    shown = typeset(part, text.language)
    pieces, position = [], 0
    for start, end, _key in spans(shown, found):
        pieces += [escape(shown[position:start]), "<mark>", escape(shown[start:end]), "</mark>"]
        position = end
    html = "".join([*pieces, escape(shown[position:])])
    attributes = text.attributes
    return mark_safe(f"<span{attributes}>{html}</span>" if attributes else html)  # noqa: S308 (escaped)
