"""Admin classes of the three subpackages, imported for Django."""

from translations.desk import admin as desk
from translations.exchange import admin as exchange
from translations.status import admin as status

__all__ = ["desk", "exchange", "status"]
