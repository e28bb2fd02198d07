"""The key that seals are signed with (Ed25519, RFC 8032), and signed notes as transparency logs write them.

A signed note is text, an empty line, and lines of the form "— name base64" (C2SP, signed-note): the base64 holds four
bytes that name the key and the signature over the text.
"""

import base64
import os
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

KEY_NAME = "consent-seal"
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


@dataclass(frozen=True)
class SealKey:
    """The site's own key. `CONSENT_SEAL_KEY` gives its 32 secret bytes in base64; without it one is made and kept."""

    private: Ed25519PrivateKey

    @classmethod
    @cache
    def own(cls) -> "SealKey":
        """The key that this site signs with."""
        given = settings.CONSENT_SEAL_KEY
        secret = base64.b64decode(given) if given else kept_secret(settings.DATA_DIR / "consent_seal_key")
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


def kept_secret(path: Path) -> bytes:
    """The 32 bytes kept at `path`, readable by its owner alone; made on the first call."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret := os.urandom(32))
        file.flush()
        os.fsync(file.fileno())
    return secret
