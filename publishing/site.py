"""What there is to publish: every page that is the same for all who see one variant, and the files beside them."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import URLResolver, get_resolver, reverse
from django.utils import translation

from delivery.store.answer import Rendering
from delivery.store.question import STATIC_FILE, Question, stored_parameters
from delivery.views import BARE_FRAME, SECONDS_UNTIL_RETRY, render_error
from sharing.cards import every_card

# Of the parts of a long list, each leads to the next.
LINK = re.compile(r'(?:href|src)="(/[^"?#]*|\?page=[0-9]+)"')
LISTED = re.compile(r"<loc>\w+://[^/]+([^<&]+)</loc>")
# The one kind of query that a file is found by: a part of a list.
PART = re.compile(r"(?:[a-z]+=[0-9]+)?")
# Pictures and manifests of the languages, which lie beside their pages (sharing.urls).
SHARE_URL = "/share/"
# An address that no page has; its answer is the page for all that are not there.
NOWHERE = "-"


def routes(resolver=None, before: str = "") -> Iterator[tuple[str, object]]:
    """Every address of the project in the active language, parameters in angle brackets, with its view."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry.callback


def in_each_language() -> Iterator[tuple[str, object]]:
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            yield from routes()


def beginnings_of_the_site() -> list[str]:
    """How the addresses begin that the site itself must answer: forms, search, the admin."""
    beginnings = {
        re.split(r"[<(^]", route)[0] for route, view in in_each_language() if not hasattr(view, "stored_parameters")
    }
    beginnings.discard("")
    return sorted(f"/{one}" for one in beginnings if not any(one.startswith(other) for other in beginnings - {one}))


def known_parameters() -> list[str]:
    """The names in a query by which any page differs."""
    return sorted({name for _route, view in in_each_language() for name in getattr(view, "stored_parameters", ())})


def forms_of_addresses() -> list[str]:
    """Patterns of the addresses of pages that are told by a name in them: it may be one that a page had before."""
    forms = set()
    for route, view in in_each_language():
        if "<" in route and hasattr(view, "stored_parameters"):
            parts = re.split(r"(<[^>]*>)", route)
            forms.add("/" + "".join("[^/]+" if part.startswith("<") else re.escape(part) for part in parts))
    return sorted(forms)


class FaultOfSiteError(Exception):
    """The site did not answer a page that it should have."""


class Site:
    """The site as it answers at `scheme`://`host`."""

    def __init__(self, scheme: str, host: str, rule):
        self.scheme, self.host, self.rule = scheme, host, rule
        self.application = WSGIHandler()

    def ask(self, path: str, variant: str = "", query: str = "", language: str = "") -> Rendering:
        """What the site answers a browser that prefers `language`. Raises FaultOfSiteError where it can't."""
        question = Question(self.scheme, self.host, path, query, variant)
        headers = self.rule.request_headers(variant) if variant else {}
        heard = []
        answer = self.application(
            question.request(headers | {"HTTP_ACCEPT_LANGUAGE": language}),
            lambda status, headers, error=None: heard.extend((status, headers)),
        )
        try:
            rendering = Rendering(*heard, b"".join(answer))
        finally:
            answer.close()
        if rendering.code >= 500:
            raise FaultOfSiteError(f"{path} could not be made: {rendering.status}.")
        return rendering

    def pages(self, variant: str) -> Iterator[tuple[str, Rendering]]:
        """Every page in `variant`: what the addresses name, what the site map lists, and what those link to.

        By address; that of a part of a long list has a query.
        """
        waiting = [
            f"/{route}" for route, view in in_each_language() if "<" not in route and hasattr(view, "stored_parameters")
        ]
        seen, found = set(), 0
        while waiting:
            address = waiting.pop()
            path, _, query = address.partition("?")
            if address in seen or path.startswith(SHARE_URL) or STATIC_FILE.match(path):
                continue
            if stored_parameters(path) is None or not PART.fullmatch(query):
                continue
            seen.add(address)
            rendering = self.ask(path, variant, query)
            # Its language is told by its address, so that nginx can tell it too.
            language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
            if rendering.may_be_kept and rendering.header("content-language") == language:
                yield address, rendering
                found += 1
                text = rendering.body.decode()
                links = [link if link.startswith("/") else f"{path}{link}" for link in LINK.findall(text)]
                waiting += [unquote(link) for link in links + LISTED.findall(text)]
        if not found:
            raise FaultOfSiteError(f"The site has no page at {self.scheme}://{self.host}/.")

    def entrances(self) -> Iterator[tuple[str, Rendering]]:
        """Where the address without a language leads, by the language that a browser prefers."""
        for code, _name in settings.LANGUAGES:
            yield code, self.ask("/", language=code)

    def missing(self, variant: str) -> Iterator[tuple[str, Rendering]]:
        """The page for what is not there, by language."""
        for code, _name in settings.LANGUAGES:
            yield code, self.ask(f"/{code}/{NOWHERE}/", variant)

    def away(self) -> Iterator[tuple[str, Rendering]]:
        """The page for when the site itself does not answer, by language."""
        for code, missing in self.missing(""):
            question = Question(self.scheme, self.host, f"/{code}/", "", "")
            with translation.override(code):
                page = render_error(WSGIRequest(question.request({})), 503, BARE_FRAME)
            headers = [*missing.headers, ("Retry-After", str(SECONDS_UNTIL_RETRY))]
            yield code, Rendering("503 Service Unavailable", headers, page.content)

    @staticmethod
    def share_files() -> Iterator[str]:
        """The addresses of what other programs show of the site: its share cards and, for home screens, manifests."""
        for code, _name in settings.LANGUAGES:
            yield reverse("manifest", args=[code])
        for card in every_card():
            yield card.path

    @staticmethod
    def static_files() -> Iterator[str]:
        """The addresses of the static files, whose names hold the digest of what is in them."""
        # The manifest names what was deleted since as well.
        for name in filter(staticfiles_storage.exists, sorted(set(staticfiles_storage.hashed_files.values()))):
            yield f"{settings.STATIC_URL}{name}"

    @staticmethod
    def uploads() -> Iterator[str]:
        """The addresses of what staff uploaded. Another upload has another name."""
        for file in sorted(settings.MEDIA_ROOT.rglob("*")):
            path = f"{settings.MEDIA_URL}{file.relative_to(settings.MEDIA_ROOT).as_posix()}"
            if file.is_file() and re.fullmatch(r"[\w./-]+", path, re.ASCII):
                yield path
