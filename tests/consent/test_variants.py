"""VaryRule: the variant of a page that a request gets."""

import pytest
from django.test import Client

from consent.cookie import ConsentCookie
from consent.models import Provider, Script
from consent.state import ConsentState
from consent.variants import VaryRule
from tests.consent.factories import make_provider, put_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONSENT_COOKIE, RECEIPT_COOKIE = "cookie_consent", "cookie_consent_receipt"


@pytest.fixture
def vary_rule() -> VaryRule:
    for key in ("counter", "shop"):
        provider = make_provider(key, "statistics", f"{key} Ltd", f"https://{key}.example")
        Script.objects.create(name=key, provider=provider, source=f"https://{key}.example/a.js")
    make_provider("former", "statistics", "Former Ltd", "https://former.example")
    put_in_force()
    Provider.objects.filter(key__in=["former", "openstreetmap"]).update(is_published=False)
    make_provider("unnamed", "statistics", "Unnamed Ltd", "https://unnamed.example")
    return VaryRule.in_force()


def variant(vary_rule: VaryRule, cookie: str) -> str:
    return vary_rule.variant({"HTTP_COOKIE": cookie.encode().decode("latin-1")})


def cookie_header(browser: Client) -> str:
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in browser.cookies.items())


@pytest.mark.parametrize(
    ("action", "providers", "expected"),
    [
        ("accept", [], "2 answered granted counter shop"),
        ("refuse", [], "2 answered"),
        ("choose", ["counter"], "2 answered granted counter"),
        ("choose", ["former"], "2 answered granted"),
    ],
)
def test_the_variant_depends_on_the_consent_cookie_only(vary_rule, decide, action, providers, expected):
    browser = Client()
    decide(action, browser, providers=providers)
    assert variant(vary_rule, cookie_header(browser)) == expected
    consent = f"{CONSENT_COOKIE}={browser.cookies[CONSENT_COOKIE].coded_value}"
    for number in ("", "x", "AAAA-BBBB-CCCC-DDDD", 'a"', "\\061"):
        assert variant(vary_rule, f"{consent}; {RECEIPT_COOKIE}={number}") == expected
        assert variant(vary_rule, f"{RECEIPT_COOKIE}={number}") == "2 asked"


# Variant → those whose pages are sent when its own cannot be rendered.
FALLBACKS = {
    "2 asked": ["2 asked", "2 answered"],
    "2 asked objects": ["2 asked objects", "2 asked", "2 answered"],
    "2 answered": ["2 answered", "2 asked"],
    "2 answered granted": ["2 answered", "2 asked"],
    "2 answered granted counter": ["2 answered", "2 asked"],
    "2 answered granted shop": ["2 answered", "2 asked"],
    "2 answered granted counter shop": ["2 answered", "2 asked"],
}


def test_the_fallbacks_of_each_variant_grant_nothing_and_ask_the_same_first(vary_rule):
    assert {variant: vary_rule.fallbacks(variant) for variant in FALLBACKS} == FALLBACKS


def test_the_request_headers_of_each_variant_give_that_variant(vary_rule):
    for expected in FALLBACKS:
        headers = vary_rule.request_headers(expected)
        assert vary_rule.variant(headers) == expected and "receipt" not in str(headers)


@pytest.mark.nightly
@pytest.mark.parametrize(
    "cookie",
    [
        "cookie_consent=counter=now|notice=2; cookie_consent=counter=-1|notice=2",
        "cookie_consent=counter=-1|notice=2; cookie_consent=counter=now|notice=2",
        "cookie_consent=counter=now|notice=2; cookie_consent=",
        "cookie_consent=counter=now|notice=2; Cookie_Consent=counter=-1|notice=2",
        "cookie_consent=counter=now|notice=2;cookie_consent_receipt=x;  cookie_consent = counter=-1|notice=2 ",
        'cookie_consent="counter=now|notice=2',
        'a="; cookie_consent=counter=now|notice=2; b="',
        "cookie_consent; =cookie_consent=counter=now|notice=2",
        "\u00a0cookie_consent=\u0085counter=now|notice=2\u2003",
    ],
)
def test_page_cache_and_django_read_the_same_consent_cookie(vary_rule, rf, cookie):
    request = rf.get("/", headers={"cookie": cookie.encode().decode("latin-1")})
    assert ConsentCookie.from_request(request) == ConsentCookie.parse(request.COOKIES.get(CONSENT_COOKIE, ""))
    granted = ConsentState.for_request(request).granted
    assert ("counter" in granted) is (variant(vary_rule, cookie) == "2 answered granted counter")
    page = Client().get("/en/vision/", headers={"cookie": cookie.encode().decode("latin-1")}).content.decode()
    assert ('class="consent"' in page) is (variant(vary_rule, cookie) == "2 asked")


def test_non_ascii_bytes_in_other_cookies_do_not_change_the_variant(vary_rule):
    for byte in range(0x80, 0x100):
        for cookie in ("city={0}; cookie_consent=counter=now|notice=2; {0}={0}", "{0};cookie_consent=notice=2;{0}"):
            expected = "2 answered granted counter" if "counter" in cookie else "2 answered"
            assert vary_rule.variant({"HTTP_COOKIE": cookie.format(chr(byte))}) == expected
