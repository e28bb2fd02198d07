"""Signing key of the seals (Ed25519, RFC 8032), and signed notes (C2SP signed-note), as in transparency logs.

A signed note is a text, an empty line, and signature lines of the form "— name base64". The base64 encodes the four
bytes of the key ID and the signature over the text.
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
    """Return the SHA-256, in hex, of the text of a note without its signatures."""
    return sha256(text.encode()).hexdigest()


def key_id(public: bytes) -> bytes:
    """Return the key ID, four bytes that identify a public key in a signature line."""
    return sha256(f"{KEY_NAME}\n".encode() + ED25519 + public).digest()[:4]


def signed_by(note: str, public: bytes) -> bool:
    """Whether `note` has a valid signature of the public key `public`, 32 bytes."""
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
    """The signing key is missing, damaged, or not the key of the newest seal. The message says what to do."""


class SealKeyMissingError(SealKeyError):
    """No key is configured and none is stored."""


@dataclass(frozen=True)
class SealKey:
    """The signing key of the site, from the setting CONSENT_SEAL_KEY (32 bytes in base64) or a file in DATA_DIR."""

    private: Ed25519PrivateKey

    @classmethod
    def own(cls) -> "SealKey":
        """Return the key of this site. Raises SealKeyError if it is missing or damaged."""
        if settings.CONSENT_SEAL_KEY:
            return cls.from_bytes(base64.b64decode(settings.CONSENT_SEAL_KEY))
        path = settings.DATA_DIR / KEY_FILE
        parameters = {"path": str(path)}
        try:
            secret = key_files.read(path)
        except FileNotFoundError as error:
            raise SealKeyMissingError(
                _(
                    "The key of the seals is missing: restore %(path)s from the copy of the keys, or set "
                    "CONSENT_SEAL_KEY."
                )
                % parameters
            ) from error
        except OSError as error:
            parameters["reason"] = error.strerror or ""
            raise SealKeyError(_("The key of the seals, %(path)s, cannot be read: %(reason)s.") % parameters) from error
        if len(secret) != 32:
            raise SealKeyError(
                _("The key of the seals is empty or damaged: restore %(path)s from the copy of the keys.") % parameters
            )
        return cls.from_bytes(secret)

    @classmethod
    def own_or_create(cls) -> "SealKey":
        """Return the key of this site, and create it in DATA_DIR if it is missing. Raises SealKeyError."""
        try:
            return cls.own()
        except SealKeyMissingError:
            path = settings.DATA_DIR / KEY_FILE
            try:
                # If another process is faster, its key is used.
                key_files.read_or_create(path, lambda: os.urandom(32))
            except OSError as error:
                parameters = {"path": path, "reason": error.strerror}
                raise SealKeyError(
                    _("The key of the seals, %(path)s, cannot be written: %(reason)s.") % parameters
                ) from error
            return cls.own()

    @classmethod
    def from_bytes(cls, secret: bytes) -> "SealKey":
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def verifier(self) -> str:
        """Public key in the format of signed notes: name+id+base64."""
        return f"{KEY_NAME}+{key_id(self.public).hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    def sign(self, text: str) -> str:
        """Return `text`, which must end with a newline, as a signed note."""
        signature = base64.b64encode(key_id(self.public) + self.private.sign(text.encode())).decode()
        return f"{text}\n— {KEY_NAME} {signature}\n"
