"""Variants of a page by consent state, which are part of the page cache's key."""

from dataclasses import asdict, dataclass, field

from cookie_consent.util import dict_to_cookie_str, parse_cookie_str
from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi

from consent.cookie import ConsentCookie, consent_cookie_value, has_objection_signal
from consent.models import NoticeVersion, Provider
from consent.models.provider import NOTICE_ENTRY

ASKED, OBJECTS, ANSWERED, GRANTED = "asked", "objects", "answered", "granted"


@dataclass(frozen=True)
class VaryRule:
    """Maps a request to a page variant without a database query.

    The name of a variant has the number of the notice in force and the consent state:

    - "3 asked": the notice is shown.
    - "3 asked objects": the notice is shown, and mentions the objection signal.
    - "3 answered": the notice is not shown. Nothing was granted.
    - "3 answered granted maps counter": consent can be withdrawn, and third-party content of these providers may load.
      Pages on which it would load depend on the record of the visitor, so no cache keeps them.
    """

    # Numbers of the notice in force (0 if none is published), and of the oldest one whose answers still hold.
    notice: int
    asked_since: int
    # Keys of the providers whose content may load: in use, and named by the notice in force.
    providers: tuple[str, ...]
    # Keys of all providers that visitors are asked about.
    answered: tuple[str, ...] = ()
    # Number of each notice whose answers still hold → publication time, the value of granted providers in the cookie.
    published: dict[str, str] = field(default_factory=dict)

    @classmethod
    def in_force(cls) -> "VaryRule":
        """Return the rule for the current content of the database."""
        version = NoticeVersion.objects.current()
        if version is None:
            return cls(0, 0, ())
        in_use = Provider.objects.in_use().values_list("key", flat=True)
        keys = set(version.optional_providers).intersection(in_use)
        holding = NoticeVersion.objects.filter(number__range=(version.asked_since, version.number))
        published = {str(number): at.isoformat() for number, at in holding.values_list("number", "published_at")}
        return cls(
            version.number, version.asked_since, tuple(sorted(keys)), tuple(version.optional_providers), published
        )

    @classmethod
    def from_json(cls, data: dict) -> "VaryRule":
        return cls(
            data["notice"],
            data["asked_since"],
            tuple(data["providers"]),
            tuple(data["answered"]),
            data["published"],
        )

    def as_json(self) -> dict:
        return asdict(self)

    def variant(self, environ: dict) -> str:
        """Return the variant that a WSGI request gets. An invalid consent cookie counts as no decision."""
        cookie = ConsentCookie.from_environ(environ)
        if self.notice and cookie and cookie.answers_one_of(self.asked_since, self.notice):
            granted = [GRANTED, *sorted(cookie.granted_among(self.providers))] if cookie.grants_anything else []
            return " ".join([str(self.notice), ANSWERED, *granted])
        if self.notice and has_objection_signal(environ):
            return f"{self.notice} {ASKED} {OBJECTS}"
        return f"{self.notice} {ASKED}"

    def has_known_cookie(self, environ: dict) -> bool:
        """Whether a WSGI request has no consent cookie, or exactly one that this site writes (`cookie_entries`).

        The number of these values is small and bounded, so that a cache can use them as keys.
        """
        if not (cookie := consent_cookie_value(get_str_from_wsgi(environ, "HTTP_COOKIE", ""))):
            return True
        entries = parse_cookie_str(cookie)
        number = entries.pop(NOTICE_ENTRY, "")
        answers = {self.published.get(number), settings.COOKIE_CONSENT_DECLINE}
        return (
            number in self.published
            and answers.issuperset(entries.values())
            and entries.keys() <= set(self.answered)
            and cookie == dict_to_cookie_str(dict(sorted(entries.items())) | {NOTICE_ENTRY: number})
        )

    def request_headers(self, variant: str) -> dict[str, str] | None:
        """Return the headers of a request that gets `variant`, as entries of a WSGI environment, without a receipt.

        Returns None for a variant of a notice that is no longer in force.
        """
        notice, state, *details = variant.split()
        if notice != str(self.notice):
            return None
        if state == ANSWERED:
            # The entry "granted" stands for a granted provider without third-party content.
            entries = dict.fromkeys(details, "now") | {NOTICE_ENTRY: notice}
            return {"HTTP_COOKIE": f"{settings.COOKIE_CONSENT_NAME}={dict_to_cookie_str(entries)}"}
        return {"HTTP_SEC_GPC": "1"} if OBJECTS in details else {}

    def fallbacks(self, variant: str) -> list[str]:
        """Return the variants whose pages are sent when a page of `variant` cannot be rendered, best first.

        Nothing was granted in any of them. The last ones ask, or do not ask, against the visitor's own state.
        """
        notice, state, *details = variant.split()
        others = [ANSWERED, ASKED] if state == ANSWERED else [" ".join([ASKED, *details]), ASKED, ANSWERED]
        return [f"{notice} {other}" for other in dict.fromkeys(others)]
