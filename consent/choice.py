"""The choice as the visitor's browser carries it: django-cookie-consent's cookie, with the receipt's number in it."""

from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.cookies import CookieError

from cookie_consent.util import parse_cookie_str, set_cookie_dict_to_response
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from consent.models import Decision, NoticeVersion

# Entries of the cookie beside django-cookie-consent's own, which are named after purposes.
RECEIPT, NOTICE, ATTEMPT = "receipt", "notice", "attempt"
# So long a post that was pressed twice is known by its name.
SECONDS_OF_AN_ATTEMPT = 60
# Digits of a notice's number. No site publishes so many; a longer one is forged.
LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Choice:
    """What a browser says was decided; the record in the database is the proof, this is only its trace."""

    receipt: str
    notice_number: int
    # Key of a purpose → whether consent was given.
    answers: dict[str, bool]

    @classmethod
    def of(cls, request: HttpRequest) -> "Choice | None":
        """The choice that `request` carries, or None where it carries none that can be read."""
        return cls.read(request.COOKIES.get(settings.COOKIE_CONSENT_NAME, ""))

    @classmethod
    def read(cls, cookie: str) -> "Choice | None":
        """The choice in the value of the cookie, or None where there is none that can be read."""
        entries = parse_cookie_str(cookie)
        receipt, number = entries.pop(RECEIPT, ""), entries.pop(NOTICE, "")
        if not receipt or not number.isdecimal() or len(number) > LONGEST_NUMBER:
            return None
        answers = {key: value != settings.COOKIE_CONSENT_DECLINE for key, value in entries.items()}
        return cls(receipt[:19], int(number), answers)

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


def keep(request: HttpRequest, response: HttpResponse, decision: Decision, storing: set[str]):
    """Give `response` the cookie that carries `decision`, for as long as it holds; delete those that it declines.

    `storing` has the keys of the purposes for which more than cookies is kept: a browser deletes that only as a whole,
    so it is told to where consent to one of them is withdrawn.
    """
    # django-cookie-consent takes an answer for given that is younger than the purpose's newest cookie.
    accepted, declined = decision.decided_at.isoformat(), settings.COOKIE_CONSENT_DECLINE
    entries = {key: accepted if granted else declined for key, granted in decision.choices.items()}
    entries |= {RECEIPT: decision.receipt, NOTICE: str(decision.notice.number)}
    set_cookie_dict_to_response(response, entries)
    declined = [
        cookie["name"]
        for purpose in decision.answers_in_words()
        if not purpose["is_granted"]
        for cookie in purpose["cookies"]
    ]
    sent = [name for name in request.COOKIES if any(fnmatchcase(name, pattern) for pattern in declined)]
    for name in dict.fromkeys([*(name for name in declined if "*" not in name), *sent]):
        # Whatever a browser sends, the decision is on record: a name that no cookie can have leaves nothing to delete.
        with suppress(CookieError):
            forget(response, name, request.get_host())
    before = Choice.of(request)
    withdrawn = {key for key, granted in decision.choices.items() if before and before.answers.get(key) and not granted}
    # A page that was fetched ahead asks the question that is answered now.
    cleared = ['"prefetchCache"', *(['"storage"'] if withdrawn & storing else [])]
    response.headers["Clear-Site-Data"] = ", ".join(cleared)


def named_attempt(request: HttpRequest) -> str:
    """The random name that a post to decide brings in its form, its address, or the cookie; "" where it has none."""
    cookie = parse_cookie_str(request.COOKIES.get(settings.COOKIE_CONSENT_NAME, ""))
    return request.POST.get(ATTEMPT) or request.GET.get(ATTEMPT) or cookie.get(ATTEMPT, "")


def name_attempt(response: HttpResponse, attempt: str):
    """Have the browser know the name of its post for a minute, in the place where the choice will be."""
    set_cookie_dict_to_response(response, {ATTEMPT: attempt})
    response.cookies[settings.COOKIE_CONSENT_NAME].update({"max-age": SECONDS_OF_AN_ATTEMPT, "expires": ""})


def forget(response: HttpResponse, name: str, host: str):
    """Delete a cookie of this host, and of each above it: scripts like to set theirs as high as a browser lets them."""
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
