"""Seals stored outside the database: the newest seal in DATA_DIR, and seals that were downloaded.

DATA_DIR/newest_seal.txt has the newest seal of this installation, in the published format. It reveals that the database
was replaced by an older one.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from consent.signing import note_digest
from security.files import write_atomically

log = logging.getLogger(__name__)


class SealMismatchError(Exception):
    """The database contradicts the stored newest seal. Another seal would hide this."""


@dataclass(frozen=True)
class StoredSeal:
    """Fields of a seal, read from its signed text."""

    number: int
    digest: str
    sealed_at: datetime
    note: str

    @classmethod
    def parse(cls, note: str) -> "StoredSeal":
        """Return the fields of a seal in signed text. Raises ValueError if `note` is not a seal."""
        # E-mail programs and editors may add empty lines.
        note = note.strip() + "\n"
        text, _empty, _signature = note.partition("\n\n")
        lines = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
        sealed_at = datetime.fromisoformat(lines.get("sealed", ""))
        if sealed_at.tzinfo is None:
            raise ValueError("a time without an offset")
        return cls(int(lines.get("number", "")), note_digest(f"{text}\n"), sealed_at, note)


def newest_seal_path() -> Path:
    """Return the path of the stored newest seal."""
    return settings.DATA_DIR / "newest_seal.txt"


def read_newest_seal() -> StoredSeal | None:
    """Return the newest seal of this installation, or None before the first one.

    Raises SealMismatchError if the file is damaged.
    """
    path = newest_seal_path()
    try:
        return StoredSeal.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SealMismatchError(
            _(
                "%(path)s is damaged. Compare the record with a seal that was kept elsewhere (manage.py "
                "verify_consents --against FILE), then delete the file."
            )
            % {"path": path}
        ) from error


def store_newest_seal(note: str) -> None:
    """Store `note` as the newest seal, atomically. Errors are logged, because the seal is already committed."""
    path = newest_seal_path()
    try:
        write_atomically(path, note.encode(), is_durable=True)
    except OSError as error:
        log.warning("%s could not be written: %s", path, error.strerror)
