"""In how many ways a page can differ by consent: what is asked of whom, and what loads for whom."""

from dataclasses import asdict, dataclass, field
from itertools import combinations

from cookie_consent.util import dict_to_cookie_str, parse_cookie_str
from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi

from consent.cookie import NOTICE, ConsentCookie, own_cookie, says_no
from consent.models import EmbeddedContent, NoticeVersion, Script

ASKED, OBJECTS, ANSWERED, GRANTED = "asked", "objects", "answered", "granted"


@dataclass(frozen=True)
class VaryRule:
    """Which of its variants a page is shown in, told without asking the database.

    A variant is named by the number of the notice in force and by what the visitor said: "3 asked", "3 asked objects"
    (the question then mentions that the browser objects to tracking), "3 answered", "3 answered granted media
    statistics" (consent can be withdrawn, and what needs consent to these purposes loads).
    """

    # Numbers of the notice in force (0: none is published yet), and of the oldest one an answer to which still holds.
    notice: int
    asked_since: int
    # Keys of the purposes by which something on the site loads.
    purposes: tuple[str, ...]
    # Keys of all purposes that visitors answer.
    answered: tuple[str, ...] = ()
    # Number of each notice an answer to which still holds → when it was published, as the choice cookie words consent.
    published: dict[str, str] = field(default_factory=dict)

    @classmethod
    def in_force(cls) -> "VaryRule":
        """The rule as the database has it now."""
        version = NoticeVersion.objects.current()
        if version is None:
            return cls(0, 0, ())
        loading = (
            model.objects.optional().values_list("purpose__key", flat=True) for model in (EmbeddedContent, Script)
        )
        keys = {key for keys in loading for key in keys}.intersection(version.optional_purposes)
        holding = NoticeVersion.objects.filter(number__range=(version.asked_since, version.number))
        published = {str(number): at.isoformat() for number, at in holding.values_list("number", "published_at")}
        return cls(
            version.number, version.asked_since, tuple(sorted(keys)), tuple(version.optional_purposes), published
        )

    @classmethod
    def from_json(cls, kept: dict) -> "VaryRule":
        return cls(
            kept["notice"],
            kept["asked_since"],
            tuple(kept["purposes"]),
            tuple(kept["answered"]),
            kept["published"],
        )

    def as_json(self) -> dict:
        return asdict(self)

    def variant(self, environ: dict) -> str:
        """What the sender of a WSGI request is to see. An answer that can't be read is none."""
        choice = ConsentCookie.sent_in(environ)
        if self.notice and choice and choice.is_of(self.asked_since, self.notice):
            words = [GRANTED, *sorted(choice.grants(self.purposes))] if choice.grants_anything else []
            return " ".join([str(self.notice), ANSWERED, *words])
        if self.notice and says_no(environ):
            return f"{self.notice} {ASKED} {OBJECTS}"
        return f"{self.notice} {ASKED}"

    def is_as_written(self, environ: dict) -> bool:
        """Whether a WSGI request has no choice, or one worded as this site writes it (consent.cookie.entries_of).

        There are few such wordings, however many cookies are made up, so a cache may key on them.
        """
        if not (cookie := own_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", ""))):
            return True
        entries = parse_cookie_str(cookie)
        number = entries.pop(NOTICE, "")
        answers = {self.published.get(number), settings.COOKIE_CONSENT_DECLINE}
        return (
            number in self.published
            and answers.issuperset(entries.values())
            and entries.keys() <= set(self.answered)
            and cookie == dict_to_cookie_str(dict(sorted(entries.items())) | {NOTICE: number})
        )

    def variants(self) -> list[str]:
        """All that there are."""
        if not self.notice:
            return [f"{self.notice} {ASKED}"]
        asked = [f"{self.notice} {ASKED}", f"{self.notice} {ASKED} {OBJECTS}"]
        granted = [some for count in range(len(self.purposes) + 1) for some in combinations(self.purposes, count)]
        answers = [[], *([GRANTED, *some] for some in granted)]
        return asked + [" ".join([str(self.notice), ANSWERED, *words]) for words in answers]

    def request_headers(self, variant: str) -> dict[str, str] | None:
        """What a visitor sends who sees `variant`, as entries of a WSGI environment: nobody's receipt is among it.

        None for a variant of a notice that is not in force any more.
        """
        notice, state, *words = variant.split()
        if notice != str(self.notice):
            return None
        if state == ANSWERED:
            # The word for any consent stands for a purpose by which nothing loads.
            entries = dict.fromkeys(words, "now") | {NOTICE: notice}
            return {"HTTP_COOKIE": f"{settings.COOKIE_CONSENT_NAME}={dict_to_cookie_str(entries)}"}
        return {"HTTP_SEC_GPC": "1"} if OBJECTS in words else {}

    def allows_third_parties(self, variant: str) -> bool:
        """Whether something of a third party may load on pages in `variant`."""
        return not set(variant.split()).isdisjoint(self.purposes)
