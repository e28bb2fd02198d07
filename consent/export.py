"""Export of the record as CSV, JSON Lines and JSON-LD, line by line in constant memory."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import OuterRef, Subquery

from consent.hashing import rfc3339
from consent.models import Decision, NoticeVersion, PolicyVersion
from consent.models.record import DecisionQuerySet
from editorial.clean_text import xml_text

CHUNK = 2000
LINES_PER_CHUNK = 500
COLUMNS = (
    "receipt",
    "decided_at",
    "expires_at",
    "action",
    "granted",
    "refused",
    "notice",
    "notice_digest",
    "policy",
    "policy_digest",
    "language",
    "path",
    "objection_signal",
    "predecessor",
    "digest",
)
# The Data Privacy Vocabulary of the W3C's community group, and its profile of ISO/IEC TS 27560:2023 for the GDPR.
CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:conformsTo": {"@type": "@id"},
    "dct:created": {"@type": "xsd:dateTime"},
    "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime"},
    "dpv:hasConsentStatus": {"@type": "@id"},
    "dpv:hasCountry": {"@type": "@id"},
    "dpv:hasLegalBasis": {"@type": "@id"},
    "dpv:hasPolicy": {"@type": "@id"},
    "rdf:value": {"@type": "xsd:dateTime"},
}

GIVEN, REFUSED, WITHDRAWN = "dpv:ConsentGiven", "dpv:ConsentRefused", "dpv:ConsentWithdrawn"


class Line:
    """File object for the csv module that returns each line."""

    def write(self, text: str) -> str:
        return text


def with_notices(decisions: DecisionQuerySet) -> Iterator[Decision]:
    """Yield the decisions with their notices and policies, which are fetched once because they are few."""
    versions, policies = NoticeVersion.objects.in_bulk(), PolicyVersion.objects.defer("wording").in_bulk()
    for decision in decisions.iterator(CHUNK):
        decision.notice = versions[decision.notice_id]
        decision.policy = policies.get(decision.policy_id)
        yield decision


def as_csv(decisions: DecisionQuerySet) -> Iterator[str]:
    """Yield a header and a row per decision."""
    writer = csv.writer(Line())
    # Spreadsheets need the byte order mark to detect UTF-8.
    yield "\ufeff" + writer.writerow(COLUMNS)
    for decision in with_notices(decisions):
        yield writer.writerow(
            [
                decision.receipt,
                rfc3339(decision.decided_at),
                rfc3339(decision.expires_at),
                decision.action,
                providers_answered(decision, is_granted=True),
                providers_answered(decision, is_granted=False),
                decision.notice.number,
                decision.notice.digest,
                decision.policy.number if decision.policy else "",
                decision.policy.digest if decision.policy else "",
                decision.language,
                xml_text(decision.path),
                int(decision.has_objection_signal),
                decision.predecessor,
                decision.digest,
            ]
        )


def providers_answered(decision: Decision, is_granted: bool) -> str:
    """Return the granted or refused providers, each after its purpose: "functional/openstreetmap"."""
    answers = decision.answers.items()
    return " ".join(f"{answer['purpose']}/{key}" for key, answer in answers if answer["granted"] is is_granted)


def as_json_lines(decisions: DecisionQuerySet) -> Iterator[str]:
    """Yield an object per decision: the hashed content, and its digest."""
    for decision in with_notices(decisions):
        yield json.dumps(decision.content() | {"digest": decision.digest}, ensure_ascii=False) + "\n"


def as_json_ld(decisions: DecisionQuerySet) -> Iterator[str]:
    """Yield a graph of consent records (ISO/IEC TS 27560:2023) in the Data Privacy Vocabulary."""
    before = Decision.objects.filter(digest=OuterRef("predecessor")).values("granted")
    decisions = decisions.annotate(granted_before=Subquery(before))
    yield '{"@context": ' + json.dumps(CONTEXT) + ',\n"@graph": ['
    # Notice and answers are most of a record, and the same in many records. They are serialized once.
    separator = "\n"
    serialized: dict[tuple, str] = {}
    for decision in with_notices(decisions):
        statuses = statuses_of(decision)
        key = (decision.notice_id, decision.language, *statuses.items())
        if key not in serialized:
            serialized[key] = json.dumps(notice_and_answers(decision, statuses), ensure_ascii=False).removeprefix("{")
        own = json.dumps(consent_record(decision), ensure_ascii=False).removesuffix("}")
        yield f"{separator}{own}, {serialized[key]}"
        separator = ",\n"
    yield "\n]}\n"


def language_string(decision: Decision, texts: dict, name: str) -> dict:
    """Return a text of a purpose, provider or cookie as it was shown, with its language."""
    language = texts.get("languages", {}).get(name, decision.notice.language_shown(decision.language))
    return {"@value": texts[name], "@language": language}


def process(decision: Decision, purpose: dict, statuses: dict[str, str]) -> dict:
    """Return a purpose as a dpv:Process, with a dpv:Process for each of its providers."""
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": f"{purpose['key']}/{purpose['version']}",
            "dct:title": language_string(decision, purpose, "name"),
            "dct:description": language_string(decision, purpose, "description"),
        },
        "dpv:hasProcess": [
            provider_process(decision, provider, statuses[provider["key"]])
            for provider in purpose["providers"]
            if provider["key"] in statuses
        ],
    }


def provider_process(decision: Decision, provider: dict, status: str) -> dict:
    """Return what a provider does and its consent status as a dpv:Process."""
    safeguard = {
        "dpv:hasOrganisationalMeasure": description(decision, provider, "transfer", "SafeguardForDataTransfer")
    }
    return {
        "@type": "dpv:Process",
        "dct:identifier": provider["key"],
        "dpv:hasRecipient": {
            "@type": "dpv:Recipient",
            "dpv:hasName": provider["name"],
            "dpv:hasAddress": provider["address"],
            "dpv:hasCountry": f"loc:{provider['country_code']}",
            "dpv:hasPolicy": provider["policy_url"],
        },
        "dct:references": provider["hosts"],
        "dpv:hasPersonalData": [
            description(decision, provider, "data", "PersonalData"),
            *(cookie_data(decision, cookie) for cookie in provider["cookies"]),
        ],
        "dpv:hasStorageCondition": description(decision, provider, "retention", "StorageDuration"),
        **(safeguard if provider["transfer"] else {}),
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasConsentStatus": status,
    }


def description(decision: Decision, texts: dict, name: str, kind: str) -> dict:
    return {"@type": f"dpv:{kind}", "dct:description": language_string(decision, texts, name)}


def cookie_data(decision: Decision, cookie: dict) -> dict:
    return {
        "@type": "dpv:PersonalData",
        "dct:title": cookie["name"],
        "dct:description": language_string(decision, cookie, "description"),
        "dpv:hasStorageCondition": description(decision, cookie, "duration", "StorageDuration"),
    }


def consent_record(decision: Decision) -> dict:
    """Return a decision as a dpv:ConsentRecord, without notice and answers."""
    decided_at = rfc3339(decision.decided_at)
    # Records of embeds that were shown once have no receipt number.
    identifier = {"dct:identifier": decision.receipt} if decision.receipt else {}
    return {
        "@id": f"urn:sha256:{decision.digest}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": "dpv-27560:record-eu-gdpr",
        **identifier,
        "dct:created": decided_at,
        "dct:language": decision.language,
        "dct:isVersionOf": f"urn:sha256:{decision.predecessor}" if decision.predecessor else None,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", **identifier},
        "dpv:isIndicatedBy": {"@type": "dpv:DataSubject", **identifier},
        "dpv:isIndicatedAtTime": decided_at,
        "dpv:hasIndicationMethod": decision.action,
        "dpv:hasPolicy": privacy_policy(decision.policy) if decision.policy else None,
        "dpv:hasLocation": decision.path,
        "dpv:hasDuration": {"@type": "dpv:UntilTimeDuration", "rdf:value": rfc3339(decision.expires_at)},
    }


def privacy_policy(version: PolicyVersion) -> dict:
    return {"@type": "dpv:Policy", "@id": f"urn:sha256:{version.digest}", "dct:hasVersion": str(version.number)}


def notice_and_answers(decision: Decision, statuses: dict[str, str]) -> dict:
    """Return the rest of the record: controller, notice, and a dpv:Process for each purpose that was asked about."""
    wording = decision.notice.wording_in(decision.language)
    controller = {"dpv:hasName": wording["controller"], "dpv:hasContact": wording["contact"]}
    return {
        "dpv:hasDataController": {"@type": "dpv:DataController", **controller},
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "@id": f"urn:sha256:{decision.notice.digest}",
            "dct:hasVersion": str(decision.notice.number),
            "dct:issued": rfc3339(decision.notice.published_at),
        },
        "dpv:hasProcess": [
            process(decision, purpose, statuses)
            for purpose in wording["purposes"]
            if any(provider["key"] in statuses for provider in purpose["providers"])
        ],
    }


def statuses_of(decision: Decision) -> dict[str, str]:
    """Return the consent status by the key of each provider.

    Only a provider that the decision before granted can be withdrawn. The annotation `granted_before` has its granted
    keys, or None if that decision was erased or never existed.
    """
    answers = decision.answers_by_provider
    before: str | None = getattr(decision, "granted_before", None)
    withdrawn: Iterable[str] = ()
    if before is None and decision.action == Decision.Action.WITHDRAWN:
        withdrawn = answers
    elif before is not None and decision.action != Decision.Action.REFUSED_ALL:
        withdrawn = before.split(",")
    return {key: GIVEN if granted else WITHDRAWN if key in withdrawn else REFUSED for key, granted in answers.items()}


@dataclass(frozen=True)
class Format:
    """Export format: name, media type, file extension, and the function that yields the lines."""

    name: str
    media_type: str
    extension: str
    lines: Callable[..., Iterator[str]]

    def chunks(self, decisions: DecisionQuerySet) -> Iterator[str]:
        """Yield the lines in chunks, because a chunk costs the server as much as a line."""
        lines = self.lines(decisions)
        while chunk := "".join(islice(lines, LINES_PER_CHUNK)):
            yield chunk


FORMATS = {
    "csv": Format("CSV", "text/csv; charset=utf-8", "csv", as_csv),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", "jsonl", as_json_lines),
    "jsonld": Format("JSON-LD", "application/ld+json; charset=utf-8", "jsonld", as_json_ld),
}
