"""A walk over the whole site in a real browser, to compare what it keeps and asks for with what is declared.

Each pass is a visitor of its own: one who decides nothing, one who refuses all, one for each purpose who allows it
alone, and one at the sign-in of staff.
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
from consent.models.third_party import origin

TABS = 4
# Problems; the last is a remark, the others fail an audit.
UNDECLARED, WITHOUT_CONSENT, NEVER_SEEN = "not declared", "without consent", "never seen"
REQUEST = "request"
STORAGE = """async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  indexeddb: (await indexedDB.databases()).map((database) => database.name),
})"""


@dataclass
class Pass:
    """One visitor: what they allowed, and what was seen, as (kind, name) → the first page that it was seen on.

    The kind of a request is REQUEST and its name the other host's origin; else it is a DeclaredCookie.Kind.
    """

    name: str
    granted: frozenset[str]
    seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, kind: str, name: str, page: str):
        self.seen.setdefault((kind, name), page)


@dataclass(frozen=True)
class Finding:
    """Something that is not as declared: what kind of thing, its name, the passes it was seen in, the first page."""

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
    """Kind and name of what is declared → the keys of the purposes that it is declared for.

    A name may end in a star: _ga_* stands for all that begin so.
    """

    purposes: dict[tuple[str, str], frozenset[str]]
    necessary: frozenset[str]

    @classmethod
    def on_this_site(cls) -> "Declared":
        purposes: dict[tuple[str, str], frozenset[str]] = {}
        for cookie in DeclaredCookie.objects.published().select_related("purpose"):
            purposes[cookie.kind, cookie.name] = frozenset([cookie.purpose.key])
        for model in (EmbeddedContent, Script):
            for item in model.objects.published().select_related("purpose"):
                for source in set().union(*item.sources.values()):
                    known = purposes.get((REQUEST, source), frozenset())
                    purposes[REQUEST, source] = known | {item.purpose.key}
        return cls(purposes, frozenset(Purpose.objects.filter(is_necessary=True).values_list("key", flat=True)))

    def matching(self, kind: str, name: str) -> tuple[str, str] | None:
        """The declaration that covers what was seen."""
        return next((key for key in self.purposes if key[0] == kind and fnmatchcase(name, key[1])), None)

    def compare(self, passes: Iterable[Pass]) -> list[Finding]:
        """What was seen and is not declared, or came without consent; then what is declared and was never seen."""
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
            Finding(problem, kind, name, tuple(visitor.name for visitor, _page in where), where[0][1])
            for (problem, kind, name), where in seen_in.items()
        ]
        return faults + [Finding(NEVER_SEEN, *key) for key in self.purposes if key not in covered]


def passes_of_this_site() -> list[Pass]:
    optional = Purpose.objects.published().filter(is_necessary=False).values_list("key", flat=True)
    undecided, refusing = Pass("nothing decided", frozenset()), Pass("all refused", frozenset())
    return [undecided, refusing, *(Pass(f"only {key} allowed", frozenset([key])) for key in optional)]


class Walk:
    """The visits of all passes to one running site at `address`, such as http://127.0.0.1:8000.

    With `under`, only to pages whose path begins with one of these, such as /en/partners/.
    """

    def __init__(self, address: str, under: Iterable[str] = ()):
        self.address = address.rstrip("/")
        self.under = tuple(under) or ("/",)
        with translation.override(settings.LANGUAGE_CODE):
            self.settings, self.receipt = reverse("consent:settings"), reverse("consent:receipt")
        self.staff = reverse("admin:login")
        self.paths: list[str] = []

    def run(self, chromium: str, passes: list[Pass]) -> list[Pass]:
        """Fill `passes`, and a further one at the sign-in of staff, with what `chromium`, a program, sees."""
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
        """The addresses of the sitemap that are to be visited, and the pages of consent."""
        context = await browser.new_context()
        answer = await context.request.get(f"{self.address}/sitemap.xml")
        found = [urlsplit(url).path for url in re.findall(r"<loc>([^<]+)</loc>", await answer.text())]
        await context.close()
        return [*(path for path in found if path.startswith(self.under)), self.settings, self.receipt]

    async def visit(self, browser, visitor: Pass, paths: list[str]):
        context = await browser.new_context()
        await self.decide(context, visitor)
        waiting = list(paths)

        async def tab():
            page = await context.new_page()
            while waiting:
                await self.look(page, visitor, waiting.pop(0))

        await asyncio.gather(*(tab() for _number in range(TABS)))
        for cookie in await context.cookies():
            visitor.note(DeclaredCookie.Kind.COOKIE.value, cookie["name"], "")
        await context.close()

    async def decide(self, context, visitor: Pass):
        """Press the button that this visitor presses, in the real form."""
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

    async def look(self, page, visitor: Pass, path: str):
        """Open one page, scroll to its end, and note what it keeps and whom it asks."""

        def note_request(request):
            if urlsplit(request.url).scheme.startswith("http") and origin(request.url) != origin(self.address):
                visitor.note(REQUEST, origin(request.url), path)

        page.on("request", note_request)
        await page.goto(self.address + path)
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        await page.wait_for_load_state("networkidle")
        page.remove_listener("request", note_request)
        for kind, names in (await page.evaluate(STORAGE)).items():
            for name in names:
                visitor.note(kind, name, path)
        for cookie in await page.context.cookies():
            visitor.note(DeclaredCookie.Kind.COOKIE.value, cookie["name"], path)
