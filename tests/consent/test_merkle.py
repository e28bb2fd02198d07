"""Canonical JSON and Merkle trees."""

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consent import merkle
from consent.hashing import canonical_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcdefghijklmnopqrstuvwxyz_-0123456789"), inner),
)


@given(json_values)
def test_canonical_json_conforms_to_rfc_8785(value):
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_every_inclusion_path_gives_the_root(leaves, data):
    def naive(part):
        if len(part) == 1:
            return part[0]
        middle = 1
        while middle * 2 < len(part):
            middle *= 2
        return merkle.node_hash(naive(part[:middle]), naive(part[middle:]))

    assert merkle.root(leaves) == naive(leaves)
    from static.verify_receipt import root_of

    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    assert root_of(leaves[index], index, len(leaves), path) == merkle.root(leaves)


def test_the_merkle_tree_hash_conforms_to_certificate_transparency():
    # Test vectors of RFC 6962, which are valid for RFC 9162, too.
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in entries]
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
