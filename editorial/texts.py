"""Translated texts as pages show them: in the reader's language, or in the source language and marked as such."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info
from modeltranslation.utils import build_localized_fieldname, resolution_order

from editorial.typography import typeset

# Stands on every element whose text is not in the language of the page.
MARK = "data-untranslated"


class TranslatedText(str):
    """A text that knows its language. In a template it becomes HTML: typeset, and marked where it is not translated.

    An attribute can hold no element: there a template takes the plain field, and `attributes` for the element.
    """

    def __new__(cls, text: str, language: str):
        text = super().__new__(cls, text)
        text.language = language
        return text

    @property
    def attributes(self) -> SafeString:
        """The attributes of an element that holds this text alone; nothing where it is in the page's language."""
        reader = get_language()
        if not self or self.language == reader:
            return SafeString("")
        bidi = get_language_info(self.language)["bidi"]
        direction = f' dir="{"rtl" if bidi else "ltr"}"' if bidi != get_language_info(reader)["bidi"] else ""
        return mark_safe(f' lang="{self.language}"{direction} {MARK}')  # noqa: S308 (codes of the settings)

    def __html__(self) -> SafeString:
        words = escape(typeset(str(self), self.language))
        attributes = self.attributes
        return mark_safe(f"<span{attributes}>{words}</span>") if attributes else words  # noqa: S308 (escaped)


class TranslatedFields:
    """The translated fields of one item: `partner.translated.name` in a template gives a TranslatedText.

    `heading` stands for the field that names the item.
    """

    def __init__(self, item):
        self.item = item

    def __getitem__(self, name: str) -> TranslatedText:
        """The first of the reader's language and those that stand in for it in which the field says something."""
        reader = get_language()
        name = self.item.heading_field if name == "heading" else name
        for language in resolution_order(reader):
            if value := getattr(self.item, build_localized_fieldname(name, language)):
                return TranslatedText(value, language)
        return TranslatedText("", reader)
