"""Widenings: differences between two versions that need a new answer of each visitor."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.comparison import Widening, widenings
from consent.models import NoticeVersion

MONTH = 2_592_000
DAY = 86_400
MAP = "Functional › Map Ltd"


def cookie(name: str, **values) -> dict:
    return {
        "name": name,
        "kind": "cookie",
        "kind_code": "cookie",
        "domain": "",
        "description": "What it is for.",
        "duration": "1 month",
        "seconds": MONTH,
    } | values


def provider(key: str, name: str, **values) -> dict:
    return {
        "key": key,
        "name": name,
        "address": "1 High Street, Dublin",
        "country": "Ireland",
        "country_code": "IE",
        "hosts": ["https://a.example", "https://b.example"],
        "data": "Your IP address.",
        "retention": "30 days.",
        "transfer": "None.",
        "policy_url": "https://a.example/privacy",
        "scripts": [],
        "cookies": [cookie("one"), cookie("two", domain="example.org", seconds=None)],
    } | values


def purpose(key: str, name: str, **values) -> dict:
    return {
        "key": key,
        "name": name,
        "description": "What it is.",
        "is_necessary": False,
        "version": 1,
        "cookies": [],
        "providers": [],
    } | values


def wording() -> dict:
    return {
        "heading": "Cookies",
        "introduction": "<p>About cookies.</p>",
        "controller": "University",
        "contact": "privacy@example.org",
        "objection": "Your browser objects.",
        "purposes": [
            purpose(
                "necessary", "Necessary", is_necessary=True, cookies=[cookie("choice"), cookie("session", seconds=0)]
            ),
            purpose("functional", "Functional", providers=[provider("map", "Map Ltd"), provider("video", "Video Ltd")]),
            purpose("statistics", "Statistics", providers=[provider("counter", "Count Ltd")]),
            purpose("advertising", "Advertising"),
        ],
    }


def version(english: dict | None = None, polish: dict | None = None) -> NoticeVersion:
    english = english or wording()
    return NoticeVersion(number=1, wording={"en": english, "pl": polish or deepcopy(english)}, html={}, style="")


def found(change) -> list[tuple[Widening, str, str]]:
    """Return what widens if `change` changes the wording in all languages."""
    after = wording()
    change(after, {item["key"]: item for item in after["purposes"]})
    return [(item.kind, item.owner, str(item.what)) for item in widenings(version(), version(after))]


def providers_of(purposes: dict, key: str) -> list[dict]:
    return purposes[key]["providers"]


WIDENING = {
    "a new purpose with a provider": (
        lambda notice, _: notice["purposes"].append(purpose("ads", "Ads", providers=[provider("ad", "Ad Ltd")])),
        (Widening.PURPOSE, "Ads", "Ad Ltd"),
    ),
    "a new necessary purpose": (
        lambda notice, _: notice["purposes"].append(purpose("safety", "Safety", is_necessary=True)),
        (Widening.PURPOSE, "Safety", ""),
    ),
    "a purpose that is used for the first time": (
        lambda _, purposes: purposes["advertising"].update(providers=[provider("ad", "Ad Ltd")]),
        (Widening.PURPOSE, "Advertising", "Ad Ltd"),
    ),
    "a purpose that becomes necessary": (
        lambda _, purposes: purposes["advertising"].update(is_necessary=True),
        (Widening.NECESSARY, "Advertising", ""),
    ),
    "a new provider": (
        lambda _, purposes: providers_of(purposes, "functional").append(provider("new", "New Ltd")),
        (Widening.PROVIDER, "Functional › New Ltd", ""),
    ),
    "a provider moved to another purpose": (
        lambda _, purposes: providers_of(purposes, "functional").append(providers_of(purposes, "statistics").pop()),
        (Widening.PROVIDER, "Functional › Count Ltd", ""),
    ),
    "a new host": (
        lambda _, purposes: providers_of(purposes, "functional")[0]["hosts"].append("https://c.example"),
        (Widening.HOST, MAP, "https://c.example"),
    ),
    "a new or changed script": (
        lambda _, purposes: providers_of(purposes, "functional")[0]["scripts"].append(
            {"source": "https://b.example/x.js"}
        ),
        (Widening.SCRIPT, MAP, "https://b.example/x.js"),
    ),
    "a new cookie of a provider": (
        lambda _, purposes: providers_of(purposes, "functional")[0]["cookies"].append(cookie("three")),
        (Widening.COOKIE, MAP, "three"),
    ),
    "a new necessary cookie": (
        lambda _, purposes: purposes["necessary"]["cookies"].append(cookie("three")),
        (Widening.COOKIE, "Necessary", "three"),
    ),
    "another kind of storage": (
        lambda _, purposes: purposes["necessary"]["cookies"][0].update(kind_code="local"),
        (Widening.COOKIE, "Necessary", "choice"),
    ),
    "a cookie for a parent domain": (
        lambda _, purposes: purposes["necessary"]["cookies"][0].update(domain="example.org"),
        (Widening.COOKIE, "Necessary", "choice example.org"),
    ),
    "a cookie of another domain that becomes one of this host": (
        lambda _, purposes: providers_of(purposes, "functional")[0]["cookies"][1].update(domain=""),
        (Widening.COOKIE, MAP, "two"),
    ),
    "a longer duration": (
        lambda _, purposes: purposes["necessary"]["cookies"][0].update(seconds=MONTH + 1),
        (Widening.DURATION, "Necessary", "choice"),
    ),
    "a duration without a limit": (
        lambda _, purposes: purposes["necessary"]["cookies"][0].update(seconds=None),
        (Widening.DURATION, "Necessary", "choice"),
    ),
    "a cookie that outlives the session": (
        lambda _, purposes: purposes["necessary"]["cookies"][1].update(seconds=60),
        (Widening.DURATION, "Necessary", "session"),
    ),
    "another name of a purpose": (
        lambda _, purposes: purposes["functional"].update(name="Functions"),
        (Widening.FACT, "Functions", "name"),
    ),
    "another description of a purpose": (
        lambda _, purposes: purposes["functional"].update(description="Shows maps, and more."),
        (Widening.FACT, "Functional", "description"),
    ),
    "another description of a cookie of a provider": (
        lambda _, purposes: providers_of(purposes, "functional")[0]["cookies"][0].update(description="Recognises you."),
        (Widening.FACT, f"{MAP} › one", "what it is for"),
    ),
    "another controller": (
        lambda notice, _: notice.update(controller="Company"),
        (Widening.CONTROLLER, "", "Company"),
    ),
} | {
    f"a changed {name}": (
        lambda _, purposes, name=name: providers_of(purposes, "functional")[0].update({name: "Another."}),
        (Widening.FACT, "Functional › Another." if name == "name" else MAP, label),
    )
    for name, label in {
        "name": "name",
        "address": "postal address",
        "country_code": "country",
        "data": "data",
        "retention": "retention",
        "transfer": "transfer to a third country",
    }.items()
}


@pytest.mark.parametrize("name", WIDENING)
def test_each_kind_of_widening_is_found_and_named(name):
    change, expected = WIDENING[name]
    assert found(change) == [expected]


@pytest.mark.parametrize("field", ["data", "retention", "transfer", "address"])
def test_a_fact_that_changes_in_one_language_widens(field):
    polish = wording()
    polish["purposes"][1]["providers"][0][field] = "Więcej."
    assert [item.kind for item in widenings(version(), version(polish=polish))] == [Widening.FACT]


def test_a_session_is_longer_than_a_minute_and_not_longer_than_a_day():
    before = wording()
    after = deepcopy(before)
    after["purposes"][0]["cookies"][0]["seconds"] = 0
    for seconds, kinds in ((60, [Widening.DURATION]), (DAY, []), (MONTH, []), (None, [])):
        before["purposes"][0]["cookies"][0]["seconds"] = seconds
        assert [item.kind for item in widenings(version(before), version(after))] == kinds


def test_the_first_translation_of_a_text_widens_nothing():
    fallback, translated = wording(), wording()
    fallback["purposes"][1]["providers"][0]["languages"] = {"data": "en"}
    translated["purposes"][1]["providers"][0]["data"] = "Twój adres IP."
    assert widenings(version(polish=fallback), version(polish=translated)) == []
    # A later change of this translation does.
    assert widenings(version(polish=translated), version(polish=fallback))


def test_a_language_that_is_offered_for_the_first_time_widens_nothing():
    english, polish = wording(), wording()
    polish["purposes"][1]["providers"][0]["data"] = "Twój adres IP."
    before = NoticeVersion(number=1, wording={"en": english}, html={}, style="")
    assert widenings(before, version(english, polish)) == []


TEXTS = st.text(max_size=5)


@pytest.mark.nightly
@given(st.data())
def test_other_words_widen_nothing(data):
    after = {code: wording() for code in ("en", "pl")}
    for text in after.values():
        text.update({name: data.draw(TEXTS) for name in ("heading", "introduction", "contact", "objection")})
        for item in text["purposes"]:
            if not item["providers"]:
                item.update(name=data.draw(TEXTS), description=data.draw(TEXTS))
            for part in item["providers"]:
                part["policy_url"] = data.draw(TEXTS)
            for stored in item["cookies"]:
                stored["description"] = data.draw(TEXTS)
    assert widenings(version(), version(after["en"], after["pl"])) == []


def narrowed(data, after: dict) -> None:
    """Remove parts of `after` and shorten durations."""

    def some(items: list) -> list:
        return [item for item in items if data.draw(st.booleans())]

    after["purposes"] = some(after["purposes"])
    for item in after["purposes"]:
        item["providers"] = some(item["providers"])
        for part in (item, *item["providers"]):
            part["cookies"] = some(part["cookies"])
            for stored in part["cookies"]:
                if stored["seconds"] is None or stored["seconds"] > DAY:
                    stored["seconds"] = data.draw(st.sampled_from([0, 60, DAY, MONTH, stored["seconds"]]))
        for part in item["providers"]:
            part["hosts"] = some(part["hosts"])


@given(st.data())
def test_removing_and_shortening_widens_nothing_and_the_way_back_does(data):
    after = wording()
    # An unused purpose is listed, but nothing happens under it.
    after["purposes"].pop()
    before = deepcopy(after)
    narrowed(data, after)
    assert widenings(version(before), version(after)) == []
    assert bool(widenings(version(after), version(before))) == (after != before)
