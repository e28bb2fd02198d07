"""The models of the three subpackages, where Django looks for them."""

from translations.desk.models import GlossaryTerm, TextToTranslate
from translations.exchange.models import ExchangedText
from translations.status.models import ChangedItem, SourceText, Translation

__all__ = ["ChangedItem", "ExchangedText", "GlossaryTerm", "SourceText", "TextToTranslate", "Translation"]
