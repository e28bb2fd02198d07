"""Cookie audits: items that a browser saw, compared with what the notice in force names."""

import asyncio
import json
from io import BytesIO
from unittest.mock import AsyncMock

import pytest
from django.core.management import CommandError, call_command

from consent.audit import (
    LONGER,
    NECESSARY,
    NEVER_SEEN,
    REFUSING,
    REQUEST,
    STAFF,
    UNDECIDED,
    UNDECLARED,
    WITHOUT_CONSENT,
    Crawl,
    Declaration,
    Declarations,
    Finding,
    Item,
    Pass,
    passes_of,
)
from consent.cookie import RECEIPT_COOKIE
from consent.management.commands.audit_cookies import Command
from consent.models import (
    CookieAudit,
    Decision,
    DeclaredCookie,
    EmbeddedContent,
    Erasure,
    NoticeVersion,
    Provider,
    Seal,
)
from consent.statistics import Statistics
from consent.verification import Verification
from editorial import roles
from tests.consent.factories import make_counter, make_provider

HOST = "www.site.example"
DAY = 86_400
COUNTED = "only count allowed"
NAMED = Declarations(
    [
        Declaration(Item("cookie", "session"), NECESSARY),
        Declaration(Item("cookie", "login", "site.example"), NECESSARY),
        Declaration(Item("cookie", "_count_*"), "count"),
        Declaration(Item("local", "volume"), "video"),
        Declaration(Item(REQUEST, "https://stats.example"), "count"),
    ]
)


def passes(undecided=(), counted=()) -> list[Pass]:
    visitors = [Pass(UNDECIDED), Pass(COUNTED, frozenset(["count"]))]
    for visitor, items in zip(visitors, (undecided, counted), strict=True):
        for item in items:
            visitor.add(Item(*item), "/en/")
            visitor.add(Item(*item), "/en/later/")
    return visitors


def faults(visitors: list[Pass]) -> list[Finding]:
    return [finding for finding in NAMED.compare(visitors, HOST) if finding.is_fault]


def test_named_items_with_consent_are_no_fault():
    items = [("cookie", "session"), ("cookie", "_count_12"), (REQUEST, "https://stats.example")]
    assert faults(passes(undecided=items[:1], counted=items)) == []


@pytest.mark.parametrize("item", [("cookie", "_count_12"), (REQUEST, "https://stats.example"), ("local", "volume")])
def test_an_item_without_consent_is_reported_with_its_first_page(item):
    assert faults(passes(undecided=[item])) == [Finding(WITHOUT_CONSENT, *item, (UNDECIDED,), "/en/")]


def test_an_item_of_another_provider_than_the_allowed_one_is_without_consent():
    assert [finding.problem for finding in faults(passes(counted=[("local", "volume")]))] == [WITHOUT_CONSENT]


@pytest.mark.parametrize(
    ("declared", "kept", "is_fault"),
    [
        (3600, 3599, False),
        (3600, 7200, True),
        # A calendar month, and a year of 366 days.
        (30 * DAY, 31 * DAY, False),
        # The clocks of site and browser differ by at most a minute.
        (60, 62 + 60, False),
        (60, 62 + 61, True),
        (180 * DAY, 184 * DAY, False),
        (180 * DAY, 200 * DAY, True),
        (365 * DAY, 366 * DAY, False),
        (None, 400 * DAY, False),
        # A session can end at once or last for a day.
        (0, 0, False),
        (0, 3600, True),
        (3600, 0, True),
        (DAY, 0, False),
        # The duration of other storage is not known.
        (3600, None, False),
    ],
)
def test_a_cookie_that_is_kept_longer_than_declared_is_reported(declared, kept, is_fault):
    named = Declarations([Declaration(Item("cookie", "a"), NECESSARY, declared)])
    visitor = Pass(UNDECIDED)
    visitor.add(Item("cookie", "a"), "/en/", kept)
    found = named.compare([visitor], HOST)
    assert found == ([Finding(LONGER, "cookie", "a", (UNDECIDED,), "/en/")] if is_fault else [])
    assert all(finding.is_fault for finding in found)


def test_of_several_durations_of_a_cookie_the_longest_counts():
    visitor = Pass(UNDECIDED)
    for seconds in (60, 0, 3600, 2 * DAY, DAY):
        visitor.add(Item("cookie", "a"), "/en/", seconds)
    assert visitor.seconds == {Item("cookie", "a"): 2 * DAY}


@pytest.mark.parametrize("item", [("cookie", "spy"), ("local", "session"), (REQUEST, "https://spy.example")])
def test_an_undeclared_item_is_reported_once_with_all_its_passes(item):
    assert faults(passes([item], [item])) == [Finding(UNDECLARED, *item, (UNDECIDED, COUNTED), "/en/")]


@pytest.mark.parametrize(
    ("name", "domain", "is_named"),
    [
        ("login", "site.example", True),
        ("login", "", False),
        ("session", "site.example", False),
        ("session", "stats.example", False),
        ("_count_1", "stats.example", True),
        ("_count_1", "site.example", False),
    ],
)
def test_a_cookie_is_named_for_its_domain(name, domain, is_named):
    found = faults(passes(counted=[("cookie", name, domain)]))
    assert [finding.name for finding in found] == ([] if is_named else [f"{name} ({domain})" if domain else name])


def test_a_declaration_that_is_never_seen_is_a_remark():
    findings = NAMED.compare(passes(undecided=[("cookie", "session")]), HOST)
    assert {finding.problem for finding in findings} == {NEVER_SEEN}
    assert {finding.name for finding in findings} == {
        "login (site.example)",
        "_count_*",
        "volume",
        "https://stats.example",
    }


@pytest.mark.django_db
def test_the_audit_compares_with_the_notice_in_force_and_not_with_drafts():
    notice = NoticeVersion.objects.current()
    make_counter(publish=False)
    Provider.objects.filter(key="openstreetmap").update(hosts="https://maps.example")
    EmbeddedContent.objects.update(is_published=False)
    DeclaredCookie.objects.all().delete()
    declared = Declarations.of(notice)
    assert declared == Declarations.of(NoticeVersion.objects.current())
    hosts = {each.item.name for each in declared if each.owner == "openstreetmap" and each.item.kind == REQUEST}
    assert hosts == {"https://www.openstreetmap.org", "https://tile.openstreetmap.org"}
    assert Declaration(Item("cookie", "cookie_consent"), NECESSARY, 180 * DAY) in declared
    assert Declaration(Item("cookie", "_osm_totp_token", "openstreetmap.org"), "openstreetmap", 3600) in declared
    assert Declaration(Item("local", "theme"), NECESSARY, None) in declared
    assert {declaration.owner for declaration in declared} == {NECESSARY, "openstreetmap"}


@pytest.mark.django_db
def test_there_is_a_pass_for_each_provider_that_the_notice_names():
    make_counter()
    make_provider("later", "statistics", "Later Ltd", "https://later.example")
    found = [(visitor.name, visitor.granted) for visitor in passes_of(NoticeVersion.objects.current())]
    assert found == [
        (UNDECIDED, frozenset()),
        (REFUSING, frozenset()),
        ("only openstreetmap allowed", {"openstreetmap"}),
        ("only counter allowed", {"counter"}),
        (STAFF, frozenset()),
    ]


@pytest.mark.parametrize(
    ("visitor", "form"),
    [
        (Pass(UNDECIDED), None),
        (Pass(STAFF), None),
        (Pass(REFUSING), {"action": "refuse", "next": "/en/cookies/", "notice": "7"}),
        (
            Pass(COUNTED, frozenset(["count"])),
            {"action": "choose", "providers": "count", "next": "/en/cookies/", "notice": "7"},
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Pass) else "",
)
def test_only_visitors_who_refuse_or_allow_send_a_decision(visitor, form):
    context = AsyncMock()
    context.cookies.return_value = [{"name": RECEIPT_COOKIE, "value": "AAAA-AAAA-AAAA-AAAA"}]
    crawl = Crawl("https://site.example", NoticeVersion(number=7))
    crawl.own_paths = ["/en/cookies/"]
    asyncio.run(crawl.decide(context, visitor))
    assert [call.kwargs["form"] for call in context.request.post.await_args_list] == ([form] if form else [])


def test_the_audit_uses_the_first_chromium_that_is_installed(monkeypatch):
    installed = {"google-chrome": "/opt/chrome", "chromium": "/usr/bin/chromium"}
    monkeypatch.setattr("shutil.which", installed.get)
    assert Command.find_chromium() == "/usr/bin/chromium"
    installed.clear()
    with pytest.raises(CommandError, match="Chromium is missing"):
        Command.find_chromium()


@pytest.fixture
def seen(monkeypatch):
    """The cookies and requests that the crawl sees as a visitor without a decision."""
    items: list[Item] = []

    def run(crawl, chromium, visitors):
        crawl.paths = ["/en/"]
        for item in items:
            visitors[0].add(item, "/en/")

    monkeypatch.setattr(Crawl, "run", run)
    monkeypatch.setattr("consent.management.commands.audit_cookies.Command.find_chromium", lambda self: "chromium")
    monkeypatch.setattr("consent.management.commands.audit_cookies.urlopen", lambda url, timeout: BytesIO())
    return items


@pytest.mark.django_db
def test_a_clean_audit_is_saved_with_the_number_of_its_notice(seen, capsys):
    seen.append(Item("cookie", "cookie_consent"))
    call_command("audit_cookies", "https://site.example")
    audit = CookieAudit.objects.latest_report()
    assert audit.is_clean and audit.pages == 1 and audit.address == "https://site.example"
    assert audit.notice_number == NoticeVersion.objects.current().number
    printed = capsys.readouterr().out
    assert "Visited 1 pages in 4 passes, and compared them with notice 1." in printed
    assert "never seen: request https://tile.openstreetmap.org" in printed
    assert "The notice names everything that was found. All of it was set with consent" in printed


def audit_that_decides(monkeypatch, decide, *faults: Exception) -> None:
    """Run the audit of a site that records its decisions: a refusal, and a consent to each provider."""

    def run(crawl, chromium, visitors):
        crawl.receipts += [decide(action).receipt for action in ("refuse", "accept")]
        for fault in faults:
            raise fault

    monkeypatch.setattr(Crawl, "run", run)
    call_command("audit_cookies", "https://site.example")


@pytest.mark.django_db
def test_the_audit_leaves_no_invented_visitor_in_the_record(seen, monkeypatch, decide):
    visitor = decide("accept")
    audit_that_decides(monkeypatch, decide)
    assert list(Decision.objects.all()) == [visitor] and Statistics(None, None).total == 1
    assert [(erasure.reason, erasure.remark) for erasure in Erasure.objects.all()] == [
        ("audit", "https://site.example")
    ] * 2
    Seal.objects.seal_waiting()
    assert Verification().run().is_valid


@pytest.mark.django_db
def test_an_audit_that_fails_erases_its_decisions_too(seen, monkeypatch, decide):
    with pytest.raises(RuntimeError, match="browser crashed"):
        audit_that_decides(monkeypatch, decide, RuntimeError("browser crashed"))
    assert not Decision.objects.exists() and Erasure.objects.count() == 2


@pytest.mark.django_db
def test_an_audit_of_a_site_with_another_database_says_that_its_decisions_stay_there(seen, monkeypatch, capsys):
    monkeypatch.setattr(Crawl, "run", lambda crawl, chromium, visitors: crawl.receipts.append("7K3F-9QRS-0TVW-XYZ1"))
    call_command("audit_cookies", "https://site.example")
    assert "record of https://site.example, which has another database: 1." in capsys.readouterr().err


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Item(REQUEST, "https://spy.example"), "not declared: request https://spy.example"),
        (Item(REQUEST, "https://tile.openstreetmap.org"), "without consent: request https://tile.openstreetmap.org"),
        (Item("cookie", "csrftoken", "osm.example"), "not declared: cookie csrftoken (osm.example)"),
    ],
)
def test_a_fault_is_saved_and_gives_exit_status_1(seen, capsys, item, line):
    seen.append(item)
    with pytest.raises(SystemExit) as exit_status:
        call_command("audit_cookies", "https://site.example")
    assert exit_status.value.code == 1
    assert f"{line} (nothing decided; first at /en/)" in capsys.readouterr().out
    audit = CookieAudit.objects.latest_report()
    assert not audit.is_clean and json.dumps(audit.findings[0]["passes"]) == '["nothing decided"]'


@pytest.mark.django_db
def test_without_a_notice_in_force_there_is_nothing_to_compare_with(seen, monkeypatch):
    monkeypatch.setattr("consent.models.version.NoticeVersionQuerySet.current", lambda self: None)
    with pytest.raises(CommandError, match="No notice is in force"):
        call_command("audit_cookies", "https://site.example")


@pytest.mark.django_db
def test_the_admin_shows_the_report_of_an_audit(client, staff):
    audit = CookieAudit.objects.create(
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
        address="https://site.example",
        notice_number=7,
        pages=12,
        findings=[Finding(UNDECLARED, "cookie", "<spy>", (UNDECIDED,), "/en/").as_data()],
        is_clean=False,
    )
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    html = client.get(f"/admin/consent/cookieaudit/{audit.pk}/change/").content.decode()
    assert "&lt;spy&gt;" in html and "not declared" in html
    assert "Notice version" in html and ">7<" in html
    assert "something is not declared" in client.get("/admin/consent/decision/statistics/").content.decode()


@pytest.mark.django_db
def test_the_audit_reports_a_site_that_does_not_answer():
    with pytest.raises(CommandError, match=r"No site answers at http://127\.0\.0\.1:9|missing"):
        call_command("audit_cookies", "http://127.0.0.1:9")
