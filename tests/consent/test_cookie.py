"""The choice cookie: how it is found, read, and compared with the notice in force."""

import pytest
from django.conf import settings as django_settings

from consent.cookie import (
    ConsentCookie,
    consent_cookie_value,
    has_objection_signal,
    is_named,
    is_notice_number,
)
from consent.variants import VaryRule

pytestmark = pytest.mark.once
CHOICE = django_settings.COOKIE_CONSENT_NAME


# Finding it


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("", ""),
        ("other=a", ""),
        (CHOICE, ""),
        (f"{CHOICE}=a", "a"),
        (f"other=a; {CHOICE}=b; more=c", "b"),
        (f"{CHOICE}=a; {CHOICE}=b", "b"),
        (f"{CHOICE}=a; {CHOICE}", "a"),
        (f'{CHOICE}="a b"', "a b"),
        (f'{CHOICE}="', '"'),
        (f'{CHOICE}=""', ""),
        (f'{CHOICE}="a', '"a'),
        (f'{CHOICE}=a"', 'a"'),
        (f"{CHOICE}=a=b", "a=b"),
        (f"x{CHOICE}=a", ""),
        (f'{CHOICE}="a\\073b"', ""),
    ],
)
def test_the_choice_is_the_last_cookie_of_its_name_without_quotation_marks(header, value):
    assert consent_cookie_value(header) == value


# Reading it


@pytest.mark.parametrize("number", ["1", "0", "12", "999999999"])
def test_a_choice_names_its_notice_by_a_number_of_at_most_nine_digits(number):
    assert is_notice_number(number)
    assert ConsentCookie.parse(f"notice={number}") == ConsentCookie(int(number), {})


@pytest.mark.parametrize("number", ["", "1000000000", "-1", "1.0", "a", "١", "²", " 1"])
def test_a_choice_with_another_number_is_none(number):
    assert not is_notice_number(number)
    assert ConsentCookie.parse(f"map=now|notice={number}") is None


def test_every_value_but_that_of_a_refusal_is_consent():
    cookie = ConsentCookie.parse("map=now|stats=-1|banner=2026-01-01|notice=3")
    assert cookie.answers == {"map": True, "stats": False, "banner": True}
    assert cookie.notice_number == 3


def test_a_choice_grants_the_providers_that_it_allows_and_no_others():
    cookie = ConsentCookie(1, {"map": True, "stats": False})
    assert cookie.granted_among(["map", "stats", "banner"]) == {"map"}
    assert cookie.granted_among(["stats"]) == frozenset()
    assert cookie.grants_anything
    assert not ConsentCookie(1, {"stats": False}).grants_anything
    assert not ConsentCookie(1, {}).grants_anything


@pytest.mark.parametrize(("number", "holds"), [(1, False), (2, True), (3, True), (4, True), (5, False)])
def test_a_choice_holds_from_the_notice_that_last_asked_to_the_one_in_force(number, holds):
    cookie = ConsentCookie(number, {})
    assert cookie.answers_one_of(2, 4) is holds
    seen = VaryRule(4, 2, ()).variant({"HTTP_COOKIE": f"{CHOICE}=notice={number}"})
    assert seen == ("4 answered" if holds else "4 asked")


@pytest.mark.parametrize(
    ("headers", "objecting"),
    [
        ({}, False),
        ({"sec-gpc": "1"}, True),
        ({"dnt": "1"}, True),
        ({"sec-gpc": "0", "dnt": "1"}, True),
        ({"sec-gpc": "1", "dnt": "0"}, True),
        ({"sec-gpc": "0", "dnt": "0"}, False),
        ({"sec-gpc": "1,1"}, True),
        ({"sec-gpc": "0, 1"}, True),
        ({"sec-gpc": "10,11"}, False),
        ({"dnt": "11"}, False),
        ({"dnt": "unspecified"}, False),
    ],
)
def test_a_browser_objects_by_either_signal(rf, headers, objecting):
    assert has_objection_signal(rf.get("/", headers=headers).META) is objecting


# Names


@pytest.mark.parametrize(
    ("name", "declared", "named"),
    [
        ("_ga", "_ga", True),
        ("_ga_X", "_ga", False),
        ("_ga_X", "_ga_*", True),
        ("_ga_", "_ga_*", True),
        ("_gaming", "_ga_*", False),
        ("a1", "a?", False),
        ("a1", "a[1]", False),
    ],
)
def test_only_an_asterisk_at_the_end_of_a_declared_name_stands_for_any_ending(name, declared, named):
    assert is_named(name, declared) is named


# The variants


RULE = VaryRule(3, 2, ("media", "stats"), ("map", "media", "stats"), {"2": "then", "3": "now"})


def as_written(value: str) -> bool:
    return RULE.has_known_cookie({"HTTP_COOKIE": f"{CHOICE}={value}"})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "map=now|media=-1|stats=now|notice=3",
        "map=then|media=-1|notice=2",
        "notice=3",
    ],
)
def test_a_choice_has_known_cookie_where_this_site_can_have_written_it(value):
    assert as_written(value)


@pytest.mark.parametrize(
    "value",
    [
        "map=now|media=-1|stats=now|notice=2",
        "map=then|notice=1",
        "map=now",
        "map=yes|notice=3",
        "other=now|notice=3",
        "stats=now|media=-1|notice=3",
        "notice=3|media=-1",
        "media=-1||notice=3",
        "media=-1|notice=3|",
        "notice=03",
    ],
)
def test_a_choice_with_other_values_providers_or_another_order_is_not_as_written(value):
    assert not as_written(value)


def test_no_choice_is_a_known_cookie():
    assert RULE.has_known_cookie({}) and RULE.has_known_cookie({"HTTP_COOKIE": "other=a"})


@pytest.mark.parametrize(
    ("cookie", "headers", "seen"),
    [
        ("", {}, "3 asked"),
        ("", {"HTTP_DNT": "1"}, "3 asked objects"),
        ("media=now|notice=1", {}, "3 asked"),
        ("media=now|notice=1", {"HTTP_SEC_GPC": "1"}, "3 asked objects"),
        ("media=-1|notice=3", {}, "3 answered"),
        ("media=-1|notice=3", {"HTTP_SEC_GPC": "1"}, "3 answered"),
        ("map=now|notice=3", {}, "3 answered granted"),
        ("stats=now|media=now|map=now|notice=2", {}, "3 answered granted media stats"),
    ],
)
def test_the_variant_follows_from_answer_and_objection(cookie, headers, seen):
    assert RULE.variant({"HTTP_COOKIE": f"{CHOICE}={cookie}"} | headers) == seen


def test_before_the_first_notice_there_is_one_variant():
    for environ in ({}, {"HTTP_DNT": "1"}, {"HTTP_COOKIE": f"{CHOICE}=notice=0"}):
        assert VaryRule(0, 0, ()).variant(environ) == "0 asked"


@pytest.mark.parametrize(
    "variant",
    [
        "3 asked",
        "3 asked objects",
        "3 answered",
        "3 answered granted",
        "3 answered granted media",
        "3 answered granted stats",
        "3 answered granted media stats",
    ],
)
def test_each_variant_is_that_of_the_headers_that_lead_to_it(variant):
    assert RULE.variant(RULE.request_headers(variant)) == variant


def test_a_variant_of_another_notice_has_no_headers():
    assert RULE.request_headers("2 asked") is None and RULE.request_headers("33 answered") is None


def test_a_rule_is_read_as_it_was_written():
    assert VaryRule.from_json(RULE.as_json()) == RULE
