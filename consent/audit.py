"""Cookie audit: crawls the site in a real browser, and compares storage and requests with the notice in force.

Each pass is a separate visitor: one without a decision, one who refuses everything, one for each provider who allows
only that provider, and one on the sign-in page of staff.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from consent.comparison import is_longer
from consent.cookie import RECEIPT_COOKIE
from consent.models import DeclaredCookie, Erasure, Leaf, NoticeVersion
from consent.models.provider import origin

TABS = 4
UNDECIDED, REFUSING, STAFF = "nothing decided", "all refused", "staff at the sign-in"
# Problems. The last one is a remark, the others are faults.
UNDECLARED, WITHOUT_CONSENT, LONGER, NEVER_SEEN = (
    "not declared",
    "without consent",
    "kept longer than declared",
    "never seen",
)
REQUEST = "request"
# Owner of what needs no consent. Other owners are providers.
NECESSARY = ""
STORAGE = """async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  indexeddb: (await indexedDB.databases()).map((database) => database.name),
  // No notice can name a cache of a script, so each one is a fault. Without HTTPS, browsers have none.
  cache: self.caches ? await caches.keys() : [],
})"""
# A month is declared as 30 days, and the calendar has months of 31. Clocks differ by a few seconds.
LONGEST_MONTH, CLOCK_SECONDS = 31 / 30, 60
# Lazy frames load with the page, so that its load event waits for them.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--blink-settings=lazyLoadEnabled=false"]
# Some browsers refuse storage to third parties. The audit must see what others allow.
PREFERENCES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}


class Item(NamedTuple):
    """Something that a browser stored or requested.

    `kind` is a DeclaredCookie.Kind, "cache" for a cache of a script, or REQUEST for a request to another origin, whose
    name is that origin. `domain` is "" for this site's own host.
    """

    kind: str
    name: str
    domain: str = ""

    def __str__(self):
        return f"{self.name} ({self.domain})" if self.domain else self.name


@dataclass
class Pass:
    """One visitor: the granted providers, and everything that was seen with its first page."""

    name: str
    granted: frozenset[str] = frozenset()
    seen: dict[Item, str] = field(default_factory=dict)
    # Longest duration of each cookie in seconds, 0 for a session.
    seconds: dict[Item, int] = field(default_factory=dict)

    def add(self, item: Item, page: str, seconds: int | None = None) -> None:
        self.seen.setdefault(item, page)
        if seconds is not None and is_longer(self.seconds.setdefault(item, seconds), seconds):
            self.seconds[item] = seconds


@dataclass(frozen=True)
class Finding:
    """A difference from the notice, with the passes in which it was seen and its first page."""

    problem: str
    kind: str
    name: str
    passes: tuple[str, ...] = ()
    page: str = ""

    @property
    def is_fault(self) -> bool:
        return self.problem != NEVER_SEEN

    def as_data(self) -> dict:
        return asdict(self) | {"passes": list(self.passes)}


class Declaration(NamedTuple):
    """A cookie or host that a notice names. The name of a cookie can end with an asterisk, as in _ga_*.

    `seconds` is its duration: 0 for a session, None without a limit.
    """

    item: Item
    owner: str
    seconds: int | None = None

    def covers(self, seen: Item, host: str) -> bool:
        """Whether it covers what a browser saw on the site at `host`."""
        if seen.kind != self.item.kind or not fnmatchcase(seen.name, self.item.name):
            return False
        if self.item.domain:
            return (seen.domain or host) == self.item.domain
        if not seen.domain:
            return True
        # Without a domain, a provider has it on this host or on hosts of its own, but not on a parent of this host.
        return self.owner != NECESSARY and not host.endswith(f".{seen.domain}")

    def allows(self, seconds: int | None) -> bool:
        """Whether a cookie may be kept for so many seconds. None is unknown, as of other storage."""
        if not self.seconds or not seconds:
            return seconds is None or not is_longer(self.seconds, seconds)
        return seconds <= self.seconds * LONGEST_MONTH + CLOCK_SECONDS


class Declarations(list[Declaration]):
    """Everything that a notice version names."""

    @classmethod
    def of(cls, version: NoticeVersion) -> "Declarations":
        return cls(dict.fromkeys(named_by(version)))

    def compare(self, passes: Iterable[Pass], host: str) -> list[Finding]:
        """Return what is undeclared, without consent or kept longer, and then the declarations that were never seen."""
        faults: dict[tuple[str, Item], list[tuple[Pass, str]]] = {}
        covered = set()
        for visitor in passes:
            for item, page in visitor.seen.items():
                covering = [declaration for declaration in self if declaration.covers(item, host)]
                covered.update(covering)
                allowed = [each for each in covering if each.owner in visitor.granted | {NECESSARY}]
                if not covering:
                    faults.setdefault((UNDECLARED, item), []).append((visitor, page))
                elif not allowed:
                    faults.setdefault((WITHOUT_CONSENT, item), []).append((visitor, page))
                elif not any(each.allows(visitor.seconds.get(item)) for each in allowed):
                    faults.setdefault((LONGER, item), []).append((visitor, page))
        found = [
            Finding(problem, item.kind, str(item), tuple(visitor.name for visitor, _page in visits), visits[0][1])
            for (problem, item), visits in faults.items()
        ]
        unseen = (declaration.item for declaration in self if declaration not in covered)
        return found + [Finding(NEVER_SEEN, item.kind, str(item)) for item in unseen]


def named_by(version: NoticeVersion) -> Iterator[Declaration]:
    """Yield the cookies and hosts that `version` names, with their owners."""
    for purpose in version.purposes:
        for cookie in purpose["cookies"] if purpose["is_necessary"] else ():
            yield declared_cookie(cookie, NECESSARY)
        for provider in purpose["providers"]:
            for cookie in provider["cookies"]:
                yield declared_cookie(cookie, provider["key"])
            for host in provider["hosts"]:
                yield Declaration(Item(REQUEST, host), provider["key"])


def declared_cookie(cookie: dict, owner: str) -> Declaration:
    return Declaration(Item(cookie["kind_code"], cookie["name"], cookie["domain"]), owner, cookie["seconds"])


def passes_of(version: NoticeVersion) -> list[Pass]:
    """Return an empty pass for each visitor of a site with this notice in force."""
    providers = (Pass(f"only {key} allowed", frozenset([key])) for key in version.optional_providers)
    return [Pass(UNDECIDED), Pass(REFUSING), *providers, Pass(STAFF)]


class Crawl:
    """Crawl of a running site at `address`, such as http://127.0.0.1:8000, which has the notice `version` in force.

    `under` limits it to pages whose path starts with one of these prefixes, such as /en/partners/.
    """

    def __init__(self, address: str, version: NoticeVersion, under: Iterable[str] = ()):
        self.notice_number = str(version.number)
        self.address = address.rstrip("/")
        self.host = urlsplit(address).hostname or ""
        self.under = tuple(under) or ("/",)
        with translation.override(settings.LANGUAGE_CODE):
            self.decide_path = reverse("consent:decide")
            self.own_paths = [reverse("consent:settings"), reverse("consent:receipt")]
        self.paths: list[str] = []
        # Receipt numbers of the decisions that the crawl made.
        self.receipts: list[str] = []

    def run(self, chromium: str, passes: list[Pass]) -> None:
        """Run all passes in Chromium, whose path is `chromium`."""
        asyncio.run(self.visit_all(chromium, passes))

    async def visit_all(self, chromium: str, passes: list[Pass]) -> None:
        from playwright.async_api import async_playwright

        async with async_playwright() as playwright:
            self.paths = await self.find_paths(playwright)
            for visitor in passes:
                with TemporaryDirectory(prefix="cookie-audit-") as profile:
                    context = await self.start_browser(playwright, chromium, Path(profile))
                    await self.visit(context, visitor)
                    await context.close()

    async def start_browser(self, playwright, chromium: str, profile: Path):
        """Start a browser with an empty profile, and return its context."""
        preferences = profile / "Default/Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps(PREFERENCES))
        return await playwright.chromium.launch_persistent_context(profile, executable_path=chromium, args=ARGUMENTS)

    async def find_paths(self, playwright) -> list[str]:
        """Return the paths in the sitemap that start with `under`, and the pages of consent."""
        client = await playwright.request.new_context()
        response = await client.get(f"{self.address}/sitemap.xml")
        found = [urlsplit(url).path for url in re.findall(r"<loc>([^<]+)</loc>", await response.text())]
        await client.dispose()
        return [*(path for path in found if path.startswith(self.under)), *self.own_paths]

    async def visit(self, context, visitor: Pass) -> None:
        """Visit all pages as one visitor, in TABS tabs."""
        await self.decide(context, visitor)
        waiting = [reverse("admin:login")] if visitor.name == STAFF else list(self.paths)

        async def tab():
            page = await context.new_page()
            while waiting:
                await self.inspect(page, visitor, waiting.pop(0))

        await asyncio.gather(*(tab() for _number in range(min(TABS, len(waiting)))))
        await self.note_cookies(context, visitor, "")

    async def decide(self, context, visitor: Pass) -> None:
        """Send the decision of this visitor. Raises RuntimeError if it is not recorded."""
        if visitor.name in (UNDECIDED, STAFF):
            return
        form = {"action": "refuse", "next": self.own_paths[0], "notice": self.notice_number}
        if visitor.granted:
            form |= {"action": "choose", "providers": next(iter(visitor.granted))}
        response = await context.request.post(
            self.address + self.decide_path, form=form, headers={"sec-fetch-site": "same-origin"}
        )
        cookies = {cookie["name"]: cookie["value"] for cookie in await context.cookies()}
        if RECEIPT_COOKIE not in cookies:
            raise RuntimeError(f"The site did not record a decision: HTTP status {response.status}.")
        self.receipts.append(cookies[RECEIPT_COOKIE])

    def erase_decisions(self) -> int:
        """Erase the decisions of the crawl, which are of no visitor, and return their number.

        The record of a site with another database keeps them. Raises SealMismatchError and SealKeyError.
        """
        return sum(
            Leaf.objects.erase_receipt(receipt, reason=Erasure.Reason.AUDIT, remark=self.address[:500])
            for receipt in self.receipts
        )

    async def inspect(self, page, visitor: Pass, path: str) -> None:
        """Open a page, scroll to its end, and add storage and requests of the page and its frames to the pass."""

        def note(url: str):
            if url.startswith(("http:", "https:", "ws:", "wss:")):
                found = origin(re.sub("^ws", "http", url))
                if found != origin(self.address):
                    visitor.add(Item(REQUEST, found), path)

        def note_request(request):
            note(request.url)

        def note_socket(socket):
            note(socket.url)

        page.on("request", note_request)
        page.on("websocket", note_socket)
        await page.goto(self.address + path)
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        await page.wait_for_load_state("networkidle")
        page.remove_listener("request", note_request)
        page.remove_listener("websocket", note_socket)
        for frame in page.frames:
            await self.note_storage(frame, visitor, path)
        await self.note_cookies(page.context, visitor, path)

    async def note_storage(self, frame, visitor: Pass, path: str) -> None:
        from playwright.async_api import Error

        try:
            storage = await frame.evaluate(STORAGE)
        except Error:
            # An empty or sandboxed frame has no storage.
            return
        for kind, names in storage.items():
            for name in names:
                visitor.add(Item(kind, name, self.domain_of(urlsplit(frame.url).hostname or "")), path)

    async def note_cookies(self, context, visitor: Pass, path: str) -> None:
        for cookie in await context.cookies():
            domain = self.domain_of(cookie["domain"].removeprefix("."))
            # -1 is a session.
            seconds = max(1, int(cookie["expires"] - time.time())) if cookie["expires"] > 0 else 0
            visitor.add(Item(DeclaredCookie.Kind.COOKIE.value, cookie["name"], domain), path, seconds)

    def domain_of(self, host: str) -> str:
        return "" if host == self.host else host
