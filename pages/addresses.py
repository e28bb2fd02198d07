"""Lookup of old and mistyped addresses, and the words that no page can have as its address."""

import re
import unicodedata
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from html import unescape
from itertools import combinations
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponseForbidden, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.urls import (
    NoReverseMatch,
    Resolver404,
    ResolverMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    resolve,
    reverse,
)
from django.urls.resolvers import LocalePrefixPattern
from django.utils import translation
from django.utils.encoding import repercent_broken_unicode, uri_to_iri
from django.utils.translation.trans_real import get_supported_language_variant

from editorial.alphabet import fold
from editorial.clean_text import CHARACTERS, WHITE_SPACE
from pagecache.key import CacheKey, first_host
from pagecache.models import REQUEST_KEY
from pages.languages import preferred_language

# Characters after an address that mail programs and messengers include in it: white space, punctuation, quotation
# marks, brackets, the signs of their markup and of quoted-printable, and the backslash before a quotation mark.
TRAILING = (
    WHITE_SPACE
    + "/.,;:!?*'\"<>…`´。、．，；：！？|_~=\\-–—"
    + "".join(letter for letter in CHARACTERS if unicodedata.category(letter) in ("Pe", "Ps", "Pi", "Pf"))
)
# Characters that are not percent-encoded in a path (RFC 3986, section 3.3).
PATH_CHARACTERS = "/!$&'()*+,;=:@-._~"
# If a request has more parameters, only redirects with all, one or none of them match.
MAX_COMBINED_PARAMETERS = 6
# No page has a longer path.
MAX_TYPED_LENGTH = 1000
# The view of text pages, whose pattern matches any word.
TEXT_PAGE = "pages:text"

Pairs = list[tuple[str, str]]


# Words


@lru_cache(maxsize=1)
def reserved_words() -> frozenset[str]:
    """The first words of all addresses but those of text pages, with and without a language code, in all languages.

    A word that only begins longer addresses, such as “cookies” in /en/cookies/settings/, is not reserved: it is the
    address of a page of that section.
    """
    words = {*dict(settings.LANGUAGES), settings.STATIC_URL.strip("/"), *first_words(get_resolver().url_patterns)}
    resolvers = (entry for entry in get_resolver().url_patterns if isinstance(entry, URLResolver))
    localized = next(resolver for resolver in resolvers if isinstance(resolver.pattern, LocalePrefixPattern))
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found = {word: match_of(code, [word]) for word in first_words(localized.url_patterns)}
        words |= {word for word, match in found.items() if match is None or not is_text_page(match)}
    return frozenset(words)


def first_words(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """Yield the first segment of each route in the active language."""
    for entry in patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver) and not route:
            yield from first_words(entry.url_patterns)
        elif (word := route.partition("/")[0]) and "<" not in word and "." not in word:
            yield word


def match_of(language: str, segments: list[str]) -> ResolverMatch | None:
    """Return the match of the page with this path in `language`, or None."""
    path = "/".join(["", language, *segments])
    with translation.override(language):
        for candidate in (f"{path}/", path):
            try:
                return resolve(candidate)
            except Resolver404:
                continue
    return None


def is_text_page(match: ResolverMatch) -> bool:
    return match.view_name == TEXT_PAGE


# Old addresses


def normal_form_c(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def parameters(query: str) -> Pairs:
    """Return the decoded parameters of a query as redirects compare them.

    They are in normal form C. Those without a name are left out, and so is what mail programs add: characters after a
    value, and the rest of an ampersand that they escaped.
    """
    pairs = [map(normal_form_c, pair) for pair in parse_qsl(query, keep_blank_values=True)]
    cleaned = [(name.removeprefix("amp;"), value.rstrip(TRAILING)) for name, value in pairs]
    return [pair for pair in cleaned if pair[0]]


def canonical_path(path: str) -> str:
    """Return a percent-encoded path as redirects store it.

    Letters are not percent-encoded, in normal form C, and small. There is one slash between segments and none at the
    end. The segments "." and ".." are resolved, as browsers do before they send a path.
    """
    # As Django decodes the path of a request.
    decoded = repercent_broken_unicode(unquote_to_bytes(path)).decode()
    readable = normal_form_c(uri_to_iri(quote(decoded, safe=PATH_CHARACTERS)))
    segments: list[str] = []
    for segment in normal_form_c(readable.lower()).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    return "/" + "/".join(filter(None, segments))


def canonical_address(address: str) -> str:
    """Return path and query as redirects store them: the canonical path, and the parameters in alphabetical order."""
    path, _, query = address.partition("?")
    pairs = sorted(parameters(query))
    return f"{canonical_path(path)}?{urlencode(pairs)}" if pairs else canonical_path(path)


def matching_addresses(path: str, query: str) -> dict[str, Pairs]:
    """Return stored addresses that match a percent-encoded path and a query, with the parameters that they contain.

    The best one is first. A stored address with parameters matches requests that have these and others.
    """
    pairs = sorted(parameters(query))
    counts = range(len(pairs), -1, -1) if len(pairs) <= MAX_COMBINED_PARAMETERS else (len(pairs), 1, 0)
    decoded = unquote_to_bytes(path).decode(errors="replace")
    paths = dict.fromkeys((canonical_path(path), canonical_path(quote(typed(decoded)))))
    return {
        f"{path}?{urlencode(part)}" if part else path: list(part)
        for path in paths
        for count in counts
        for part in combinations(pairs, count)
    }


def without_parameters(query: str, used: Pairs) -> str:
    """Return `query` without the parameters in `used`."""
    used, kept = list(used), []
    for piece in query.split("&"):
        pair = next(iter(parameters(piece)), None)
        if pair in used:
            used.remove(pair)
        elif piece:
            kept.append(piece)
    return "&".join(kept)


def is_answered(path: str) -> bool:
    """Whether visitors who ask for a canonical path, with or without a slash at its end, get an answer now."""
    # Without a content version, nothing is kept in the memory of this process (pagecache/per_version.py).
    request = WSGIRequest(CacheKey("http", first_host(), "/", "", "").environ({REQUEST_KEY: ""}))
    request.user = AnonymousUser()
    language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
    # The middleware asks for redirects after a 404 or 410. Of views, only that of ended preview links answers with 410.
    return any(answer_to(request, address, language).status_code != 404 for address in (path, f"{path}/"))


def with_query(address: str, query: str) -> str:
    """Return `address` with a query added to its own, before the fragment."""
    if not query:
        return address
    target, hash_sign, fragment = address.partition("#")
    joiner = "" if target.endswith(("?", "&")) else "&" if "?" in target else "?"
    return f"{target}{joiner}{query}{hash_sign}{fragment}"


# Typed addresses


def typed(path: str) -> str:
    """Return a decoded path without what mail programs and messengers added to it.

    They escape HTML, encode the signs before a query or fragment, add characters to the end (“=20” is a space in
    quoted-printable), and break lines at slashes.
    """
    path = re.split("[?#]", unescape(path))[0].removesuffix("=20").rstrip(TRAILING)
    return "/".join(segment.strip(WHITE_SPACE) for segment in path.split("/")) or "/"


def find_typed(request: HttpRequest) -> tuple[str, bool] | None:
    """Return the address that the path of `request` stands for, and whether it depends on the preferred language.

    Returns None if it leads to no page. Only addresses with an answer count, so that no redirect ends at an error.
    """
    if len(request.path_info) > MAX_TYPED_LENGTH:
        return None
    segments = [segment for segment in fold(typed(request.path_info)).split("/") if segment]
    if segments and f"/{segments[0]}/" in (settings.STATIC_URL, settings.MEDIA_URL):
        # Names of files are exact.
        return None
    for address, language, is_preferred in typed_candidates(request, segments):
        if address != request.path_info and (final := answered_address(request, address, language)):
            return final, is_preferred
    return None


def typed_candidates(request: HttpRequest, segments: list[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield addresses with their languages and whether the language is the preferred one."""
    path = "/".join(["", *segments])
    try:
        language, is_preferred = get_supported_language_variant(segments[0].replace("_", "-")), False
        segments = segments[1:]
    except (LookupError, IndexError):
        language, is_preferred = preferred_language(request), True
        # Addresses without a language code.
        yield from ((address, language, False) for address in dict.fromkeys((f"{path.rstrip('/')}/", path or "/")))
    for code in dict.fromkeys((language, *dict(settings.LANGUAGES))):
        match = match_of(code, segments)
        # A slug of another language is found from each language.
        if match is None or (code != language and is_text_page(match)):
            continue
        with translation.override(language):
            try:
                yield reverse(match.view_name, args=match.args, kwargs=match.kwargs), language, is_preferred
            except NoReverseMatch:
                continue


def answered_address(request: HttpRequest, address: str, language: str) -> str | None:
    """Return the address at which a visitor who asks for `address` gets a page, or None."""
    response = answer_to(request, address, language)
    if response.status_code == 301:
        return urlsplit(response.headers["Location"]).path
    return address if response.status_code in (200, 302) else None


def answer_to(request: HttpRequest, address: str, language: str) -> HttpResponseBase:
    """Return the response of the view. It is called without the middleware, since only its status is of interest."""
    trial = copy(request)
    trial.path = trial.path_info = address
    trial.method = "GET"
    trial.META = {**request.META, "PATH_INFO": quote(address), "QUERY_STRING": "", "REQUEST_METHOD": "GET"}
    with translation.override(language):
        try:
            trial.resolver_match = match = resolve(address)
            return match.func(trial, *match.args, **match.kwargs)
        except Http404:
            return HttpResponseNotFound()
        except PermissionDenied:
            return HttpResponseForbidden()
