"""Admin classes that every kind of content shares."""

from editorial.admin.changelists import CountedChangeList, CountedMixin
from editorial.admin.choices import MOST_OFFERED, ChoicesMixin, OfferedFilter
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.content import ContentAdmin, ContentInline, SoleContentAdmin, thumbnail
from editorial.admin.permissions import RolesMixin

__all__ = [
    "MOST_OFFERED",
    "ChoicesMixin",
    "ConflictMixin",
    "ContentAdmin",
    "ContentInline",
    "CountedChangeList",
    "CountedMixin",
    "OfferedFilter",
    "RolesMixin",
    "SoleContentAdmin",
    "thumbnail",
]
