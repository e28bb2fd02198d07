"""Responses that caches may share, and the response that one request gets from a cached page."""

import time

import pytest

from pagecache.response import CachedPage, Response

pytestmark = pytest.mark.once
HTML = [("Content-Type", "text/html; charset=utf-8")]
LONG = b"<p>A page that is long enough to be compressed.</p>" * 20


def page(body: bytes = LONG, headers=HTML, vary: str = "Cookie") -> CachedPage:
    return CachedPage.of(Response(200, list(headers), body), vary, "version", "build")


def encoding(accepted: str, cached: CachedPage | None = None) -> str:
    return (cached or page()).response({"HTTP_ACCEPT_ENCODING": accepted}).header("content-encoding")


def etag(cached: CachedPage) -> str:
    return cached.response({}).header("etag")


# Responses for shared caches


@pytest.mark.parametrize(
    "header",
    [
        ("Cache-Control", "public, max-age=60"),
        ("Vary", "Accept-Encoding, accept-language"),
        ("Vary", ""),
        ("Content-Security-Policy", "script-src 'self'"),
    ],
)
def test_headers_that_allow_sharing_make_a_page_cacheable(header):
    assert Response(200, [*HTML, header], b"").is_cacheable


@pytest.mark.parametrize("status", [301, 302, 308, 404, 410])
def test_redirects_and_missing_pages_replace_a_page_and_are_not_cached(status):
    answer = Response(status, HTML, b"")
    assert answer.replaces_page and not answer.is_cacheable


@pytest.mark.parametrize("status", [200, 201, 204, 206, 303, 304, 307, 400, 403, 500, 503])
def test_no_other_status_replaces_a_page(status):
    assert not Response(status, HTML, b"").replaces_page


@pytest.mark.parametrize("status", [201, 203, 206, 304, 500])
def test_no_other_status_than_200_is_cacheable(status):
    assert not Response(status, HTML, b"").is_cacheable


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "a=b"),
        ("Content-Encoding", "gzip"),
        ("Cache-Control", "max-age=0, no-store"),
        ("Cache-Control", "private"),
        ("Vary", "Cookie"),
        ("Vary", "Accept-Encoding, Sec-GPC"),
        ("Vary", "*"),
        ("content-security-policy", "script-src 'nonce-abc'"),
    ],
)
def test_headers_that_forbid_sharing_prevent_caching_and_replacing(header):
    assert not Response(200, [*HTML, header], b"").is_cacheable
    assert not Response(404, [*HTML, header], b"").replaces_page


def test_values_of_repeated_headers_are_joined():
    answer = Response(200, [("Cache-Control", "max-age=1"), ("cache-control", "no-store")], b"")
    assert answer.header("cache-control") == "max-age=1, no-store"
    assert answer.header("vary") == ""
    assert not answer.is_cacheable


# Encodings


@pytest.mark.parametrize(
    "content_type",
    [
        "text/css",
        "application/json",
        "application/xml",
        "application/atom+xml",
        "application/feed+json",
        "application/manifest+json",
        "application/javascript",
        "image/svg+xml",
    ],
)
def test_text_is_compressed(content_type):
    assert encoding("gzip", page(headers=[("Content-Type", content_type)])) == "gzip"


@pytest.mark.parametrize("content_type", ["image/png", "application/pdf", "font/woff2", ""])
def test_content_types_that_are_already_compressed_are_not_compressed_again(content_type):
    assert encoding("gzip, br, zstd", page(headers=[("Content-Type", content_type)])) == ""


def test_a_body_that_would_become_longer_is_not_compressed():
    assert encoding("gzip, br, zstd", page(b"a")) == ""


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, br, zstd", "br"),
        ("zstd, gzip", "zstd"),
        ("GZIP", "gzip"),
        ("br;q=0.1, zstd;q=0.2", "zstd"),
        ("br; q=0.5, gzip; q=0.6", "gzip"),
        ("x-gzip", "gzip"),
        ("x-gzip;q=0.9, gzip;q=0", ""),
        ("*;q=0.5, br;q=0", "zstd"),
        ("gzip;q=0.4, *;q=0.5", "br"),
        ("br;q=-1", ""),
        ("br;q=", "br"),
        ("br;q=nan, gzip;q=.5", "gzip"),
        ("br;level=1, gzip;q=0.0", ""),
        ("*;q=0", ""),
        ("x-gzip-really", ""),
        ("deflate", ""),
    ],
)
def test_the_encoding_with_the_greatest_weight_is_chosen(accepted, chosen):
    assert encoding(accepted) == chosen


def test_an_accept_encoding_of_more_than_200_characters_is_ignored():
    assert encoding("br, " + "a" * 196) == "br"
    assert encoding("br, " + "a" * 197) == ""


# Conditions


@pytest.mark.parametrize("condition", ["{etag}", "W/{etag}", '"other", {etag}', '"other",{etag} ', "*", '"other", *'])
def test_a_matching_etag_gets_304_without_a_body(condition):
    cached = page()
    answer = cached.response({"HTTP_IF_NONE_MATCH": condition.format(etag=etag(cached))})
    assert (answer.status, answer.body) == (304, b"")
    assert answer.header("etag") == etag(cached) and answer.header("vary") == "Cookie"
    for name in ("content-length", "content-type", "content-language", "content-encoding"):
        assert answer.header(name) == ""


@pytest.mark.parametrize("condition", ["", '"other"', "other", "W/*", "x{etag}", "W/W/{etag}"])
def test_another_etag_gets_the_whole_page(condition):
    cached = page()
    assert cached.response({"HTTP_IF_NONE_MATCH": condition.format(etag=etag(cached))}).status == 200


def test_a_condition_of_more_than_2000_characters_is_ignored():
    cached = page()
    rest = 2000 - len(etag(cached)) - 1
    assert cached.response({"HTTP_IF_NONE_MATCH": f"{etag(cached)},{'a' * rest}"}).status == 304
    assert cached.response({"HTTP_IF_NONE_MATCH": f"{etag(cached)},{'a' * (rest + 1)}"}).status == 200


def test_the_etag_depends_on_body_headers_and_encoding():
    language = [*HTML, ("Content-Language", "pl")]
    tags = [etag(page()), etag(page(LONG + b"!")), etag(page(headers=language)), etag(page(vary="Accept-Encoding"))]
    tags += [page().response({"HTTP_ACCEPT_ENCODING": name}).header("etag") for name in ("br", "gzip", "zstd")]
    assert len(set(tags)) == len(tags) == 7
    assert etag(page()) == etag(page())
    assert all(tag[0] == tag[-1] == '"' for tag in tags)


def test_the_etag_does_not_depend_on_the_order_of_the_directives_of_a_policy():
    policies = ("default-src 'self'; img-src *", "img-src *; default-src 'self'")
    pages = [page(headers=[*HTML, ("Content-Security-Policy", policy)]) for policy in policies]
    assert etag(pages[0]) == etag(pages[1])
    assert pages[1].response({}).header("content-security-policy") == policies[0]
    orders = [page(headers=[*HTML, ("X-Other", value)]) for value in ("b; a", "a; b")]
    assert etag(orders[0]) != etag(orders[1])


def test_the_cache_replaces_the_headers_that_depend_on_the_encoding():
    cached = page(headers=[*HTML, ("Vary", "Accept-Language"), ("ETag", '"a"'), ("Content-Length", "1")])
    answer = cached.response({})
    assert answer.header("vary") == "Cookie"
    assert answer.header("content-length") == str(len(LONG))
    assert '"a"' not in answer.header("etag")


# Age


def test_the_age_header_of_an_outdated_page_is_in_seconds(monkeypatch):
    cached = page()
    monkeypatch.setattr(time, "time", lambda: cached.rendered_at + 90.9)
    answer = cached.stale_response({})
    assert (answer.header("age"), answer.body) == ("90", LONG)
    assert answer.header("cache-status") == "site; hit; detail=stale"
    assert answer.header("content-type") == HTML[0][1]
    assert cached.response({}).header("age") == ""


def test_the_age_is_zero_after_the_clock_was_set_back(monkeypatch):
    cached = page()
    monkeypatch.setattr(time, "time", lambda: cached.rendered_at - 90)
    assert cached.stale_response({}).header("age") == "0"


def test_the_size_of_a_page_includes_the_bodies_of_all_encodings():
    answers = [page().response({"HTTP_ACCEPT_ENCODING": name}) for name in ("", "br", "gzip", "zstd")]
    assert page().size == 8192 + sum(len(answer.body) for answer in answers)
