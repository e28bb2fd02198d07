"""Models that all edited content shares."""

from editorial.models.approval import ApprovalRequest
from editorial.models.content import (
    Content,
    ContentQuerySet,
    OrderedContent,
    content_models,
    require_alt_text,
    slug_of,
)
from editorial.models.deleted import BinSettings, DeletedItem
from editorial.models.erasure import ContentErasure
from editorial.models.import_state import ImportState
from editorial.models.preview import PreviewedFile, PreviewedForm, PreviewLink
from editorial.models.revision import (
    DraftConflictError,
    InvalidDraftError,
    Revision,
    RevisionFile,
    State,
    UnrecordedChange,
)
from editorial.models.schedule import ScheduledChange
from editorial.models.slugs import Gone, PastSlug, SluggableContent, SluggableQuerySet
from editorial.models.unsaved_input import StoredInput

__all__ = [
    "ApprovalRequest",
    "BinSettings",
    "Content",
    "ContentErasure",
    "ContentQuerySet",
    "DeletedItem",
    "DraftConflictError",
    "Gone",
    "ImportState",
    "InvalidDraftError",
    "OrderedContent",
    "PastSlug",
    "PreviewLink",
    "PreviewedFile",
    "PreviewedForm",
    "Revision",
    "RevisionFile",
    "ScheduledChange",
    "SluggableContent",
    "SluggableQuerySet",
    "State",
    "StoredInput",
    "UnrecordedChange",
    "content_models",
    "require_alt_text",
    "slug_of",
]
