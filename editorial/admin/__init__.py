"""Admin classes that all kinds of content share."""

from editorial.admin.changelists import CountedChangeList, CountedMixin
from editorial.admin.choices import MAX_CHOICES, ChoicesMixin, LimitedChoicesFilter
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.content import ContentAdmin, ContentInline, SingletonContentAdmin, thumbnail
from editorial.admin.permissions import PermissionsMixin
from editorial.admin.previews import PreviewMixin
from editorial.admin.revisions import RevisionsMixin

__all__ = [
    "MAX_CHOICES",
    "ChoicesMixin",
    "ConflictMixin",
    "ContentAdmin",
    "ContentInline",
    "CountedChangeList",
    "CountedMixin",
    "LimitedChoicesFilter",
    "PermissionsMixin",
    "PreviewMixin",
    "RevisionsMixin",
    "SingletonContentAdmin",
    "thumbnail",
]
