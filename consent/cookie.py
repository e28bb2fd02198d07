"""Consent cookie, receipt cookie and idempotency cookie, and the objection signal of the browser."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError

from cookie_consent.util import parse_cookie_str, set_cookie_dict_to_response
from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http import HttpRequest, HttpResponse

from consent.models import Decision
from consent.models.provider import NOTICE_ENTRY
from consent.receipt_number import RECEIPT_PATTERN

RECEIPT_COOKIE = f"{settings.COOKIE_CONSENT_NAME}_receipt"
IDEMPOTENCY_COOKIE = f"{settings.COOKIE_CONSENT_NAME}_idempotency"
# Name of the form field and of the query parameter.
IDEMPOTENCY_KEY = "idempotency_key"
# Lifetime of the idempotency cookie.
IDEMPOTENCY_SECONDS = 60
# Maximum digits of a notice number.
MAX_NUMBER_DIGITS = 9
# Cookies and other storage of this site that no decision deletes, whatever staff declare.
OWN_COOKIES = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    # Messages of the admin (django.contrib.messages).
    "messages",
    settings.COOKIE_CONSENT_NAME,
    RECEIPT_COOKIE,
    IDEMPOTENCY_COOKIE,
)
OWN_STORAGE = (("local", "theme"), ("local", "unsaved-input:*"), ("session", "content-language"))
# Maximum number of sent cookies that one response deletes, because proxies limit the size of its header. Settings and
# receipt delete the next ones.
MAX_DELETED = 40


def is_notice_number(text: str) -> bool:
    """Whether `text` can be the number of a notice: at most MAX_NUMBER_DIGITS ASCII digits."""
    return text.isascii() and text.isdecimal() and len(text) <= MAX_NUMBER_DIGITS


def consent_cookie_value(header: str) -> str:
    """Return the value of the consent cookie in a Cookie header, as Django reads it: of several, the last one.

    A value with a backslash counts as empty. The site never writes one, and Python before 3.11.10 and 3.12.6 takes
    quadratic time to unquote it (CVE-2024-7592).
    """
    found = ""
    for entry in header.split(";"):
        name, is_named, value = entry.partition("=")
        if is_named and name.strip() == settings.COOKIE_CONSENT_NAME:
            found = value.strip()
    if "\\" in found:
        return ""
    return found[1:-1] if len(found) > 1 and found[0] == found[-1] == '"' else found


@dataclass(frozen=True)
class ConsentCookie:
    """A decision as the browser reports it. The evidence is the Decision in the database."""

    notice_number: int
    # Key of a provider → whether consent was given.
    answers: dict[str, bool]

    @classmethod
    def from_request(cls, request: HttpRequest) -> "ConsentCookie | None":
        """Return the consent cookie of `request`, or None without a valid one."""
        return cls.from_environ(request.META)

    @classmethod
    def from_environ(cls, environ: dict) -> "ConsentCookie | None":
        """Return the consent cookie of a WSGI request, or None without a valid one.

        The page cache and the pages both call it, so that they always agree.
        """
        if "HTTP_COOKIE" not in environ:
            return None
        return cls.parse(consent_cookie_value(get_str_from_wsgi(environ, "HTTP_COOKIE", "")))

    @classmethod
    def parse(cls, value: str) -> "ConsentCookie | None":
        """Return the consent cookie with this value, or None if the value is not valid."""
        entries = parse_cookie_str(value)
        number = entries.pop(NOTICE_ENTRY, "")
        if not is_notice_number(number):
            return None
        answers = {key: answer != settings.COOKIE_CONSENT_DECLINE for key, answer in entries.items()}
        return cls(int(number), answers)

    def answers_one_of(self, first: int, last: int) -> bool:
        """Whether the decision answers one of the notices from number `first` to `last`."""
        return first <= self.notice_number <= last

    def is_recorded_as(self, decision: Decision) -> bool:
        """Whether `decision` has the same notice and answers."""
        return self.notice_number == decision.notice.number and self.answers == decision.answers_by_provider

    @property
    def grants_anything(self) -> bool:
        return any(self.answers.values())

    def granted_among(self, providers: Iterable[str]) -> frozenset[str]:
        """Return the keys in `providers` that were granted."""
        return frozenset(key for key in providers if self.answers.get(key))


def cookie_entries(decision: Decision) -> dict[str, str]:
    """Return the entries of the consent cookie.

    They are the same for all visitors who gave the same answers to a notice, because caches use the cookie as a key.
    For the same reason the value of a granted provider is the time when the notice was published. django-cookie-consent
    accepts every time that is later than the declaration of the purpose's newest cookie.
    """
    accepted, declined = decision.notice.published_at.isoformat(), settings.COOKIE_CONSENT_DECLINE
    answers = {key: accepted if granted else declined for key, granted in sorted(decision.answers_by_provider.items())}
    return answers | {NOTICE_ENTRY: str(decision.notice.number)}


def sent_receipt(request: HttpRequest) -> str:
    """Return the receipt number that the browser sent, or "" without a valid one."""
    number = request.COOKIES.get(RECEIPT_COOKIE, "")
    return number if RECEIPT_PATTERN.fullmatch(number) else ""


def set_decision_cookies(request: HttpRequest, response: HttpResponse, decision: Decision) -> None:
    """Set the cookies of `decision`, and delete those of providers that it does not grant."""
    set_cookie_dict_to_response(response, cookie_entries(decision))
    set_http_only_cookie(response, RECEIPT_COOKIE, decision.receipt, settings.COOKIE_CONSENT_MAX_AGE)
    delete_idempotency_cookie(request, response)
    delete_declined_cookies(request, response, decision)
    # Prefetched pages still contain the notice. Not "storage", where staff have unsaved input.
    response.headers["Clear-Site-Data"] = '"prefetchCache"'


def is_named(name: str, declared: str) -> bool:
    """Whether `declared` names the cookie or entry `name`. An asterisk at its end stands for any ending."""
    return name.startswith(declared[:-1]) if declared.endswith("*") else name == declared


def delete_declined_cookies(request: HttpRequest, response: HttpResponse, decision: Decision) -> None:
    """Delete the cookies of providers that are not granted, and of a decline also those that nobody declared.

    All are deleted on this host. On a parent domain, where other services of the domain have theirs, only those that
    are declared for that domain. The cookies of this site and those of granted providers are kept.
    """
    host = request.get_host().partition(":")[0]
    declined, kept = ([item for item in items if item["kind_code"] == "cookie"] for items in decision.storage)
    # Not those of the domains of other sites, which only these can delete.
    declined = [item for item in declined if not item["domain"] or f".{host}".endswith(f".{item['domain']}")]
    keep = [*OWN_COOKIES, *(item["name"] for item in kept)]
    exact = [item["name"] for item in declined if not item["name"].endswith("*")]
    named = [name for name in request.COOKIES if any(is_named(name, item["name"]) for item in declined)]
    unknown = [name for name in request.COOKIES if name not in named] if decision.is_decline else []
    for name in dict.fromkeys([*exact, *[*named, *unknown][:MAX_DELETED]]):
        if any(is_named(name, pattern) for pattern in keep):
            continue
        # Browsers also send names that http.cookies refuses. The decision is stored, so the response must not fail.
        with suppress(CookieError):
            response.delete_cookie(name)
            parents = {item["domain"] for item in declined if item["domain"] and is_named(name, item["name"])}
            for domain in sorted(parents):
                morsel = response.cookies[name].copy()
                morsel["domain"] = domain
                # SimpleCookie is keyed by name, and this response needs several cookies of one name.
                response.cookies[f"{name} {domain}"] = morsel


def storage_to_delete(decision: Decision) -> dict[str, list]:
    """Return what layout.js deletes besides cookies, and what it keeps, as pairs of kind and declared name."""
    delete, keep = (
        list(dict.fromkeys((item["kind_code"], item["name"]) for item in items if item["kind_code"] != "cookie"))
        for items in decision.storage
    )
    return {"delete": delete, "keep": [*OWN_STORAGE, *keep]}


def set_http_only_cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie with the attributes of the consent cookie, out of reach of scripts."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=settings.COOKIE_CONSENT_SECURE,
        httponly=True,
        samesite="Lax",
    )


def sent_idempotency_key(request: HttpRequest) -> str:
    """Return the idempotency key in the form, the query or the cookie, or "" without one."""
    return (
        request.POST.get(IDEMPOTENCY_KEY)
        or request.GET.get(IDEMPOTENCY_KEY)
        or request.COOKIES.get(IDEMPOTENCY_COOKIE, "")
    )


def set_idempotency_cookie(response: HttpResponse, idempotency_key: str) -> None:
    """Set the idempotency cookie for IDEMPOTENCY_SECONDS."""
    set_http_only_cookie(response, IDEMPOTENCY_COOKIE, idempotency_key, IDEMPOTENCY_SECONDS)


def delete_idempotency_cookie(request: HttpRequest, response: HttpResponse) -> None:
    if IDEMPOTENCY_COOKIE in request.COOKIES:
        response.delete_cookie(IDEMPOTENCY_COOKIE)


def has_objection_signal(environ: dict) -> bool:
    """Whether a WSGI request has an objection signal: Sec-GPC: 1 (Global Privacy Control) or DNT: 1 (Do Not Track).

    A browser and its extension can send one each, which the server joins with a comma.
    """
    signals = f"{environ.get('HTTP_SEC_GPC', '')},{environ.get('HTTP_DNT', '')}"
    return "1" in map(str.strip, signals.split(","))
