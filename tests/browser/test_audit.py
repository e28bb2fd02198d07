"""The cookie audit of the running site, with a stand-in for the maps of the universities."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from consent.audit import (
    LONGER,
    NEVER_SEEN,
    STAFF,
    UNDECLARED,
    WITHOUT_CONSENT,
    Crawl,
    Declarations,
    Finding,
    Pass,
    passes_of,
)
from consent.models import NoticeVersion
from consent.receipt_number import RECEIPT_PATTERN

CITY = "/en/partners/university-of-lodz/"
ALLOWED = "only openstreetmap allowed"
CURRENT = """
import json
from consent.models import *
version = NoticeVersion.objects.current()
print(json.dumps({"number": version.number, "wording": {"en": version.wording["en"]}}))
"""
MAP = """<!doctype html><title>Map</title><img src="https://tile.openstreetmap.org/1/1/1.png" alt="">
<img src="https://elsewhere.example/pixel.gif" alt="">
<script>localStorage.setItem("visitor", "1"); caches.open("tiles")</script>"""
COOKIES = """_osm_totp_token=1; Domain=openstreetmap.org; Max-Age=3600; Secure; SameSite=None
_osm_session=1; Max-Age=7200; Secure; SameSite=None
spy=1; Secure; SameSite=None"""


class CrawlWithStandIn(Crawl):
    """Crawl that answers all requests to other hosts itself."""

    async def start_browser(self, playwright, chromium, profile):
        context = await super().start_browser(playwright, chromium, profile)

        async def answer(route):
            is_map = "/export/embed.html" in route.request.url
            headers = {"content-type": "text/html"} | ({"set-cookie": COOKIES} if is_map else {})
            await route.fulfill(body=MAP if is_map else "", headers=headers)

        await context.route(lambda url: not url.startswith(self.address), answer)
        return context


@pytest.fixture(scope="module")
def notice(site) -> NoticeVersion:
    # Other tests may have put versions in force.
    return NoticeVersion(**json.loads(site.manage("shell", "-v", "0", "-c", CURRENT, check=True).stdout))


@pytest.fixture(scope="module")
def passes(notice) -> list[Pass]:
    return passes_of(notice)


@pytest.fixture(scope="module")
def crawled(site, notice, passes) -> Crawl:
    """The crawl of the site, which fills the passes."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    crawl = CrawlWithStandIn(site.url, notice, [CITY, "/pl/wizja/"])
    # The tests use the synchronous interface of Playwright, which occupies the event loop of this thread.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(crawl.run, path, passes).result()
    return crawl


@pytest.fixture(scope="module")
def audit(crawled, passes):
    """Function that compares the crawl with a notice."""
    return lambda version: Declarations.of(version).compare(passes, crawled.host)


def faults(findings: list[Finding]) -> set[tuple]:
    """Return the faults without their pages, because the tabs of a visitor share the cookies."""
    return {(found.problem, found.kind, found.name, *found.passes) for found in findings if found.is_fault}


@pytest.mark.nightly
def test_the_site_stores_and_loads_only_what_is_declared(audit, notice):
    found = audit(notice)
    # Only the stand-in does more than the notice names.
    assert faults(found) == {
        (UNDECLARED, "request", "https://elsewhere.example", ALLOWED),
        (UNDECLARED, "cookie", "spy (www.openstreetmap.org)", ALLOWED),
        (UNDECLARED, "local", "visitor (www.openstreetmap.org)", ALLOWED),
        (UNDECLARED, "cache", "tiles (www.openstreetmap.org)", ALLOWED),
        # It is declared until the browser is closed.
        (LONGER, "cookie", "_osm_session (www.openstreetmap.org)", ALLOWED),
    }
    assert {finding.page for finding in found if finding.kind == "request" and finding.is_fault} == {CITY}
    # The map, its tiles and its cookie are named, and were seen.
    unseen = {finding.name for finding in found if finding.problem == NEVER_SEEN}
    assert not unseen & {"https://www.openstreetmap.org", "https://tile.openstreetmap.org", "cookie_consent"}
    assert "_osm_totp_token (openstreetmap.org)" not in unseen


@pytest.mark.nightly
def test_the_decisions_of_the_crawl_are_known_so_that_they_can_be_erased(crawled, notice):
    assert len(crawled.receipts) == 1 + len(notice.optional_providers)
    assert all(RECEIPT_PATTERN.fullmatch(receipt) for receipt in crawled.receipts)


def test_undeclared_cookies_and_cookies_without_consent_are_found(audit, notice):
    wording = json.loads(json.dumps(notice.wording["en"]))
    necessary, functional = wording["purposes"][:2]
    provider = next(item for item in functional["providers"] if item["key"] == "openstreetmap")
    moved = next(cookie for cookie in necessary["cookies"] if cookie["name"] == "cookie_consent")
    necessary["cookies"] = [item for item in necessary["cookies"] if item["name"] not in ("csrftoken", moved["name"])]
    provider["cookies"] = [moved]
    provider["hosts"] = ["https://www.openstreetmap.org"]
    found = faults(audit(NoticeVersion(number=2, wording={"en": wording})))
    assert (UNDECLARED, "cookie", "csrftoken", STAFF) in found
    assert (UNDECLARED, "request", "https://tile.openstreetmap.org", ALLOWED) in found
    (fault,) = (fault for fault in found if fault[0] == WITHOUT_CONSENT)
    assert fault[:4] == (WITHOUT_CONSENT, "cookie", "cookie_consent", "all refused")
    assert ALLOWED not in fault
