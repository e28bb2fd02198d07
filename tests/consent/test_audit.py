"""Cookie audits: items that a browser saw, compared with the declarations."""

import pytest
from django.core.management import CommandError, call_command

from consent.audit import NEVER_SEEN, REQUEST, UNDECLARED, WITHOUT_CONSENT, Declared, Finding, Pass
from consent.models import CookieAudit, EmbeddedContent, Purpose, Script
from editorial import roles

DECLARED = Declared(
    {
        ("cookie", "session"): frozenset(["necessary"]),
        ("cookie", "_count_*"): frozenset(["statistics"]),
        ("local", "volume"): frozenset(["functional"]),
        (REQUEST, "https://stats.example"): frozenset(["statistics"]),
    },
    frozenset(["necessary"]),
)
UNDECIDED, COUNTED = "nothing decided", "only statistics allowed"


def passes(undecided=(), counted=()) -> list[Pass]:
    visitors = [Pass(UNDECIDED, frozenset()), Pass(COUNTED, frozenset(["statistics"]))]
    for visitor, items in zip(visitors, (undecided, counted), strict=True):
        for kind, name in items:
            visitor.add(kind, name, "/en/")
            visitor.add(kind, name, "/en/later/")
    return visitors


def faults(visitors: list[Pass]) -> list[Finding]:
    return [finding for finding in DECLARED.compare(visitors) if finding.is_fault]


def test_declared_items_with_consent_are_no_fault():
    items = [("cookie", "session"), ("cookie", "_count_12"), (REQUEST, "https://stats.example")]
    assert faults(passes(undecided=items[:1], counted=items)) == []


@pytest.mark.parametrize("item", [("cookie", "_count_12"), (REQUEST, "https://stats.example"), ("local", "volume")])
def test_an_item_without_consent_is_reported_with_its_first_page(item):
    assert faults(passes(undecided=[item])) == [Finding(WITHOUT_CONSENT, *item, (UNDECIDED,), "/en/")]


@pytest.mark.parametrize("item", [("cookie", "spy"), ("local", "session"), (REQUEST, "https://spy.example")])
def test_an_undeclared_item_is_reported_once_with_all_its_passes(item):
    assert faults(passes([item], [item])) == [Finding(UNDECLARED, *item, (UNDECIDED, COUNTED), "/en/")]


def test_a_declaration_that_is_never_seen_is_a_remark():
    findings = DECLARED.compare(passes(undecided=[("cookie", "session")]))
    assert {finding.problem for finding in findings} == {NEVER_SEEN}
    assert {finding.name for finding in findings} == {"_count_*", "volume", "https://stats.example"}


@pytest.mark.django_db
def test_the_origins_of_third_parties_are_declared_for_their_purpose():
    functional, statistics = (Purpose.objects.get(key=key) for key in ("functional", "statistics"))
    EmbeddedContent.objects.create(
        title_en="Film",
        provider_en="V",
        purpose=functional,
        page_url="https://v.example/1",
        frame_url="https://f.example/1",
    )
    Script.objects.create(name="C", provider_en="C", purpose=statistics, source="https://c.example/c.js")
    declared = Declared.on_this_site()
    assert declared.purposes[REQUEST, "https://f.example"] == {"functional"}
    assert declared.purposes[REQUEST, "https://c.example"] == {"statistics"}
    assert declared.purposes["cookie", "cookie_consent"] == {"necessary"} == declared.necessary


@pytest.mark.django_db
def test_the_admin_shows_the_report_of_an_audit(client, staff):
    audit = CookieAudit.objects.create(
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
        address="https://site.example",
        pages=12,
        findings=[Finding(UNDECLARED, "cookie", "<spy>", (UNDECIDED,), "/en/").as_data()],
        is_clean=False,
    )
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    html = client.get(f"/admin/consent/cookieaudit/{audit.pk}/change/").content.decode()
    assert "&lt;spy&gt;" in html and "not declared" in html
    assert "something is not declared" in client.get("/admin/consent/decision/statistics/").content.decode()


@pytest.mark.django_db
def test_the_audit_reports_a_site_that_does_not_answer():
    with pytest.raises(CommandError, match=r"No site answers at http://127\.0\.0\.1:9|missing"):
        call_command("audit_cookies", "http://127.0.0.1:9")
