"""Wording of the notice: its texts in one language, and the differences between two wordings."""

from dataclasses import dataclass
from typing import cast

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.models.notice import Notice
from consent.models.purpose import Purpose
from editorial.models import Content
from editorial.texts import TranslatedText

OBJECTION = _(
    "Your browser says that you object to tracking. Everything optional is off; it stays off unless you say otherwise "
    "here."
)
# Keys of a wording whose values are texts in a language.
TEXTS = {"heading", "introduction", "controller", "objection", "name", "description", "kind", "provider", "duration"}


def current_wording() -> dict:
    """Return the wording of the notice, its purposes and cookies in the active language.

    Raises Notice.DoesNotExist.
    """
    notice = cast(Notice, Notice.objects.get(key=Notice.KEY))
    purposes = []
    for purpose in Purpose.objects.published().prefetch_related("cookies"):
        cookies = [
            {
                "name": cookie.name,
                "kind": str(cookie.get_kind_display()),
                **texts_of(cookie, "provider", "description", "duration"),
            }
            for cookie in purpose.cookies.all()
            if cookie.is_published
        ]
        purposes.append(
            {
                "key": purpose.key,
                **texts_of(purpose, "name", "description"),
                "is_necessary": purpose.is_necessary,
                "cookies": cookies,
            }
        )
    return {
        **texts_of(notice, "heading", "introduction", "controller"),
        "contact": notice.contact,
        "objection": str(OBJECTION),
        "purposes": purposes,
    }


def texts_of(item: Content, *names: str) -> dict:
    """Return these fields in the active language. `languages` has the language of each untranslated field."""
    translated = {name: item.translated[name] for name in names}
    others = {name: text.language for name, text in translated.items() if text.language != get_language()}
    texts = {name: str(text) for name, text in translated.items()}
    return texts | {"languages": others} if others else texts


def with_languages(wording: dict, language: str) -> dict:
    """Return a wording in `language` for templates. Texts in another than the active language are TranslatedText."""
    result: dict = {}
    for name, value in wording.items():
        text_language = wording.get("languages", {}).get(name, language)
        if isinstance(value, list):
            result[name] = [with_languages(part, language) for part in value]
        elif name in TEXTS and text_language != get_language():
            result[name] = TranslatedText(value, text_language)
        else:
            result[name] = value
    return result


@dataclass(frozen=True)
class Change:
    """A text of the notice before and after a change. `name` is for people, such as "statistics · description"."""

    language: str
    name: str
    before: str
    after: str


def texts_by_name(wording: dict) -> dict[str, str]:
    """Return the texts of a wording by names for people."""
    texts = {name: wording[name] for name in ("heading", "introduction", "controller", "contact", "objection")}
    for purpose in wording["purposes"]:
        texts[f"{purpose['key']} · name"] = purpose["name"]
        texts[f"{purpose['key']} · description"] = purpose["description"]
        texts[f"{purpose['key']} · necessary"] = "✓" if purpose["is_necessary"] else "–"
        for cookie in purpose["cookies"]:
            parts = [cookie[name] for name in ("kind", "provider", "description", "duration")]
            texts[f"{purpose['key']} · {cookie['name']}"] = " · ".join(parts)
    return texts


def changes_between(before: dict | None, after: dict, language: str) -> list[Change]:
    """Return the texts that differ between two wordings in `language`."""
    old, new = texts_by_name(before) if before else {}, texts_by_name(after)
    return [
        Change(language, name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*new, *old])
        if old.get(name, "") != new.get(name, "")
    ]
