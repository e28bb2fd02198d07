"""The privacy officer's desk."""

from consent.admin import notice, record, third_party

__all__ = ["notice", "record", "third_party"]
