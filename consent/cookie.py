"""The visitor's choice as the browser carries it, and the receipt number in a cookie of its own."""

from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.cookies import CookieError

from cookie_consent.util import parse_cookie_str, set_cookie_dict_to_response
from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http import HttpRequest, HttpResponse

from consent.models import Decision, NoticeVersion
from consent.models.record import RECEIPT

RECEIPT_COOKIE, ATTEMPT_COOKIE = "cookie_consent_receipt", "cookie_consent_attempt"
# Entry of the choice beside django-cookie-consent's own, which are named after purposes.
NOTICE = "notice"
# Name of the form field and of the query parameter.
ATTEMPT = "attempt"
# For this long a second press of the same button is recognised.
SECONDS_OF_AN_ATTEMPT = 60
# Maximum digits of a notice number.
LONGEST_NUMBER = 9


def is_number(text: str) -> bool:
    """Whether `text` can be the number of a notice: ASCII digits, and not too many of them."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def own_cookie(header: str) -> str:
    """The value of the choice in a Cookie header, as Django reads it: the last of several counts.

    A value with a backslash is not ours and counts as empty: Python takes 50 ms to unquote one of 8 KB that is made for
    it (CVE-2024-7592, until 3.11.10 and 3.12.6).
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
    """The decision as the browser reports it. The proof is the record in the database."""

    notice_number: int
    # Key of a purpose → whether consent was given.
    answers: dict[str, bool]

    @classmethod
    def of(cls, request: HttpRequest) -> "ConsentCookie | None":
        """The choice that `request` carries, or None where it carries none that can be read."""
        return cls.sent_in(request.META)

    @classmethod
    def sent_in(cls, environ: dict) -> "ConsentCookie | None":
        """The choice in a WSGI environment. The page cache and the pages read it here, so that they never disagree."""
        if "HTTP_COOKIE" not in environ:
            return None
        return cls.read(own_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", "")))

    @classmethod
    def read(cls, cookie: str) -> "ConsentCookie | None":
        """The choice in the value of the cookie, or None where there is none that can be read."""
        entries = parse_cookie_str(cookie)
        number = entries.pop(NOTICE, "")
        if not is_number(number):
            return None
        answers = {key: value != settings.COOKIE_CONSENT_DECLINE for key, value in entries.items()}
        return cls(int(number), answers)

    def holds_for(self, version: NoticeVersion) -> bool:
        """Whether the visitor need not be asked about `version`: nothing of substance is new since the choice."""
        return self.is_of(version.asked_since, version.number)

    def is_of(self, first: int, last: int) -> bool:
        """Whether it answers one of the notices from number `first` to `last`."""
        return first <= self.notice_number <= last

    @property
    def grants_anything(self) -> bool:
        return any(self.answers.values())

    def grants(self, purposes) -> frozenset[str]:
        """Those of `purposes` (keys) that were allowed."""
        return frozenset(key for key in purposes if self.answers.get(key))


def entries_of(decision: Decision) -> dict[str, str]:
    """The entries of the choice cookie. They are the same for all who answered a notice alike, as caches key on them.

    django-cookie-consent compares a granted value with the moment at which the purpose's newest cookie was declared.
    The moment at which the notice was put in force is the same for everyone, and later than that.
    """
    accepted, declined = decision.notice.published_at.isoformat(), settings.COOKIE_CONSENT_DECLINE
    answers = {key: accepted if granted else declined for key, granted in sorted(decision.choices.items())}
    return answers | {NOTICE: str(decision.notice.number)}


def receipt_in(request: HttpRequest) -> str:
    """The receipt number that the browser carries; "" where it has none, or one of another form."""
    number = request.COOKIES.get(RECEIPT_COOKIE, "")
    return number if RECEIPT.fullmatch(number) else ""


def keep(request: HttpRequest, response: HttpResponse, decision: Decision, storing: set[str]):
    """Give `response` the cookies of `decision`, for as long as it holds, and delete the cookies that it declines.

    `storing` has the keys of the purposes for which a browser keeps more than cookies. A browser can delete that only
    as a whole, and is told to where consent to one of these purposes is withdrawn.
    """
    set_cookie_dict_to_response(response, entries_of(decision))
    set_own_cookie(response, RECEIPT_COOKIE, decision.receipt, settings.COOKIE_CONSENT_MAX_AGE)
    forget_attempt(request, response)
    declined = [
        cookie["name"]
        for purpose in decision.answers_in_words()
        if not purpose["is_granted"]
        for cookie in purpose["cookies"]
    ]
    sent = [name for name in request.COOKIES if any(fnmatchcase(name, pattern) for pattern in declined)]
    for name in dict.fromkeys([*(name for name in declined if "*" not in name), *sent]):
        if name in (settings.COOKIE_CONSENT_NAME, RECEIPT_COOKIE, ATTEMPT_COOKIE):
            continue
        # Browsers send names that no cookie can have. The decision is on record, so the answer must not fail on one.
        with suppress(CookieError):
            forget(response, name, request.get_host())
    before = ConsentCookie.of(request)
    withdrawn = {key for key, granted in decision.choices.items() if before and before.answers.get(key) and not granted}
    # A prefetched page still asks the question that is answered now.
    cleared = ['"prefetchCache"', *(['"storage"'] if withdrawn & storing else [])]
    response.headers["Clear-Site-Data"] = ", ".join(cleared)


def set_own_cookie(response: HttpResponse, name: str, value: str, seconds: int, path: str = "/"):
    """Set a cookie with the properties of the choice, out of reach of scripts."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        domain=settings.COOKIE_CONSENT_DOMAIN,
        secure=settings.COOKIE_CONSENT_SECURE,
        httponly=True,
        samesite=settings.COOKIE_CONSENT_SAMESITE,
    )


def named_attempt(request: HttpRequest) -> str:
    """The random name that a post to decide brings in its form, its address, or a cookie; "" where it has none."""
    return request.POST.get(ATTEMPT) or request.GET.get(ATTEMPT) or request.COOKIES.get(ATTEMPT_COOKIE, "")


def name_attempt(request: HttpRequest, response: HttpResponse, attempt: str):
    """Keep the name of this post in the browser for a minute; only the address of the form gets it."""
    set_own_cookie(response, ATTEMPT_COOKIE, attempt, SECONDS_OF_AN_ATTEMPT, request.path)


def forget_attempt(request: HttpRequest, response: HttpResponse):
    if ATTEMPT_COOKIE in request.COOKIES:
        response.delete_cookie(ATTEMPT_COOKIE, path=request.path, domain=settings.COOKIE_CONSENT_DOMAIN)


def forget(response: HttpResponse, name: str, host: str):
    """Delete a cookie of this host and of each domain above it, where scripts often set theirs."""
    response.delete_cookie(name)
    labels = host.partition(":")[0].split(".")
    for start in range(len(labels) - 1):
        morsel = response.cookies[name].copy()
        morsel["domain"] = domain = ".".join(labels[start:])
        # A response keeps its cookies by name; this one needs several of a name.
        response.cookies[f"{name} {domain}"] = morsel


def objects(request: HttpRequest) -> bool:
    """Whether the browser says for the visitor that tracking is not wanted (Global Privacy Control, Do Not Track)."""
    return says_no(request.META)


def says_no(environ: dict) -> bool:
    return "1" in (environ.get("HTTP_SEC_GPC"), environ.get("HTTP_DNT"))
