"""Base of the records that seals cover."""

from django.db import models

from consent.hashing import canonical_json
from consent.merkle import leaf_hash


class SealedRecord(models.Model):
    """A record that is a leaf in the Merkle tree of a seal."""

    class Meta:
        abstract = True

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`."""
        raise NotImplementedError

    def leaf(self) -> str:
        """Return the leaf hash in the Merkle tree of a seal, in hex."""
        return leaf_hash(canonical_json(self.content())).hex()
