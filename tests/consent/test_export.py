"""Export of the record as CSV, JSON Lines and JSON-LD."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from consent import export as export_module
from consent.export import FORMATS
from consent.models import AccessEntry, Decision, DeclaredCookie
from tests.consent.factories import make_counter, put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def decisions(decide):
    make_counter()
    browser = Client()
    decide("choose", browser, providers=["counter"], purposes=["statistics"])
    decide("withdraw", browser)
    return Decision.objects.order_by("pk")


def export(name: str, decisions) -> str:
    return "".join(FORMATS[name].chunks(decisions))


def test_csv_has_a_row_per_record(decisions):
    rows = list(csv.DictReader(io.StringIO(export("csv", decisions).removeprefix("\ufeff"))))
    first, second = decisions
    assert [row["receipt"] for row in rows] == [first.receipt, first.receipt]
    assert (rows[0]["granted"], rows[0]["refused"]) == ("statistics/counter", "functional/openstreetmap")
    assert (rows[1]["action"], rows[1]["predecessor"]) == ("withdrawn", first.digest)
    assert rows[1]["digest"] == second.digest


def test_csv_is_well_formed_whatever_is_stored(decisions, monkeypatch):
    def spoiled(decisions):
        for decision in decisions:
            decision.path = '/en/\x00\x0b\ufffe\r\n"a,b";'
            yield decision

    with_notices = export_module.with_notices
    monkeypatch.setattr(export_module, "with_notices", lambda decisions: spoiled(with_notices(decisions)))
    rows = list(csv.DictReader(io.StringIO(export("csv", decisions), newline="")))
    assert [row["path"] for row in rows] == ['/en/\r\n"a,b";'] * 2
    assert rows[0]["digest"] == decisions[0].digest


def test_json_lines_match_their_digests(decisions):
    from consent.hashing import canonical_json
    from consent.merkle import leaf_hash

    lines = [json.loads(line) for line in export("jsonl", decisions).splitlines()]
    assert len(lines) == 2
    for line in lines:
        named = line.pop("digest")
        assert leaf_hash(canonical_json(line)).hex() == named


def test_json_ld_uses_the_data_privacy_vocabulary(decide):
    counter = make_counter(publish=False).provider
    counter.transfer_en = "United States; adequacy decision."
    counter.save()
    DeclaredCookie.objects.create(
        key="counter", provider=counter, name="counter", description_en="Counts.", lifetime=1, unit="day"
    )
    put_in_force()
    browser = Client()
    decide("choose", browser, providers=["counter"], purposes=["statistics"])
    decide("withdraw", browser)
    decisions = Decision.objects.order_by("pk")
    document = json.loads(export("jsonld", decisions))
    given, withdrawn = document["@graph"]
    assert given["@type"] == "dpv:ConsentRecord"
    for record, status in ((given, "dpv:ConsentGiven"), (withdrawn, "dpv:ConsentWithdrawn")):
        statuses = {
            (process["dpv:hasPurpose"]["dct:identifier"], part["dct:identifier"]): part["dpv:hasConsentStatus"]
            for process in record["dpv:hasProcess"]
            for part in process["dpv:hasProcess"]
        }
        assert statuses == {
            ("functional/1", "openstreetmap"): "dpv:ConsentRefused",
            ("statistics/2", "counter"): status,
        }
    assert withdrawn["dct:isVersionOf"] == given["@id"]
    [part] = given["dpv:hasProcess"][1]["dpv:hasProcess"]
    received, stored = part["dpv:hasPersonalData"]
    assert received["dct:description"] == {"@value": "Your IP address.", "@language": "en"}
    assert stored["dct:title"] == "counter"
    assert stored["dpv:hasStorageCondition"]["dct:description"]["@value"] == "1 day"
    assert part["dpv:hasRecipient"] == {
        "@type": "dpv:Recipient",
        "dpv:hasName": "Count Ltd",
        "dpv:hasAddress": "1 High Street, Dublin",
        "dpv:hasCountry": "loc:IE",
        "dpv:hasPolicy": "https://example.org/privacy",
    }
    assert part["dpv:hasOrganisationalMeasure"]["dct:description"]["@value"].startswith("United States")
    assert part["dpv:hasStorageCondition"]["dct:description"]["@value"] == "30 days."
    prefixes = {key.split(":")[0] for key in (*given, *part, *part["dpv:hasRecipient"]) if ":" in key}
    assert prefixes <= set(document["@context"])


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_without_records_is_a_valid_file(name):
    text = export(name, Decision.objects.none())
    if name == "csv":
        assert text.count("\n") == 1
    elif name == "jsonld":
        assert json.loads(text)["@graph"] == []
    else:
        assert text == ""


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_takes_three_queries_for_any_number_of_records(decide, name, django_assert_num_queries):
    for count in (1, 5):
        for _visitor in range(count):
            decide()
        with django_assert_num_queries(3):
            export(name, Decision.objects.order_by("pk"))


def test_the_command_exports_a_period_to_a_file(decisions, tmp_path, capsys):
    file = tmp_path / "consents.jsonl"
    today = timezone.localdate()
    call_command("export_consents", output=file, start=today, end=today)
    assert len(file.read_text().splitlines()) == 2
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.details) == ("export", f"jsonl from={today} to={today}")
    assert entry.staff.endswith(" (manage.py)")
    call_command("export_consents", "--to", str(today - timedelta(days=1)))
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError, match="--output"):
        call_command("export_consents", output=file)


def test_a_period_has_whole_days_in_the_sites_time_zone(decide):
    decision = decide()
    day = timezone.localtime(decision.decided_at).date()
    found = Decision.objects.in_period
    assert found(day, day).count() == found(None, None).count() == found(day, None).count() == 1
    assert found(day + timedelta(days=1), None).count() == found(None, day - timedelta(days=1)).count() == 0
    assert found(date(2020, 1, 1), date(2020, 12, 31)).count() == 0
