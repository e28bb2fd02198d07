"""What a person would notice in a translation at a glance, noticed by machine before it is kept.

Not translate-toolkit's filters: they don't say which number or link is missing, take a decimal comma for a fault, and
complain of one settled text of this site in six.
"""

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

from django.conf import settings
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_prose_editor.fields import ProseEditorField

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d+)*")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"“”„«»)]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]\b|\{\w*\}")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
SPACES = re.compile(r"\S[ \u00a0\u202f]{2,}\S")
QUOTES = set('"“”„‟«»‹›‘‚')
# Outer and inner quotation marks of each language; the apostrophe ’ is right in all.
QUOTES_OF = {
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
    """One remark on a translation. An error stands until it is mended; anything else a person may overrule."""

    message: str
    is_error: bool = False


class Markup(HTMLParser):
    """The tags, links and words of a piece of HTML."""

    VOID = {"br", "hr", "img"}
    WITHIN_A_LINE = {"a", "b", "em", "i", "strong"}

    def __init__(self, html: str):
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.unpaired: list[str] = []
        self.feed(html)
        self.close()
        self.unpaired += [f"<{tag}>" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag not in self.WITHIN_A_LINE:
            self.words.append("\n")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unpaired.append(f"</{tag}>")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def findings(source: str, target: str, language: str, *, is_html: bool = False, limit: int | None = None):
    """What is to be said of `target` as a translation of `source` into `language`, errors first."""
    found = []
    if is_html:
        before, after = Markup(source), Markup(target)
        found += [*pairs(after), *tags(before, after), *links(before.links, after.links, language)]
        source, target = before.text, after.text
    else:
        found += plain(source, target)
    found += [
        *length(target, limit),
        *placeholders(source, target),
        *numbers(source, target),
        *addresses(source, target),
        *spaces(target),
        *quotes(target, language),
    ]
    return sorted(found, key=lambda finding: not finding.is_error)


def findings_for(field, source: str, target: str, language: str) -> list[Finding]:
    """The findings on a text of the model field `field`, which knows its form and its length."""
    return findings(
        source, target, language, is_html=isinstance(field, ProseEditorField), limit=getattr(field, "max_length", None)
    )


def listed(words) -> str:
    return get_text_list([f"“{word}”" for word in words], _("and"))


def length(target: str, limit: int | None):
    over = len(target) - limit if limit else 0
    if over > 0:
        sentence = ngettext(
            "The text is %(over)s character too long: there is room for %(limit)s. Shorten it.",
            "The text is %(over)s characters too long: there is room for %(limit)s. Shorten it.",
            over,
        )
        yield Finding(sentence % {"over": over, "limit": limit}, is_error=True)


def pairs(after: Markup):
    if after.unpaired:
        sentence = _("These tags have no matching opening or closing tag: %(tags)s. Complete or remove them.")
        yield Finding(sentence % {"tags": listed(after.unpaired)}, is_error=True)


def plain(source: str, target: str):
    """Readers would see the tags of a text that is not formatted."""
    added = sorted(set(TAG.findall(target)) - set(TAG.findall(source)))
    if added:
        sentence = _("This text is not formatted, so readers would see %(tags)s as typed. Remove it.")
        yield Finding(sentence % {"tags": listed(added)}, is_error=True)


def tags(before: Markup, after: Markup):
    lost, added = before.tags - after.tags, after.tags - before.tags
    # Links are told apart by where they lead.
    lost, added = ([f"<{tag}> × {n}" for tag, n in sorted(tags.items()) if tag != "a"] for tags in (lost, added))
    if lost:
        yield Finding(_("Formatting of the source is missing: %(tags)s.") % {"tags": listed(lost)})
    if added:
        yield Finding(_("Formatting that the source does not have: %(tags)s.") % {"tags": listed(added)})


def links(before: list[str], after: list[str], language: str):
    lost = [link for link in dict.fromkeys(before) if not link.startswith("/") and link not in after]
    if lost:
        yield Finding(_("Links of the source are missing: %(links)s.") % {"links": listed(lost)})
    own, expected = ([link for link in links if link.startswith("/")] for links in (after, before))
    if len(own) != len(expected):
        sentence = _("Links to pages of this site: %(expected)s in the source, %(found)s here.")
        yield Finding(sentence % {"expected": len(expected), "found": len(own)})
    others = [f"/{code}/" for code in settings.CONTENT_LANGUAGES if code != language]
    astray = [link for link in dict.fromkeys(own) if link.startswith(tuple(others))]
    if astray:
        sentence = _("Links lead to pages in another language: %(links)s. Link to the same page in %(language)s.")
        yield Finding(sentence % {"links": listed(astray), "language": settings.CONTENT_LANGUAGES.get(language)})


def placeholders(source: str, target: str):
    before, after = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(target))
    if lost := before - after:
        sentence = _("Placeholders are missing: %(names)s. The program puts words there; keep them as they are.")
        yield Finding(sentence % {"names": listed(lost)}, is_error=True)
    if added := after - before if before else None:
        sentence = _("Placeholders that the source does not have: %(names)s. Remove them.")
        yield Finding(sentence % {"names": listed(added)}, is_error=True)


def numbers(source: str, target: str):
    """Numbers of the source that are not in the translation, however each language writes its separators."""
    present = {bare(number) for number in NUMBER.findall(target)} | set(re.findall(r"\d+", target))
    lost = []
    for number in dict.fromkeys(NUMBER.findall(source)):
        if bare(number) not in present and not set(re.findall(r"\d+", number)) <= present:
            lost.append(number)
    if lost:
        sentence = _("Numbers of the source are missing: %(numbers)s. Compare them.")
        yield Finding(sentence % {"numbers": listed(lost)})


def bare(number: str) -> str:
    """ "14.4", "14,4" → "144"."""
    return re.sub(r"\D", "", number)


def addresses(source: str, target: str):
    found = [address.rstrip(".,;:!?") for address in ADDRESS.findall(unescape(source))]
    lost = [address for address in dict.fromkeys(found) if address not in unescape(target)]
    if lost:
        yield Finding(_("Addresses of the source are missing: %(addresses)s.") % {"addresses": listed(lost)})


def spaces(target: str):
    if places := SPACES.findall(target):
        sentence = ngettext(
            "There are two spaces in a row in %(count)s place.",
            "There are two spaces in a row in %(count)s places.",
            len(places),
        )
        yield Finding(sentence % {"count": len(places)})


def quotes(target: str, language: str):
    right = QUOTES_OF.get(language)
    wrong = sorted(QUOTES & set(target) - set(right)) if right else []
    if wrong:
        sentence = _("Quotation marks of another language: %(wrong)s. In %(language)s write %(right)s.")
        words = {"wrong": " ".join(wrong), "right": right, "language": settings.CONTENT_LANGUAGES.get(language)}
        yield Finding(sentence % words)
