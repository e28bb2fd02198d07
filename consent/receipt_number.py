"""Receipt numbers: random, without personal data, and easy to read aloud."""

import re
import secrets

# Crockford's Base 32: without letters that look like digits.
RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_LENGTH = 16
RECEIPT_PATTERN = re.compile(rf"[{RECEIPT_ALPHABET}]{{4}}(?:-[{RECEIPT_ALPHABET}]{{4}}){{3}}")
MISREAD_LETTERS = str.maketrans("OIL", "011")


def new_receipt() -> str:
    """Return a random receipt number of 80 bits, such as 7K3F-9QRS-0TVW-XYZ1."""
    return grouped("".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(RECEIPT_LENGTH)))


def read_receipt(text: str) -> str:
    """Return the stored form of a receipt number that a person typed, such as "7k3f 9qrs Otvw xyzl"."""
    return grouped(re.sub(r"[\s\0-]", "", text).upper().translate(MISREAD_LETTERS))


def contains_receipt(text: str, receipt: str) -> bool:
    """Whether a person who typed `text` wrote this receipt number in it, with any spaces or punctuation."""
    letters = re.sub(r"[\W_]", "", text).upper().translate(MISREAD_LETTERS)
    return receipt.replace("-", "") in letters


def grouped(letters: str) -> str:
    """Return `letters` in groups of four with hyphens between."""
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
