"""What a file would change on this site, shown before anything is written."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from translations.exchange import po, xliff
from translations.exchange.units import ExchangeError, ExchangeFile, Unit
from translations.status.changes import word_changes
from translations.status.locks import StaleReadError
from translations.status.models import TARGET_LANGUAGES, translated_models
from translations.status.rights import languages_open_to


class Outcome(models.TextChoices):
    """What becomes of one text of a file."""

    WRITTEN = "written", gettext_lazy("put on the site")
    DRAFT = "draft", gettext_lazy("saved as a draft")
    OUTDATED = "outdated", gettext_lazy("left out: the source has changed since the export")
    UNFINISHED = "unfinished", gettext_lazy("left out: it is unfinished, and the site has a finished translation")
    UNKNOWN = "unknown", gettext_lazy("left out: this site has no such text")
    SAME = "same", gettext_lazy("already on the site")
    EMPTY = "empty", gettext_lazy("not translated in the file")


LARGEST = 30_000_000
# What someone should see before a file is applied; of the rest the number will do.
SHOWN = (Outcome.WRITTEN, Outcome.DRAFT, Outcome.OUTDATED, Outcome.UNFINISHED, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Change:
    """One text of a file, beside what the site has."""

    unit: Unit
    outcome: Outcome
    label: str
    url: str = ""
    sources: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def difference(self) -> str:
        """`after` with what is new in it marked, as HTML."""
        after = "\n".join(self.after)
        return word_changes("\n".join(self.before), after) if self.before else conditional_escape(after)


def read(content: bytes) -> ExchangeFile:
    """The texts of a file; what begins with a pointed bracket is XLIFF."""
    if len(content) > LARGEST:
        raise ExchangeError(
            [_("The file is larger than %(limit)d MB. Split it, or export fewer texts.") % {"limit": LARGEST // 10**6}]
        )
    is_xml = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")
    return (xliff if is_xml else po).read(content)


def site_language(tag: str) -> str | None:
    """The site's code for a language tag such as "pl-PL"; None for a language that it has not."""
    code = tag.replace("_", "-").lower()
    known = {language.lower(): language for language in settings.CONTENT_LANGUAGES}
    return known.get(code) or known.get(code.partition("-")[0])


class Plan:
    """What `content`, a file, would do to the texts of one kind; raises ExchangeError for a file of no use.

    It is made anew whenever it is needed; two plans with the same digest do the same.
    """

    def __init__(self, content: bytes, kind: type, *, as_draft=False, skip_unknown=False, user=None):
        file = read(content)
        self.user = user
        self.language = self.language_of(file)
        if user and not any(self.language in languages_open_to(user, model) for model in translated_models()):
            raise ExchangeError(
                [_("You may not translate into the language “%(language)s”.") % {"language": file.language}]
            )
        self.texts = kind(self.language)
        self.as_draft = as_draft
        self.faults: list[str] = []
        self.changes = list(self.judge_all(file.units, skip_unknown))
        if self.faults:
            raise ExchangeError(self.faults)

    def language_of(self, file: ExchangeFile) -> str:
        language = site_language(file.language)
        if language not in TARGET_LANGUAGES:
            raise ExchangeError(
                [
                    _("The file is for the language “%(language)s”; this site is translated into %(known)s.")
                    % {"language": file.language, "known": ", ".join(TARGET_LANGUAGES)}
                ]
            )
        source = settings.LANGUAGE_CODE if file.source_language is None else site_language(file.source_language)
        if source != settings.LANGUAGE_CODE:
            raise ExchangeError(
                [
                    _("The file translates from “%(language)s”; the source of this site is “%(source)s”.")
                    % {"language": file.source_language, "source": settings.LANGUAGE_CODE}
                ]
            )
        return language

    def judge_all(self, units: tuple[Unit, ...], skip_unknown: bool):
        units = [replace(unit, id=self.texts.unit_id(unit)) for unit in units]
        times = Counter(unit.id for unit in units)
        known = self.texts.known(set(times))
        if units and not known:
            raise ExchangeError(
                [
                    _(
                        "This site has none of the texts of the file. The file comes from another site, or it "
                        "contains interface texts instead of page texts, or the reverse."
                    )
                ]
            )
        for unit in units:
            if unit.id not in known and skip_unknown:
                yield Change(unit, Outcome.UNKNOWN, unit.id)
            elif fault := self.fault_of(unit, known, times):
                self.faults.append(f"{unit.place}: {fault}")
            else:
                yield self.judge(unit, known[unit.id])

    def fault_of(self, unit: Unit, known: dict, times: Counter) -> str | None:
        if unit.id not in known:
            return _(
                "this site has no such text. If it was deleted since the export, choose to leave out unknown texts."
            )
        if times[unit.id] > 1:
            return _("it is in the file more than once. Keep one.")
        if self.user and not known[unit.id].may_be_changed_by(self.user):
            return _("you may not translate this text into this language. Remove it, or ask for the right.")
        return None

    def judge(self, unit: Unit, text) -> Change:
        outcome, after, remarks = self.outcome(unit, text), unit.targets, []
        if outcome in (Outcome.WRITTEN, Outcome.DRAFT):
            findings = text.findings(unit.targets)
            remarks = [finding.message for finding in findings]
            try:
                if errors := outcome == Outcome.WRITTEN and [f.message for f in findings if f.is_error]:
                    raise ValidationError(errors)
                after = text.clean_targets(unit.targets)
            except ValidationError as error:
                self.faults += [f"{unit.place}: {message}" for message in error.messages]
        return Change(unit, outcome, text.label, text.desk_url, text.sources, text.published, after, tuple(remarks))

    def outcome(self, unit: Unit, text) -> Outcome:
        if not any(unit.targets):
            return Outcome.EMPTY
        if unit.targets == text.published and (text.is_current or not unit.is_settled):
            return Outcome.SAME
        is_draft = self.as_draft or not unit.is_settled
        if is_draft and unit.targets in (text.published, text.drafts):
            return Outcome.SAME
        if unit.sources != text.sources and not self.as_draft:
            return Outcome.OUTDATED
        if is_draft:
            return Outcome.DRAFT if text.takes_drafts else Outcome.UNFINISHED
        return Outcome.WRITTEN

    @property
    def shown(self) -> list[Change]:
        return [change for change in self.changes if change.outcome in SHOWN]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many texts meet each outcome."""
        numbers = Counter(change.outcome for change in self.changes)
        return [(outcome.label, numbers[outcome]) for outcome in Outcome if numbers[outcome]]

    @property
    def changes_something(self) -> bool:
        return any(change.outcome in (Outcome.WRITTEN, Outcome.DRAFT) for change in self.changes)

    @property
    def digest(self) -> str:
        """SHA-256 in hex of all that the plan does, and to what."""
        done = [[change.unit.id, change.outcome, change.sources, change.before, change.after] for change in self.shown]
        return sha256(json.dumps(done).encode()).hexdigest()

    @transaction.atomic
    def apply(self) -> list:
        """Write it all, and return the texts; where the site refuses one or has another by now, raise ExchangeError."""
        known = self.texts.known({change.unit.id for change in self.changes})
        faults, taken = [], []
        for change in self.changes:
            if change.outcome not in (Outcome.WRITTEN, Outcome.DRAFT):
                continue
            text = known.get(change.unit.id)
            try:
                if text is None or self.judge(change.unit, text) != change:
                    raise StaleReadError(change)
                text.take(change.after, as_draft=change.outcome == Outcome.DRAFT)
                taken.append(text)
            except StaleReadError:
                faults.append(
                    _("%(place)s: it was changed on the site a moment ago. Import the file again.")
                    % {"place": change.unit.place}
                )
            except ValidationError as error:
                faults.append(f"{change.unit.place}: {' '.join(error.messages)}")
        if faults:
            raise ExchangeError(faults)
        if taken:
            self.texts.save()
        return taken
