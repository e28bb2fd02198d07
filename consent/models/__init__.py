"""Models of consent to cookies: the notice, its published versions, and the record of decisions.

Staff edit Notice, Purpose, Provider and DeclaredCookie. A copy of all of them is put in force as a NoticeVersion.
Visitors see the newest version only, and each Decision refers to the version that was shown. PrivacyPolicy and
PolicyVersion relate in the same way.
"""

from consent.models.access import AccessEntry
from consent.models.audit import CookieAudit
from consent.models.cookie import DeclaredCookie
from consent.models.erasure import Erasure
from consent.models.notice import Notice
from consent.models.policy import PolicyVersion, PrivacyPolicy
from consent.models.provider import Provider
from consent.models.purpose import Purpose
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
    "PolicyVersion",
    "PrivacyPolicy",
    "Provider",
    "Purpose",
    "Restoration",
    "Script",
    "Seal",
]
