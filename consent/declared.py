"""Texts of a version of the notice on the Cookies page, for the search and the language menu."""

from collections.abc import Iterator

from consent.models import NoticeVersion


def translated_languages(version: NoticeVersion) -> set[str]:
    """Return the languages in which `version` has no text in another language."""
    return {
        code for code, wording in version.wording.items() if not any("languages" in part for part in parts(wording))
    }


def declared_texts(version: NoticeVersion, language: str) -> list[str]:
    """Return the texts of the Cookies page, for the search."""
    purposes = version.wording_in(language)["purposes"]
    found = [part.values() for purpose in purposes for part in parts(purpose)]
    return [value for values in found for value in values if isinstance(value, str)]


def parts(wording: dict) -> Iterator[dict]:
    """Yield a wording and all parts of it: purposes, providers and cookies."""
    yield wording
    for value in wording.values():
        if isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    yield from parts(part)
