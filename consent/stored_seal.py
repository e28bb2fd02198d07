"""A seal kept outside the database: by this installation in DATA_DIR, or by anybody who downloaded one.

DATA_DIR/newest_seal.txt holds the newest seal that this installation made or saw, as the site publishes it. A database
that was replaced by an older one is noticed by it.
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


class SealOrderError(Exception):
    """The database and the newest seal that is known from elsewhere do not fit together; sealing would hide it."""


@dataclass(frozen=True)
class KeptSeal:
    """The facts of one seal, read from its signed text."""

    number: int
    digest: str
    sealed_at: datetime
    note: str

    @classmethod
    def parse(cls, note: str) -> "KeptSeal":
        """Read the signed text of a seal. Raises ValueError where `note` is something else."""
        # A mail or an editor may have added empty lines.
        note = note.strip() + "\n"
        text, _empty, _signature = note.partition("\n\n")
        lines = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
        sealed_at = datetime.fromisoformat(lines.get("sealed", ""))
        if sealed_at.tzinfo is None:
            raise ValueError("a time without an offset")
        return cls(int(lines.get("number", "")), note_digest(f"{text}\n"), sealed_at, note)


def newest_seal_file() -> Path:
    """Where this installation keeps the newest seal."""
    return settings.DATA_DIR / "newest_seal.txt"


def newest_known() -> KeptSeal | None:
    """The newest seal that this installation made, or None before the first one.

    Raises SealOrderError where the file is damaged.
    """
    path = newest_seal_file()
    try:
        return KeptSeal.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SealOrderError(
            _(
                "%(path)s is damaged. Compare the record with a seal that was kept elsewhere (manage.py "
                "verify_consents --against FILE), then delete the file."
            )
            % {"path": path}
        ) from error


def remember(note: str):
    """Keep `note` as the newest seal; written whole or not at all. A failure is logged, as the seal is committed."""
    path = newest_seal_file()
    try:
        write_atomically(path, note.encode(), is_durable=True)
    except OSError as error:
        log.warning("%s could not be written: %s", path, error.strerror)
