"""WSGI environments made of ASGI scopes."""

import pytest

from server.environ import environ_of
from tests.pagecache.conftest import scope_of

pytestmark = pytest.mark.once


def environ(*headers: tuple[str, str], path: str = "/en/", query: str = "") -> dict:
    scope = scope_of(path, query, "GET", "localhost", {})
    scope["headers"] += [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return environ_of(scope)


def test_a_header_whose_name_has_an_underscore_is_dropped():
    made = environ(("x_forwarded_for", "192.0.2.9"), ("content_length", "5"))
    assert "HTTP_X_FORWARDED_FOR" not in made and "CONTENT_LENGTH" not in made


def test_repeated_headers_are_joined_and_cookies_by_a_semicolon():
    made = environ(("cookie", "a=1"), ("accept", "text/html"), ("cookie", "b=2"), ("accept", "*/*"))
    assert (made["HTTP_COOKIE"], made["HTTP_ACCEPT"]) == ("a=1; b=2", "text/html,*/*")


def test_a_cookie_with_a_backslash_is_dropped_and_the_others_stay():
    """Python takes seconds to unescape such a cookie of some ten KB (CVE-2024-7592)."""
    made = environ(("cookie", 'a=1; x="' + "\\a" * 5000 + '"; sessionid=abc'))
    assert made["HTTP_COOKIE"] == "a=1; sessionid=abc"


@pytest.mark.parametrize("path", ["/en/%C5%82/", "/en/%ff%00/", "/en/a%2Fb/"])
def test_a_path_keeps_each_byte(path):
    scope = scope_of("/", "", "GET", "localhost", {})
    scope["raw_path"] = path.encode()
    from urllib.parse import unquote_to_bytes

    assert environ_of(scope)["PATH_INFO"].encode("latin-1") == unquote_to_bytes(path)
