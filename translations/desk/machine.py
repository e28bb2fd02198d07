"""Drafts by a translation service: DeepL, or any service with the LibreTranslate API.

The standard library sends the requests, because the official client of DeepL needs five further packages. The
service's translations are drafts. Visitors see a draft only after a person has saved it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from editorial.clean_text import refuse_characters
from translations.desk.models import TextToTranslate
from triggers.locks import StaleReadError

# Texts per request. DeepL accepts 50.
BATCH = 25
# Seconds.
TIMEOUT = 30
DEEPL = "https://api.deepl.com/v2/translate"
DEEPL_FREE = "https://api-free.deepl.com/v2/translate"


class MachineTranslationError(Exception):
    """The service returned no translation. The message names the reason and the remedy."""


@dataclass(frozen=True)
class DeepL:
    key: str
    name = "DeepL"

    @property
    def url(self) -> str:
        return DEEPL_FREE if self.key.endswith(":fx") else DEEPL

    def translate(self, texts: list[str], language: str, *, is_html: bool) -> list[str]:
        body = {
            "text": texts,
            "source_lang": settings.LANGUAGE_CODE.upper(),
            "target_lang": language.upper(),
            # Formal address of the reader, in languages that distinguish formal and informal address.
            "formality": "prefer_more",
        }
        if is_html:
            body["tag_handling"] = "html"
        response = post_json(self.name, self.url, body, {"Authorization": f"DeepL-Auth-Key {self.key}"})
        return [translation["text"] for translation in response["translations"]]


@dataclass(frozen=True)
class LibreTranslate:
    """A service at `url`, which may contain an API key as user name or password."""

    url: str
    name = "LibreTranslate"

    def translate(self, texts: list[str], language: str, *, is_html: bool) -> list[str]:
        address = urlsplit(self.url)
        body = {
            "q": texts,
            "source": settings.LANGUAGE_CODE,
            "target": language,
            "format": "html" if is_html else "text",
        }
        if key := address.password or address.username:
            body["api_key"] = key
        host = address.netloc.rpartition("@")[2]
        url = f"{address.scheme}://{host}{address.path.rstrip('/')}/translate"
        return post_json(self.name, url, body)["translatedText"]


def post_json(service_name: str, url: str, body: dict, headers: dict | None = None) -> dict:
    """Send `body` to the service and return its response. Raises MachineTranslationError."""
    # The settings accept only http and https.
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | (headers or {}))  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return json.load(response)
    except HTTPError as error:
        raise MachineTranslationError(http_error_message(service_name, error.code)) from error
    except (URLError, OSError) as error:
        raise MachineTranslationError(
            _("%(service)s does not answer. Try again later; nothing was lost.") % {"service": service_name}
        ) from error
    except ValueError as error:
        raise MachineTranslationError(no_translation_message(service_name)) from error


def no_translation_message(service_name: str) -> str:
    return _("%(service)s did not return a translation.") % {"service": service_name}


def http_error_message(service_name: str, status: int) -> str:
    messages = {
        401: _("%(service)s refuses the key. Correct MACHINE_TRANSLATION in the settings of the site."),
        403: _("%(service)s refuses the key. Correct MACHINE_TRANSLATION in the settings of the site."),
        400: _("%(service)s does not translate into this language, or refuses the text."),
        413: _("A text is too long for %(service)s. Translate it by hand."),
        429: _("%(service)s received too many requests. Try again in a few minutes."),
        456: _("The monthly quota of %(service)s is used up."),
    }
    message = messages.get(status, _("%(service)s reported an error (%(code)s). Try again later."))
    return message % {"service": service_name, "code": status}


def configured_service() -> DeepL | LibreTranslate | None:
    """The service of the setting MACHINE_TRANSLATION, or None."""
    kind, _colon, value = settings.MACHINE_TRANSLATION.partition(":")
    if not value:
        return None
    return DeepL(value) if kind == "deepl" else LibreTranslate(value)


def is_text(translation: TextToTranslate, draft: Any) -> bool:
    """Whether a service returned a text that can be stored. Some cut an emoji in two."""
    if not isinstance(draft, str):
        return False
    try:
        refuse_characters(translation.target_field.to_python(draft))
    except ValidationError:
        return False
    return True


def propose(
    service: DeepL | LibreTranslate, translations: Iterable[TextToTranslate]
) -> Iterator[list[TextToTranslate]]:
    """Let the service draft `translations`. Yields each batch after its drafts are stored.

    Raises MachineTranslationError if the service returns no translation. Drafts of earlier batches remain.
    """
    groups: dict[tuple[str, bool], list[TextToTranslate]] = {}
    for text in translations:
        groups.setdefault((text.language, text.is_rich_text), []).append(text)
    for (language, is_html), texts in groups.items():
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            drafts = service.translate([text.source_text for text in batch], language, is_html=is_html)
            if len(drafts) != len(batch) or not all(map(is_text, batch, drafts)):
                raise MachineTranslationError(no_translation_message(service.name))
            drafted = []
            for text, draft in zip(batch, drafts, strict=True):
                # A text that somebody changed during the request keeps that change.
                with suppress(StaleReadError):
                    text.propose(draft)
                    drafted.append(text)
            yield drafted
