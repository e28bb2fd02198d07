"""The notice, decisions of visitors, and the record that is committed before a decision counts."""

import json
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from consent.cookie import ConsentCookie, sent_receipt
from consent.models import Decision, DeclaredCookie, Notice, NoticeVersion, Purpose
from tests.consent.visitors import DECIDE, FORM, RECEIPT, SAME_SITE, SETTINGS, asks, press

pytestmark = pytest.mark.django_db
OPTIONAL = ["functional", "statistics", "advertising"]


def test_the_first_page_asks_about_every_purpose_with_nothing_ticked(client):
    html = client.get("/en/").content.decode()
    assert re.findall(r'name="purposes"\s+value="([a-z]+)"', html) == ["necessary", *OPTIONAL]
    ticked = [box for box in re.findall(r"<input type=\"checkbox\"[^>]*>", html) if "checked" in box]
    assert len(ticked) == 1 and 'value="necessary"' in ticked[0] and "disabled" in ticked[0]
    assert "University of Lodz, ul. Narutowicza 68" in html
    assert 'href="/en/privacy-policy/"' in html


def test_the_buttons_accept_and_refuse_are_equal_and_come_first(client):
    html = client.get("/en/").content.decode()
    buttons = re.findall(r"<button type=\"submit\" name=\"action\" value=\"([a-z]+)\">", html)
    assert buttons == ["accept", "refuse", "choose"]


def test_the_notice_is_in_the_language_of_the_page(client):
    assert "Zaakceptuj wszystkie" in client.get("/pl/").content.decode()
    assert "Zanim podejmiesz" not in client.get("/pl/").content.decode()


@pytest.mark.parametrize(
    ("action", "data", "granted", "recorded_action"),
    [
        ("accept", {}, OPTIONAL, "accepted_all"),
        ("refuse", {}, [], "refused_all"),
        ("choose", {"purposes": ["statistics"]}, ["statistics"], "chosen"),
        ("choose", {}, [], "chosen"),
        ("refuse", {"purposes": OPTIONAL}, [], "refused_all"),
    ],
)
def test_a_decision_is_recorded_and_redirects_to_the_page(client, action, data, granted, recorded_action):
    before = timezone.now()
    response = press(client, action, **data)
    assert (response.status_code, response["Location"]) == (303, "/en/partners/#consent-saved")
    decision = Decision.objects.get()
    assert decision.answers == {key: {"granted": key in granted, "version": 1} for key in OPTIONAL}
    assert (decision.action, decision.language, decision.path) == (recorded_action, "en", "/en/partners/")
    assert decision.notice == NoticeVersion.objects.current()
    assert before <= decision.decided_at <= timezone.now()
    assert 181 <= (decision.expires_at - decision.decided_at).days <= 183
    assert not asks(client)


def test_consent_and_receipt_are_two_http_only_cookies_for_six_months(client, settings):
    settings.COOKIE_CONSENT_SECURE = True
    cookies = press(client, "choose", purposes=["functional"]).cookies
    assert sorted(cookies) == ["cookie_consent", "cookie_consent_receipt"]
    for cookie in cookies.values():
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (181 * 86400, True, "Lax")
        assert (cookie["secure"], cookie["path"]) == (True, "/")
    decision = Decision.objects.get()
    since = decision.notice.published_at.isoformat()
    assert cookies["cookie_consent"].value == f"advertising=-1|functional={since}|statistics=-1|notice=1"
    assert cookies["cookie_consent_receipt"].value == decision.receipt


def test_visitors_with_the_same_answers_have_the_same_consent_cookie():
    visitors = [{"idempotency_key": "a" * 32}, {}, {"purposes": ["statistics", "functional", "advertising"]}]
    answers = [press(Client(), "choose" if "purposes" in data else "accept", **data) for data in visitors]
    answers.append(press(Client(), "accept", idempotency_key="a" * 32))
    assert len({answer.cookies["cookie_consent"].value for answer in answers}) == 1
    assert len({answer.cookies["cookie_consent_receipt"].value for answer in answers}) == 3


def test_django_cookie_consent_reads_the_consent_cookie(client, rf):
    from cookie_consent.models import Cookie, CookieGroup
    from cookie_consent.util import get_cookie_value_from_request

    for key in ("functional", "statistics"):
        Cookie.objects.create(name=key, cookiegroup=CookieGroup.objects.create(varname=key))
    # The library accepts consent that is later than the declaration of the purpose's newest cookie.
    Cookie.objects.update(created=NoticeVersion.objects.current().published_at - timedelta(seconds=1))
    request = rf.get("/")
    request.COOKIES["cookie_consent"] = press(client, "choose", purposes=["functional"]).cookies["cookie_consent"].value
    assert get_cookie_value_from_request(request, "functional") is True
    assert get_cookie_value_from_request(request, "statistics") is False


def test_the_record_contains_no_personal_data(client):
    press(client, "accept", headers=SAME_SITE | {"user-agent": "Browser of Jan", "x-forwarded-for": "192.0.2.7"})
    stored = str(Decision.objects.values().get())
    assert "127.0.0.1" not in stored and "192.0.2.7" not in stored and "Jan" not in stored


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
    assert not any(withdrawn.answers_by_purpose.values())
    assert not asks(client)


@pytest.mark.parametrize("action", ["withdraw", "refuse", "choose"])
def test_revoking_everything_is_a_withdrawal_with_any_button(client, action):
    press(client, "choose", purposes=["statistics"])
    press(client, action)
    press(client, action)
    assert list(Decision.objects.values_list("action", flat=True)) == ["withdrawn", "chosen"]


def test_without_granted_purposes_there_is_nothing_to_withdraw(client):
    press(client, "refuse")
    assert 'value="withdraw"' not in client.get(SETTINGS).content.decode()
    assert 'value="withdraw"' not in client.get(RECEIPT).content.decode()
    Client().post(DECIDE, {"action": "withdraw"}, headers=SAME_SITE)
    assert list(Decision.objects.values_list("action", flat=True)) == ["refused_all", "refused_all"]


def test_the_settings_show_an_answer_to_an_older_notice_as_off(client):
    press(client, "accept")
    Notice.objects.update(introduction_en="<p>We sell all of it.</p>")
    NoticeVersion.objects.publish()
    html = client.get(SETTINGS).content.decode()
    assert "The notice has changed since you made your choice" in html
    assert not re.search(r'value="statistics"\s+aria-describedby="purpose-statistics"\s+checked', html)


@pytest.mark.parametrize("host", ["www.unic.example.org", "testserver"])
def test_declined_cookies_matching_a_pattern_are_deleted_on_the_host_and_its_parent_domains(client, settings, host):
    settings.ALLOWED_HOSTS = [host]
    purpose = Purpose.objects.get(key="statistics")
    DeclaredCookie.objects.create(
        key="ga", purpose=purpose, name="_ga_*", provider_en="Count Ltd", description_en="Counts.", duration_en="1 day"
    )
    NoticeVersion.objects.publish()
    client.cookies["_ga_X1"] = client.cookies["_gaming"] = "1"
    response = client.post(DECIDE, {"action": "refuse"}, headers=SAME_SITE, SERVER_NAME=host)
    deleted = [(cookie.key, cookie["domain"]) for cookie in response.cookies.values() if cookie["max-age"] == 0]
    above = ["www.unic.example.org", "unic.example.org", "example.org"] if "." in host else []
    assert deleted == [("_ga_X1", domain) for domain in ["", *above]]


def test_declined_cookies_are_deleted(client):
    DeclaredCookie.objects.create(
        key="counter",
        purpose=Purpose.objects.get(key="statistics"),
        name="counter",
        provider_en="this site",
        description_en="Counts.",
        duration_en="1 day",
    )
    NoticeVersion.objects.publish()
    response = press(client, "refuse")
    assert response.cookies["counter"]["max-age"] == 0


@pytest.mark.parametrize("name", ["_ga_é", "_ga_(1)", "Path"])
def test_an_invalid_cookie_name_does_not_break_the_response(client, name):
    """The decision is already stored when the cookies are deleted."""
    DeclaredCookie.objects.create(
        key="any", purpose=Purpose.objects.get(key="statistics"), name="*", provider_en="-", description_en="-"
    )
    NoticeVersion.objects.publish()
    client.cookies["usual"] = "1"
    headers = SAME_SITE | {"cookie": f"{name}=1; usual=1"}
    response = press(client, "refuse", headers=headers)
    assert (response.status_code, Decision.objects.count()) == (303, 1)
    assert response.cookies["usual"]["max-age"] == 0


def test_only_a_withdrawal_clears_other_browser_storage(client):
    DeclaredCookie.objects.create(
        key="seen",
        kind=DeclaredCookie.Kind.LOCAL_STORAGE,
        purpose=Purpose.objects.get(key="statistics"),
        name="seen",
        provider_en="this site",
        description_en="Counts.",
    )
    NoticeVersion.objects.publish()
    assert "storage" not in press(Client(), "refuse")["Clear-Site-Data"]
    assert "storage" not in press(client, "accept")["Clear-Site-Data"]
    assert "storage" not in press(client, "choose", purposes=["statistics"])["Clear-Site-Data"]
    assert '"storage"' in press(client, "withdraw")["Clear-Site-Data"].split(", ")
    press(client, "choose", purposes=["functional"])
    assert "storage" not in press(client, "withdraw")["Clear-Site-Data"]


def test_every_page_has_a_button_to_withdraw_given_consent(client):
    withdraw = 'name="action" value="withdraw"'
    for action, may_withdraw in [(None, False), ("refuse", False), ("accept", True), ("withdraw", False)]:
        if action:
            press(client, action)
        assert (withdraw in client.get("/en/partners/").content.decode()) is may_withdraw
    form = {"action": "withdraw", "next": "/en/partners/"}
    press(client, "choose", purposes=["functional"])
    assert client.post(DECIDE, form, headers=SAME_SITE).status_code == 303
    assert Decision.objects.latest_of(Decision.objects.last().receipt).action == "withdrawn"


def test_the_same_decision_sent_twice_is_recorded_once(client):
    press(client, "accept")
    press(client, "accept")
    assert Decision.objects.count() == 1


def test_a_first_decision_without_javascript_is_repeated_with_a_key_and_recorded_once(client):
    first = press(client, "accept", headers=FORM)
    assert first.status_code == 307 and not Decision.objects.exists()
    assert list(first.cookies) == ["cookie_consent_attempt"]
    cookie = first.cookies["cookie_consent_attempt"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (60, True, "Lax", DECIDE)
    assert asks(client)
    second = press(client, "accept", headers=FORM, address=first.url)
    assert second.status_code == 303 and second.url == "/en/partners/#consent-saved"
    assert Decision.objects.get().idempotency_key in first.url and not asks(client)
    gone = second.cookies["cookie_consent_attempt"]
    assert (gone["max-age"], gone["path"]) == (0, DECIDE)


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
    assert "statistics=-1" not in response.cookies["cookie_consent"].value


def test_an_unknown_receipt_number_is_replaced(client):
    client.cookies["cookie_consent_receipt"] = "0000-0000-0000-0000"
    press(client, "refuse")
    assert Decision.objects.get().receipt != "0000-0000-0000-0000"
    assert client.cookies["cookie_consent_receipt"].value == Decision.objects.get().receipt


def test_consent_without_a_receipt_counts_and_the_next_decision_starts_a_new_chain(client):
    press(client, "accept")
    del client.cookies["cookie_consent_receipt"]
    assert not asks(client)
    assert "This browser has your choice but no receipt number." in client.get(RECEIPT).content.decode()
    first = press(client, "withdraw", headers=FORM)
    assert first.status_code == 307
    press(client, "withdraw", headers=FORM, address=first.url)
    withdrawn, accepted = Decision.objects.all()
    assert withdrawn.predecessor == "" and withdrawn.receipt != accepted.receipt
    assert client.cookies["cookie_consent_receipt"].value == withdrawn.receipt


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
    assert 'class="consent"' not in html and "but no receipt number" in html
    assert client.get("/en/cookies/receipt.json", headers={"cookie": carried}).status_code == 404
    press(client, "refuse", headers=SAME_SITE | {"cookie": carried})
    assert Decision.objects.first().predecessor == ""


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
            assert ConsentCookie.from_request(request).answers == dict.fromkeys(OPTIONAL, True)
            assert sent_receipt(request) == accepted.receipt
        if len(foreign) == 1:
            press(
                visitor,
                "accept" if Decision.objects.first().granted == "" else "refuse",
                headers=SAME_SITE | {"cookie": header},
            )
    assert set(Decision.objects.values_list("receipt", flat=True)) == {accepted.receipt}
    assert Decision.objects.count() == 6


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


@pytest.mark.parametrize("headers", [{"origin": "http://testserver"}, {"referer": "http://testserver/en/"}])
def test_a_browser_without_fetch_metadata_can_decide(client, headers):
    assert press(client, "refuse", headers=headers).status_code == 303


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "", "/a\0b"]
)
def test_a_decision_never_redirects_to_another_site(client, path):
    assert press(client, "refuse", path=path)["Location"] == f"{SETTINGS}#consent-saved"


def test_an_unknown_button_is_an_error_and_the_ticks_are_kept(client):
    response = press(client, "dance", purposes=["statistics"])
    html = response.content.decode()
    assert response.status_code == 400
    assert "Press one of the buttons" in html
    assert re.search(r'value="statistics"\s+aria-describedby="purpose-statistics"\s+checked', html)
    assert not Decision.objects.exists()


def test_an_unknown_purpose_is_an_error(client):
    response = press(client, "choose", purposes=["mind-reading"])
    assert response.status_code == 400
    assert "One of the purposes was removed." in response.content.decode()


def test_a_get_request_decides_nothing(client):
    assert client.get(DECIDE).status_code == 405


def test_a_decision_that_cannot_be_stored_does_not_count_and_can_be_sent_again(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(Decision, "save", refuse)
    response = press(client, "choose", purposes=["statistics"])
    html = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"]
    assert not response.cookies
    assert 'name="purposes" value="statistics"' in html and 'name="action" value="choose"' in html
    assert 'value="/en/partners/"' in html


def test_the_settings_show_the_decision(client):
    assert "You have not decided yet" in client.get(SETTINGS).content.decode()
    press(client, "choose", purposes=["statistics"])
    html = client.get(SETTINGS).content.decode()
    assert re.search(r'value="statistics"\s+aria-describedby="purpose-statistics"\s+checked', html)
    assert not re.search(r'value="advertising"\s+aria-describedby="purpose-advertising"\s+checked', html)
    assert 'value="withdraw"' in html


def test_every_page_links_to_the_settings(client):
    for path in ("/en/", "/en/partners/", "/en/privacy-policy/", SETTINGS):
        assert f'href="{SETTINGS}"' in client.get(path).content.decode()


def test_the_response_to_a_script_is_json_and_sets_the_cookies(client):
    response = press(client, "refuse", headers=SAME_SITE | {"accept": "application/json"})
    assert json.loads(response.content) == {"receipt": Decision.objects.get().receipt}
    # Prefetched pages still contain the notice.
    assert response["Clear-Site-Data"] == '"prefetchCache"'
    assert sorted(response.cookies) == ["cookie_consent", "cookie_consent_receipt"]


def test_a_record_keeps_the_path_without_the_query(client):
    response = press(client, "refuse", path="/en/search/?q=Jane+Doe&fbclid=1")
    assert response["Location"] == "/en/search/?q=Jane+Doe&fbclid=1#consent-saved"
    assert Decision.objects.get().path == "/en/search/"


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


def test_concurrent_decisions_of_one_visitor_form_one_chain(client, monkeypatch):
    press(client, "accept")
    first = Decision.objects.get()
    version = NoticeVersion.objects.current()
    real, calls = type(Decision.objects.none()).latest_of, []

    def late(self, receipt):
        calls.append(receipt)
        return first if len(calls) == 1 else real(self, receipt)

    press(client, "refuse")
    monkeypatch.setattr("consent.models.record.DecisionQuerySet.latest_of", late)
    answers = dict.fromkeys(OPTIONAL, False) | {"statistics": True}
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
