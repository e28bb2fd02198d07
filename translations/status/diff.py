"""Word by word diff of two versions of a text, for translators."""

import re
from difflib import SequenceMatcher
from html import unescape

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

# Unchanged words shown on each side of a change.
CONTEXT = 8


def word_diff(before: str, after: str) -> SafeString:
    """`after` as HTML, with added words in <ins>, removed words in <del>, and long unchanged passages shortened."""
    old, new = visible_words(before), visible_words(after)
    if old == new:
        # Only markup changed, such as the URL of a link: compare the HTML source.
        old, new = before.split(), after.split()
    pieces = []
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (kind, old_start, old_end, new_start, new_end) in enumerate(changes):
        if kind == "equal":
            unchanged = new[new_start:new_end]
            pieces.append(shortened(unchanged, is_first=number == 0, is_last=number == len(changes) - 1))
        if old_start < old_end and kind != "equal":
            removed = " ".join(old[old_start:old_end])
            pieces.append(format_html('<del><span class="visually-hidden">{} </span>{}</del>', _("removed:"), removed))
        if new_start < new_end and kind != "equal":
            added = " ".join(new[new_start:new_end])
            pieces.append(format_html('<ins><span class="visually-hidden">{} </span>{}</ins>', _("added:"), added))
    return format_html_join(" ", "{}", ((piece,) for piece in pieces))


def visible_words(text: str) -> list[str]:
    """The words of a plain text, or of a text in HTML without its tags."""
    if not text.startswith("<"):
        return text.split()
    # A space before each block, so that the last word of a paragraph and the first of the next stay apart.
    return unescape(strip_tags(re.sub(r"(</?(?:p|h\d|li|ul|ol|blockquote|br)\b)", r" \1", text))).split()


def shortened(words: list[str], is_first: bool, is_last: bool) -> str:
    """The words next to the changes; an ellipsis replaces the rest."""
    before = [] if is_first else words[:CONTEXT]
    after = [] if is_last else words[-CONTEXT:]
    if len(words) <= len(before) + len(after) + 1:
        return " ".join(words)
    return " ".join([*before, "…", *after])
