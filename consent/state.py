"""What the visitor of one request decided, found out once: which purposes are granted, and what loads because of it."""

from functools import cached_property

from django.http import HttpRequest

from consent import cached
from consent.cookie import ConsentCookie
from consent.models import EmbeddedContent, NoticeVersion, Script


class ConsentState:
    """Consent as it stands for one request. Everything is found out when first used."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.choice = ConsentCookie.of(request)
        # Directive of the Content-Security-Policy → origins that this answer needs besides the site's own.
        self.sources: dict[str, set[str]] = {}

    @classmethod
    def of(cls, request: HttpRequest) -> "ConsentState":
        """The one of this request."""
        if not hasattr(request, "consent_state"):
            request.consent_state = cls(request)
        return request.consent_state

    @cached_property
    def version(self) -> NoticeVersion | None:
        return cached.notice_in_force(self.request)

    @cached_property
    def is_decided(self) -> bool:
        """Whether the visitor answered the notice in force, so that nothing needs to be asked."""
        return bool(self.version and self.choice and self.choice.holds_for(self.version))

    @cached_property
    def granted(self) -> frozenset[str]:
        """The keys of the optional purposes that the visitor allows."""
        if not self.is_decided:
            return frozenset()
        return self.choice.grants(self.version.optional_purposes)

    @property
    def may_withdraw(self) -> bool:
        """Whether the visitor's answer, which still holds, allowed anything."""
        return self.is_decided and self.choice.grants_anything

    @cached_property
    def scripts(self) -> list[Script]:
        """The scripts to run, which the answer's policy then allows."""
        found = cached.scripts(self.request, self.granted) if self.granted else []
        for script in found:
            self.allow(script)
        return found

    @cached_property
    def embeds(self) -> dict[str, EmbeddedContent]:
        """All embedded content by the address that texts link to."""
        return cached.embeds(self.request)

    def allow(self, third_party: EmbeddedContent | Script):
        for directive, origins in third_party.sources.items():
            self.sources.setdefault(directive, set()).update(origins)
