"""Which variant of a page a visitor sees, as the page cache tells it from a request."""

import pytest
from django.test import Client

from consent.cookie import ConsentCookie
from consent.models import DeclaredCookie, NoticeVersion, Purpose, Script
from consent.variants import VaryRule

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHOICE, RECEIPT = "cookie_consent", "cookie_consent_receipt"


@pytest.fixture
def rule() -> VaryRule:
    for key in ("statistics", "advertising"):
        purpose = Purpose.objects.get(key=key)
        DeclaredCookie.objects.create(key=key, name=key, purpose=purpose, provider_en="Count Ltd")
        Script.objects.create(name=key, provider="Count Ltd", purpose=purpose, source=f"https://{key}.example/a.js")
    NoticeVersion.objects.publish()
    return VaryRule.in_force()


def variant(rule: VaryRule, cookie: str) -> str:
    return rule.variant({"HTTP_COOKIE": cookie.encode().decode("latin-1")})


def sent_by(browser: Client) -> str:
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in browser.cookies.items())


@pytest.mark.parametrize(
    ("action", "purposes", "seen"),
    [
        ("accept", [], "2 answered granted advertising statistics"),
        ("refuse", [], "2 answered"),
        ("choose", ["statistics"], "2 answered granted statistics"),
        ("choose", ["functional"], "2 answered granted"),
    ],
)
def test_the_choice_alone_tells_the_variant(rule, decide, action, purposes, seen):
    browser = Client()
    decide(action, browser, purposes=purposes)
    assert variant(rule, sent_by(browser)) == seen
    for number in ("", "x", "AAAA-BBBB-CCCC-DDDD", 'a"', "\\061"):
        assert variant(rule, f"{CHOICE}={browser.cookies[CHOICE].coded_value}; {RECEIPT}={number}") == seen
        assert variant(rule, f"{RECEIPT}={number}") == "2 asked"


def test_the_headers_of_each_variant_lead_to_it(rule):
    assert len(rule.variants()) == 7
    for seen in rule.variants():
        headers = rule.request_headers(seen)
        assert rule.variant(headers) == seen and "receipt" not in str(headers)


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
def test_the_choice_is_the_cookie_that_django_takes(rule, rf, cookie):
    request = rf.get("/", headers={"cookie": cookie.encode().decode("latin-1")})
    assert ConsentCookie.from_request(request) == ConsentCookie.parse(request.COOKIES.get(CHOICE, ""))
    page = Client().get("/en/vision/", headers={"cookie": cookie.encode().decode("latin-1")}).content.decode()
    assert ('class="consent"' in page) is (variant(rule, cookie) == "2 asked")
    assert ("statistics.example" in page) is (variant(rule, cookie) == "2 answered granted statistics")


def test_a_byte_of_a_foreign_cookie_changes_no_variant(rule):
    for byte in range(0x80, 0x100):
        for cookie in ("city={0}; cookie_consent=statistics=now|notice=2; {0}={0}", "{0};cookie_consent=notice=2;{0}"):
            seen = "2 answered granted statistics" if "statistics" in cookie else "2 answered"
            assert rule.variant({"HTTP_COOKIE": cookie.format(chr(byte))}) == seen
