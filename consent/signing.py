"""The key that seals are signed with (Ed25519, RFC 8032), and signed notes as transparency logs write them.

A signed note is text, an empty line, and lines of the form "— name base64" (C2SP, signed-note): the base64 holds four
bytes that name the key and the signature over the text.
"""

import base64
import os
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from security import key_files

KEY_NAME = "consent-seal"
# In DATA_DIR.
KEY_FILE = "consent_seal_key"
# The type of an Ed25519 key in a signed note.
ED25519 = b"\x01"


def note_digest(text: str) -> str:
    """SHA-256, in hex, of a note's text without its signature."""
    return sha256(text.encode()).hexdigest()


def key_id(public: bytes) -> bytes:
    """The four bytes that name a key in a note's signature."""
    return sha256(f"{KEY_NAME}\n".encode() + ED25519 + public).digest()[:4]


def signed_by(note: str, public: bytes) -> bool:
    """Whether `note` carries a true signature of the key with the 32 bytes `public`."""
    text, _empty, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        try:
            _dash, _name, encoded = line.split(" ")
            signature = base64.b64decode(encoded, validate=True)
        except ValueError:
            continue
        if signature[:4] != key_id(public):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], f"{text}\n".encode())
        except InvalidSignature:
            return False
        return True
    return False


class SealKeyError(Exception):
    """The key of the seals is missing, damaged, or another than the newest seal's. Its text says what to do."""


class SealKeyMissingError(SealKeyError):
    """No key is given and none is kept."""


@dataclass(frozen=True)
class SealKey:
    """The site's own key. `CONSENT_SEAL_KEY` gives its 32 secret bytes in base64, else they are kept in DATA_DIR."""

    private: Ed25519PrivateKey

    @classmethod
    def own(cls) -> "SealKey":
        """The key that this site signs with. Raises SealKeyError where it is missing or damaged."""
        if settings.CONSENT_SEAL_KEY:
            return cls.of(base64.b64decode(settings.CONSENT_SEAL_KEY))
        path = settings.DATA_DIR / KEY_FILE
        words = {"path": path}
        try:
            secret = key_files.read(path)
        except FileNotFoundError as error:
            raise SealKeyMissingError(
                _("The key of the seals is missing: bring %(path)s back from a backup, or set CONSENT_SEAL_KEY.")
                % words
            ) from error
        except OSError as error:
            words["reason"] = error.strerror
            raise SealKeyError(_("The key of the seals, %(path)s, cannot be read: %(reason)s.") % words) from error
        if len(secret) != 32:
            raise SealKeyError(
                _("The key of the seals is empty or damaged: bring %(path)s back from a backup.") % words
            )
        return cls.of(secret)

    @classmethod
    def own_or_new(cls) -> "SealKey":
        """The key that this site signs with; a new one, kept in DATA_DIR, where it has none. Raises SealKeyError."""
        try:
            return cls.own()
        except SealKeyMissingError:
            path = settings.DATA_DIR / KEY_FILE
            try:
                # Another process may be faster; then its key counts.
                key_files.read_or_make(path, lambda: os.urandom(32))
            except OSError as error:
                words = {"path": path, "reason": error.strerror}
                raise SealKeyError(
                    _("The key of the seals, %(path)s, cannot be written: %(reason)s.") % words
                ) from error
            return cls.own()

    @classmethod
    def of(cls, secret: bytes) -> "SealKey":
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def verifier(self) -> str:
        """The public key as verifiers of signed notes take it: name+id+base64."""
        return f"{KEY_NAME}+{key_id(self.public).hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    def sign(self, text: str) -> str:
        """`text`, which ends with a new line, as a signed note."""
        signature = base64.b64encode(key_id(self.public) + self.private.sign(text.encode())).decode()
        return f"{text}\n— {KEY_NAME} {signature}\n"
