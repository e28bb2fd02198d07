"""The changes of an exchange file on this site, for preview and import."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from editorial.models import Revision
from editorial.models.revision import EXCHANGE_FILE
from translations.exchange import po, xliff
from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts
from translations.exchange.units import ExchangeError, ExchangeFile, Text, TextCollection, Unit
from translations.status.diff import word_diff
from translations.status.fields import translated_models
from translations.status.permissions import permitted_languages
from triggers.locks import StaleReadError


class Outcome(models.TextChoices):
    """The effect of the import on one text of the file."""

    WRITTEN = "written", gettext_lazy("put on the site")
    IN_ITEM_DRAFT = "item_draft", gettext_lazy("saved in the draft of the item")
    DRAFT = "draft", gettext_lazy("saved as a draft")
    OUTDATED = "outdated", gettext_lazy("left out: the source has changed since the export")
    UNFINISHED = "unfinished", gettext_lazy("left out: it is unfinished, and the site has a finished translation")
    ONLY_IN_DRAFT = (
        "only_in_draft",
        gettext_lazy("left out: only a draft of the item has the text, so it takes finished translations only"),
    )
    UNKNOWN = "unknown", gettext_lazy("left out: this site has no such text")
    SAME = "same", gettext_lazy("already on the site")
    EMPTY = "empty", gettext_lazy("not translated in the file")

    @property
    def planned_label(self) -> str:
        """The label before the import."""
        return str(PLANNED_LABELS.get(self, self.label))


PLANNED_LABELS = {
    Outcome.WRITTEN: gettext_lazy("will be put on the site"),
    Outcome.IN_ITEM_DRAFT: gettext_lazy("will be saved in the draft of the item"),
    Outcome.DRAFT: gettext_lazy("will be saved as a draft"),
}


# In bytes.
MAX_FILE_SIZE = 30_000_000
# Outcomes that change the site.
STORED_OUTCOMES = (Outcome.WRITTEN, Outcome.IN_ITEM_DRAFT, Outcome.DRAFT)
# Outcomes that the preview shows text by text; it only counts the others.
SHOWN_OUTCOMES = (*STORED_OUTCOMES, Outcome.OUTDATED, Outcome.UNFINISHED, Outcome.ONLY_IN_DRAFT, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Change:
    """A text of the file compared with the text of the site."""

    unit: Unit
    outcome: Outcome
    label: str
    url: str = ""
    sources: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def difference(self) -> str:
        """The word by word diff of `before` and `after` as HTML."""
        after = "\n".join(self.after)
        if not self.before or self.is_confirmation:
            return conditional_escape(after)
        return word_diff("\n".join(self.before), after)

    @property
    def is_confirmation(self) -> bool:
        """Whether the import makes the present translation current, because it still fits the changed source."""
        return self.outcome in STORED_OUTCOMES and self.before == self.after


def read(content: bytes) -> ExchangeFile:
    """Parse a file as XLIFF if it starts with "<", as PO if it has an entry. Raises ExchangeError if it is invalid."""
    if len(content) > MAX_FILE_SIZE:
        raise ExchangeError(
            _("The file is larger than %(limit)d MB. Split it, or export fewer texts.")
            % {"limit": MAX_FILE_SIZE // 10**6}
        )
    is_xml = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")
    if not is_xml and not po.has_entry(content):
        raise ExchangeError(
            _(
                "The file is neither XLIFF nor PO. Unpack it if it is an archive, or save it as XLIFF 2.1 or PO in "
                "your tool."
            )
        )
    return (xliff if is_xml else po).read(content)


def language_code(tag: str, codes: Collection[str]) -> str | None:
    """The one of `codes` for a language tag such as "pl-PL", or None."""
    code = tag.replace("_", "-").lower()
    return next((known for known in (code, code.partition("-")[0]) if known in codes), None)


class Plan:
    """The changes that the file `content` would make to the texts of `kind`.

    Raises ExchangeError if the file is invalid. With `user`, the plan only allows texts that the user may translate.
    Preview and import each make a plan; plans with the same digest make the same changes.
    """

    def __init__(
        self,
        content: bytes,
        kind: type[ContentTexts] | type[InterfaceTexts],
        *,
        as_draft: bool = False,
        skip_unknown: bool = False,
        user: User | AnonymousUser | None = None,
    ):
        file = read(content)
        self.user = user
        self.language = self.language_of(file, kind)
        if user and not any(self.language in permitted_languages(user, model) for model in translated_models()):
            raise ExchangeError(
                _("You may not translate into “%(language)s”. Choose another file, or ask for the right.")
                % {"language": settings.CONTENT_LANGUAGES[self.language]}
            )
        self.source_language = kind.source_language
        self.texts: TextCollection = kind(self.language)
        self.as_draft = as_draft
        self.errors: list[str] = []
        self.changes = list(self.all_changes(file.units, skip_unknown))
        if self.errors:
            raise ExchangeError(*self.errors)

    def language_of(self, file: ExchangeFile, kind: type[ContentTexts] | type[InterfaceTexts]) -> str:
        language = language_code(file.language, kind.target_languages)
        if language not in kind.target_languages:
            raise ExchangeError(
                _("The file is for the language “%(language)s”; this site is translated into %(known)s.")
                % {"language": file.language, "known": ", ".join(kind.target_languages)}
            )
        source = file.source_language
        if source is not None and language_code(source, [kind.source_language]) is None:
            raise ExchangeError(
                _("The file translates from “%(language)s”; the source of this site is “%(source)s”.")
                % {"language": file.source_language, "source": kind.source_language}
            )
        return language

    def all_changes(self, file_units: tuple[Unit, ...], skip_unknown: bool) -> Iterator[Change]:
        """The changes of the valid units; the errors of the others are added to `errors`."""
        units = [replace(unit, id=self.texts.unit_id(unit)) for unit in file_units]
        occurrences = Counter(unit.id for unit in units)
        known = self.texts.known(set(occurrences))
        if units and not known:
            raise ExchangeError(
                _(
                    "This site has none of the texts of the file. The file comes from another site, or it "
                    "contains interface texts instead of page texts, or the reverse."
                )
            )
        for unit in units:
            if unit.id not in known and skip_unknown:
                yield Change(unit, Outcome.UNKNOWN, unit.id)
            elif error := self.error_in(unit, known, occurrences):
                self.errors.append(f"{unit.location}: {error}")
            else:
                yield self.change(unit, known[unit.id])

    def error_in(self, unit: Unit, known: Mapping[str, Text], occurrences: Counter[str]) -> str | None:
        if unit.id not in known:
            return _(
                "this site has no such text. If it was deleted since the export, choose to leave out unknown texts."
            )
        if occurrences[unit.id] > 1:
            return _("it is in the file more than once. Keep one.")
        if self.user and not known[unit.id].may_be_written_by(self.user):
            return _("you may not translate this text into this language. Remove it, or ask for the right.")
        return None

    def change(self, unit: Unit, text: Text) -> Change:
        """Compare a unit with the text of the site; errors in its translation are added to `errors`."""
        unit = replace(unit, targets=text.normalised(unit.targets))
        outcome, after = self.outcome(unit, text), unit.targets
        warnings: list[str] = []
        if outcome in STORED_OUTCOMES:
            findings = text.check_targets(unit.targets)
            warnings = [finding.message for finding in findings]
            try:
                if errors := outcome != Outcome.DRAFT and [f.message for f in findings if f.is_error]:
                    raise ValidationError(errors)
                after = text.clean_targets(unit.targets)
            except ValidationError as error:
                self.errors += [f"{unit.location}: {message}" for message in error.messages]
        return Change(unit, outcome, text.label, text.desk_url, text.sources, text.published, after, tuple(warnings))

    def outcome(self, unit: Unit, text: Text) -> Outcome:
        if not any(unit.targets):
            return Outcome.EMPTY
        if unit.targets == text.published and (text.is_current or not unit.is_final):
            return Outcome.SAME
        is_draft = self.as_draft or not unit.is_final
        if is_draft and unit.targets in (text.published, text.drafts):
            return Outcome.SAME
        if unit.sources != text.sources and not self.as_draft:
            return Outcome.OUTDATED
        if is_draft:
            if text.accepts_drafts:
                return Outcome.DRAFT
            return Outcome.UNFINISHED if text.published else Outcome.ONLY_IN_DRAFT
        return Outcome.WRITTEN if text.goes_live(self.user) else Outcome.IN_ITEM_DRAFT

    @property
    def shown(self) -> list[Change]:
        return [change for change in self.changes if change.outcome in SHOWN_OUTCOMES]

    @property
    def counts(self) -> list[tuple[Outcome, int]]:
        """Each outcome with the number of its texts."""
        numbers = Counter(change.outcome for change in self.changes)
        return [(outcome, numbers[outcome]) for outcome in Outcome if numbers[outcome]]

    @property
    def changes_something(self) -> bool:
        return any(change.outcome in STORED_OUTCOMES for change in self.changes)

    @property
    def digest(self) -> str:
        """The SHA-256 of the shown changes, in hexadecimal."""
        changes = [
            [change.unit.id, change.outcome, change.sources, change.before, change.after] for change in self.shown
        ]
        return sha256(json.dumps(changes).encode()).hexdigest()

    def apply(self) -> list:
        """Write the changes and return the changed texts.

        Raises ExchangeError, without writing anything, if the site refuses a text or has changed it meanwhile.
        """
        with Revision.objects.recorded(EXCHANGE_FILE):
            return self._apply()

    def _apply(self) -> list:
        known = self.texts.known({change.unit.id for change in self.changes})
        errors, stored = [], []
        for change in self.changes:
            if change.outcome not in STORED_OUTCOMES:
                continue
            text = known.get(change.unit.id)
            try:
                if text is None or self.change(change.unit, text) != change:
                    raise StaleReadError(change)
                text.store(change.after, change.outcome == Outcome.DRAFT, self.user)
                stored.append(text)
            except StaleReadError:
                errors.append(
                    _("%(place)s: it was changed on the site a moment ago. Import the file again.")
                    % {"place": change.unit.location}
                )
            except ValidationError as error:
                errors.append(f"{change.unit.location}: {' '.join(error.messages)}")
        if errors:
            raise ExchangeError(*errors)
        if stored:
            self.texts.save()
        return stored
