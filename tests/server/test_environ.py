"""WSGI environments from ASGI scopes."""

from urllib.parse import unquote_to_bytes

import pytest

from server.environ import wsgi_environ
from tests.pagecache.conftest import asgi_scope

pytestmark = pytest.mark.once


def environ(*headers: tuple[str, str], path: str = "/en/", query: str = "") -> dict:
    scope = asgi_scope(path, query, "GET", "localhost", {})
    scope["headers"] += [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return wsgi_environ(scope)


def test_a_header_whose_name_has_an_underscore_is_dropped():
    result = environ(("x_forwarded_for", "192.0.2.9"), ("content_length", "5"))
    assert "HTTP_X_FORWARDED_FOR" not in result and "CONTENT_LENGTH" not in result


def test_repeated_headers_are_joined_and_cookies_by_a_semicolon():
    result = environ(("cookie", "a=1"), ("accept", "text/html"), ("cookie", "b=2"), ("accept", "*/*"))
    assert (result["HTTP_COOKIE"], result["HTTP_ACCEPT"]) == ("a=1; b=2", "text/html,*/*")


def test_a_cookie_whose_name_becomes_another_when_it_is_stripped_is_dropped():
    result = environ(("cookie", "a=Łódź; \u2003__Host-cookie_consent=notice=1; \xa0b=1".encode().decode("latin-1")))
    assert result["HTTP_COOKIE"].encode("latin-1").decode() == "a=Łódź"


def test_a_session_cookie_with_an_escaped_nul_is_dropped():
    # Django would unescape it, and PostgreSQL accepts no NUL.
    assert environ(("cookie", r'sessionid="abc\000def"; a=1'))["HTTP_COOKIE"] == " a=1"


def test_only_cookies_with_a_backslash_are_dropped():
    result = environ(("cookie", 'a=1; x="' + "\\a" * 5000 + '"; sessionid=abc'))
    assert result["HTTP_COOKIE"] == "a=1; sessionid=abc"


@pytest.mark.parametrize("path", ["/en/%C5%82/", "/en/%ff%00/", "/en/a%2Fb/"])
def test_a_path_keeps_bytes_that_are_not_utf8(path):
    scope = asgi_scope("/", "", "GET", "localhost", {})
    scope["raw_path"] = path.encode()
    assert wsgi_environ(scope)["PATH_INFO"].encode("latin-1") == unquote_to_bytes(path)
