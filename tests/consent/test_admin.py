"""Admin of consent: list, search, export, erasure, publishing, and permissions."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import AccessEntry, Decision, Erasure, Notice, NoticeVersion, Provider, Seal
from editorial import roles
from tests.consent.factories import make_counter, put_in_force

pytestmark = pytest.mark.django_db
LIST = "/admin/consent/decision/"


@pytest.fixture
def officer(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def listed(html: str) -> list[int]:
    return [int(number) for number in re.findall(r"/admin/consent/decision/(\d+)/change/", html)]


def test_the_list_has_links_to_older_and_newer_records(officer, decide, monkeypatch):
    monkeypatch.setattr("consent.admin.decisions.DecisionAdmin.list_per_page", 2)
    numbers = [decide().pk for _visitor in range(5)][::-1]
    pages, address = [], LIST
    while address:
        html = text(officer.get(address))
        pages.append(listed(html))
        older = re.search(r'href="([^"]+)" rel="next"', html)
        address = LIST + older[1].replace("&amp;", "&") if older else None
    assert pages == [numbers[:2], numbers[2:4], numbers[4:]]
    newer = re.search(r'href="([^"]+)" rel="prev"', html)[1]
    assert listed(text(officer.get(LIST + newer))) == numbers[2:4]


def test_the_number_of_queries_of_the_list_is_constant(officer, decide, django_assert_max_num_queries):
    for count in (1, 20):
        for _visitor in range(count):
            decide()
        with django_assert_max_num_queries(11) as queries:
            officer.get(LIST)
        assert not [query for query in queries if "COUNT(" in query["sql"].upper()]


def test_the_search_accepts_receipt_numbers_as_people_type_them(officer, decide):
    decision = decide()
    decide()
    for written in (decision.receipt, decision.receipt.lower().replace("-", " "), decision.receipt.replace("0", "O")):
        assert listed(text(officer.get(LIST, {"q": written}))) == [decision.pk]
    assert listed(text(officer.get(LIST, {"q": decision.receipt[:4]}))) == []


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"answer": "counter:yes"}, ["accept", "choose"]),
        ({"answer": "counter:no"}, ["refuse"]),
        ({"answer": "openstreetmap:no"}, ["refuse", "choose"]),
        ({"action__exact": "refused_all"}, ["refuse"]),
        ({"language": "en"}, ["accept", "refuse", "choose"]),
        ({"language": "pl"}, []),
        ({"has_objection_signal__exact": "1"}, []),
        ({"from": "2020-01-01", "to": "2020-12-31"}, []),
        ({"from": "2020-01-01"}, ["accept", "refuse", "choose"]),
        ({"to": "2999-12-31", "answer": "counter:yes"}, ["accept", "choose"]),
        ({"from": "nonsense"}, ["accept", "refuse", "choose"]),
        ({"from": "0001-01-01", "to": "9999-12-31"}, ["accept", "refuse", "choose"]),
        ({"answer": "nonsense"}, ["accept", "refuse", "choose"]),
        ({"answer": "a__b'\0:no"}, ["accept", "refuse", "choose"]),
        ({"q": "\0"}, ["accept", "refuse", "choose"]),
    ],
)
def test_the_list_is_filtered(officer, decide, query, expected):
    make_counter()
    decisions = {
        "accept": decide("accept"),
        "refuse": decide("refuse"),
        "choose": decide("choose", providers=["counter"], purposes=["statistics"]),
    }
    assert sorted(listed(text(officer.get(LIST, query)))) == sorted(decisions[name].pk for name in expected)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("decision", {"language": "\0"}),
        ("decision", {"action__exact": "\0"}),
        ("erasure", {"reason__exact": "\0"}),
        ("accessentry", {"at__year": "10000"}),
    ],
)
def test_a_filter_that_no_row_can_have_is_not_a_fault(officer, model, query):
    assert officer.get(f"/admin/consent/{model}/", query, follow=True).status_code == 200


def test_the_list_can_be_filtered_by_a_removed_provider_under_its_purpose(officer, decide):
    counter = make_counter().provider
    decision = decide()
    Provider.objects.filter(pk=counter.pk).update(is_published=False)
    put_in_force()
    decide("accept")
    html = text(officer.get(LIST, {"answer": "counter:yes"}))
    assert listed(html) == [decision.pk] and "Statistics › Count Ltd: no" in html


def test_the_list_groups_the_granted_providers_by_purpose(officer, decide):
    make_counter()
    decide("accept")
    assert "functional: openstreetmap; statistics: counter" in text(officer.get(LIST))


def test_a_record_shows_its_answers_its_chain_and_its_seal(officer, decide):
    browser = Client()
    first = decide("accept", browser)
    second = decide("withdraw", browser)
    html = text(officer.get(f"{LIST}{first.pk}/change/"))
    assert first.receipt in html and first.digest in html
    assert listed(html.partition("All decisions")[2]) == [first.pk, second.pk]
    assert "will be sealed within a few minutes" in html
    Seal.objects.seal_waiting()
    assert "covered by seal 1" in text(officer.get(f"{LIST}{first.pk}/change/"))


def test_a_record_shows_the_answer_to_each_provider_under_its_purpose(officer, decide):
    make_counter()
    decision = decide("choose", providers=["counter"], purposes=["statistics"])
    html = re.sub(r"\s+", " ", text(officer.get(f"{LIST}{decision.pk}/change/")))
    for purpose, answer in {
        "Functional": "OpenStreetMap Foundation (GB): <strong>no",
        "Statistics": "Count Ltd (IE): <strong>yes",
    }.items():
        assert re.search(rf"{purpose}</span> .version \d. </dt> <dd> <ul> <li> {re.escape(answer)}</strong>", html)
    assert re.search("Advertising</span> .version 1. </dt> <dd> not used, not asked about </dd>", html)


def test_a_record_page_reports_an_altered_record(officer, decide, monkeypatch):
    decision = decide()
    monkeypatch.setattr(Decision, "leaf", lambda self: "0" * 64)
    assert "The record was altered" in text(officer.get(f"{LIST}{decision.pk}/change/"))


@pytest.mark.once
def test_the_dialog_is_shown_as_the_data_subject_saw_it(officer):
    headers = {"sec-fetch-site": "same-origin", "sec-gpc": "1"}
    Client().post("/pl/pliki-cookie/decyzja/", {"action": "refuse", "next": "/pl/"}, headers=headers)
    decision = Decision.objects.get()
    page = Client().get("/pl/", headers={"sec-gpc": "1"}).content.decode()
    notice = Notice.objects.get()
    notice.heading_pl = "Całkiem inny nagłówek"
    notice.save()
    put_in_force()
    shown = text(officer.get(f"{LIST}{decision.pk}/dialog/"))
    part = decision.notice.html_in("pl")
    assert part in shown and part in page
    assert decision.notice.wording_in("pl")["objection"] in shown
    style = re.search(r'href="([^"]+style\.css)"', shown)[1]
    assert text(officer.get(style)) == decision.notice.style
    assert "Całkiem inny" not in shown


def test_statistics_count_decisions_by_action_and_by_provider_under_its_purpose(officer, decide):
    make_counter()
    browser = Client()
    decide("accept", browser)
    decide("withdraw", browser)
    decide("refuse")
    html = re.sub(r"\s+", " ", text(officer.get(f"{LIST}statistics/")))
    assert "<strong>3</strong> decisions" in html
    assert "<strong>1</strong> withdrawn" in html
    for purpose, provider in (("Functional", "OpenStreetMap Foundation"), ("Statistics", "Count Ltd")):
        assert f'<td>{purpose}</td> <th scope="row">{provider}</th> <td>2</td> <td>1</td>' in html
    assert "50 %" in html
    today = timezone.localdate().strftime("%-d %B %Y")
    assert f"<title>{today}: 3</title>" in html and f"<title>{today}: 1</title>" in html


def test_statistics_say_that_a_visitor_who_answers_again_counts_again(officer, decide):
    browser = Client()
    decide("accept", browser)
    decide("refuse", browser)
    decide("accept", browser)
    html = re.sub(r"\s+", " ", text(officer.get(f"{LIST}statistics/")))
    assert "A visitor who answers again counts again." in html and '<th scope="col">Answers</th>' in html
    assert '<th scope="row">OpenStreetMap Foundation</th> <td>2</td> <td>2</td>' in html


def test_statistics_of_a_long_period_are_grouped_by_month(officer, decide):
    decide()
    day = timezone.localdate()
    html = text(officer.get(f"{LIST}statistics/", {"from": f"{day - timedelta(days=300)}", "to": f"{day}"}))
    providers = len(NoticeVersion.objects.current().optional_providers)
    assert html.count("<rect") - providers in (10, 11, 12)
    assert "None in this period" in html
    assert "There are no decisions" in text(
        officer.get(f"{LIST}statistics/", {"from": "2020-01-01", "to": "2020-01-31"})
    )
    assert officer.get(f"{LIST}statistics/", {"from": "2999-01-01", "to": "2020-01-31"}).status_code == 200


def test_the_number_of_queries_of_the_statistics_is_constant(officer, decide, django_assert_num_queries):
    counts = []
    for count in (1, 10):
        for _visitor in range(count):
            decide()
        # Fills the objects that are cached for the content version.
        officer.get(f"{LIST}statistics/")
        with django_assert_num_queries(counts[0]) if counts else _counting() as queries:
            officer.get(f"{LIST}statistics/")
        counts.append(len(queries))


def _counting():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return CaptureQueriesContext(connection)


@pytest.mark.parametrize("form", ["csv", "jsonl", "jsonld"])
def test_an_export_contains_the_filtered_records(officer, decide, form):
    wanted, other = decide("accept"), decide("refuse")
    response = officer.get(f"{LIST}export/{form}/", {"answer": "openstreetmap:yes"})
    body = b"".join(response.streaming_content).decode()
    assert wanted.receipt in body and other.receipt not in body
    assert f'filename="consents.{form}"' in response["Content-Disposition"]
    if form == "jsonld":
        assert len(json.loads(body)["@graph"]) == 1


@pytest.mark.once
def test_an_export_with_an_unknown_filter_leads_to_the_list(officer):
    assert officer.get(f"{LIST}export/csv/?elsewhere=1")["Location"] == f"{LIST}?e=1"
    assert not AccessEntry.objects.filter(action="export").exists()


@pytest.mark.once
def test_an_unknown_export_format_is_not_found(officer):
    assert officer.get(f"{LIST}export/exe/").status_code == 404


def test_all_records_can_be_verified_in_the_admin(officer, decide):
    decide()
    Seal.objects.seal_waiting()
    assert "The latest seal is number 1" in text(officer.get(f"{LIST}check/"))
    assert "No record was changed." in text(officer.post(f"{LIST}check/"))


def test_erasing_on_request_requires_number_remark_and_confirmation(officer, decide):
    decision = decide()
    html = text(officer.post(f"{LIST}erase/", {"receipt": "0000-0000-0000-0000"}))
    assert "There is no record with this number." in html
    assert html.count("This field is required.") == 2
    assert 'value="0000-0000-0000-0000"' in html
    response = officer.post(
        f"{LIST}erase/",
        {"receipt": decision.receipt.lower(), "remark": "letter of 3 May", "is_sure": "on"},
        follow=True,
    )
    assert "1 record was erased." in text(response)
    assert not Decision.objects.exists()
    assert Erasure.objects.get().staff == "Privacy officers"


@pytest.mark.parametrize("written", [str, str.lower, lambda receipt: receipt.replace("-", " . ")])
def test_the_remark_of_an_erasure_cannot_keep_the_erased_receipt_number(officer, decide, written):
    decision = decide()
    remark = f"Letter of 3 May, no. {written(decision.receipt)}."
    form = {"receipt": decision.receipt, "remark": remark, "is_sure": "on"}
    assert "Remove the receipt number from it." in text(officer.post(f"{LIST}erase/", form))
    assert Decision.objects.exists() and not Erasure.objects.exists()


def test_every_action_of_staff_is_logged_without_a_receipt_number(officer, decide):
    decision = decide()
    officer.get(LIST, {"q": decision.receipt, "language": "en"})
    officer.get(f"{LIST}{decision.pk}/change/")
    officer.get(f"{LIST}{decision.pk}/dialog/")
    officer.get(f"{LIST}statistics/")
    officer.get(f"{LIST}export/csv/", {"language": "en"})
    officer.post(f"{LIST}check/")
    officer.post(f"{LIST}erase/", {"receipt": decision.receipt, "remark": "letter", "is_sure": "on"})
    officer.get(LIST, {"receipt__startswith": decision.receipt})
    entries = list(AccessEntry.objects.order_by("pk"))
    assert [entry.action for entry in entries] == ["list", "view", "view", "list", "export", "check", "erase", "list"]
    assert {entry.staff for entry in entries} == {"Privacy officers"}
    assert entries[0].details == "decision q=…&language=en" and entries[1].details == f"decision {decision.pk}"
    assert not [entry for entry in entries if decision.receipt in entry.details]
    assert "exported records" in text(officer.get("/admin/consent/accessentry/"))


def test_views_of_seals_versions_erasures_and_the_log_itself_are_logged(officer, decide):
    decide()
    Seal.objects.seal_waiting()
    seal = Seal.objects.get()
    version = NoticeVersion.objects.current()
    officer.get(f"/admin/consent/seal/{seal.pk}/change/")
    officer.get(f"/admin/consent/noticeversion/{version.pk}/shown/pl/")
    for name in ("erasure", "cookieaudit", "noticeversion"):
        officer.get(f"/admin/consent/{name}/")
    officer.get("/admin/consent/accessentry/", {"action": "list"})
    officer.get("/admin/consent/seal/999/change/")
    assert list(AccessEntry.objects.order_by("pk").values_list("action", "details")) == [
        ("view", f"seal {seal.pk}"),
        ("view", f"noticeversion {version} pl"),
        ("list", "erasure"),
        ("list", "cookieaudit"),
        ("list", "noticeversion"),
        ("list", "accessentry action=list"),
    ]
    assert "notice version 1 pl" in text(officer.get("/admin/consent/accessentry/"))


def test_log_entries_are_deleted_after_366_days(staff):
    user = staff(roles.PRIVACY_OFFICERS)
    for days in (365, 367):
        AccessEntry.objects.log(user, "list")
        AccessEntry.objects.create(staff="x", action="list", at=timezone.now() - timedelta(days=days, hours=1))
    AccessEntry.objects.outdated().delete()
    ages = [(timezone.now() - at).days for at in AccessEntry.objects.values_list("at", flat=True)]
    assert sorted(ages) == [0, 0, 365]


PAGES = [
    LIST,
    f"{LIST}statistics/",
    f"{LIST}check/",
    f"{LIST}erase/",
    f"{LIST}export/csv/",
    "/admin/consent/noticeversion/",
    "/admin/consent/noticeversion/publish/",
    "/admin/consent/erasure/",
    "/admin/consent/seal/",
    "/admin/consent/accessentry/",
    "/admin/consent/notice/",
    "/admin/consent/purpose/",
]


@pytest.mark.once
@pytest.mark.parametrize("path", PAGES)
def test_only_privacy_officers_can_open_the_admin_of_consent(client, staff, path, decide):
    decision = decide()
    client.force_login(staff(roles.EDITORS, roles.PUBLISHERS))
    assert client.get(path).status_code == 403
    for part in ("change", "dialog"):
        assert client.get(f"{LIST}{decision.pk}/{part}/").status_code == 403
    client.logout()
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_privacy_officers_can_open_every_page_of_consent(officer, path, decide):
    decide()
    Seal.objects.seal_waiting()
    assert officer.get(path).status_code == 200


@pytest.mark.once
def test_privacy_officers_see_no_other_apps(officer):
    html = text(officer.get("/admin/"))
    apps = set(re.findall(r'href="/admin/([a-z_]+)/"', html))
    # `jobs` shows whether records are sealed, `translations` the texts of the notice and its purposes, `pages` the
    # titles of the privacy policy and the Cookies page, `editorial` the bin and what is planned.
    assert apps == {"consent", "editorial", "password_change", "jobs", "pages", "translations"}


@pytest.mark.parametrize("model", ["decision", "seal", "erasure", "accessentry", "noticeversion"])
def test_nobody_can_change_records_in_the_admin(client, staff, decide, model):
    client.force_login(staff())
    decide()
    Seal.objects.seal_waiting()
    assert client.get(f"/admin/consent/{model}/add/").status_code == 403
    assert client.post(f"/admin/consent/{model}/1/delete/", {"post": "yes"}).status_code in (302, 403)
    assert Decision.objects.count() == 1
