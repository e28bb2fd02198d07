"""The privacy officer's desk."""

from consent.admin import audit, notice, record, third_party

__all__ = ["audit", "notice", "record", "third_party"]
