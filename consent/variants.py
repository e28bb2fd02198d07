"""In how many ways a page can differ by consent: what is asked of whom, and what loads for whom."""

import re
from dataclasses import asdict, dataclass
from itertools import combinations

from cookie_consent.util import dict_to_cookie_str
from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi

from consent.choice import NOTICE, RECEIPT, Choice, says_no
from consent.models import EmbeddedContent, NoticeVersion, Script

ASKED, OBJECTS, ANSWERED, GRANTED = "asked", "objects", "answered", "granted"
RECEIPT_NUMBER = re.compile(
    rb"\r\n(?i:Cookie): (?:[^\r\n]*; ?)?%b=\"?(?:[^\r\n;|]*\|)*%b=([A-Za-z0-9-]+)"
    % (settings.COOKIE_CONSENT_NAME.encode(), RECEIPT.encode())
)


def own_cookie(header: str) -> str:
    """The value of the consent cookie in a Cookie header, as Django reads it; "" for one with a backslash: not ours.

    Django unquotes all cookies, and for one of 8 KB that is made up to that end Python takes 50 ms (CVE-2024-7592,
    until 3.11.10 and 3.12.6).
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
class Rule:
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

    @classmethod
    def in_force(cls) -> "Rule":
        """The rule as the database has it now."""
        version = NoticeVersion.objects.current()
        if version is None:
            return cls(0, 0, ())
        loading = (
            model.objects.optional().values_list("purpose__key", flat=True) for model in (EmbeddedContent, Script)
        )
        keys = {key for keys in loading for key in keys}.intersection(version.optional_purposes)
        return cls(version.number, version.asked_since, tuple(sorted(keys)))

    @classmethod
    def from_json(cls, kept: dict) -> "Rule":
        return cls(kept["notice"], kept["asked_since"], tuple(kept["purposes"]))

    def as_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def plain(head: bytes) -> bytes:
        """The head of a request as all send it who answered alike: a receipt counts, and not its number."""
        found = RECEIPT_NUMBER.search(head)
        return head[: found.start(1)] + b"0" + head[found.end(1) :] if found else head

    def variant(self, environ: dict) -> str:
        """What the sender of a WSGI request is to see. An answer that can't be read is none."""
        choice = None
        if "HTTP_COOKIE" in environ:
            choice = Choice.read(own_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", "")))
        if self.notice and choice and choice.is_of(self.asked_since, self.notice):
            words = [GRANTED, *sorted(choice.grants(self.purposes))] if choice.grants_anything else []
            return " ".join([str(self.notice), ANSWERED, *words])
        if self.notice and says_no(environ):
            return f"{self.notice} {ASKED} {OBJECTS}"
        return f"{self.notice} {ASKED}"

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
            entries = dict.fromkeys(words, "now") | {RECEIPT: "none", NOTICE: notice}
            return {"HTTP_COOKIE": f"{settings.COOKIE_CONSENT_NAME}={dict_to_cookie_str(entries)}"}
        return {"HTTP_SEC_GPC": "1"} if OBJECTS in words else {}

    def allows_third_parties(self, variant: str) -> bool:
        """Whether something of a third party may load on pages in `variant`."""
        return not set(variant.split()).isdisjoint(self.purposes)

    def as_nginx(self) -> str:
        """The maps by which nginx tells the variant as `variant` does: $page_variant, its words joined by "+".

        It stays empty where nginx can't be sure, and the site itself is to answer.
        """
        cookie = f"$cookie_{settings.COOKIE_CONSENT_NAME}"
        if not self.notice:
            return f'map "" $page_variant {{ default "0+{ASKED}"; }}\n'
        value = r"[^|=;\"\\\\]+"
        entry = rf"[a-z0-9-]+={value}"
        is_granted = rf"=(?!{settings.COOKIE_CONSENT_DECLINE}(?:[|\"]|$))"
        written = rf"(?:{entry}\|)*{RECEIPT}={value}\|{NOTICE}="
        # A cookie with a key twice is none of ours.
        once = r"(?!.*(?:^\"?|\|)([a-z0-9-]+)=.*\|\1=)"
        holding = "|".join(map(str, range(self.asked_since, self.notice + 1)))
        lines = [
            f"map {cookie} $consent_state {{",
            "    default unclear;",
            f'    "" {ASKED};',
            f'    "~^\\"?{once}{written}(?:{holding})\\"?$" {ANSWERED};',
            f'    "~^\\"?{once}{written}[0-9]{{1,9}}\\"?$" {ASKED};',
            "}",
            "map $http_cookie $consent_cookies {",
            "    default one;",
            # Most visitors have none: an empty text is told without the patterns.
            '    "" one;',
            f'    "~*{settings.COOKIE_CONSENT_NAME} *=.*{settings.COOKIE_CONSENT_NAME} *=" several;',
            f"    ~{settings.SESSION_COOKIE_NAME} staff;",
            # nginx finds a cookie in any spelling, the site in its own alone.
            f'    "~{settings.COOKIE_CONSENT_NAME}=" one;',
            f'    "~*{settings.COOKIE_CONSENT_NAME} *=" other;',
            "}",
            f'map "$http_sec_gpc $http_dnt" $consent_objects {{ " " ""; "~^1 " +{OBJECTS}; "~ 1$" +{OBJECTS}; }}',
        ]
        any_purpose = rf"(?!(?:{RECEIPT}|{NOTICE})=)[a-z0-9-]+"
        words = {GRANTED: any_purpose} | {purpose: purpose for purpose in self.purposes}
        for number, (word, key) in enumerate(words.items()):
            lines.append(f'map {cookie} $consent_grant_{number} {{ "~(?:^\\"?|\\|){key}{is_granted}" +{word}; }}')
        grants = "".join(f"$consent_grant_{number}" for number in range(len(words)))
        lines += [
            'map "$consent_cookies $consent_state" $page_variant {',
            f'    "one {ASKED}" {self.notice}+{ASKED}$consent_objects;',
            f'    "one {ANSWERED}" {self.notice}+{ANSWERED}{grants};',
            "}",
        ]
        return "\n".join([*lines, ""])
