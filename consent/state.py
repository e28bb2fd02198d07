"""Consent state of one request: the providers that the visitor allowed, and what loads because of them."""

import logging
from functools import cached_property

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.translation import get_language

from consent import cached
from consent.cookie import ConsentCookie, sent_receipt
from consent.models import Decision, EmbeddedContent, NoticeVersion, Script
from consent.models.third_party import may_load
from editorial.previews import preview_of
from health.request_log import cause_of

log = logging.getLogger(__name__)

ATTRIBUTE = "consent_state"
Item = EmbeddedContent | Script


class ConsentState:
    """Consent state of one request. Every property is computed on first use."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.cookie = ConsentCookie.from_request(request)
        self.preview = preview_of(request)
        # Directive of the Content-Security-Policy → origins that this response needs besides the site's own.
        self.sources: dict[str, set[str]] = {}
        # Whether this response depends on the record of this visitor, or was asked for with “Show it this once”.
        self.is_personal = False
        # “Show it this once”: key of the embed, number of the notice that the visitor read, and the embed if it loads.
        self.asked_once = ""
        self.asked_notice = 0
        self.shown_once: EmbeddedContent | None = None
        # Keys of the embeds on the page so far.
        self.placed: set[str] = set()

    @classmethod
    def for_request(cls, request: HttpRequest) -> "ConsentState":
        """Return the state of `request`, created on the first call."""
        state = getattr(request, ATTRIBUTE, None)
        if state is None:
            state = cls(request)
            setattr(request, ATTRIBUTE, state)
        return state

    @cached_property
    def version(self) -> NoticeVersion | None:
        """The notice in force."""
        return cached.notice_in_force(self.request)

    @cached_property
    def is_decided(self) -> bool:
        """Whether the visitor has answered the notice in force or one that it only corrects."""
        if self.preview:
            return bool(self.version and self.preview.is_after_consent)
        if not (self.version and self.cookie):
            return False
        return self.cookie.answers_one_of(self.version.asked_since, self.version.number)

    @cached_property
    def granted(self) -> frozenset[str]:
        """Keys of the providers that the visitor allowed, according to the cookie."""
        if self.preview and self.version and self.is_decided:
            return frozenset(self.version.optional_providers)
        if not (self.version and self.cookie and self.is_decided):
            return frozenset()
        return self.cookie.granted_among(self.version.optional_providers)

    @property
    def may_withdraw(self) -> bool:
        """Whether the visitor has a valid decision that allowed a provider."""
        return bool(self.granted if self.preview else self.is_decided and self.cookie and self.cookie.grants_anything)

    @cached_property
    def answered_version(self) -> NoticeVersion | None:
        """The notice that the visitor answered, or None unless the database has a valid record that equals the cookie.

        Nothing loads without the record: not if it is unknown, erased or expired, and not while the database is away.
        """
        self.is_personal = True
        if not (self.version and self.cookie and self.is_decided):
            return None
        try:
            decisions = Decision.objects.select_related("notice").only("answers", "expires_at", "notice__number")
            record = decisions.latest_of(sent_receipt(self.request))
            if record is None or record.is_expired or not self.cookie.is_recorded_as(record):
                return None
            return self.version_that_holds(record.notice.number)
        except DatabaseError as error:
            log.error("A record of consent could not be read, so nothing loads: %s", cause_of(error))
            return None

    @cached_property
    def asked_version(self) -> NoticeVersion | None:
        """The notice that “Show it this once” was shown with, or None if a later one asks again."""
        return self.version_that_holds(self.asked_notice)

    def version_that_holds(self, number: int) -> NoticeVersion | None:
        """Return the notice with this number, or None if a later one asks again."""
        if self.version is None or not self.version.asked_since <= number <= self.version.number:
            return None
        # The notice in force is in memory already.
        return self.version if number == self.version.number else cached.earlier_notice(self.request, number)

    def is_named(self, item: Item) -> bool:
        """Whether the item is published, and its provider and the notice in force name all of its origins."""
        provider = item.provider
        is_published = item.is_published and provider.is_published and provider.purpose.is_published
        return bool(
            is_published and not provider.purpose.is_necessary and self.version and may_load(item, self.version)
        )

    def loads(self, item: Item) -> bool:
        """Whether the item loads on this page. The policy of the response then allows its origins."""
        if self.preview or not self.is_named(item) or not (self.is_allowed(item) or self.is_asked_once(item)):
            return False
        for directive, origins in item.sources.items():
            self.sources.setdefault(directive, set()).update(origins)
        return True

    def is_allowed(self, item: Item) -> bool:
        """Whether the visitor allowed the provider under a notice that names it with all origins of the item."""
        key = item.provider.key
        # The record is only looked up when something would load.
        return key in self.granted and bool(self.answered_version and item.is_named_in(self.answered_version))

    def is_asked_once(self, item: Item) -> bool:
        """Whether the visitor asked for this embed with “Show it this once”, under a notice that names it."""
        if not self.asked_once or not isinstance(item, EmbeddedContent) or item.key != self.asked_once:
            return False
        if self.asked_version is None or not item.is_named_in(self.asked_version):
            return False
        self.shown_once = item
        return True

    @cached_property
    def scripts(self) -> list[Script]:
        """Scripts to run. The response's policy allows them from the first access on."""
        if not self.granted:
            return []
        return [script for script in cached.optional_scripts(self.request) if self.loads(script)]

    @cached_property
    def embeds(self) -> dict[str, EmbeddedContent]:
        """All embedded content by the URL that texts link to."""
        return cached.embeds(self.request)

    @cached_property
    def named_providers(self) -> dict[str, dict]:
        """Providers of the notice in force by key, in the language of the page."""
        purposes = self.version.texts_in(get_language())["purposes"] if self.version else []
        return {provider["key"]: provider for purpose in purposes for provider in purpose["providers"]}
