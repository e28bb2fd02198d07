"""What changed between two wordings, word by word, for people who translate them."""

import re
from difflib import SequenceMatcher
from html import unescape

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

# TranslatedFields of unchanged text that stand around a change.
CONTEXT = 8


def word_changes(before: str, after: str) -> SafeString:
    """`after` as HTML, with what it has more in <ins> and what it has no longer in <del>; long stretches cut short."""
    old, new = words(before), words(after)
    if old == new:
        # Nothing that one reads: a link's address, or how it is formatted.
        old, new = before.split(), after.split()
    pieces = []
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (kind, old_start, old_end, new_start, new_end) in enumerate(changes):
        if kind == "equal":
            kept = new[new_start:new_end]
            pieces.append(shortened(kept, is_first=number == 0, is_last=number == len(changes) - 1))
        if old_start < old_end and kind != "equal":
            removed = " ".join(old[old_start:old_end])
            pieces.append(format_html('<del><span class="visually-hidden">{} </span>{}</del>', _("removed:"), removed))
        if new_start < new_end and kind != "equal":
            added = " ".join(new[new_start:new_end])
            pieces.append(format_html('<ins><span class="visually-hidden">{} </span>{}</ins>', _("added:"), added))
    return format_html_join(" ", "{}", ((piece,) for piece in pieces))


def words(text: str) -> list[str]:
    """The words that one reads. Formatted text starts with a tag; where a block of it ends, so does a word."""
    if not text.startswith("<"):
        return text.split()
    return unescape(strip_tags(re.sub(r"(</?(?:p|h\d|li|ul|ol|blockquote|br)\b)", r" \1", text))).split()


def shortened(kept: list[str], is_first: bool, is_last: bool) -> str:
    before = [] if is_first else kept[:CONTEXT]
    after = [] if is_last else kept[-CONTEXT:]
    if len(kept) <= len(before) + len(after) + 1:
        return " ".join(kept)
    return " ".join([*before, "…", *after])
