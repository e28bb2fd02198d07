"""Admin classes that all kinds of content share."""

from editorial.admin.approval import ApprovalMixin
from editorial.admin.bin import BinSettingsAdmin, DeletedItemAdmin
from editorial.admin.changelists import CountedChangeList, CountedMixin
from editorial.admin.choices import MAX_CHOICES, ChoicesMixin, LimitedChoicesFilter
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.content import ContentAdmin, ContentInline, SingletonContentAdmin, thumbnail
from editorial.admin.erasure import ContentErasureAdmin
from editorial.admin.pages import admin_page
from editorial.admin.permissions import PermissionsMixin, ReadOnlyMixin
from editorial.admin.previews import PreviewMixin
from editorial.admin.revisions import RevisionsMixin
from editorial.admin.schedule import ScheduleMixin

__all__ = [
    "MAX_CHOICES",
    "ApprovalMixin",
    "BinSettingsAdmin",
    "ChoicesMixin",
    "ConflictMixin",
    "ContentAdmin",
    "ContentErasureAdmin",
    "ContentInline",
    "CountedChangeList",
    "CountedMixin",
    "DeletedItemAdmin",
    "LimitedChoicesFilter",
    "PermissionsMixin",
    "PreviewMixin",
    "ReadOnlyMixin",
    "RevisionsMixin",
    "ScheduleMixin",
    "SingletonContentAdmin",
    "admin_page",
    "thumbnail",
]
