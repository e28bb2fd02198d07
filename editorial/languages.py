"""Names of languages for visitors."""

from babel import Locale, UnknownLocaleError

from editorial.texts import page_language_code


def language_name(tag: str) -> str:
    """Return the name of a language (BCP 47) in the active language, or the tag if CLDR does not contain it."""
    try:
        return Locale.parse(tag, sep="-").get_language_name(page_language_code()) or tag
    except (UnknownLocaleError, ValueError):
        return tag
