"""Consent to cookies: what a visitor is asked, in which exact words, and the record of what was answered.

Staff edit the notice, the purposes and the cookies. Publishing freezes all of it as a NoticeVersion; visitors see the
newest version and nothing else, and each Decision refers to the version that was shown.
"""

from consent.models.access import AccessEntry
from consent.models.audit import CookieAudit
from consent.models.erasure import Erasure
from consent.models.notice import Notice
from consent.models.purpose import DeclaredCookie, Purpose
from consent.models.record import Decision
from consent.models.restoration import Restoration
from consent.models.seal import Leaf, Seal
from consent.models.third_party import EmbeddedContent, Script
from consent.models.version import NoticeVersion

__all__ = [
    "AccessEntry",
    "CookieAudit",
    "Decision",
    "DeclaredCookie",
    "EmbeddedContent",
    "Erasure",
    "Leaf",
    "Notice",
    "NoticeVersion",
    "Purpose",
    "Restoration",
    "Script",
    "Seal",
]
