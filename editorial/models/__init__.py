"""Models that all edited content shares."""

from editorial.models.content import Content, ContentQuerySet, OrderedContent, require_alt_text, slug_of
from editorial.models.import_state import ImportState
from editorial.models.schedule import ScheduledChange
from editorial.models.slugs import Gone, PastSlug, SluggableContent, SluggableQuerySet

__all__ = [
    "Content",
    "ContentQuerySet",
    "Gone",
    "ImportState",
    "OrderedContent",
    "PastSlug",
    "ScheduledChange",
    "SluggableContent",
    "SluggableQuerySet",
    "require_alt_text",
    "slug_of",
]
