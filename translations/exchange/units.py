"""The contents of an exchange file in any format, and the interface of the texts that the site exchanges."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from translations.status.checks import Finding

# Maximum number of errors that are shown.
MAX_ERRORS = 20
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "UTF-8", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


class ExchangeError(Exception):
    """An exchange file cannot be used. `errors` are sentences with the place in the file and the remedy."""

    def __init__(self, *errors: str):
        self.errors = list(errors[:MAX_ERRORS])
        if (more := len(errors) - MAX_ERRORS) > 0:
            self.errors.append(
                ngettext("There is %(more)d more error.", "There are %(more)d more errors.", more) % {"more": more}
            )
        super().__init__("\n".join(self.errors))


class CharsetError(ExchangeError):
    """An exchange file is not in the charset that it names. `position` is that of the first wrong byte."""

    def __init__(self, content: bytes, charset: str, position: int):
        values = {"line": content.count(b"\n", 0, position) + 1, "charset": charset}
        super().__init__(
            _("Line %(line)d: the file is not in %(charset)s, the charset of its header. Save it as UTF-8.") % values
        )


def marked_charset(content: bytes) -> str:
    """Return the charset that the byte order mark of a file stands for, or ""."""
    return next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "")


class Scope(models.TextChoices):
    """The texts to export, by status."""

    OPEN = "open", _("missing, stale and draft")
    DRAFT = "draft", _("drafts")
    ALL = "all", _("all")


@dataclass(frozen=True)
class Unit:
    """A text and its translation in an exchange file.

    A text with plural forms has two sources, singular and plural, and one target for each plural form of the target
    language. Other texts have one source and one target. A missing translation has no target.
    """

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    # False for drafts and for translations that a translation tool marks as unfinished.
    is_final: bool = True
    # The msgctxt of gettext; for a text of the content, its ID.
    context: str | None = None
    # The source text that a stale translation was made from.
    earlier_source: str = ""
    # The kind, item and field of the text, for the translator.
    description: str = ""
    url: str = ""
    # Maximum number of characters.
    limit: int | None = None
    # Number of plural forms of the target language, for a text with plural forms.
    forms: int = 1
    line: int | None = None

    @property
    def is_plural(self) -> bool:
        return len(self.sources) > 1

    @property
    def location(self) -> str:
        """The place in the file, for error messages."""
        if self.line is None:
            return _("Unit “%(unit)s”") % {"unit": self.id}
        return _("Line %(line)d, unit “%(unit)s”") % {"line": self.line, "unit": self.id}


@dataclass(frozen=True)
class ExchangeFile:
    """The parsed contents of an exchange file."""

    # None for PO, which does not name the source language.
    source_language: str | None
    language: str
    units: tuple[Unit, ...]


class Text(Protocol):
    """A text of the site that exchange files contain: an `ExchangedText` or an `InterfaceText`.

    `published` and `drafts` are translations, one for each plural form, or empty.
    """

    @property
    def label(self) -> str: ...

    @property
    def desk_url(self) -> str: ...

    @property
    def sources(self) -> tuple[str, ...]: ...

    @property
    def published(self) -> tuple[str, ...]: ...

    @property
    def drafts(self) -> tuple[str, ...]: ...

    @property
    def is_current(self) -> bool: ...

    @property
    def accepts_drafts(self) -> bool: ...

    def may_be_written_by(self, user: User | AnonymousUser) -> bool: ...

    def check_targets(self, targets: tuple[str, ...]) -> list[Finding]: ...

    def normalised(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """The targets without control characters and white space around them; empty if nothing is left."""

    def clean_targets(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """The targets as they are stored. Raises ValidationError if they cannot be stored."""

    def goes_live(self, user: User | AnonymousUser | None) -> bool:
        """Whether a translation of the user is on the site at once, and not in the draft of an item.

        `user` is None on the command line, where everything is permitted.
        """

    def store(self, targets: tuple[str, ...], as_draft: bool, user: User | AnonymousUser | None = None) -> None: ...


class TextCollection(Protocol):
    """The texts of one kind in one language: `ContentTexts` or `InterfaceTexts`."""

    kind: str
    source_language: str
    # The languages that this kind of text is translated into.
    target_languages: list[str]
    language: str

    def units(self, scope: Scope, site: str = "") -> list[Unit]:
        """The units to export; `site` is the base URL of links."""

    def unit_id(self, unit: Unit) -> str:
        """The ID of an imported unit. PO has no IDs; there it is made from the context and the source."""

    def known(self, ids: set[str]) -> Mapping[str, Text]:
        """ID → text, for those of `ids` that the site has."""

    def save(self) -> None:
        """Complete an import, after `Text.store` was called for each changed text."""
