"""Names of languages for visitors."""

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils.translation import get_language


def language_name(tag: str) -> str:
    """Return the name of a language (BCP 47) in the active language, or the tag if CLDR does not contain it."""
    try:
        return Locale.parse(tag, sep="-").get_language_name(get_language() or settings.LANGUAGE_CODE) or tag
    except (UnknownLocaleError, ValueError):
        return tag
