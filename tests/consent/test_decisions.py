"""The notice, decisions of visitors, and the record that is committed before a decision counts."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from consent.cookie import RECEIPT_COOKIE, ConsentCookie, sent_receipt
from consent.models import Decision, DeclaredCookie, Leaf, Notice, NoticeVersion, Provider
from tests.consent.factories import make_counter, make_provider, put_in_force
from tests.consent.visitors import DECIDE, FORM, RECEIPT, SAME_SITE, SETTINGS, asks, fields, press

pytestmark = pytest.mark.django_db
# The only provider of the initial content.
MAP = "openstreetmap"
TICKED = r'value="{}"[^>]*\schecked'


@pytest.fixture
def counter() -> Provider:
    """A counter for statistics with cookies and storage, which the notice in force names besides the map."""
    provider = make_provider("counter", "statistics", "Count Ltd", "https://stats.example")
    for name, kind, domain in [
        ("counter", "cookie", ""),
        ("_ga_*", "cookie", "unic.example.org"),
        ("_far", "cookie", "elsewhere.example"),
        ("seen:*", "local", ""),
        ("visit", "session", ""),
        ("counts", "indexeddb", ""),
    ]:
        DeclaredCookie.objects.create(
            key=name.strip("_:*"), provider=provider, name=name, kind=kind, domain=domain, description_en="Counts."
        )
    put_in_force()
    return provider


@pytest.fixture
def nothing_optional():
    """The notice in force names no provider."""
    Provider.objects.update(is_published=False)
    put_in_force()


def erase(client):
    Leaf.objects.erase_receipt(Decision.objects.get().receipt, staff="officer", remark="")


def deleted(response) -> list[tuple[str, str]]:
    """The name and the domain of each cookie that `response` deletes."""
    return [(cookie.key, cookie["domain"]) for cookie in response.cookies.values() if cookie["max-age"] == 0]


@pytest.mark.once
def test_the_first_page_asks_about_each_provider_with_nothing_ticked(client):
    html = client.get("/en/").content.decode()
    assert re.findall(r'name="purposes"\s+value="([a-z]+)"', html) == ["functional"]
    assert re.findall(r'name="providers"\s+value="([a-z]+)"', html) == [MAP]
    boxes = re.findall(r"<input type=\"checkbox\"[^>]*>", html)
    assert len(boxes) == 2 and not any("checked" in box for box in boxes)
    assert "University of Lodz, ul. Narutowicza 68" in html
    assert 'href="/en/privacy-policy/"' in html


@pytest.mark.once
def test_the_notice_states_the_facts_of_each_provider_and_cookie(client, counter):
    html = client.get("/en/").content.decode()
    for provider in Provider.objects.in_use():
        facts = (provider.name, provider.address, provider.data, provider.retention, provider.transfer)
        for fact in (*facts, provider.policy_url):
            assert escape(fact) in html
        assert all(host in html for host in provider.origins)
    assert ", United Kingdom" in html and ", Ireland" in html
    assert "<code>_ga_*</code></strong> (cookie, unic.example.org)" in html


@pytest.mark.once
@pytest.mark.parametrize("language", ["en", "fi", "pl"])
def test_a_duration_is_in_the_language_of_the_notice_and_ends_without_a_space(client, language):
    months = {"en": "6 months", "fi": "6 kuukautta", "pl": "6 miesięcy"}[language]
    cookies = NoticeVersion.objects.current().wording_in(language)["purposes"][0]["cookies"]
    assert cookies[0]["duration"].replace("\xa0", " ") == months


@pytest.mark.once
def test_the_first_layer_names_each_purpose_and_provider_that_is_asked_about(client, counter):
    html = client.get("/en/").content.decode()
    first_layer = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", "", html[html.index("consent-heading") : html.index("<details")])
    )
    assert "Functional: OpenStreetMap Foundation" in first_layer and "Statistics: Count Ltd" in first_layer
    assert "Advertising:" not in first_layer


@pytest.mark.once
def test_a_purpose_without_a_provider_is_listed_as_not_used_and_has_no_box(client):
    html = client.get("/en/").content.decode()
    assert html.count("Not used: nothing is loaded or stored for this purpose.") == 2
    assert 'value="statistics"' not in html and 'value="advertising"' not in html
    response = press(client, "choose", purposes=["statistics"])
    assert response.status_code == 400 and not Decision.objects.exists()


@pytest.mark.once
def test_the_buttons_accept_and_refuse_are_equal_and_come_first(client):
    html = client.get("/en/").content.decode()
    buttons = re.findall(r"<button type=\"submit\" name=\"action\" value=\"([a-z]+)\">", html)
    assert buttons == ["accept", "refuse", "choose"]


@pytest.mark.once
def test_the_notice_is_in_the_language_of_the_page(client):
    assert "Zaakceptuj wszystkie" in client.get("/pl/").content.decode()
    assert "Zanim podejmiesz" not in client.get("/pl/").content.decode()


@pytest.mark.parametrize(
    ("action", "data", "granted", "recorded_action"),
    [
        ("accept", {}, [MAP, "counter"], "accepted_all"),
        ("refuse", {}, [], "refused_all"),
        ("choose", {"providers": ["counter"]}, ["counter"], "chosen"),
        ("choose", {"purposes": ["statistics"]}, ["counter"], "chosen"),
        ("choose", {}, [], "chosen"),
        ("refuse", {"providers": [MAP, "counter"]}, [], "refused_all"),
    ],
)
def test_a_decision_is_recorded_and_redirects_to_the_page(client, counter, action, data, granted, recorded_action):
    before = timezone.now()
    response = press(client, action, **data)
    assert (response.status_code, response["Location"]) == (303, "/en/partners/#consent-saved")
    decision = Decision.objects.get()
    assert decision.answers == {
        MAP: {"granted": MAP in granted, "purpose": "functional", "version": 1},
        "counter": {"granted": "counter" in granted, "purpose": "statistics", "version": 2},
    }
    assert (decision.action, decision.language, decision.path) == (recorded_action, "en", "/en/partners/")
    assert decision.notice == NoticeVersion.objects.current()
    assert before <= decision.decided_at <= timezone.now()
    assert 181 <= (decision.expires_at - decision.decided_at).days <= 183
    assert not asks(client)


@pytest.mark.parametrize(
    ("shown", "purposes", "providers", "granted"),
    [
        # The purpose alone stands for all of its providers.
        ([], ["functional"], [], [MAP, "video"]),
        # Its providers narrow it.
        ([], ["functional"], ["video"], ["video"]),
        # A provider alone.
        ([], [], ["video"], ["video"]),
        # A purpose that was ticked before: unticking it, or both of its providers, grants nothing.
        (["functional"], [], [MAP, "video"], []),
        (["functional"], ["functional"], [], []),
        (["functional"], ["functional"], [MAP], [MAP]),
        # JavaScript sends only the boxes of providers.
        ([], [], [MAP], [MAP]),
    ],
)
def test_of_boxes_that_contradict_each_other_the_narrower_reading_counts(client, shown, purposes, providers, granted):
    make_provider("video", "functional", "Video Ltd")
    put_in_force()
    assert press(client, "choose", shown=shown, purposes=purposes, providers=providers).status_code == 303
    assert Decision.objects.get().granted_providers == granted


@pytest.mark.once
def test_consent_and_receipt_are_two_http_only_cookies_for_six_months(client, settings, counter):
    settings.COOKIE_CONSENT_SECURE = True
    cookies = press(client, "choose", providers=["counter"]).cookies
    assert sorted(cookies) == ["cookie_consent", "cookie_consent_receipt"]
    for cookie in cookies.values():
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (181 * 86400, True, "Lax")
        assert (cookie["secure"], cookie["path"]) == (True, "/")
    decision = Decision.objects.get()
    since = decision.notice.published_at.isoformat()
    assert cookies["cookie_consent"].value == f"counter={since}|openstreetmap=-1|notice=2"
    assert cookies["cookie_consent_receipt"].value == decision.receipt


@pytest.mark.once
def test_visitors_with_the_same_answers_have_the_same_consent_cookie(counter):
    visitors = [{"idempotency_key": "a" * 32}, {}, {"providers": ["counter", MAP]}]
    answers = [press(Client(), "choose" if "providers" in data else "accept", **data) for data in visitors]
    answers.append(press(Client(), "accept", idempotency_key="a" * 32))
    assert len({answer.cookies["cookie_consent"].value for answer in answers}) == 1
    assert len({answer.cookies["cookie_consent_receipt"].value for answer in answers}) == 3


@pytest.mark.once
def test_django_cookie_consent_reads_the_consent_cookie(client, rf, counter):
    from cookie_consent.models import Cookie, CookieGroup
    from cookie_consent.util import get_cookie_value_from_request

    for key in (MAP, "counter"):
        Cookie.objects.create(name=key, cookiegroup=CookieGroup.objects.create(varname=key))
    # The library accepts consent that is later than the declaration of the purpose's newest cookie.
    Cookie.objects.update(created=NoticeVersion.objects.current().published_at - timedelta(seconds=1))
    request = rf.get("/")
    request.COOKIES["cookie_consent"] = press(client, "choose", providers=[MAP]).cookies["cookie_consent"].value
    assert get_cookie_value_from_request(request, MAP) is True
    assert get_cookie_value_from_request(request, "counter") is False


def test_the_record_contains_no_personal_data(client):
    press(client, "accept", headers=SAME_SITE | {"user-agent": "Browser of Jan", "x-forwarded-for": "192.0.2.7"})
    stored = str(Decision.objects.values().get())
    assert "127.0.0.1" not in stored and "192.0.2.7" not in stored and "Jan" not in stored


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["sec-gpc", "dnt"])
def test_an_objection_signal_is_mentioned_and_recorded(client, name):
    headers = SAME_SITE | {name: "1"}
    assert "you object to tracking" in client.get("/en/", headers=headers).content.decode()
    assert "you object to tracking" not in client.get("/en/").content.decode()
    press(client, "refuse", headers=headers)
    assert Decision.objects.get().has_objection_signal is True
    assert "you object to tracking" in client.get(SETTINGS, headers=headers).content.decode()
    press(client, "accept", headers=headers)
    assert "you object to tracking" not in client.get(SETTINGS, headers=headers).content.decode()


def test_a_withdrawal_follows_the_decision_before_under_the_same_receipt(client):
    press(client, "accept")
    press(client, "withdraw")
    withdrawn, accepted = Decision.objects.all()
    assert (withdrawn.action, withdrawn.receipt) == ("withdrawn", accepted.receipt)
    assert withdrawn.predecessor == accepted.digest
    assert withdrawn.answers_by_provider == {MAP: False}
    assert not asks(client)


@pytest.mark.parametrize("action", ["withdraw", "refuse", "choose"])
def test_revoking_everything_is_a_withdrawal_with_any_button(client, action):
    press(client, "choose", providers=[MAP])
    press(client, action)
    press(client, action)
    assert list(Decision.objects.values_list("action", flat=True)) == ["withdrawn", "chosen"]


@pytest.mark.parametrize("notice", ["", "x", "0", "-1", "٣", "9", "999999999", "9" * 5000])
@pytest.mark.parametrize("action", ["accept", "choose", "allow"])
def test_a_consent_to_an_unknown_notice_is_not_recorded_and_the_settings_ask(client, action, notice):
    response = press(client, action, notice=notice, providers=[MAP])
    html = response.content.decode()
    assert response.status_code == 400 and not response.cookies and not Decision.objects.exists()
    assert "The question on that page is out of date. Nothing was recorded." in html
    # The boxes answered another question.
    assert not re.search(TICKED.format(MAP), html) and 'name="notice" value="1"' in html


@pytest.mark.parametrize("notice", ["", "9"])
def test_a_refusal_of_an_unknown_notice_is_recorded(client, notice):
    assert press(client, "refuse", notice=notice).status_code == 303
    assert Decision.objects.get().granted == ""


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("path", "is_erased", "recorded_action"),
    [("/en/partners/", False, "withdrawn"), ("/en/partners/", True, "refused_all"), (RECEIPT, False, "withdrawn")],
    ids=["footer", "footer, after an erasure", "receipt"],
)
def test_a_withdrawal_without_a_question_names_the_notice_that_was_answered_and_ends_no_later_question(
    client, path, is_erased, recorded_action
):
    press(client, "accept")
    page = client.get(path).content.decode()
    Notice.objects.update(introduction_en="<p>We sell all of it.</p>")
    put_in_force()
    if is_erased:
        erase(client)
    form = next(form for form in re.findall("<form.*?</form>", page, re.DOTALL) if 'value="withdraw"' in form)
    press(client, "withdraw", **dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)))
    withdrawn = Decision.objects.first()
    assert (withdrawn.action, withdrawn.notice.number) == (recorded_action, 1)
    assert "We sell all of it." not in client.get(RECEIPT).content.decode().partition("The question you were asked")[2]
    assert asks(client)


def test_without_granted_providers_there_is_nothing_to_withdraw(client):
    press(client, "refuse")
    assert 'value="withdraw"' not in client.get(SETTINGS).content.decode()
    assert 'value="withdraw"' not in client.get(RECEIPT).content.decode()
    Client().post(DECIDE, {"action": "withdraw"}, headers=SAME_SITE)
    assert list(Decision.objects.values_list("action", flat=True)) == ["refused_all", "refused_all"]


def test_the_settings_show_an_answer_to_an_older_notice_as_off(client):
    press(client, "accept")
    Notice.objects.update(introduction_en="<p>We sell all of it.</p>")
    put_in_force()
    html = client.get(SETTINGS).content.decode()
    assert "The notice has changed since you made your choice" in html
    assert not re.search(TICKED.format(MAP), html)


def test_an_expired_decision_counts_as_undecided_and_its_receipt_can_be_read(client, counter, monkeypatch):
    press(client, "accept")
    accepted = Decision.objects.get()
    monkeypatch.setattr(timezone, "now", lambda: accepted.expires_at)
    page = client.get(SETTINGS)
    html = page.content.decode()
    assert "Your choice has expired. Until you choose again, everything optional is off." in html
    assert not re.search(TICKED.format("[a-z]+"), html) and 'value="refuse"' in html
    # The notice asks again, also in a browser that kept the cookie.
    assert deleted(page) == [("cookie_consent", "")] and asks(client)
    receipt = client.get(RECEIPT)
    assert accepted.receipt in receipt.content.decode() and RECEIPT_COOKIE not in receipt.cookies


def test_what_is_allowed_beside_an_embed_revives_no_provider_of_an_expired_decision(client, counter, monkeypatch):
    press(client, "accept")
    later = Decision.objects.get().expires_at
    monkeypatch.setattr(timezone, "now", lambda: later)
    press(client, "allow", providers=[MAP])
    allowed, accepted = Decision.objects.all()
    assert allowed.granted_providers == [MAP] and allowed.predecessor == accepted.digest


@pytest.mark.once
@pytest.mark.parametrize("host", ["www.unic.example.org", "testserver"])
@pytest.mark.parametrize("action", ["refuse", "withdraw", "choose"])
def test_a_decline_deletes_declared_cookies_here_and_only_on_the_parent_domain_that_is_declared(
    client, settings, counter, host, action
):
    settings.ALLOWED_HOSTS = [host]
    if action == "withdraw":
        press(client, "accept")
    client.cookies["_ga_X1"] = client.cookies["_far"] = "1"
    response = client.post(DECIDE, fields(action, providers=[MAP]), headers=SAME_SITE, SERVER_NAME=host)
    parent = [("_ga_X1", "unic.example.org")] if "." in host else []
    assert sorted(deleted(response)) == sorted([("_far", ""), ("counter", ""), ("_ga_X1", ""), *parent])


@pytest.mark.once
def test_a_decline_deletes_cookies_that_nobody_declared_on_this_host_only(client, settings, counter):
    settings.ALLOWED_HOSTS = ["www.unic.example.org"]
    client.cookies["_unknown"] = client.cookies["_gaming"] = "1"
    response = client.post(DECIDE, {"action": "refuse"}, headers=SAME_SITE, SERVER_NAME="www.unic.example.org")
    assert {("_unknown", ""), ("_gaming", "")} <= set(deleted(response))
    assert {domain for _name, domain in deleted(response)} == {""}


@pytest.mark.once
def test_an_acceptance_of_everything_deletes_no_cookie(client, counter):
    client.cookies["counter"] = client.cookies["_unknown"] = "1"
    assert not deleted(press(client, "accept"))


@pytest.mark.once
def test_a_decline_keeps_the_cookies_of_this_site_and_of_granted_providers(client, counter, staff):
    """A provider whose cookies are declared as * must not sign anybody out."""
    map_provider = Provider.objects.get(key=MAP)
    DeclaredCookie.objects.create(key="any", provider=map_provider, name="*", description_en="-")
    put_in_force()
    client.force_login(staff("translator"))
    for name in ["csrftoken", "messages", "counter", "_ga_1", "_unknown"]:
        client.cookies[name] = "1"
    response = press(client, "choose", providers=["counter"])
    assert deleted(response) == [("_unknown", "")]


def test_a_withdrawal_deletes_the_cookies_of_a_provider_that_was_removed_from_the_notice(client, settings, counter):
    settings.ALLOWED_HOSTS = ["*"]
    press(client, "accept")
    Provider.objects.filter(key="counter").update(is_published=False)
    put_in_force(asks_again=False)
    client.cookies["_ga_1"] = "1"
    response = client.post(DECIDE, {"action": "withdraw"}, headers=SAME_SITE, SERVER_NAME="www.unic.example.org")
    assert ("_ga_1", "unic.example.org") in deleted(response)


@pytest.mark.parametrize("action", ["withdraw", "accept"])
def test_a_decision_deletes_what_a_provider_left_that_an_earlier_notice_of_its_receipt_named(
    client, settings, counter, action
):
    settings.ALLOWED_HOSTS = ["*"]
    site = {"headers": SAME_SITE | {"accept": "application/json"}, "SERVER_NAME": "www.unic.example.org"}
    client.post(DECIDE, fields("accept"), **site)
    Provider.objects.filter(key="counter").update(is_published=False)
    put_in_force()
    client.post(DECIDE, fields("accept"), **site)
    Notice.objects.update(heading_en="Another heading")
    put_in_force()
    client.cookies["_ga_1"] = client.cookies["_unknown"] = "1"
    response = client.post(DECIDE, fields(action, notice=4), **site)
    assert list(Decision.objects.values_list("notice__number", flat=True)) == [4, 3, 2]
    assert ("_ga_1", "unic.example.org") in deleted(response)
    assert ["local", "seen:*"] in response.json()["storage"]["delete"]
    assert (("_unknown", "") in deleted(response)) == (action == "withdraw")
    assert "[&quot;local&quot;, &quot;seen:*&quot;]" in client.get(SETTINGS).content.decode()


@pytest.mark.once
def test_a_response_deletes_a_bounded_number_of_cookies_and_declared_ones_first(client, settings, counter):
    settings.ALLOWED_HOSTS = [host := "www.unic.example.org"]
    header = "; ".join([*(f"a{number}=1" for number in range(200)), "_ga_1=1"])
    response = client.post(DECIDE, {"action": "refuse"}, headers=SAME_SITE | {"cookie": header}, SERVER_NAME=host)
    assert "_ga_1" in response.cookies and 40 <= len(deleted(response)) <= 45


@pytest.mark.once
@pytest.mark.parametrize("page", [SETTINGS, RECEIPT])
def test_settings_and_receipt_delete_what_the_response_to_a_decision_left(client, counter, page):
    strays = {f"a{number}" for number in range(60)}
    client.cookies.load(dict.fromkeys(strays, "1"))
    left = strays - {name for name, _domain in deleted(press(client, "refuse"))}
    assert len(left) == 20
    for name in strays - left:
        del client.cookies[name]
    assert {name for name, _domain in deleted(client.get(page))} >= left
    press(client, "accept")
    client.cookies.load(dict.fromkeys(left, "1"))
    assert not deleted(client.get(page))


@pytest.mark.once
@pytest.mark.parametrize("name", ["_ga_é", "_ga_(1)", "Path"])
def test_an_invalid_cookie_name_does_not_break_the_response(client, name):
    """The decision is already stored when the cookies are deleted."""
    response = press(client, "refuse", headers=SAME_SITE | {"cookie": f"{name}=1; usual=1"})
    assert (response.status_code, Decision.objects.count()) == (303, 1)
    assert response.cookies["usual"]["max-age"] == 0


@pytest.mark.once
def test_a_decline_names_the_declared_storage_to_delete_and_what_to_keep(client, counter):
    as_script = SAME_SITE | {"accept": "application/json"}
    accepted = press(client, "accept", headers=as_script)
    assert accepted.json()["storage"]["delete"] == []
    withdrawn = press(client, "withdraw", headers=as_script)
    storage = withdrawn.json()["storage"]
    assert sorted(storage["delete"]) == [["indexeddb", "counts"], ["local", "seen:*"], ["session", "visit"]]
    assert {("local", "theme"), ("local", "unsaved-input:*"), ("session", "content-language")} <= {
        tuple(pair) for pair in storage["keep"]
    }
    # Storage of the whole origin has unsaved input of staff.
    assert withdrawn["Clear-Site-Data"] == accepted["Clear-Site-Data"] == '"prefetchCache"'
    for page in (SETTINGS, RECEIPT):
        assert "[&quot;local&quot;, &quot;seen:*&quot;]" in client.get(page).content.decode()
        assert "seen:*&quot;" not in Client().get(page).content.decode()


@pytest.mark.once
def test_every_page_has_a_button_to_withdraw_given_consent(client):
    withdraw = 'name="action" value="withdraw"'
    for action, may_withdraw in [(None, False), ("refuse", False), ("accept", True), ("withdraw", False)]:
        if action:
            press(client, action)
        assert (withdraw in client.get("/en/partners/").content.decode()) is may_withdraw
    form = {"action": "withdraw", "next": "/en/partners/"}
    press(client, "choose", providers=[MAP])
    assert client.post(DECIDE, form, headers=SAME_SITE).status_code == 303
    assert Decision.objects.latest_of(Decision.objects.last().receipt).action == "withdrawn"


def test_the_same_decision_sent_twice_is_recorded_once(client):
    press(client, "accept")
    press(client, "accept")
    assert Decision.objects.count() == 1


def test_the_same_decision_as_one_of_a_clock_that_was_ahead_is_recorded(client, monkeypatch):
    right = timezone.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: right() + timedelta(hours=3))
    press(client, "accept")
    monkeypatch.undo()
    press(client, "accept")
    assert Decision.objects.count() == 2


def test_a_first_decision_without_javascript_is_repeated_with_a_key_and_recorded_once(client):
    first = press(client, "accept", headers=FORM)
    assert first.status_code == 307 and not Decision.objects.exists()
    assert list(first.cookies) == ["cookie_consent_idempotency"]
    cookie = first.cookies["cookie_consent_idempotency"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (60, True, "Lax", "/")
    assert asks(client)
    second = press(client, "accept", headers=FORM, address=first.url)
    assert second.status_code == 303 and second.url == "/en/partners/#consent-saved"
    assert Decision.objects.get().idempotency_key in first.url and not asks(client)
    gone = second.cookies["cookie_consent_idempotency"]
    assert (gone["max-age"], gone["path"]) == (0, "/")


def test_a_second_press_before_the_first_response_is_recorded_once(client):
    first = press(client, "accept", headers=FORM)
    elsewhere = Client()
    elsewhere.cookies = client.cookies.copy()
    answers = [press(client, "accept", headers=FORM, address=first.url), press(elsewhere, "accept", headers=FORM)]
    assert [answer.status_code for answer in answers] == [303, 303]
    given = {answer.cookies["cookie_consent_receipt"].value for answer in answers}
    assert given == {Decision.objects.get().receipt}


def test_a_browser_without_cookies_decides_with_the_key_in_the_query(client):
    first = press(Client(), "refuse", headers=FORM)
    assert press(Client(), "refuse", headers=FORM, address=first.url).status_code == 303
    assert Decision.objects.get().action == "refused_all"


def test_a_different_answer_with_the_same_key_follows_the_first_without_its_receipt():
    for action in ["accept", "refuse", "refuse", "accept"]:
        response = press(Client(), action, idempotency_key="a" * 32)
    actions = [decision.action for decision in Decision.objects.order_by("pk")]
    assert actions == ["accepted_all", "withdrawn", "accepted_all"]
    assert len({decision.receipt for decision in Decision.objects.all()}) == 1
    assert f"{MAP}=-1" not in response.cookies["cookie_consent"].value


def test_an_unknown_receipt_number_is_replaced(client):
    client.cookies["cookie_consent_receipt"] = "0000-0000-0000-0000"
    press(client, "refuse")
    assert Decision.objects.get().receipt != "0000-0000-0000-0000"
    assert client.cookies["cookie_consent_receipt"].value == Decision.objects.get().receipt


def restore(client):
    client.cookies["cookie_consent_receipt"] = "0000-0000-0000-0000"


def lose_the_number(client):
    del client.cookies["cookie_consent_receipt"]


def forge(client):
    value = client.cookies["cookie_consent"].value
    client.cookies["cookie_consent"] = value.replace("-1", "2026-01-01T00:00:00")


def forge_the_version(client):
    client.cookies["cookie_consent"] = client.cookies["cookie_consent"].value.replace("notice=1", "notice=0")


@pytest.mark.nightly
@pytest.mark.parametrize("lose", [erase, restore, lose_the_number, forge, forge_the_version])
@pytest.mark.parametrize("page", [SETTINGS, RECEIPT])
def test_a_choice_without_a_matching_record_counts_as_undecided_and_its_cookies_are_taken_back(client, page, lose):
    press(client, "refuse")
    lose(client)
    response = client.get(page)
    html = response.content.decode()
    assert "Your choice no longer counts" in html and "We removed both cookies" in html
    assert not re.search(TICKED.format(MAP), html) and 'value="withdraw"' not in html
    assert {name for name, _domain in deleted(response)} == {"cookie_consent", "cookie_consent_receipt"}
    assert asks(client)
    assert "no longer counts" not in client.get(page).content.decode()


def test_a_decision_after_an_unrecorded_one_starts_a_new_chain_with_new_cookies(client, counter):
    press(client, "refuse")
    erase(client)
    client.cookies["cookie_consent"] = f"{MAP}=2026-01-01T00:00:00|notice=2"
    # “Allow” adds a provider to those that were granted, but not to consent that nothing confirms.
    response = press(client, "allow", providers=["counter"])
    decision = Decision.objects.get()
    assert (decision.granted, decision.predecessor, decision.action) == ("counter", "", "chosen")
    assert response.cookies["cookie_consent_receipt"].value == decision.receipt
    client.cookies["cookie_consent_receipt"] = "0000-0000-0000-0000"
    assert {"cookie_consent", "cookie_consent_receipt"} <= {name for name, _ in deleted(press(client, "dance"))}


@pytest.mark.parametrize(
    ("action", "follows"), [("allow", False), ("accept", False), ("withdraw", True), ("refuse", True)]
)
def test_a_decision_with_a_choice_that_differs_from_its_record_starts_a_new_receipt_unless_it_withdraws(
    client, counter, action, follows
):
    press(client, "choose", providers=["counter"])
    chosen = Decision.objects.get()
    client.cookies["cookie_consent"] = "evil=now|" + client.cookies["cookie_consent"].value
    press(client, action, providers=[MAP])
    newest = Decision.objects.first()
    assert newest.predecessor == (chosen.digest if follows else "")
    assert (newest.receipt == chosen.receipt) is follows
    assert client.cookies["cookie_consent_receipt"].value == newest.receipt


def test_a_receipt_without_a_consent_cookie_is_found_and_the_next_decision_follows_it(client):
    press(client, "accept")
    accepted = Decision.objects.get()
    del client.cookies["cookie_consent"]
    assert asks(client)
    assert accepted.receipt in client.get(RECEIPT).content.decode()
    assert press(client, "refuse", headers=FORM).status_code == 303
    withdrawn = Decision.objects.first()
    assert (withdrawn.action, withdrawn.predecessor) == ("withdrawn", accepted.digest)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "x",
        "a\0",
        "0000-0000-0000-000l",
        "0000-0000-0000-0000-0000",
        "0000000000000000",
        "٠٠٠٠-٠٠٠٠-٠٠٠٠-٠٠٠٠",
        "0" * 5000,
    ],
)
def test_a_receipt_number_of_another_format_is_ignored(client, number):
    choice = press(Client(), "accept").cookies["cookie_consent"].coded_value
    carried = f"cookie_consent={choice}; cookie_consent_receipt={number}".encode().decode("latin-1")
    html = client.get(RECEIPT, headers={"cookie": carried}).content.decode()
    assert 'class="consent"' in html and "no longer counts" in html
    assert client.get("/en/cookies/receipt.json", headers={"cookie": carried}).status_code == 404
    press(client, "refuse", headers=SAME_SITE | {"cookie": carried})
    assert Decision.objects.first().predecessor == ""


@pytest.mark.once
def test_non_ascii_bytes_in_other_cookies_do_not_affect_consent_or_receipt(client):
    press(client, "accept")
    accepted = Decision.objects.get()
    own = "; ".join(f"{name}={client.cookies[name].coded_value}" for name in client.cookies)
    visitor = Client()
    letters = [chr(byte) for byte in range(0x80, 0x100)]
    # Bytes with a special meaning in some encoding, and all bytes as cookies.
    for foreign in ("\x80", "\x85", "\xa0", "\xc5", "\xff", "Łódź".encode().decode("latin-1"), "; ".join(letters)):
        for header in (f"city={foreign}; {own}", f"{own}; {foreign}=1", f"{foreign}; {own}; {foreign}"):
            request = visitor.get(RECEIPT, headers={"cookie": header}).wsgi_request
            assert ConsentCookie.from_request(request).answers == {MAP: True}
            assert sent_receipt(request) == accepted.receipt
        if len(foreign) == 1:
            press(
                visitor,
                "accept" if Decision.objects.first().granted == "" else "refuse",
                # Without the choice, which differs from the newest record.
                headers=SAME_SITE | {"cookie": f"{foreign}; {RECEIPT_COOKIE}={accepted.receipt}; {foreign}"},
            )
    assert set(Decision.objects.values_list("receipt", flat=True)) == {accepted.receipt}
    assert Decision.objects.count() == 6


@pytest.mark.once
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"referer": "https://elsewhere.example/en/"},
        {"origin": "null"},
        {},
    ],
)
def test_another_site_cannot_send_a_decision(client, headers):
    response = press(client, "accept", headers=headers)
    assert response.status_code == 403
    assert not response.cookies and not Decision.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("headers", [{"origin": "http://testserver"}, {"referer": "http://testserver/en/"}])
def test_a_browser_without_fetch_metadata_can_decide(client, headers):
    assert press(client, "refuse", headers=headers).status_code == 303


@pytest.mark.once
@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "", "/a\0b"]
)
def test_a_decision_never_redirects_to_another_site(client, path):
    assert press(client, "refuse", path=path)["Location"] == f"{SETTINGS}#consent-saved"


@pytest.mark.once
@pytest.mark.parametrize("boxes", [{"providers": [MAP]}, {"purposes": ["functional"]}])
def test_an_unknown_button_is_an_error_and_the_ticks_are_kept(client, boxes):
    response = press(client, "dance", **boxes)
    html = response.content.decode()
    assert response.status_code == 400
    assert "Press one of the buttons" in html
    assert re.search(TICKED.format(MAP), html) and re.search(TICKED.format("functional"), html)
    assert not Decision.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ({"purposes": ["mind-reading"]}, "One of the purposes was removed."),
        ({"providers": ["mind-reader", MAP]}, "One of the providers was removed."),
    ],
)
def test_an_unknown_box_is_an_error_and_the_others_are_kept(client, boxes, sentence):
    response = press(client, "choose", **boxes)
    html = response.content.decode()
    assert response.status_code == 400
    assert sentence in html
    assert bool(re.search(TICKED.format(MAP), html)) is (MAP in boxes.get("providers", []))
    assert not Decision.objects.exists()


# A site with nothing optional


@pytest.mark.once
def test_a_site_with_nothing_optional_asks_nothing_and_its_settings_only_inform(client, nothing_optional):
    assert not asks(client)
    html = client.get(SETTINGS).content.decode()
    assert "Nothing optional is used on this site" in html
    assert 'name="action"' not in html and "checkbox" not in html
    assert html.count("Not used: nothing is loaded or stored for this purpose.") == 3
    assert "<code>cookie_consent</code>" in html


@pytest.mark.once
@pytest.mark.parametrize("action", ["accept", "choose", "refuse", "withdraw", "allow"])
@pytest.mark.parametrize("notice", ["", "1"], ids=["no version", "a version that asked"])
def test_where_nothing_is_optional_nothing_is_recorded(client, nothing_optional, action, notice):
    response = press(client, action, notice=notice)
    assert response.status_code == 400 and not response.cookies and not Decision.objects.exists()
    assert "Nothing optional is used on this site. Nothing was recorded." in response.content.decode()


def test_earlier_consent_can_be_withdrawn_where_nothing_is_optional_any_more(client):
    press(client, "accept")
    Provider.objects.update(is_published=False)
    put_in_force(asks_again=False)
    assert press(client, "accept").status_code == 400
    assert 'value="withdraw"' in client.get(SETTINGS).content.decode()
    assert press(client, "withdraw").status_code == 303
    assert list(Decision.objects.values_list("action", flat=True)) == ["withdrawn", "accepted_all"]
    assert 'value="withdraw"' not in client.get(SETTINGS).content.decode()


@pytest.mark.once
def test_a_get_request_decides_nothing(client):
    assert client.get(DECIDE).status_code == 405


def test_a_decision_that_cannot_be_stored_does_not_count_and_can_be_sent_again(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(Decision, "save", refuse)
    response = press(client, "choose", purposes=["functional"], providers=[MAP], shown=["functional"])
    html = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"]
    assert not response.cookies
    for name, value in [("purposes", "functional"), ("providers", MAP), ("shown", "functional"), ("action", "choose")]:
        assert f'name="{name}" value="{value}"' in html
    assert 'value="/en/partners/"' in html


def test_the_settings_show_the_decision(client, counter):
    assert "You have not decided yet" in client.get(SETTINGS).content.decode()
    press(client, "choose", providers=["counter"])
    html = client.get(SETTINGS).content.decode()
    assert re.search(TICKED.format("counter"), html) and re.search(TICKED.format("statistics"), html)
    assert not re.search(TICKED.format(MAP), html) and not re.search(TICKED.format("functional"), html)
    assert 'value="withdraw"' in html


@pytest.mark.once
def test_a_purpose_is_ticked_only_if_all_of_its_providers_are_granted(client):
    make_provider("video", "functional", "Video Ltd")
    put_in_force()
    press(client, "choose", providers=["video"])
    html = client.get(SETTINGS).content.decode()
    assert re.search(TICKED.format("video"), html)
    assert not re.search(TICKED.format(MAP), html) and not re.search(TICKED.format("functional"), html)


@pytest.mark.once
def test_dialog_settings_and_receipt_use_the_same_words(client, counter):
    def words(html: str, heading: str) -> list[str]:
        part = html[html.index('<ul class="purposes">', html.index(heading)) :]
        part = re.sub(
            r"<(input|button)[^>]*>|Save my choice|Details of [A-Za-z ]+", "", part[: part.index("cookies and")]
        )
        return re.sub(r"<[^>]+>", "", part).split()

    dialog = words(client.get("/en/").content.decode(), "consent-heading")
    press(client, "accept")
    settings_words = words(client.get(SETTINGS).content.decode(), "current choices")
    assert dialog == settings_words == words(client.get(RECEIPT).content.decode(), "The question you were asked")


@pytest.mark.once
def test_every_page_links_to_the_settings(client):
    for path in ("/en/", "/en/partners/", "/en/privacy-policy/", SETTINGS):
        assert f'href="{SETTINGS}"' in client.get(path).content.decode()


@pytest.mark.once
def test_the_response_to_a_script_is_json_and_sets_the_cookies(client):
    make_counter()
    as_script = SAME_SITE | {"accept": "application/json"}
    response = press(client, "choose", providers=["counter"], headers=as_script)
    data = response.json()
    assert data.pop("storage")
    # Not the number of the receipt, which identifies the browser.
    assert data == {
        "providers": {MAP: False, "counter": True},
        "changed": ["counter"],
        "scripts": True,
    }
    data = press(client, "choose", providers=["counter", MAP], headers=as_script).json()
    assert (data["changed"], data["scripts"]) == ([MAP], False)
    # Prefetched pages still contain the notice.
    assert response["Clear-Site-Data"] == '"prefetchCache"'
    assert sorted(response.cookies) == ["cookie_consent", "cookie_consent_receipt"]


@pytest.mark.once
def test_a_record_keeps_the_path_without_the_query(client):
    response = press(client, "refuse", path="/en/search/?q=Jane+Doe&fbclid=1")
    assert response["Location"] == "/en/search/?q=Jane+Doe&fbclid=1#consent-saved"
    assert Decision.objects.get().path == "/en/search/"


@pytest.mark.once
@pytest.mark.parametrize(
    "path",
    [
        "/en/reset/jan.kowalski@uni.lodz.pl/secret-token-123/",
        "/en/search/jan.kowalski@x.pl/48123456789/",
        "/en/jan%40uni.lodz.pl/",
        "/admin/",
        "/preview/?page=1",
    ],
)
def test_a_record_keeps_no_path_that_is_not_the_address_of_a_page(client, path):
    assert press(client, "refuse", path=path)["Location"] == f"{path}#consent-saved"
    assert Decision.objects.get().path == ""


@pytest.mark.once
@pytest.mark.parametrize("has_consented", [False, True], ids=["notice", "footer"])
def test_the_forms_of_an_error_page_name_no_path(client, has_consented):
    if has_consented:
        press(client, "accept")
    response = client.get("/en/jan-kowalski-48123456789/")
    html = response.content.decode()
    assert response.status_code == 404 and f'value="{"withdraw" if has_consented else "refuse"}"' in html
    assert re.findall('name="next" value="([^"]*)"', html) == [""]
    assert press(client, "refuse", path="")["Location"] == f"{SETTINGS}#consent-saved"
    assert Decision.objects.first().path == ""


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        "=|=|=",
        "é",
        "statistics=-1",
        "notice=",
        "notice=0",
        "notice=-1",
        "notice=one",
        "notice=١",
        "notice=１",
        "notice=²",
        "notice=1|notice=",
        '"notice=\\061"',
        '"statistics=\\055\\061|notice=1"',
        f"notice={'1' * 5000}",
    ],
)
def test_an_invalid_consent_cookie_counts_as_no_decision(client, value):
    header = f"cookie_consent={value}".encode().decode("latin-1")
    assert 'class="consent"' in client.get("/en/", headers={"cookie": header}).content.decode()


def test_concurrent_decisions_of_one_visitor_form_one_chain(client, monkeypatch, counter):
    press(client, "accept")
    first = Decision.objects.get()
    version = NoticeVersion.objects.current()
    real, calls = type(Decision.objects.none()).latest_of, []

    def late(self, receipt):
        calls.append(receipt)
        return first if len(calls) == 1 else real(self, receipt)

    press(client, "refuse")
    monkeypatch.setattr("consent.models.record.DecisionQuerySet.latest_of", late)
    answers = {MAP: False, "counter": True}
    third = Decision.objects.record(
        notice=version,
        language="en",
        action="chosen",
        answers=answers,
        path="/",
        has_objection_signal=False,
        receipt=first.receipt,
    )
    assert third.predecessor == Decision.objects.get(action="withdrawn").digest
    assert Decision.objects.count() == 3
