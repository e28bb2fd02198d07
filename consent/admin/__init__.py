"""The privacy officer's desk."""

from consent.admin import notice, record

__all__ = ["notice", "record"]
