"""Phrases of rich text in another language than the text around them: `<span lang="pl">…</span>` (WCAG 3.1.2)."""

import re

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from editorial.clean_text import TAG

# Well-formed language tags (BCP 47) that begin with a language of ISO 639. It is the `pattern` of an input too.
LANGUAGE_TAG = (
    r"[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[A-WYZa-wyz0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?"
)
validate_language_tag = RegexValidator(
    rf"^{LANGUAGE_TAG}\Z", _("Give the language as a code such as pl, nl or eu (BCP 47).")
)
PHRASE = re.compile(f'<span lang="({LANGUAGE_TAG})">')


def unwrap_spans(html: str) -> str:
    """Return sanitised `html` without the tags of spans that have no well-formed language."""
    parts = TAG.split(html)
    languages: list[str | None] = []
    for index in range(1, len(parts), 2):
        is_span = parts[index].startswith("<span")
        if is_span:
            languages.append(language_of(parts[index]))
        if (is_span and not languages[-1]) or (parts[index] == "</span>" and not languages.pop()):
            parts[index] = ""
    return "".join(parts)


def language_of(tag: str) -> str | None:
    """Return the language of a phrase that begins with `tag`, or None if no phrase does."""
    match = PHRASE.fullmatch(tag)
    return match[1] if match else None
