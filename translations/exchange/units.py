"""What an exchange file carries, whatever its format."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# Nobody reads more at once.
FAULTS = 20


class ExchangeError(Exception):
    """A file is of no use as it is; `faults` lists why, as sentences that name line or unit and remedy."""

    def __init__(self, faults: list[str]):
        self.faults = list(faults[:FAULTS])
        if (more := len(faults) - FAULTS) > 0:
            self.faults.append(
                ngettext("There is %(more)d more error.", "There are %(more)d more errors.", more) % {"more": more}
            )
        super().__init__("\n".join(self.faults))


class Scope(models.TextChoices):
    """Which texts go out."""

    OPEN = "open", _("missing, stale and draft")
    DRAFT = "draft", _("drafts")
    ALL = "all", _("all")


@dataclass(frozen=True)
class Unit:
    """One text and its translation.

    A text with plural forms has two sources, singular and plural, and as many targets as its language has forms;
    any other has one of each. A text that is not translated yet has no target.
    """

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    # False for a draft, and for what a translator's tool calls unfinished.
    is_settled: bool = True
    # What gettext calls msgctxt; a text of the content has its id there.
    context: str | None = None
    # The wording that the target was made from, where the source is another now.
    earlier_source: str = ""
    # What the text is and where it stands, for the translator.
    description: str = ""
    url: str = ""
    # How many characters the field has room for.
    limit: int | None = None
    # Forms of the language, for a text with plurals.
    forms: int = 1
    line: int | None = None

    @property
    def is_plural(self) -> bool:
        return len(self.sources) > 1

    @property
    def place(self) -> str:
        """Where in its file it stands."""
        if self.line is None:
            return _("Unit “%(unit)s”") % {"unit": self.id}
        return _("Line %(line)d, unit “%(unit)s”") % {"line": self.line, "unit": self.id}


@dataclass(frozen=True)
class ExchangeFile:
    """A file as it was read: which texts, from and into which language."""

    source_language: str | None
    language: str
    units: tuple[Unit, ...]
