"""Cookie audit: crawls the site in a real browser, and compares storage and requests with the declarations.

Each pass is a separate visitor: one without a decision, one who refuses everything, one for each optional purpose who
allows only that purpose, and one on the sign-in page of staff.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from consent.models import DeclaredCookie, EmbeddedContent, Purpose, Script
from consent.models.provider import origin

TABS = 4
# Problems. The last one is a remark, the others are faults.
UNDECLARED, WITHOUT_CONSENT, NEVER_SEEN = "not declared", "without consent", "never seen"
REQUEST = "request"
STORAGE = """async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  indexeddb: (await indexedDB.databases()).map((database) => database.name),
})"""


@dataclass
class Pass:
    """One visitor: the granted purposes, and the first page of everything that was seen, by kind and name.

    A kind is a DeclaredCookie.Kind, or REQUEST for a request to another origin, whose name is that origin.
    """

    name: str
    granted: frozenset[str]
    seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, kind: str, name: str, page: str) -> None:
        self.seen.setdefault((kind, name), page)


@dataclass(frozen=True)
class Finding:
    """A difference from the declarations, with the passes in which it was seen and its first page."""

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


@dataclass(frozen=True)
class Declared:
    """The declarations: keys of purposes by kind and name, and the keys of the necessary purposes.

    A name can end with an asterisk, as in _ga_*.
    """

    purposes: dict[tuple[str, str], frozenset[str]]
    necessary: frozenset[str]

    @classmethod
    def on_this_site(cls) -> "Declared":
        """Return the declarations in the database."""
        purposes: dict[tuple[str, str], frozenset[str]] = {}
        for cookie in DeclaredCookie.objects.published().select_related("purpose"):
            purposes[cookie.kind, cookie.name] = frozenset([cookie.purpose.key])
        for model in (EmbeddedContent, Script):
            for item in model.objects.published().select_related("purpose"):
                for source in set().union(*item.sources.values()):
                    known = purposes.get((REQUEST, source), frozenset())
                    purposes[REQUEST, source] = known | {item.purpose.key}
        return cls(purposes, frozenset(Purpose.objects.necessary().values_list("key", flat=True)))

    def matching(self, kind: str, name: str) -> tuple[str, str] | None:
        """Return kind and name of the declaration that covers an item, or None."""
        return next((key for key in self.purposes if key[0] == kind and fnmatchcase(name, key[1])), None)

    def compare(self, passes: Iterable[Pass]) -> list[Finding]:
        """Return the undeclared items, the items without consent, and then the declarations that were never seen."""
        seen_in: dict[tuple[str, str, str], list[tuple[Pass, str]]] = {}
        covered = set()
        for visitor in passes:
            for (kind, name), page in visitor.seen.items():
                declaration = self.matching(kind, name)
                if declaration is None:
                    seen_in.setdefault((UNDECLARED, kind, name), []).append((visitor, page))
                    continue
                covered.add(declaration)
                if not self.purposes[declaration] & (visitor.granted | self.necessary):
                    seen_in.setdefault((WITHOUT_CONSENT, kind, name), []).append((visitor, page))
        faults = [
            Finding(problem, kind, name, tuple(visitor.name for visitor, _page in visits), visits[0][1])
            for (problem, kind, name), visits in seen_in.items()
        ]
        return faults + [Finding(NEVER_SEEN, *key) for key in self.purposes if key not in covered]


def passes_of_this_site() -> list[Pass]:
    """Return the empty passes of all visitors, except the one on the sign-in page."""
    optional = Purpose.objects.published().optional().values_list("key", flat=True)
    undecided, refusing = Pass("nothing decided", frozenset()), Pass("all refused", frozenset())
    return [undecided, refusing, *(Pass(f"only {key} allowed", frozenset([key])) for key in optional)]


class Crawl:
    """Crawl of a running site at `address`, such as http://127.0.0.1:8000.

    `under` limits it to pages whose path starts with one of these prefixes, such as /en/partners/.
    """

    def __init__(self, address: str, under: Iterable[str] = ()):
        self.address = address.rstrip("/")
        self.under = tuple(under) or ("/",)
        with translation.override(settings.LANGUAGE_CODE):
            self.settings, self.receipt = reverse("consent:settings"), reverse("consent:receipt")
        self.staff = reverse("admin:login")
        self.paths: list[str] = []

    def run(self, chromium: str, passes: list[Pass]) -> list[Pass]:
        """Run all passes in Chromium, whose path is `chromium`, and return them with the one on the sign-in page."""
        return asyncio.run(self.visit_all(chromium, passes))

    async def visit_all(self, chromium: str, passes: list[Pass]) -> list[Pass]:
        from playwright.async_api import async_playwright

        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            self.paths = await self.find_paths(browser)
            for visitor in passes:
                await self.visit(browser, visitor, self.paths)
            staff = Pass("staff at the sign-in", frozenset())
            await self.visit(browser, staff, [self.staff])
            await browser.close()
        return [*passes, staff]

    async def find_paths(self, browser) -> list[str]:
        """Return the paths in the sitemap that start with `under`, and the pages of consent."""
        context = await browser.new_context()
        response = await context.request.get(f"{self.address}/sitemap.xml")
        found = [urlsplit(url).path for url in re.findall(r"<loc>([^<]+)</loc>", await response.text())]
        await context.close()
        return [*(path for path in found if path.startswith(self.under)), self.settings, self.receipt]

    async def visit(self, browser, visitor: Pass, paths: list[str]) -> None:
        """Visit all pages as one visitor, in TABS tabs."""
        context = await browser.new_context()
        await self.decide(context, visitor)
        waiting = list(paths)

        async def tab():
            page = await context.new_page()
            while waiting:
                await self.inspect(page, visitor, waiting.pop(0))

        await asyncio.gather(*(tab() for _number in range(TABS)))
        for cookie in await context.cookies():
            visitor.add(DeclaredCookie.Kind.COOKIE.value, cookie["name"], "")
        await context.close()

    async def decide(self, context, visitor: Pass) -> None:
        """Send the form of the settings with the decision of this visitor."""
        if visitor.name in ("nothing decided", "staff at the sign-in"):
            return
        page = await context.new_page()
        await page.goto(self.address + self.settings)
        for key in visitor.granted:
            await page.check(f'.consent-settings input[value="{key}"]')
        button = "choose" if visitor.granted else "refuse"
        await page.click(f'.consent-settings button[value="{button}"]')
        await page.wait_for_selector("#consent-saved")
        await page.close()

    async def inspect(self, page, visitor: Pass, path: str) -> None:
        """Open a page, scroll to its end, and add its storage and requests to the pass."""

        def note_request(request):
            if urlsplit(request.url).scheme.startswith("http") and origin(request.url) != origin(self.address):
                visitor.add(REQUEST, origin(request.url), path)

        page.on("request", note_request)
        await page.goto(self.address + path)
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        await page.wait_for_load_state("networkidle")
        page.remove_listener("request", note_request)
        for kind, names in (await page.evaluate(STORAGE)).items():
            for name in names:
                visitor.add(kind, name, path)
        for cookie in await page.context.cookies():
            visitor.add(DeclaredCookie.Kind.COOKIE.value, cookie["name"], path)
