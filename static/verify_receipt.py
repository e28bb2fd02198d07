#!/usr/bin/env python3
"""Verifies the receipt of a cookie choice without the site that issued it.

Usage: python3 verify_receipt.py consent-7K3F-….json [KEY]

KEY is the public key on the page “Seals”, or an earlier copy of it. Needs Python 3.11 and the package `cryptography`.
Prints each check. Exit status 0 if the receipt is valid, 1 otherwise.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path


def canonical(value):
    """Return `value` as canonical JSON (RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value):
    """Return the SHA-256 of `value` as canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def leaf(entry):
    """Return the leaf hash of a sealed record, in hex (RFC 9162, section 2.1.1)."""
    return hashlib.sha256(b"\x00" + canonical(entry)).hexdigest()


def fail(sentence):
    sys.exit(f"FALSE: {sentence}")


def check_record(receipt):
    if leaf(receipt["record"]) != receipt["digest"]:
        fail("the record does not match its digest.")
    print("The record matches its digest.")


def check_notice(receipt):
    notice = receipt["notice"]
    if digest({"html": notice["html"], "wording": notice["wording"]}) != notice["parts"][notice["language"]]:
        fail("the wording does not match its digest.")
    version = {name: notice[name] for name in ("number", "published_at", "asks_again", "parts")}
    if receipt["record"]["notice"]["digest"] != leaf(version):
        fail("the version of the notice does not match the record.")
    print(f"The wording is version {notice['number']} of the notice in the record.")


def root_of(leaf, index, size, path):
    """Return the root that a leaf and its inclusion path give (RFC 9162, section 2.1.3.2)."""
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
        fail("the record was not sealed yet. Download the receipt again in a few minutes.")
    text, _, signature = proof["seal"].rpartition("\n\n")
    fields = dict(line.split(" ", 1) for line in text.splitlines()[1:])
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = root_of(bytes.fromhex(receipt["digest"]), proof["index"], proof["size"], path)
    if root.hex() != fields["root"] or str(proof["size"]) != fields["size"]:
        fail(f"the record is not under seal {fields['number']}.")
    place = f"number {proof['index'] + 1} of {proof['size']}"
    print(f"The record is {place} under seal {fields['number']}, sealed at {fields['sealed']}.")
    if verifier is None:
        print("The signature of the seal was not checked, because no public key was given.")
        return
    public = base64.b64decode(verifier.split("+", 2)[2])[1:]
    signed = base64.b64decode(signature.split()[-1])[4:]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, f"{text}\n".encode())
    except InvalidSignature:
        fail("the seal is not signed with that key.")
    print("The seal is signed with that key.")


def is_key(verifier):
    """Whether this is a public key in the format name+id+base64."""
    try:
        return len(base64.b64decode(verifier.split("+", 2)[2], validate=True)) == 33
    except (IndexError, ValueError):
        return False


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    key = arguments[1] if len(arguments) == 2 else None
    if key is not None and not is_key(key):
        sys.exit(f"{key} is not a key. Copy the whole key from the page of the seals: consent-seal+…+…")
    try:
        receipt = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        check_record(receipt)
        check_notice(receipt)
        check_seal(receipt, key)
    except OSError as error:
        sys.exit(str(error))
    except (LookupError, TypeError, ValueError):
        fail("this is not a complete receipt.")


if __name__ == "__main__":
    main(sys.argv[1:])
