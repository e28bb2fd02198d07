"""The record in forms that others read: CSV, JSON Lines, and JSON-LD. All are made line by line, in flat memory."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import OuterRef, Subquery

from consent.canonical import moment
from consent.models import Decision, NoticeVersion

CHUNK = 2000
LINES_A_CHUNK = 500
COLUMNS = (
    "receipt",
    "decided_at",
    "expires_at",
    "action",
    "granted",
    "refused",
    "notice",
    "notice_digest",
    "language",
    "path",
    "objection_by_browser",
    "predecessor",
    "digest",
)
# The Data Privacy Vocabulary of the W3C's community group, and its profile of ISO/IEC TS 27560:2023 for the GDPR.
CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:conformsTo": {"@type": "@id"},
    "dct:created": {"@type": "xsd:dateTime"},
    "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime"},
    "dpv:hasConsentStatus": {"@type": "@id"},
    "dpv:hasLegalBasis": {"@type": "@id"},
    "rdf:value": {"@type": "xsd:dateTime"},
}

GIVEN, REFUSED, WITHDRAWN = "dpv:ConsentGiven", "dpv:ConsentRefused", "dpv:ConsentWithdrawn"


class Line:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text


def with_notices(decisions) -> Iterator[Decision]:
    """The decisions of a queryset one by one; the few versions of the notice are asked for once."""
    versions = NoticeVersion.objects.in_bulk()
    for decision in decisions.iterator(CHUNK):
        decision.notice = versions[decision.notice_id]
        yield decision


def as_csv(decisions) -> Iterator[str]:
    writer = csv.writer(Line())
    # Spreadsheets take a file without this mark for one in an old encoding.
    yield "\ufeff" + writer.writerow(COLUMNS)
    for decision in with_notices(decisions):
        yield writer.writerow(
            [
                decision.receipt,
                moment(decision.decided_at),
                moment(decision.expires_at),
                decision.action,
                " ".join(decision.granted_purposes),
                " ".join(key for key, granted in decision.choices.items() if not granted),
                decision.notice.number,
                decision.notice.digest,
                decision.language,
                decision.path,
                int(decision.gpc),
                decision.predecessor,
                decision.digest,
            ]
        )


def as_json_lines(decisions) -> Iterator[str]:
    """One object a line: the record as it is hashed, and its digest."""
    for decision in with_notices(decisions):
        yield json.dumps(decision.content() | {"digest": decision.digest}, ensure_ascii=False) + "\n"


def as_json_ld(decisions) -> Iterator[str]:
    """One graph of records in the terms of ISO/IEC TS 27560:2023, as the Data Privacy Vocabulary writes them."""
    before = Decision.objects.filter(digest=OuterRef("predecessor")).values("granted")
    decisions = decisions.annotate(granted_before=Subquery(before))
    yield '{"@context": ' + json.dumps(CONTEXT) + ',\n"@graph": ['
    # What was asked and answered makes up most of a record, and is alike in many: it is written once.
    separator, written = "\n", {}
    for decision in with_notices(decisions):
        statuses = statuses_of(decision)
        alike = (decision.notice_id, decision.language, *statuses.items())
        if alike not in written:
            written[alike] = json.dumps(asked_and_answered(decision, statuses), ensure_ascii=False).removeprefix("{")
        own = json.dumps(consent_record(decision), ensure_ascii=False).removesuffix("}")
        yield f"{separator}{own}, {written[alike]}"
        separator = ",\n"
    yield "\n]}\n"


def worded(decision: Decision, asked: dict, name: str) -> dict:
    """A text of a purpose or cookie as it was shown, with its language."""
    language = asked.get("languages", {}).get(name, decision.notice.shown_in(decision.language))
    return {"@value": asked[name], "@language": language}


def process(decision: Decision, purpose: dict, status: str) -> dict:
    """What was asked about one purpose, and what became of it."""
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": f"{purpose['key']}/{purpose['version']}",
            "dct:title": worded(decision, purpose, "name"),
            "dct:description": worded(decision, purpose, "description"),
        },
        "dpv:hasPersonalData": [
            {
                "@type": "dpv:PersonalData",
                "dct:title": cookie["name"],
                "dct:description": worded(decision, cookie, "description"),
                "dpv:hasStorageCondition": {
                    "@type": "dpv:StorageDuration",
                    "dct:description": worded(decision, cookie, "duration"),
                },
            }
            for cookie in purpose["cookies"]
        ],
        "dpv:hasRecipient": [
            {"@type": "dpv:Recipient", "dpv:hasName": name}
            for name in dict.fromkeys(cookie["provider"] for cookie in purpose["cookies"])
        ],
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasConsentStatus": status,
    }


def consent_record(decision: Decision) -> dict:
    """One decision as a dpv:ConsentRecord, but for what was asked and answered."""
    decided_at = moment(decision.decided_at)
    return {
        "@id": f"urn:sha256:{decision.digest}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": "dpv-27560:record-eu-gdpr",
        "dct:identifier": decision.receipt,
        "dct:created": decided_at,
        "dct:language": decision.language,
        "dct:isVersionOf": f"urn:sha256:{decision.predecessor}" if decision.predecessor else None,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": decision.receipt},
        "dpv:isIndicatedBy": {"@type": "dpv:DataSubject", "dct:identifier": decision.receipt},
        "dpv:isIndicatedAtTime": decided_at,
        "dpv:hasIndicationMethod": decision.action,
        "dpv:hasLocation": decision.path,
        "dpv:hasDuration": {"@type": "dpv:UntilTimeDuration", "rdf:value": moment(decision.expires_at)},
    }


def asked_and_answered(decision: Decision, statuses: dict[str, str]) -> dict:
    """The rest of its record: who asked by which notice, and a dpv:Process for each purpose that was asked about."""
    wording = decision.notice.wording_in(decision.language)
    controller = {"dpv:hasName": wording["controller"], "dpv:hasContact": wording["contact"]}
    return {
        "dpv:hasDataController": {"@type": "dpv:DataController", **controller},
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "@id": f"urn:sha256:{decision.notice.digest}",
            "dct:hasVersion": str(decision.notice.number),
            "dct:issued": moment(decision.notice.published_at),
        },
        "dpv:hasProcess": [
            process(decision, purpose, statuses.get(purpose["key"], REFUSED))
            for purpose in wording["purposes"]
            if not purpose["is_necessary"]
        ],
    }


def statuses_of(decision: Decision) -> dict[str, str]:
    """Key of each optional purpose → what the data subject said of it; only what was given before is withdrawn.

    `decision.granted_before` is what the decision before granted, None where there is none on record.
    """
    choices, before = decision.choices, decision.granted_before
    if before is None:
        taken_back = choices if decision.action == Decision.Action.WITHDRAWN else ()
    else:
        taken_back = before.split(",") if decision.action != Decision.Action.REFUSED_ALL else ()
    return {key: GIVEN if granted else WITHDRAWN if key in taken_back else REFUSED for key, granted in choices.items()}


@dataclass(frozen=True)
class Format:
    """A form of export: its name for people, its media type, its file's ending, and what makes its lines."""

    name: str
    media_type: str
    ending: str
    lines: Callable[..., Iterator[str]]

    def chunks(self, decisions) -> Iterator[str]:
        """The lines, many at a time: a chunk costs the server as much as one line would."""
        lines = self.lines(decisions)
        while chunk := "".join(islice(lines, LINES_A_CHUNK)):
            yield chunk


FORMATS = {
    "csv": Format("CSV", "text/csv; charset=utf-8", "csv", as_csv),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", "jsonl", as_json_lines),
    "jsonld": Format("JSON-LD", "application/ld+json; charset=utf-8", "jsonld", as_json_ld),
}
