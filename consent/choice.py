"""The choice as the visitor's browser carries it: django-cookie-consent's cookie, with the receipt's number in it."""

from dataclasses import dataclass

from cookie_consent.util import get_cookie_dict_from_request, set_cookie_dict_to_response
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from consent.models import Decision, NoticeVersion

# Entries of the cookie beside django-cookie-consent's own, which are named after purposes.
RECEIPT, NOTICE = "receipt", "notice"


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
        entries = get_cookie_dict_from_request(request)
        receipt, number = entries.pop(RECEIPT, ""), entries.pop(NOTICE, "")
        if not receipt or not number.isdecimal():
            return None
        answers = {key: value != settings.COOKIE_CONSENT_DECLINE for key, value in entries.items()}
        return cls(receipt[:19], int(number), answers)

    def holds_for(self, version: NoticeVersion) -> bool:
        """Whether the visitor need not be asked about `version`: nothing of substance is new since the choice."""
        return version.asked_since <= self.notice_number <= version.number


def keep(response: HttpResponse, decision: Decision):
    """Give `response` the cookie that carries `decision`, for as long as it holds; delete those that it declines."""
    # django-cookie-consent takes an answer for given that is younger than the purpose's newest cookie.
    accepted, declined = decision.decided_at.isoformat(), settings.COOKIE_CONSENT_DECLINE
    entries = {key: accepted if granted else declined for key, granted in decision.choices.items()}
    entries |= {RECEIPT: decision.receipt, NOTICE: str(decision.notice.number)}
    set_cookie_dict_to_response(response, entries)
    for purpose in decision.answers_in_words():
        if not purpose["is_granted"]:
            for cookie in purpose["cookies"]:
                response.delete_cookie(cookie["name"])


def objects(request: HttpRequest) -> bool:
    """Whether the browser says for the visitor that tracking is not wanted (Global Privacy Control, Do Not Track)."""
    return "1" in (request.headers.get("Sec-GPC"), request.headers.get("DNT"))
