"""The cache key of a request. Requests with the same key share a page, and Django answers requests without a key."""

from itertools import permutations

import pytest
from django.conf import settings

from pagecache.key import CacheKey, cache_key, first_host

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("hosts")]
PARTNERS = "/en/partners/"
STATIC_PATH = f"{settings.STATIC_URL}css/base.0123456789ab.css"


class OneVariant:
    """A consent rule with the same variant for all visitors."""

    def variant(self, environ: dict) -> str:
        return "1 asked"


def key(path: str = "/en/", query: str = "", host: str = "localhost", scheme: str = "http", **environ):
    """The key of a GET request; further keywords are entries of the WSGI environment."""
    request = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "wsgi.url_scheme": scheme,
    }
    return cache_key(request | environ, OneVariant())


def test_a_key_contains_scheme_host_path_query_and_variant():
    assert key(PARTNERS, "page=2") == CacheKey("http", "localhost", PARTNERS, "page=2", "1 asked")
    assert key(scheme="https", host="unic.example") == CacheKey("https", "unic.example", "/en/", "", "1 asked")


def test_the_key_of_a_static_file_has_no_query_and_no_variant():
    assert key(STATIC_PATH, "page=2") == CacheKey("http", "localhost", STATIC_PATH, "", "")
    assert key(STATIC_PATH).is_static and not key().is_static


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_share_a_key(method):
    assert key(REQUEST_METHOD=method) == key()


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "get", ""])
def test_other_methods_have_no_key(method):
    assert key(REQUEST_METHOD=method) is None


def test_a_request_below_a_script_name_has_no_key():
    assert key(SCRIPT_NAME="/below") is None


@pytest.mark.parametrize("path", ["/en/", STATIC_PATH])
def test_an_http_request_that_is_redirected_to_https_has_no_key(settings, path):
    settings.SECURE_SSL_REDIRECT = True
    assert key(path, scheme="http") is None
    assert key(path, scheme="https").scheme == "https"
    settings.SECURE_SSL_REDIRECT = False
    assert key(path, scheme="http").scheme == "http"


def test_a_range_request_has_a_key_only_for_a_static_file():
    assert key(HTTP_RANGE="bytes=0-1") is None
    assert key(HTTP_RANGE="") is None
    assert key(STATIC_PATH, HTTP_RANGE="bytes=0-1") == key(STATIC_PATH)


def test_a_request_with_a_session_has_a_key_only_for_a_static_file(settings):
    cookie = f"a=b; {settings.SESSION_COOKIE_NAME}=abc"
    assert key(HTTP_COOKIE=cookie) is None
    assert key(HTTP_COOKIE="a=b") == key()
    assert key(STATIC_PATH, HTTP_COOKIE=cookie) == key(STATIC_PATH)


# Lengths


def test_a_host_has_at_most_261_characters():
    longest = "a" * (261 - len(".wild.example")) + ".wild.example"
    assert key(host=longest).host == longest
    assert key(host=f"a{longest}") is None


def test_a_path_has_at_most_1024_characters():
    longest = f"{PARTNERS}{'a' * (1024 - len(PARTNERS) - 1)}/"
    assert key(longest).path == longest
    assert key(f"{longest[:-1]}a/") is None


def test_a_query_has_at_most_4096_characters_and_its_canonical_form_200():
    ignored = "a=" + "b" * 4094
    assert key(query=ignored) == key()
    assert key(query=f"{ignored}b") is None
    assert key(PARTNERS, "page=" + "1" * 195).query == "page=" + "1" * 195
    assert key(PARTNERS, "page=" + "1" * 196) is None


# Queries


def test_the_order_of_parameters_does_not_matter():
    parameters = ["country=PL", "page=2", "role=member"]
    assert {key(PARTNERS, "&".join(order)).query for order in permutations(parameters)} == {"&".join(parameters)}


@pytest.mark.parametrize(
    "query", ["", "role=", "role", "role=&page=", "&&", "=", "=member", "utm_source=a", "role=member&role="]
)
def test_empty_and_unknown_parameters_are_ignored(query):
    assert key(PARTNERS, query) == key(PARTNERS)


def test_the_last_value_of_a_parameter_is_used():
    assert key(PARTNERS, "role=coordinator&role=member").query == "role=member"


def test_parameters_are_decoded_before_they_are_compared():
    assert key(PARTNERS, "r%6Fle=memb%65r").query == "role=member"
    assert key(PARTNERS, "country=a+b").query == key(PARTNERS, "country=a%20b").query == "country=a+b"
    assert key(PARTNERS, "country=a%26page%3D2").query == "country=a%26page%3D2"
    assert key(PARTNERS, "page=2;role=member").query == "page=2%3Brole%3Dmember"
    assert key(PARTNERS, "page=1=2").query == "page=1%3D2"


def test_a_query_with_a_known_parameter_that_is_not_ascii_has_no_key():
    assert key(PARTNERS, "role=\xe9") is None
    assert key(PARTNERS, "other=\xe9") == key(PARTNERS)


def test_parameters_of_another_page_are_ignored():
    assert key(query="page=2") == key()


# Hosts


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "a b", "wild.example:x", "[::1"])
@pytest.mark.parametrize("path", ["/en/", STATIC_PATH])
def test_a_host_that_is_not_allowed_has_no_key(host, path):
    assert key(path, host=host) is None


def test_a_request_without_host_has_no_key():
    assert (
        cache_key(
            {
                "REQUEST_METHOD": "GET",
                "SCRIPT_NAME": "",
                "PATH_INFO": "/en/",
                "QUERY_STRING": "",
                "wsgi.url_scheme": "http",
            },
            OneVariant(),
        )
        is None
    )


@pytest.mark.parametrize(
    ("host", "canonical"),
    [
        ("LOCALHOST", "localhost"),
        ("localhost.", "localhost"),
        ("Unic.Example:81", "unic.example:81"),
        ("b.wild.example", "b.wild.example"),
    ],
)
def test_case_and_a_trailing_dot_of_a_host_are_ignored(host, canonical):
    assert key(host=host).host == canonical


@pytest.mark.parametrize(
    ("allowed", "first"),
    [(["unic.example", "localhost"], "unic.example"), (["*", ".wild.example"], "wild.example"), (["*"], "localhost")],
)
def test_the_first_host_is_the_first_allowed_one_that_has_a_name(settings, allowed, first):
    settings.ALLOWED_HOSTS = allowed
    assert first_host() == first


# Paths


@pytest.mark.parametrize("path", ["/admin/", "/en/search/", "/en/nowhere/at/all/", "/en/zażółć/"])
def test_a_path_whose_view_is_not_marked_as_cached_has_no_key(path):
    assert key(path) is None


def test_a_translated_path_is_found_in_its_language():
    assert key("/pl/partnerzy/", "role=member").query == "role=member"
    assert key("/en/partnerzy/", "role=member").query == ""


@pytest.mark.parametrize(
    "name",
    ["base.0123456789ab.css\n", "base.0123456789a.css", "base.css", "base.0123456789aB.css", "é.0123456789ab.css"],
)
def test_a_file_without_a_digest_in_its_name_has_no_key(settings, name):
    assert key(f"{settings.STATIC_URL}{name}") is None


# Keys that are kept on disk


@pytest.mark.parametrize(
    ("host", "query", "canonical"),
    [
        ("localhost", "", True),
        ("localhost:8000", "", True),
        ("localhost:81", "", False),
        ("a.wild.example", "", False),
        ("localhost", "page=2", False),
    ],
)
def test_a_canonical_key_has_a_configured_host_the_port_of_the_server_and_no_query(host, query, canonical):
    assert key(PARTNERS, query, host).is_canonical("8000") is canonical


def test_the_request_made_from_a_key_has_the_same_key():
    for original in (key(PARTNERS, "role=member"), key(host="unic.example:81", scheme="https"), key(STATIC_PATH)):
        assert cache_key(original.environ({}), OneVariant()) == original


@pytest.mark.parametrize(("scheme", "port"), [("http", "80"), ("https", "443")])
def test_the_request_made_from_a_key_has_the_port_of_its_scheme_and_the_headers_of_its_variant(scheme, port):
    environ = key(scheme=scheme).environ({"HTTP_SEC_GPC": "1"})
    assert (environ["SERVER_PORT"], environ["HTTP_SEC_GPC"]) == (port, "1")
    assert environ["wsgi.input"].read() == b""
