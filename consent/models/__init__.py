"""Consent to cookies: what a visitor is asked, in which exact words, and the record of what was answered.

Staff edit the notice, the purposes and the cookies. Publishing freezes all of it as a NoticeVersion; visitors see the
newest version and nothing else, and each Decision refers to the version that was shown.
"""

from consent.models.notice import DeclaredCookie, Notice, NoticeVersion, Purpose
from consent.models.record import Decision

__all__ = ["Decision", "DeclaredCookie", "Notice", "NoticeVersion", "Purpose"]
