"""Differences between two notice versions: changed texts, and widenings, which need a new answer of each visitor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Model, TextChoices
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from consent.models.cookie import SECONDS, DeclaredCookie, LifetimeUnit
from consent.models.notice import Notice
from consent.models.provider import Provider
from consent.models.purpose import Purpose
from consent.models.third_party import Script
from translations.status.diff import word_diff
from translations.status.models import model_field

if TYPE_CHECKING:
    from consent.models.version import NoticeVersion

# Keys of a text in a wording: of the purpose, of the provider and of the cookie, as far as it has them, and its name.
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A text of the notice before and after a change. `name` is for people, such as "Statistics › description"."""

    language: str
    name: str
    before: str
    after: str

    @property
    def diff(self) -> SafeString:
        """The texts compared word by word, as HTML."""
        return word_diff(self.before, self.after)

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES.get(self.language, self.language)


class Widening(TextChoices):
    """Kind of a difference through which more happens than visitors were asked about."""

    CONTROLLER = "controller", _("another controller")
    PURPOSE = "purpose", _("new purpose")
    NECESSARY = "necessary", _("purpose that became necessary")
    PROVIDER = "provider", _("new third party under this purpose")
    HOST = "host", _("new host")
    SCRIPT = "script", _("new or changed script")
    COOKIE = "cookie", _("new cookie or storage")
    DURATION = "duration", _("longer duration")
    # Purposes of cookies, and the identity and work of providers. A program cannot tell whether a text says more.
    FACT = "fact", _("changed fact")


@dataclass(frozen=True)
class Widened:
    """One widening. `owner` names the purpose and the provider, `what` the host, the cookie or the field."""

    kind: Widening
    owner: str = ""
    what: str | Promise = ""

    def __str__(self):
        return ": ".join(filter(None, [str(self.kind.label), self.owner, str(self.what)]))


# Model → its facts: fields by their names in a wording. Each change counts as a widening, also in a single language.
FACTS: dict[type[Model], dict[str, str]] = {
    Purpose: {"name": "name", "description": "description"},
    Provider: {
        "name": "name",
        "address": "address",
        "country_code": "country",
        "data": "data",
        "retention": "retention",
        "transfer": "transfer",
    },
    DeclaredCookie: {"description": "description"},
}
NOTICE_TEXTS = ("heading", "introduction", "controller", "contact", "objection")
PROVIDER_TEXTS = ("name", "address", "country", "hosts", "data", "retention", "transfer", "policy_url")


def label_of(model: type[Model], field: str) -> str | Promise:
    return model_field(model, field).verbose_name


def texts_by_path(wording: dict) -> dict[Path, tuple[str, str]]:
    """Return each text of a wording with its name for people, by the keys of its place."""
    texts: dict[Path, tuple[str, str]] = {}
    for field in NOTICE_TEXTS:
        label = _("objection by browser") if field == "objection" else label_of(Notice, field)
        texts[(field,)] = str(label), wording[field]
    for purpose in wording["purposes"]:
        key, owner = purpose["key"], purpose["name"]
        for field in ("name", "description"):
            texts[key, "", field] = f"{owner} › {label_of(Purpose, field)}", purpose[field]
        texts[key, "", "is_necessary"] = (
            f"{owner} › {label_of(Purpose, 'is_necessary')}",
            "✓" if purpose["is_necessary"] else "–",
        )
        texts |= cookie_texts((key, ""), owner, purpose["cookies"])
        for provider in purpose["providers"]:
            provider_owner = f"{owner} › {provider['name']}"
            for field in PROVIDER_TEXTS:
                text = " ".join(provider[field]) if field == "hosts" else provider[field]
                texts[key, provider["key"], field] = f"{provider_owner} › {label_of(Provider, field)}", text
            scripts = [" ".join(filter(None, script.values())) for script in provider["scripts"]]
            texts[key, provider["key"], "scripts"] = (
                f"{provider_owner} › {Script._meta.verbose_name}",
                "\n".join(scripts),
            )
            texts |= cookie_texts((key, provider["key"]), provider_owner, provider["cookies"])
    return texts


def cookie_texts(place: Path, owner: str, cookies: list[dict]) -> dict[Path, tuple[str, str]]:
    return {
        (*place, "cookie", cookie["name"]): (
            f"{owner} › {cookie['name']}",
            " · ".join(filter(None, (cookie[name] for name in ("kind", "domain", "description", "duration")))),
        )
        for cookie in cookies
    }


def changes_between(before: dict | None, after: dict, language: str) -> list[Change]:
    """Return the texts that differ between two wordings in `language`."""
    old, new = texts_by_path(before) if before else {}, texts_by_path(after)
    nothing = ("", "")
    return [
        Change(language, new.get(path, old.get(path, nothing))[0], old.get(path, nothing)[1], new.get(path, nothing)[1])
        for path in dict.fromkeys([*new, *old])
        if old.get(path, nothing)[1] != new.get(path, nothing)[1]
    ]


def widenings(before: "NoticeVersion | None", after: "NoticeVersion") -> list[Widened]:
    """Return the differences through which more happens under `after` than visitors of `before` were asked about.

    A purpose that is asked about for the first time counts as new. A text that replaces one in the source language, or
    a language that is offered for the first time, is a translation and does not widen anything.
    """
    return list(dict.fromkeys(found_widenings(before, after)))


def found_widenings(before: "NoticeVersion | None", after: "NoticeVersion") -> Iterator[Widened]:
    earlier = {purpose["key"]: purpose for purpose in before.purposes} if before else {}
    for purpose in after.purposes:
        name, old = purpose["name"], earlier.get(purpose["key"])
        if not (purpose["is_necessary"] or purpose["providers"]):
            # It is listed as not used.
            continue
        if old and purpose["is_necessary"] and not old["is_necessary"]:
            yield Widened(Widening.NECESSARY, name)
        elif old is None or not (old["is_necessary"] or old["providers"]):
            yield Widened(Widening.PURPOSE, name, ", ".join(provider["name"] for provider in purpose["providers"]))
            continue
        yield from cookie_widenings(name, old["cookies"], purpose["cookies"])
        providers = {provider["key"]: provider for provider in old["providers"]}
        for provider in purpose["providers"]:
            owner = f"{name} › {provider['name']}"
            if provider["key"] not in providers:
                yield Widened(Widening.PROVIDER, owner)
                continue
            known = providers[provider["key"]]
            yield from (Widened(Widening.HOST, owner, host) for host in provider["hosts"] if host not in known["hosts"])
            yield from (
                Widened(Widening.SCRIPT, owner, script["source"])
                for script in provider["scripts"]
                if script not in known["scripts"]
            )
            yield from cookie_widenings(owner, known["cookies"], provider["cookies"])
    if before:
        for language in after.wording.keys() & before.wording.keys():
            yield from fact_widenings(before.wording[language], after.wording[language], after)


def cookie_widenings(owner: str, before: list[dict], after: list[dict]) -> Iterator[Widened]:
    earlier = {(cookie["name"], cookie["kind_code"]): cookie for cookie in before}
    for cookie in after:
        old = earlier.get((cookie["name"], cookie["kind_code"]))
        # Another site reads it after each change of the domain. Only this host reads a cookie without one.
        if old is None or cookie["domain"] != old["domain"]:
            yield Widened(Widening.COOKIE, owner, " ".join(filter(None, (cookie["name"], cookie["domain"]))))
        elif is_longer(old["seconds"], cookie["seconds"]):
            yield Widened(Widening.DURATION, owner, cookie["name"])


def is_longer(before: int | None, after: int | None) -> bool:
    """Whether a cookie is kept longer. None is unlimited. A session (0) can end at once or last for a day."""
    if before == after or before is None:
        return False
    return after is None or (after or SECONDS[LifetimeUnit.DAY]) > before


def fact_widenings(before: dict, after: dict, version: "NoticeVersion") -> Iterator[Widened]:
    """Yield the changed facts in one language, with the owner in the source language."""
    if is_changed(before, after, "controller"):
        yield Widened(Widening.CONTROLLER, what=after["controller"])
    owners = {place: owner for place, owner, _part, _model in parts_with_facts(version.purposes)}
    earlier = {place: part for place, _owner, part, _model in parts_with_facts(before["purposes"])}
    for place, _owner, part, model in parts_with_facts(after["purposes"]):
        for name, field in FACTS[model].items():
            if place in earlier and is_changed(earlier[place], part, name):
                yield Widened(Widening.FACT, owners[place], label_of(model, field))


def parts_with_facts(purposes: list[dict]) -> Iterator[tuple[Path, str, dict, type[Model]]]:
    """Yield each purpose that visitors are asked about, its providers and their cookies: place, name, part, model."""
    for purpose in purposes:
        if purpose["is_necessary"] or not purpose["providers"]:
            continue
        place, name = (purpose["key"],), purpose["name"]
        yield place, name, purpose, Purpose
        for provider in purpose["providers"]:
            provider_place, provider_name = (*place, provider["key"]), f"{name} › {provider['name']}"
            yield provider_place, provider_name, provider, Provider
            for cookie in provider["cookies"]:
                cookie_place = (*provider_place, cookie["kind_code"], cookie["name"])
                yield cookie_place, f"{provider_name} › {cookie['name']}", cookie, DeclaredCookie


def is_changed(before: dict, after: dict, name: str) -> bool:
    """Whether the text differs, unless it only replaces a text in another language."""
    return before[name] != after[name] and name not in before.get("languages", {})
