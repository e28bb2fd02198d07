"""The admin of the three subpackages, where Django looks for it."""

from translations.desk import admin as desk
from translations.exchange import admin as exchange
from translations.status import admin as status

__all__ = ["desk", "exchange", "status"]
