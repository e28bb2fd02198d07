"""Wording of the notice: its texts in one language, as a notice version stores them."""

from collections.abc import Collection, Iterable, Iterator
from typing import cast

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from consent.models.cookie import DeclaredCookie
from consent.models.notice import Notice
from consent.models.provider import Provider
from consent.models.purpose import Purpose
from editorial.models import Content
from editorial.texts import TranslatedText

OBJECTION = _(
    "Your browser says that you object to tracking. Everything optional is off; it stays off unless you say otherwise "
    "here."
)
# Keys of a wording whose values are texts in a language.
TEXTS = {
    "heading",
    "introduction",
    "controller",
    "objection",
    "name",
    "description",
    "kind",
    "duration",
    "country",
    "data",
    "retention",
    "transfer",
}


def draft_wordings(languages: Iterable[str]) -> dict[str, dict]:
    """Return the wording of the unpublished notice by language, in a few queries. Raises Notice.DoesNotExist."""
    notice = cast(Notice, Notice.objects.get(key=Notice.KEY))
    purposes = list(Purpose.objects.published().prefetch_related("cookies", "providers__cookies", "providers__scripts"))
    wordings = {}
    for language in languages:
        with translation.override(language):
            wordings[language] = notice_wording(notice, purposes)
    return wordings


def notice_wording(notice: Notice, purposes: list[Purpose]) -> dict:
    """Return the wording of the notice with its purposes, providers and cookies, in the active language."""
    return {
        **texts_of(notice, "heading", "introduction", "controller"),
        "contact": notice.contact,
        "objection": str(OBJECTION),
        "purposes": [purpose_wording(purpose) for purpose in purposes],
    }


def purpose_wording(purpose: Purpose) -> dict:
    providers = [] if purpose.is_necessary else [item for item in purpose.providers.all() if item.is_published]
    return {
        "key": purpose.key,
        **texts_of(purpose, "name", "description"),
        "is_necessary": purpose.is_necessary,
        "cookies": [cookie_wording(cookie) for cookie in purpose.cookies.all() if cookie.is_published],
        "providers": [provider_wording(provider) for provider in providers],
    }


def provider_wording(provider: Provider) -> dict:
    return {
        "key": provider.key,
        "name": provider.name,
        "address": provider.address,
        "country": str(countries.name(str(provider.country))),
        "country_code": str(provider.country),
        "hosts": provider.origins,
        **texts_of(provider, "data", "retention", "transfer"),
        "policy_url": provider.policy_url,
        "scripts": [script.terms for script in provider.scripts.all() if script.is_published],
        "cookies": [cookie_wording(cookie) for cookie in provider.cookies.all() if cookie.is_published],
    }


def cookie_wording(cookie: DeclaredCookie) -> dict:
    return {
        "name": cookie.full_name,
        "kind": str(cookie.get_kind_display()),
        "kind_code": cookie.kind,
        "domain": cookie.domain,
        **texts_of(cookie, "description"),
        "duration": str(cookie.duration),
        "seconds": cookie.seconds,
    }


def texts_of(item: Content, *names: str) -> dict:
    """Return these fields in the active language. `languages` has the language of each untranslated field."""
    translated = {name: item.translated[name] for name in names}
    others = {name: text.language for name, text in translated.items() if text.language != get_language()}
    texts = {name: str(text) for name, text in translated.items()}
    return texts | {"languages": others} if others else texts


def parts_of(wording: dict) -> Iterator[dict]:
    """Yield a wording and all parts of it: purposes, providers and cookies."""
    yield wording
    for value in wording.values():
        if isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    yield from parts_of(part)


def translated_like(frozen: dict, source: dict, target: dict) -> dict:
    """Return the wording `frozen`, which is in the source language, with the texts of `target`.

    `source` and `target` are the same unpublished wording in two languages. A translation counts only if the source
    text is still the one in `frozen`. Nothing is added to `frozen` and nothing is left out.
    """
    result: dict = {}
    others = {}
    for name, value in frozen.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found = ({item.get("key", item["name"]): item for item in part.get(name, ())} for part in (source, target))
            sources, targets = found
            keys = [item.get("key", item["name"]) for item in value]
            result[name] = [
                translated_like(item, sources.get(key, {}), targets.get(key, {}))
                for key, item in zip(keys, value, strict=True)
            ]
        elif name in TEXTS and value and source.get(name) == value and name in target:
            result[name] = target[name]
            if text_language := target.get("languages", {}).get(name):
                others[name] = text_language
        else:
            result[name] = value
            if name in TEXTS and value:
                others[name] = settings.LANGUAGE_CODE
    return result | {"languages": others} if others else result


def with_languages(wording: dict, language: str) -> dict:
    """Return a wording in `language` for templates. Texts in another than the active language are TranslatedText."""
    result: dict = {}
    for name, value in wording.items():
        text_language = wording.get("languages", {}).get(name, language)
        if isinstance(value, list):
            result[name] = [with_languages(part, language) if isinstance(part, dict) else part for part in value]
        elif name in TEXTS and text_language != get_language():
            result[name] = TranslatedText(value, text_language)
        else:
            result[name] = value
    return result


def with_granted(purposes: list[dict], granted: Collection[str]) -> list[dict]:
    """Return purposes of a wording, each with `is_granted`, and each of their providers as well.

    A purpose is granted if all of its providers are.
    """
    return [
        purpose
        | {
            "is_granted": bool(purpose["providers"])
            and all(provider["key"] in granted for provider in purpose["providers"]),
            "providers": [provider | {"is_granted": provider["key"] in granted} for provider in purpose["providers"]],
        }
        for purpose in purposes
    ]
