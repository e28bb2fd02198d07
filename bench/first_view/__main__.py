"""What would make pages show sooner on a phone's line, and the next page after a click: python -m bench.first_view.

Each visit is a first one, in Chromium with a processor four times as slow, over TLS and HTTP/2, and through a line with
the round trip and the speed of Lighthouse's slow 4G. All variants take turns; between browser and site a proxy changes
the one thing. It prints medians, and for first contentful paint the middle half.
"""

import argparse
import base64
import http.client
import json
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from statistics import median, quantiles

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Page, sync_playwright

from bench.first_view.line import Line
from bench.pages.targets import Target, site
from tests.browser.conftest import ARGUMENTS

HYPERCORN = "hypercorn==0.18.0"
PAGES = {"the home page": "/en/", "a university": "/en/partners/university-of-lodz/"}
# What the proxy is to change.
VIEWS = {
    "as it is": {},
    "without the preload of the font": {"without_preload": True},
    "the style sheet preloaded by a Link header": {"link": True},
    "103 Early Hints": {"hints": True},
    "as it is, sent after 40 ms": {"delay": 40},
    "103 Early Hints, then 40 ms": {"hints": True, "delay": 40},
}
AHEAD = {
    "nothing": {"without_rules": True},
    "as it is: once the link is pressed": {},
    "once the pointer rests on it": {"without_rules": True, "eagerness": "moderate"},
    "a script adds rel=prefetch": {"without_rules": True, "script": True},
}
NEXT = "/en/partners/"
STALE = {
    'as it is: Clear-Site-Data: "prefetchCache" on the answer to the choice': {},
    "nothing but Vary: Cookie": {"without_clearing": True},
    'Cookie-Indices: "cookie_consent" on pages': {
        "without_clearing": True,
        "headers": [("Cookie-Indices", '"cookie_consent"')],
    },
}
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
SLOWER = 4
HOVER, PRESS, SETTLE = 300, 90, 800
WATCH = """
window.found = { largest: 0, shift: 0 };
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (found.largest = entry.startTime)))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (found.shift += entry.value)))
  .observe({ type: "layout-shift", buffered: true });
addEventListener("pointerdown", ({ timeStamp }) => (sessionStorage.down = performance.timeOrigin + timeStamp), true);
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
FONT = "performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('.woff2')).responseEnd"
HINTED = "performance.getEntriesByType('resource').filter((entry) => entry.initiatorType === 'early-hints').length"


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.first_view", description=__doc__)
    parser.add_argument("--visits", type=int, default=15, help="Of each variant (default: %(default)s).")
    arguments = parser.parse_args()
    if arguments.visits < 2:
        parser.error("a median of fewer than two visits says nothing")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    with tempfile.TemporaryDirectory(prefix="bench-first-view-") as name:
        folder = Path(name)
        key = make_certificate(folder)
        served = site(folder / "data", HTTPS="true")
        # The one address that it answers without TLS.
        served.path = "/healthz"
        served.run("manage.py", "prepare")
        with served, Proxy(folder, served) as proxy, Line(proxy.port) as line, sync_playwright() as playwright:
            # Trusted by its key: of a certificate that it distrusts, Chromium would keep no answer in its cache.
            options = [*ARGUMENTS, f"--ignore-certificate-errors-spki-list={key}"]
            browser = playwright.chromium.launch(executable_path=chromium, args=options)
            print(f"Chromium {browser.version}, {arguments.visits} visits of each", flush=True)
            bench = Bench(browser, proxy, line)
            bench.first_views(arguments.visits)
            bench.next_pages(arguments.visits)
            bench.stale_pages()
            browser.close()


def make_certificate(folder: Path) -> str:
    """A certificate of this machine in `folder`; the digest of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(sha256(key.public_key().public_bytes(*form)).digest()).decode()


class Proxy(Target):
    """bench/first_view/proxy.py, in an environment of its own under `folder`."""

    def __init__(self, folder: Path, served: Target):
        python = folder / "venv/bin/python"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        wanted = [HYPERCORN, f"brotli=={version('brotli')}"]
        subprocess.run([python, "-m", "pip", "install", "-q", "-q", *wanted], check=True)
        command = [str(python), "-m", "hypercorn", "bench.first_view.proxy:application", "--bind", "127.0.0.1:{port}"]
        command += ["--certfile", str(folder / "certificate.pem"), "--keyfile", str(folder / "key.pem")]
        super().__init__("the proxy", command, "/-/seen", {"SITE_PORT": str(served.port)})

    def answers(self) -> bool:
        try:
            return self.seen() is not None
        except OSError:
            return False

    def seen(self) -> list[dict]:
        """The requests since this was last asked, or since the last change."""
        return json.loads(self.ask("GET", "/-/seen"))

    def change(self, **what):
        self.ask("PUT", "/-/change", json.dumps(what))

    def ask(self, method: str, path: str, body: str | None = None) -> bytes:
        anyone = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=anyone)
        connection.request(method, path, body)
        found = connection.getresponse().read()
        connection.close()
        return found


class Bench:
    def __init__(self, browser: Browser, proxy: Proxy, line: Line):
        self.browser, self.proxy, self.line = browser, proxy, line
        self.address = f"https://127.0.0.1:{line.port}"

    def open(self, options: dict) -> Page:
        """A page of a browser that was never here."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(60_000)
        context.add_init_script(WATCH)
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        return page

    # A first view

    def first_views(self, visits: int):
        print("\n### The first view\n")
        print("| page | variant | FCP, ms | middle half | LCP, ms | font, ms | shift | bytes | requests | hinted |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
        found = {(page, name): [] for page in PAGES for name in VIEWS}
        for page in PAGES.values():
            # The first ever finds the site and the proxy cold.
            self.view(page)
        for _visit in range(visits):
            for page, name in shuffled(found):
                self.proxy.change(**VIEWS[name])
                found[page, name].append(self.view(PAGES[page]))
        for (page, name), rows in found.items():
            first, largest, font, shift, size, requests, hinted = (median(column) for column in zip(*rows, strict=True))
            print(
                f"| {page} | {name} | {first:.0f} | {middle([row[0] for row in rows])} | {largest:.0f} | {font:.0f} | "
                f"{shift:.3f} | {size:,.0f} | {requests:.0f} | {hinted:.0f} |",
                flush=True,
            )

    def view(self, path: str) -> tuple:
        page, before = self.open(PHONE), self.line.carried
        page.goto(self.address + path)
        page.wait_for_timeout(SETTLE)
        told = page.evaluate(f"[{FIRST_PAINT}, found.largest, {FONT}, found.shift]")
        size, hinted = self.line.carried - before, page.evaluate(HINTED)
        page.context.close()
        return *told, size, len(self.proxy.seen()), hinted

    # The next page

    def next_pages(self, visits: int):
        print(f"\n### From pressing a link to the next page ({HOVER} ms over it before, {PRESS} ms held)\n")
        print("| ahead of the click | FCP, ms | middle half | bytes | requests for the page |")
        print("|---|---:|---:|---:|---|")
        found = {name: [] for name in AHEAD}
        for _visit in range(visits):
            for name in shuffled(AHEAD):
                self.proxy.change(**AHEAD[name])
                found[name].append(self.follow())
        for name, rows in found.items():
            first, sizes, asked = zip(*rows, strict=True)
            told = ", or ".join(f"{how} ({times} ×)" for how, times in Counter(asked).most_common())
            print(f"| {name} | {median(first):.0f} | {middle(first)} | {median(sizes):,.0f} | {told} |", flush=True)

    def follow(self) -> tuple:
        page = self.arrive()
        before = self.line.carried
        self.click(page)
        first = page.evaluate(f"performance.timeOrigin + {FIRST_PAINT} - sessionStorage.getItem('down')")
        page.wait_for_timeout(SETTLE)
        size = self.line.carried - before
        page.context.close()
        return first, size, self.asked_for_next()

    def arrive(self) -> Page:
        page = self.open(DESKTOP)
        page.goto(self.address + "/en/")
        page.wait_for_timeout(SETTLE)
        self.proxy.seen()
        return page

    def hover(self, page: Page):
        box = page.locator(f'header a[href="{NEXT}"]').first.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
        page.wait_for_timeout(HOVER)

    def click(self, page: Page):
        self.hover(page)
        page.mouse.down()
        page.wait_for_timeout(PRESS)
        page.mouse.up()
        page.wait_for_url(f"**{NEXT}")
        # Not wait_for_function: the pages' policy refuses it.
        while not page.evaluate(FIRST_PAINT):
            page.wait_for_timeout(10)

    def stale_pages(self):
        """Whether a page fetched ahead still asks about cookies, after the question was answered where it is."""
        print("\n### A page fetched ahead (moderate), then the question about cookies answered, then the click\n")
        print("| with | asks again | requests for the page before the click | after |")
        print("|---|---|---|---|")
        for name, change in STALE.items():
            self.proxy.change(eagerness="moderate", **change)
            page = self.arrive()
            self.hover(page)
            page.wait_for_timeout(SETTLE)
            page.get_by_role("button", name="Refuse all").click()
            page.locator("section.consent").wait_for(state="detached")
            ahead = self.asked_for_next()
            page.wait_for_timeout(SETTLE)
            self.click(page)
            page.wait_for_load_state()
            asks = page.locator("section.consent").count()
            print(f"| {name} | {'yes' if asks else 'no'} | {ahead} | {self.asked_for_next()} |", flush=True)
            page.context.close()

    def asked_for_next(self) -> str:
        asked = [request for request in self.proxy.seen() if request["path"] == NEXT]
        return " and ".join(f"{request['status']}{' ahead' * request['is_ahead']}" for request in asked) or "none"


def shuffled(names: Collection) -> list:
    """So that none always comes after the same."""
    return random.sample(list(names), len(names))


def middle(figures: Sequence[float]) -> str:
    """From the first to the third quartile."""
    first, _second, third = quantiles(figures, n=4, method="inclusive")
    return f"{first:.0f}–{third:.0f}"


if __name__ == "__main__":
    main()
