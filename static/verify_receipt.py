#!/usr/bin/env python3
"""Checks a receipt of a cookie choice without the site that gave it.

Usage: python3 verify_receipt.py consent-7K3F-….json [KEY]

KEY is the public key that the site shows under “Seals”; take it from there, or from somebody who wrote it down. Needs
Python 3.11 and the package `cryptography`. Says what it checked; exit status 0 if all is true, 1 if not.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path


def digest(value):
    """SHA-256 of the one canonical form of JSON (RFC 8785)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fail(sentence):
    sys.exit(f"FALSE: {sentence}")


def check_record(receipt):
    entry = json.dumps(receipt["record"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if hashlib.sha256(b"\x00" + entry).hexdigest() != receipt["digest"]:
        fail("the record is not the one that its digest names.")
    print("The record is the one that its digest names.")


def check_notice(receipt):
    notice = receipt["notice"]
    if digest({"html": notice["html"], "wording": notice["wording"]}) != notice["parts"][notice["language"]]:
        fail("the wording is not the one that was shown.")
    first_form = {name: notice[name] for name in ("number", "parts")}
    version = first_form | {name: notice.get(name) for name in ("published_at", "asks_again")}
    # At first, a version was named by its number and parts alone.
    if receipt["record"]["notice"]["digest"] not in (digest(version), digest(first_form)):
        fail("the version of the notice is not the one on record.")
    print(f"The wording is version {notice['number']} of the notice, which the record names.")


def root_of(leaf, index, size, path):
    """The root that a leaf and its path give (RFC 9162, section 2.1.3.2)."""
    node, last = leaf, size - 1
    for step in path:
        if last == 0:
            fail("the proof is too long.")
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        index, last = index >> 1, last >> 1
    if last:
        fail("the proof is too short.")
    return node


def check_seal(receipt, verifier):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    proof = receipt["proof"]
    if proof is None:
        fail("the record was not sealed yet when the receipt was made; download it again in a few minutes.")
    text, _, signature = proof["seal"].rpartition("\n\n")
    facts = dict(line.split(" ", 1) for line in text.splitlines()[1:])
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = root_of(bytes.fromhex(receipt["digest"]), proof["index"], proof["size"], path)
    if root.hex() != facts["root"] or str(proof["size"]) != facts["size"]:
        fail(f"the record is not under seal {facts['number']}.")
    place = f"number {proof['index'] + 1} of {proof['size']}"
    print(f"The record is {place} under seal {facts['number']}, made {facts['sealed']}.")
    if verifier is None:
        print("The seal's signature was not checked: give the site's public key as well.")
        return
    public = base64.b64decode(verifier.split("+", 2)[2])[1:]
    signed = base64.b64decode(signature.split()[-1])[4:]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, f"{text}\n".encode())
    except InvalidSignature:
        fail("the seal is not signed with that key.")
    print("The seal is signed with that key.")


def is_key(verifier):
    """Whether this is a public key as the site shows it: name+id+base64."""
    try:
        return len(base64.b64decode(verifier.split("+", 2)[2], validate=True)) == 33
    except (IndexError, ValueError):
        return False


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    key = arguments[1] if len(arguments) == 2 else None
    if key is not None and not is_key(key):
        sys.exit(f"{key} is no key: copy all of it, as it stands on the page of the seals: consent-seal+…+…")
    try:
        receipt = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        check_record(receipt)
        check_notice(receipt)
        check_seal(receipt, key)
    except OSError as error:
        sys.exit(str(error))
    except (LookupError, TypeError, ValueError):
        fail("this is no whole receipt as the site gives it.")


if __name__ == "__main__":
    main(sys.argv[1:])
