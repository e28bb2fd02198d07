"""VaryRule: the variant of a page that a request gets."""

import pytest
from django.test import Client

from consent.cookie import ConsentCookie
from consent.models import DeclaredCookie, NoticeVersion, Purpose, Script
from consent.variants import VaryRule

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONSENT_COOKIE, RECEIPT_COOKIE = "cookie_consent", "cookie_consent_receipt"


@pytest.fixture
def vary_rule() -> VaryRule:
    for key in ("statistics", "advertising"):
        purpose = Purpose.objects.get(key=key)
        DeclaredCookie.objects.create(key=key, name=key, purpose=purpose, provider_en="Count Ltd")
        Script.objects.create(name=key, provider="Count Ltd", purpose=purpose, source=f"https://{key}.example/a.js")
    NoticeVersion.objects.publish()
    return VaryRule.in_force()


def variant(vary_rule: VaryRule, cookie: str) -> str:
    return vary_rule.variant({"HTTP_COOKIE": cookie.encode().decode("latin-1")})


def cookie_header(browser: Client) -> str:
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in browser.cookies.items())


@pytest.mark.parametrize(
    ("action", "purposes", "expected"),
    [
        ("accept", [], "2 answered granted advertising statistics"),
        ("refuse", [], "2 answered"),
        ("choose", ["statistics"], "2 answered granted statistics"),
        ("choose", ["functional"], "2 answered granted"),
    ],
)
def test_the_variant_depends_on_the_consent_cookie_only(vary_rule, decide, action, purposes, expected):
    browser = Client()
    decide(action, browser, purposes=purposes)
    assert variant(vary_rule, cookie_header(browser)) == expected
    consent = f"{CONSENT_COOKIE}={browser.cookies[CONSENT_COOKIE].coded_value}"
    for number in ("", "x", "AAAA-BBBB-CCCC-DDDD", 'a"', "\\061"):
        assert variant(vary_rule, f"{consent}; {RECEIPT_COOKIE}={number}") == expected
        assert variant(vary_rule, f"{RECEIPT_COOKIE}={number}") == "2 asked"


def test_the_request_headers_of_each_variant_give_that_variant(vary_rule):
    assert len(vary_rule.variants()) == 7
    for expected in vary_rule.variants():
        headers = vary_rule.request_headers(expected)
        assert vary_rule.variant(headers) == expected and "receipt" not in str(headers)


@pytest.mark.parametrize(
    "cookie",
    [
        "cookie_consent=statistics=now|notice=2; cookie_consent=statistics=-1|notice=2",
        "cookie_consent=statistics=-1|notice=2; cookie_consent=statistics=now|notice=2",
        "cookie_consent=statistics=now|notice=2; cookie_consent=",
        "cookie_consent=statistics=now|notice=2; Cookie_Consent=statistics=-1|notice=2",
        "cookie_consent=statistics=now|notice=2;cookie_consent_receipt=x;  cookie_consent = statistics=-1|notice=2 ",
        'cookie_consent="statistics=now|notice=2',
        'a="; cookie_consent=statistics=now|notice=2; b="',
        "cookie_consent; =cookie_consent=statistics=now|notice=2",
        "\u00a0cookie_consent=\u0085statistics=now|notice=2\u2003",
    ],
)
def test_page_cache_and_django_read_the_same_consent_cookie(vary_rule, rf, cookie):
    request = rf.get("/", headers={"cookie": cookie.encode().decode("latin-1")})
    assert ConsentCookie.from_request(request) == ConsentCookie.parse(request.COOKIES.get(CONSENT_COOKIE, ""))
    page = Client().get("/en/vision/", headers={"cookie": cookie.encode().decode("latin-1")}).content.decode()
    assert ('class="consent"' in page) is (variant(vary_rule, cookie) == "2 asked")
    assert ("statistics.example" in page) is (variant(vary_rule, cookie) == "2 answered granted statistics")


def test_non_ascii_bytes_in_other_cookies_do_not_change_the_variant(vary_rule):
    for byte in range(0x80, 0x100):
        for cookie in ("city={0}; cookie_consent=statistics=now|notice=2; {0}={0}", "{0};cookie_consent=notice=2;{0}"):
            expected = "2 answered granted statistics" if "statistics" in cookie else "2 answered"
            assert vary_rule.variant({"HTTP_COOKIE": cookie.format(chr(byte))}) == expected
