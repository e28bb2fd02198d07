"""Cleaning of texts: a mixin for every text field of content, and `xml_text` for XML, JSON-LD, CSV and calendars.

A text is stored in Unicode's form NFC, with "\\n" for each line break and without other control characters than tabs.
One line is stored without the white space around it, and a text of nothing but white space is empty.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html import unescape
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Line breaks of Windows and of old Macs, and the line and paragraph separators of layout programs and phones.
LINE_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
REFUSED = re.compile("[\ud800-\udfff\ufffe\uffff]")
# Everything outside of the production Char of XML 1.0.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Format characters that are drawn, around or above numbers.
DRAWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2"
# Characters up to U+FFFF, without the letters of East Asia and the private ones, which only make the start slower.
CHARACTERS = "".join(map(chr, (*range(0x3100), *range(0xFD00, 0x10000))))
# Default_Ignorable_Code_Point of Unicode as first and last characters, the empty pattern of Braille, and the character
# that stands for a picture in copied text.
IGNORABLE = (
    "\xad\xad \u034f\u034f \u061c\u061c \u115f\u1160 \u17b4\u17b5 \u180b\u180f \u200b\u200f \u202a\u202e \u2060\u206f "
    "\u2800\u2800 \u3164\u3164 \ufe00\ufe0f \ufeff\ufeff \uffa0\uffa0 \ufff0\ufff8 \ufffc\ufffc \U0001bca0\U0001bca3 "
    "\U0001d173\U0001d17a \U000e0000\U000e0fff"
)
IGNORED = {chr(code) for pair in IGNORABLE.split(" ") for code in range(ord(pair[0]), ord(pair[1]) + 1)}
# White space, and characters that show nothing.
WHITE_SPACE = "".join(
    {letter for letter in CHARACTERS if letter.isspace() or unicodedata.category(letter) == "Cf"} - set(DRAWN) | IGNORED
)
# Characters that choose the look of the one before them: variation selectors, the joiner, and the tags of emoji flags.
SELECTORS = re.compile("[\u180b-\u180d\u180f\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]+")
# Characters that begin a part of a text in another direction, and white space without those that end one.
DIRECTIONS = set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
WHITE_SPACE_IN_DIRECTION = WHITE_SPACE.replace("\u202c", "").replace("\u2069", "")
# An HTML tag with its attributes, as a group so that `split` returns tags too.
TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")

# A numeric character reference.
REFERENCE = re.compile("&#(?:x0*(?P<hex>[0-9a-f]{1,6})|0*(?P<decimal>[0-9]{1,7}))(?![0-9a-f]);?", re.IGNORECASE)


def xml_text(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot contain."""
    return NOT_IN_XML.sub("", text)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: white space, control and format characters, fillers, selectors."""
    return all(letter.isspace() or letter in IGNORED or unicodedata.category(letter) in ("Cc", "Cf") for letter in text)


def normalised(text: str) -> str:
    text = CONTROLS.sub(" ", LINE_BREAKS.sub("\n", text))
    return unicodedata.normalize("NFC", text)


def several_lines(text: str) -> str:
    """Return a text of several lines as it is stored."""
    return "" if is_blank(text) else normalised(text)


def one_line(text: str) -> str:
    """Return a text of one line as it is stored."""
    line = several_lines(text).replace("\n", " ").lstrip(WHITE_SPACE)
    # A part in another direction keeps its end.
    stripped = line.rstrip(WHITE_SPACE_IN_DIRECTION if set(line) & DIRECTIONS else WHITE_SPACE)
    selectors = SELECTORS.match(line, len(stripped))
    # Latin letters have no other look.
    return stripped + selectors[0] if selectors and not stripped[-1:].isascii() else stripped


def formatted(html: str) -> str:
    """Return formatted text as it is stored."""
    html = REFERENCE.sub(without_reference, html)
    # Tags are at the odd positions. NFC would join the “>” of a tag with a combining character after it.
    parts = TAG.split(html)
    if is_blank(unescape("".join(parts[::2]))):
        return ""
    # Most texts are in NFC, and so are their parts.
    return normalised(html) if unicodedata.is_normalized("NFC", html) else "".join(map(normalised, parts))


def without_reference(reference: re.Match[str]) -> str:
    """Return the line break, control character or surrogate that is referred to.

    A parser would put U+FFFD in the place of most of them.
    """
    code = int(reference["hex"], 16) if reference["hex"] else int(reference["decimal"])
    # HTML reads references to U+0080–U+009F as letters of Windows-1252.
    is_kept = code >= 0x80 and not 0xD800 <= code <= 0xDFFF and code not in (0x2028, 0x2029)
    return reference[0] if is_kept or chr(code).isprintable() or chr(code) in "\t\n" else chr(code)


def refuse_characters(text: str) -> None:
    """Raise ValidationError for code points that are not characters: U+FFFE, U+FFFF, unpaired surrogates."""
    if found := REFUSED.search(text):
        raise ValidationError(
            _("The text contains U+%(code)s, which is not a character. Remove it."),
            code="refused_character",
            params={"code": f"{ord(found[0]):04X}"},
        )


class CleanInput(forms.CharField):
    """Form field that cleans its text before the validation, so that the length of the stored text is checked.

    Also a mixin for other form fields.
    """

    def __init__(self, *args: Any, clean_text: Callable[[str], str] = one_line, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.clean_text = clean_text

    def to_python(self, value: Any) -> Any:
        value = super().to_python(self.clean_text(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            refuse_characters(value)
        return value


class CleanText(models.Field):
    """Mixin of a model field that cleans texts from forms, the desk, exchange files, content files and code."""

    def clean_text(self, text: str) -> str:
        """Return `text` as it is stored."""
        return several_lines(text) if isinstance(self, models.TextField) else one_line(text)

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return self.clean_text(value) if isinstance(value, str) else value

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        value = super().clean(value, model_instance)
        if isinstance(value, str):
            refuse_characters(value)
        return value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        return self.clean_text(value) if isinstance(value, str) else value

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field | None:
        field = super().formfield(*args, **kwargs)
        if isinstance(field, forms.CharField) and not isinstance(field, CleanInput):
            original: Any = type(field)
            field.__class__ = with_mixin(CleanInput, original)
        if isinstance(field, CleanInput):
            field.clean_text = self.clean_text
        return field


@cache
def with_mixin(mixin: Any, original: Any) -> Any:
    """Return a subclass of `original` with `mixin`. It has the name of `original`, which migrations contain."""
    names = {"__module__": original.__module__, "__qualname__": original.__qualname__}
    return type(original.__name__, (mixin, original), names)


def clean_texts_of(model: type[models.Model]) -> None:
    """Add the mixin to the editable text fields of `model`."""
    for field in model._meta.local_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        if is_text and field.editable and not isinstance(field, CleanText):
            original: Any = type(field)
            field.__class__ = with_mixin(CleanText, original)
