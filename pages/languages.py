"""The language that a browser prefers."""

import re

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

# A longer header is read up to its last comma before this length.
MAX_HEADER_LENGTH = 500
# A language range with weights (RFC 9110, section 12.5.4). Clients also send de_AT, a weight without its zero, and two
# weights, of which the first one counts.
PIECE = re.compile(
    r"\s*(?P<language>[a-z]{1,8}(?:[-_][a-z0-9]{1,8})*|\*)\s*"
    r"(?:;\s*q\s*=\s*(?P<weight>0?\.[0-9]+|[01](?:\.[0-9]*)?)\s*(?:;\s*q\s*=\s*[0-9.]*\s*)*)?",
    re.IGNORECASE | re.ASCII,
)
# Some clients write numbers as their language does: q=0,8. No language begins with a digit.
DECIMAL_COMMA = re.compile("(?<==[01]),(?=[0-9])")


def language_ranges(header: str) -> list[tuple[str, float]]:
    """Return the languages in Accept-Language in small letters with their weights, best first.

    "*" is after others of its weight. Parts of the header that are not valid are skipped.
    """
    header = DECIMAL_COMMA.sub(".", header)
    if len(header) > MAX_HEADER_LENGTH:
        header = header[:MAX_HEADER_LENGTH].rpartition(",")[0]
    matches = filter(None, map(PIECE.fullmatch, header.split(",")))
    ranges = [(match["language"].lower().replace("_", "-"), float(match["weight"] or 1)) for match in matches]
    return sorted((pair for pair in ranges if pair[1] <= 1), key=lambda pair: (-pair[1], pair[0] == "*"))


def preferred_language(request: HttpRequest) -> str:
    """The language of the site that Accept-Language prefers, or LANGUAGE_CODE if none matches.

    RFC 9110, section 12.5.4, with the lookup of RFC 4647, section 3.4.
    """
    available = {code.lower(): code for code, _name in settings.LANGUAGES}
    preferences = language_ranges(request.headers.get("Accept-Language", ""))
    refused = {language for language, weight in preferences if not weight}
    others = [code for language, code in available.items() if language not in refused]
    for language, weight in preferences:
        if language == "*" and weight and others:
            return others[0]
        # de-AT-1996, then de-AT, then de.
        while language and weight:
            if language in available and language not in refused:
                return available[language]
            language = language.rpartition("-")[0]
    return settings.LANGUAGE_CODE


def language_of(request: HttpRequest) -> str:
    """The language of the page: that of its address, the one that staff chose for the admin, or the preferred one."""
    if language := translation.get_language_from_path(request.path_info):
        return language
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else preferred_language(request)
