"""The models of the three subpackages, where Django looks for them."""

from translations.desk.models import GlossaryTerm, TextToTranslate
from translations.exchange.models import ExchangedText
from translations.status.models import SourceText, Translation

__all__ = ["ExchangedText", "GlossaryTerm", "SourceText", "TextToTranslate", "Translation"]
