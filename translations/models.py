"""Models of the three subpackages, imported for Django."""

from translations.desk.models import GlossaryTerm, TextToTranslate
from translations.exchange.models import ExchangedText
from translations.status.changed_items import ChangedItem
from translations.status.models import SourceText, Translation

__all__ = ["ChangedItem", "ExchangedText", "GlossaryTerm", "SourceText", "TextToTranslate", "Translation"]
