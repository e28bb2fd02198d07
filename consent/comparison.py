"""Differences between two notice versions: changed texts, and widenings, which need a new answer of each visitor."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consent.models.version import NoticeVersion


@dataclass(frozen=True)
class Change:
    """A text of the notice before and after a change. `name` is for people, such as "statistics · description"."""

    language: str
    name: str
    before: str
    after: str


class Widening(StrEnum):
    """Kind of a difference through which more happens than visitors were asked about."""

    PURPOSE = "purpose"
    PROVIDER = "provider"
    HOST = "host"
    COOKIE = "cookie"
    DURATION = "duration"
    # Identity of a provider, its data, retention and transfers. A program cannot tell whether a new text says more.
    FACT = "fact"


@dataclass(frozen=True)
class Widened:
    """One widening. `name` is for people, such as "openstreetmap · https://tile.example"."""

    kind: Widening
    name: str


# Facts of a provider of which each change counts as a widening, also in a single language.
PROVIDER_FACTS = ("name", "address", "country_code", "data", "retention", "transfer")


def texts_by_name(wording: dict) -> dict[str, str]:
    """Return the texts of a wording by names for people."""
    texts = {name: wording[name] for name in ("heading", "introduction", "controller", "contact", "objection")}
    for purpose in wording["purposes"]:
        key = purpose["key"]
        texts[f"{key} · name"] = purpose["name"]
        texts[f"{key} · description"] = purpose["description"]
        texts[f"{key} · necessary"] = "✓" if purpose["is_necessary"] else "–"
        texts |= {f"{key} · {name}": text for name, text in cookie_texts(purpose["cookies"])}
        for provider in purpose["providers"]:
            for name in ("name", "address", "country", "data", "retention", "transfer", "policy_url"):
                texts[f"{key} · {provider['key']} · {name}"] = provider[name]
            texts[f"{key} · {provider['key']} · hosts"] = " ".join(provider["hosts"])
            texts |= {f"{key} · {provider['key']} · {name}": text for name, text in cookie_texts(provider["cookies"])}
    return texts


def cookie_texts(cookies: list[dict]) -> Iterator[tuple[str, str]]:
    for cookie in cookies:
        parts = (cookie[name] for name in ("kind", "domain", "description", "duration"))
        yield cookie["name"], " · ".join(filter(None, parts))


def changes_between(before: dict | None, after: dict, language: str) -> list[Change]:
    """Return the texts that differ between two wordings in `language`."""
    old, new = texts_by_name(before) if before else {}, texts_by_name(after)
    return [
        Change(language, name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*new, *old])
        if old.get(name, "") != new.get(name, "")
    ]


def widenings(before: "NoticeVersion | None", after: "NoticeVersion") -> list[Widened]:
    """Return the differences through which more happens under `after` than visitors of `before` were asked about.

    New purposes, providers, hosts and cookies, a purpose that became necessary, a longer duration, and each changed
    fact of a provider. A purpose that is asked about for the first time counts as new.
    """
    old = facts_of(before) if before else {}
    found = []
    for (kind, name, language), fact in facts_of(after).items():
        if before and language and language not in before.wording:
            # A language that is offered for the first time.
            continue
        earlier = old.get((kind, name, language))
        is_longer = isinstance(fact, float) and isinstance(earlier, float) and fact > earlier
        if earlier is None or is_longer or (kind is Widening.FACT and fact != earlier):
            found.append(Widened(kind, name))
    # A new provider is one widening, not one for each of its facts.
    added = tuple(f"{item.name} · " for item in found if item.kind in (Widening.PURPOSE, Widening.PROVIDER))
    return [item for item in dict.fromkeys(found) if not item.name.startswith(added)]


def facts_of(version: "NoticeVersion") -> dict[tuple[Widening, str, str], float | str]:
    """Return the facts of a version by kind, name and language. Facts that are alike in all languages have none."""
    facts: dict[tuple[Widening, str, str], float | str] = {}
    for purpose in version.purposes:
        if purpose["is_necessary"] or purpose["providers"]:
            facts[Widening.PURPOSE, f"{purpose['key']}{' ✓' if purpose['is_necessary'] else ''}", ""] = ""
        facts |= cookie_facts(purpose["key"], purpose["cookies"])
        for provider in purpose["providers"]:
            name = f"{purpose['key']} · {provider['key']}"
            facts[Widening.PROVIDER, name, ""] = ""
            facts |= {(Widening.HOST, f"{name} · {host}", ""): "" for host in provider["hosts"]}
            facts |= cookie_facts(name, provider["cookies"])
    for language, wording in version.wording.items():
        for purpose in wording["purposes"]:
            for provider in purpose["providers"]:
                name = f"{purpose['key']} · {provider['key']}"
                facts |= {(Widening.FACT, f"{name} · {fact}", language): provider[fact] for fact in PROVIDER_FACTS}
    return facts


def cookie_facts(owner: str, cookies: list[dict]) -> dict[tuple[Widening, str, str], float | str]:
    facts: dict[tuple[Widening, str, str], float | str] = {}
    for cookie in cookies:
        name = f"{owner} · {cookie['name']}"
        facts[Widening.COOKIE, f"{name} · {cookie['kind_code']} {cookie['domain']}".strip(), ""] = ""
        # None is unlimited.
        facts[Widening.DURATION, f"{name} · duration", ""] = (
            float("inf") if cookie["seconds"] is None else float(cookie["seconds"])
        )
    return facts
