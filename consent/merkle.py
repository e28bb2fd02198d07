"""Merkle trees as transparency logs build them (RFC 9162, section 2.1), over SHA-256.

Hashes are 32 bytes. A tree is given by the hashes of its leaves, in order.
"""

from collections.abc import Iterable
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf with the content `entry`."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle Tree Hash. Keeps at most one hash per level of the tree in memory."""
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, top = 1, leaf
        while stack and stack[-1][0] == size:
            top = node_hash(stack.pop()[1], top)
            size *= 2
        stack.append((size, top))
    if not stack:
        return sha256().digest()
    _size, top = stack.pop()
    while stack:
        top = node_hash(stack.pop()[1], top)
    return top


def inclusion_path(leaves: list[bytes], index: int) -> list[bytes]:
    """Return the inclusion path of the leaf at `index`, counted from 0 (RFC 9162, section 2.1.3)."""
    if len(leaves) == 1:
        return []
    # The largest power of two that is smaller than the number of leaves.
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:middle], leaves[middle:]
    if index < middle:
        return [*inclusion_path(left, index), root(right)]
    return [*inclusion_path(right, index - middle), root(left)]
