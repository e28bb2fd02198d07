"""Translated texts for pages, which fall back to another language and are marked as such."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info
from modeltranslation.utils import build_localized_fieldname, resolution_order

from editorial.typography import typeset

if TYPE_CHECKING:
    from editorial.models import Content

# Attribute of all elements whose text is not in the language of the page.
UNTRANSLATED_ATTRIBUTE = "data-untranslated"


def page_language_code() -> str:
    return get_language() or settings.LANGUAGE_CODE


class TranslatedText(str):
    """A text with its language. A template renders it as HTML, with no-break spaces and with `lang` if needed.

    For an HTML attribute, use the plain field as its value and add `attributes` to the element.
    """

    language: str

    def __new__(cls, text: str, language: str) -> Self:
        instance = super().__new__(cls, text)
        instance.language = language
        return instance

    @property
    def attributes(self) -> SafeString:
        """Attributes for an element with only this text. Empty if the text is in the language of the page."""
        page_language = page_language_code()
        if not self or self.language == page_language:
            return SafeString("")
        bidi = get_language_info(self.language)["bidi"]
        direction = f' dir="{"rtl" if bidi else "ltr"}"' if bidi != get_language_info(page_language)["bidi"] else ""
        return mark_safe(f' lang="{self.language}"{direction} {UNTRANSLATED_ATTRIBUTE}')  # noqa: S308 (codes of the settings)

    def __html__(self) -> SafeString:
        html = escape(typeset(str(self), self.language))
        attributes = self.attributes
        return mark_safe(f"<span{attributes}>{html}</span>") if attributes else html  # noqa: S308 (escaped)


class TranslatedFields:
    """Access to the translated fields of an item in templates: `partner.translated.name` gives a TranslatedText.

    `heading` is an alias for the field that names the item.
    """

    def __init__(self, item: "Content"):
        self.item = item

    def __getitem__(self, name: str) -> TranslatedText:
        """Return the field in the first language that has a text: the page's language, then its fallbacks."""
        page_language = page_language_code()
        name = self.item.heading_field if name == "heading" else name
        for language in resolution_order(page_language):
            if value := getattr(self.item, build_localized_fieldname(name, language)):
                return TranslatedText(value, language)
        return TranslatedText("", page_language)
