"""Consent state of one request: the providers that the visitor allowed, and what loads because of them."""

from functools import cached_property

from django.http import HttpRequest

from consent import cached
from consent.cookie import ConsentCookie
from consent.models import EmbeddedContent, NoticeVersion, Script

ATTRIBUTE = "consent_state"


class ConsentState:
    """Consent state of one request. Every property is computed on first use."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.cookie = ConsentCookie.from_request(request)
        # Directive of the Content-Security-Policy → origins that this response needs besides the site's own.
        self.sources: dict[str, set[str]] = {}

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
        return cached.notice_in_force(self.request)

    @cached_property
    def is_decided(self) -> bool:
        """Whether the visitor has answered the notice in force."""
        return bool(self.version and self.cookie and self.cookie.holds_for(self.version))

    @cached_property
    def granted(self) -> frozenset[str]:
        """Keys of the providers that the visitor allowed."""
        if not (self.version and self.cookie and self.is_decided):
            return frozenset()
        return self.cookie.granted_among(self.version.optional_providers)

    @property
    def may_withdraw(self) -> bool:
        """Whether the visitor has a valid decision that allowed a provider."""
        return bool(self.is_decided and self.cookie and self.cookie.grants_anything)

    @cached_property
    def scripts(self) -> list[Script]:
        """Scripts to run. The response's policy allows them from the first access on."""
        found = cached.scripts(self.request, self.granted) if self.granted else []
        for script in found:
            self.allow(script)
        return found

    @cached_property
    def embeds(self) -> dict[str, EmbeddedContent]:
        """All embedded content by the URL that texts link to."""
        return cached.embeds(self.request)

    def allow(self, third_party: EmbeddedContent | Script) -> None:
        """Add the origins of `third_party` to the response's policy."""
        for directive, origins in third_party.sources.items():
            self.sources.setdefault(directive, set()).update(origins)
