"""Automatic checks of a translation against its source.

translate-toolkit has such checks too, but they do not name the missing number or link, they report decimal commas, and
they report one in six finished texts of this site.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

from django.conf import settings
from django.db.models import Field
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_prose_editor.fields import ProseEditorField

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d+)*")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"“”„«»)]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# A number with "thousand" in one of the languages, whose words have endings.
THOUSANDS = re.compile(
    r"\b(\d+)(?:[.,](\d{1,3}))?\s*"
    r"(?:tys|tsd\b|tausend|mil\b|tuha|mille\b|milliers\b|tisuć|duizend|tusen|bin\b|thousand)",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]\b|\{\w*\}")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
SPACES = re.compile(r"\S[ \u00a0\u202f]{2,}\S")
QUOTES = set('"“”„‟«»‹›‘‚')
# Outer and inner quotation marks of each language. The apostrophe ’ is allowed in all languages.
QUOTES_BY_LANGUAGE = {
    "en": "“ ” ‘ ’",
    "pl": "„ ” « » ‚ ’",
    "nl": "‘ ’ “ ”",
    "es": "« » “ ”",
    "de": "„ “ ‚ ‘",
    "tr": "“ ” ‘ ’",
    "fr": "« » “ ”",
    "fi": "” ’ » «",
    "hr": "„ ” ‘ ’",
    "sv": "” ’ » «",
}


@dataclass(frozen=True)
class Finding:
    """A result of a check. An error must be corrected; a person may ignore a warning."""

    message: str
    is_error: bool = False


class Markup(HTMLParser):
    """The tags, links and text of a piece of HTML."""

    VOID = {"br", "hr", "img"}
    INLINE = {"a", "b", "em", "i", "span", "strong"}

    def __init__(self, html: str):
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.text_parts: list[str] = []
        self.open: list[str] = []
        self.unpaired: list[str] = []
        self.feed(html)
        self.close()
        self.unpaired += [f"<{tag}>" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag not in self.INLINE:
            self.text_parts.append("\n")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unpaired.append(f"</{tag}>")

    def handle_data(self, data):
        self.text_parts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.text_parts)


def findings(
    source: str, target: str, language: str, *, is_html: bool = False, limit: int | None = None
) -> list[Finding]:
    """Check `target` as a translation of `source` into `language`. Returns the findings, errors first.

    `limit` is the maximum number of characters.
    """
    found: list[Finding] = []
    if is_html:
        before, after = Markup(source), Markup(target)
        found += [*check_pairs(after), *check_tags(before, after), *check_links(before.links, after.links, language)]
        source, target = before.text, after.text
    else:
        found += check_plain_text(source, target)
    found += [
        *check_length(target, limit),
        *check_placeholders(source, target),
        *check_numbers(source, target),
        *check_addresses(source, target),
        *check_spaces(target),
        *check_quotes(target, language),
    ]
    return sorted(found, key=lambda finding: not finding.is_error)


def findings_for(field: Field, source: str, target: str, language: str) -> list[Finding]:
    """Check a text of `field`, which determines whether it is HTML and its maximum length."""
    return findings(
        source, target, language, is_html=isinstance(field, ProseEditorField), limit=getattr(field, "max_length", None)
    )


def quoted(words: str) -> str:
    """`words` in the quotation marks of the active language."""
    return _("“%s”") % words


def quoted_list(words: Iterable[str]) -> str:
    return get_text_list([quoted(word) for word in words], _("and"))


def check_length(target: str, limit: int | None) -> Iterator[Finding]:
    over = len(target) - limit if limit else 0
    if over > 0:
        sentence = ngettext(
            "The text is %(over)s character too long: there is room for %(limit)s. Shorten it.",
            "The text is %(over)s characters too long: there is room for %(limit)s. Shorten it.",
            over,
        )
        yield Finding(sentence % {"over": over, "limit": limit}, is_error=True)


def check_pairs(after: Markup) -> Iterator[Finding]:
    if after.unpaired:
        sentence = _("These tags have no matching opening or closing tag: %(tags)s. Complete or remove them.")
        yield Finding(sentence % {"tags": quoted_list(after.unpaired)}, is_error=True)


def check_plain_text(source: str, target: str) -> Iterator[Finding]:
    added = sorted(set(TAG.findall(target)) - set(TAG.findall(source)))
    if added:
        sentence = _("This text is not formatted, so readers would see %(tags)s as typed. Remove it.")
        yield Finding(sentence % {"tags": quoted_list(added)}, is_error=True)


def check_tags(before: Markup, after: Markup) -> Iterator[Finding]:
    # check_links compares links by their URLs. A span marks a phrase in another language, which may be the language of
    # the translation.
    missing, added = (
        [f"<{tag}> × {number}" for tag, number in sorted(tags.items()) if tag not in ("a", "span")]
        for tags in (before.tags - after.tags, after.tags - before.tags)
    )
    if missing:
        yield Finding(_("Formatting of the source is missing: %(tags)s.") % {"tags": quoted_list(missing)})
    if added:
        yield Finding(_("Formatting that the source does not have: %(tags)s.") % {"tags": quoted_list(added)})


def check_links(before: list[str], after: list[str], language: str) -> Iterator[Finding]:
    missing = [link for link in dict.fromkeys(before) if not link.startswith("/") and link not in after]
    if missing:
        yield Finding(_("Links of the source are missing: %(links)s.") % {"links": quoted_list(missing)})
    internal, expected = ([link for link in links if link.startswith("/")] for links in (after, before))
    if len(internal) != len(expected):
        sentence = _("Links to pages of this site: %(expected)s in the source, %(found)s here.")
        yield Finding(sentence % {"expected": len(expected), "found": len(internal)})
    other_prefixes = [f"/{code}/" for code in settings.CONTENT_LANGUAGES if code != language]
    wrong = [link for link in dict.fromkeys(internal) if link.startswith(tuple(other_prefixes))]
    if wrong:
        sentence = _("Links lead to pages in another language: %(links)s. Link to the same page in %(language)s.")
        yield Finding(sentence % {"links": quoted_list(wrong), "language": settings.CONTENT_LANGUAGES.get(language)})


def check_placeholders(source: str, target: str) -> Iterator[Finding]:
    before, after = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(target))
    if missing := before - after:
        sentence = _("Placeholders are missing: %(names)s. The program puts words there; keep them as they are.")
        yield Finding(sentence % {"names": quoted_list(missing)}, is_error=True)
    if added := after - before if before else None:
        sentence = _("Placeholders that the source does not have: %(names)s. Remove them.")
        yield Finding(sentence % {"names": quoted_list(added)}, is_error=True)


def check_numbers(source: str, target: str) -> Iterator[Finding]:
    """Numbers are compared without separators, because languages write them differently."""
    present = {digits_of(number) for number in NUMBER.findall(target)} | set(re.findall(r"\d+", target))
    present |= {whole + decimals.ljust(3, "0") for whole, decimals in THOUSANDS.findall(target)}
    missing = []
    for number in dict.fromkeys(NUMBER.findall(source)):
        if digits_of(number) not in present and not set(re.findall(r"\d+", number)) <= present:
            missing.append(number)
    if missing:
        sentence = _("Numbers of the source are missing: %(numbers)s. Compare them.")
        yield Finding(sentence % {"numbers": quoted_list(missing)})


def digits_of(number: str) -> str:
    """The digits without separators: "14.4" and "14,4" → "144"."""
    return re.sub(r"\D", "", number)


def check_addresses(source: str, target: str) -> Iterator[Finding]:
    found = [address.rstrip(".,;:!?") for address in ADDRESS.findall(unescape(source))]
    missing = [address for address in dict.fromkeys(found) if address not in unescape(target)]
    if missing:
        yield Finding(_("Addresses of the source are missing: %(addresses)s.") % {"addresses": quoted_list(missing)})


def check_spaces(target: str) -> Iterator[Finding]:
    if places := SPACES.findall(target):
        sentence = ngettext(
            "There are two spaces in a row in %(count)s place.",
            "There are two spaces in a row in %(count)s places.",
            len(places),
        )
        yield Finding(sentence % {"count": len(places)})


def check_quotes(target: str, language: str) -> Iterator[Finding]:
    allowed = QUOTES_BY_LANGUAGE.get(language)
    wrong = sorted(QUOTES & set(target) - set(allowed)) if allowed else []
    if wrong:
        sentence = _("Quotation marks of another language: %(wrong)s. In %(language)s write %(right)s.")
        values = {"wrong": " ".join(wrong), "right": allowed, "language": settings.CONTENT_LANGUAGES.get(language)}
        yield Finding(sentence % values)
