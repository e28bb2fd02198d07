"""Drafts by a translation service: DeepL, or whatever speaks LibreTranslate's protocol.

Each takes one POST, so the standard library does it; DeepL's own client would bring five packages along.
What comes back is a draft, which a person must accept before any visitor reads it.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.utils.translation import gettext as _

from translations.status.locks import StaleReadError

# Texts of one request; DeepL takes 50.
BATCH = 25
TIMEOUT = 30
DEEPL = "https://api.deepl.com/v2/translate"
DEEPL_FREE = "https://api-free.deepl.com/v2/translate"


class MachineError(Exception):
    """The service gave no translation; says why, and what to do."""


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
            # As this site addresses its readers, where the language makes the difference.
            "formality": "prefer_more",
        }
        if is_html:
            body["tag_handling"] = "html"
        answer = ask(self, self.url, body, {"Authorization": f"DeepL-Auth-Key {self.key}"})
        return [each["text"] for each in answer["translations"]]


@dataclass(frozen=True)
class LibreTranslate:
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
        return ask(self, f"{address.scheme}://{host}{address.path.rstrip('/')}/translate", body)["translatedText"]


def ask(service, url: str, body: dict, headers: dict | None = None) -> dict:
    # The scheme is checked when the site starts.
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | (headers or {}))  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return json.load(response)
    except HTTPError as error:
        raise MachineError(refusal(service.name, error)) from error
    except (URLError, OSError) as error:
        raise MachineError(
            _("%(service)s does not answer. Try again later; nothing was lost.") % {"service": service.name}
        ) from error
    except ValueError as error:
        raise MachineError(no_translation(service.name)) from error


def no_translation(service: str) -> str:
    return _("%(service)s did not return a translation.") % {"service": service}


def refusal(service: str, error: HTTPError) -> str:
    sentences = {
        401: _("%(service)s refuses the key. Correct MACHINE_TRANSLATION in the settings of the site."),
        403: _("%(service)s refuses the key. Correct MACHINE_TRANSLATION in the settings of the site."),
        400: _("%(service)s does not translate into this language, or refuses the text."),
        413: _("A text is too long for %(service)s. Translate it by hand."),
        429: _("%(service)s received too many requests. Try again in a few minutes."),
        456: _("The monthly quota of %(service)s is used up."),
    }
    sentence = sentences.get(error.code, _("%(service)s reported an error (%(code)s). Try again later."))
    return sentence % {"service": service, "code": error.code}


def service() -> DeepL | LibreTranslate | None:
    """The service that MACHINE_TRANSLATION names; none by default."""
    kind, _colon, value = settings.MACHINE_TRANSLATION.partition(":")
    return {"deepl": DeepL, "libretranslate": LibreTranslate}[kind](value) if value else None


def propose(translations) -> Iterator[list]:
    """Have the service draft each of `translations`, in batches, which are yielded once they are drafted.

    Raises MachineError where the service gives no translation; what was drafted before stays.
    """
    machine = service()
    groups: dict[tuple[str, bool], list] = {}
    for text in translations:
        groups.setdefault((text.language, text.is_rich_text), []).append(text)
    for (language, is_html), texts in groups.items():
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            drafts = machine.translate([text.source_text for text in batch], language, is_html=is_html)
            if len(drafts) != len(batch):
                raise MachineError(no_translation(machine.name))
            drafted = []
            for text, draft in zip(batch, drafts, strict=True):
                # While the service was at work, somebody may have written the text.
                with suppress(StaleReadError):
                    text.propose(draft)
                    drafted.append(text)
            yield drafted
