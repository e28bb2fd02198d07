"""Effect of single changes on the time to the first paint and to the next page: python -m bench.first_view.

Each visit is a first visit, in Chromium with a CPU slowdown of four, over TLS and HTTP/2, through a line with the
round trip and bandwidth of slow 4G in Lighthouse. All variants take turns. A proxy between browser and site makes the
change. The program prints medians, and the interquartile range of the first contentful paint.
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
# Name → change by the proxy.
FIRST_VIEW_VARIANTS = {
    "unchanged": {},
    "without the preload of the font": {"without_preload": True},
    "the style sheet preloaded by a Link header": {"link": True},
    "103 Early Hints": {"hints": True},
    "unchanged, sent after 40 ms": {"delay": 40},
    "103 Early Hints, then 40 ms": {"hints": True, "delay": 40},
}
PREFETCH_VARIANTS = {
    "nothing": {"without_rules": True},
    "unchanged: when the link is pressed": {},
    "when the pointer rests on the link": {"without_rules": True, "eagerness": "moderate"},
    "a script adds rel=prefetch": {"without_rules": True, "script": True},
}
NEXT = "/en/partners/"
STALE_VARIANTS = {
    'unchanged: Clear-Site-Data: "prefetchCache" in the response to the decision': {},
    "only Vary: Cookie": {"without_clearing": True},
    'Cookie-Indices: "cookie_consent" on pages': {
        "without_clearing": True,
        "headers": [("Cookie-Indices", '"cookie_consent"')],
    },
}
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
CPU_SLOWDOWN = 4
# Milliseconds: pointer over the link, button pressed, and wait after loading.
HOVER, PRESS, SETTLE = 300, 90, 800
OBSERVERS = """
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
    parser.add_argument("--visits", type=int, default=15, help="Visits of each variant (default: %(default)s).")
    arguments = parser.parse_args()
    if arguments.visits < 2:
        parser.error("give at least two visits, for the quartiles")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    with tempfile.TemporaryDirectory(prefix="bench-first-view-") as name:
        folder = Path(name)
        key = make_certificate(folder)
        served = site(folder / "data", HTTPS="true")
        # The only path that the site serves without a redirect to HTTPS.
        served.path = "/healthz"
        served.run("manage.py", "prepare")
        with served, Proxy(folder, served) as proxy, Line(proxy.port) as line, sync_playwright() as playwright:
            # Trusted by its key, because Chromium does not cache responses of a server that it does not trust.
            options = [*ARGUMENTS, f"--ignore-certificate-errors-spki-list={key}"]
            browser = playwright.chromium.launch(executable_path=chromium, args=options)
            print(f"Chromium {browser.version}, {arguments.visits} visits of each variant", flush=True)
            bench = Bench(browser, proxy, line)
            bench.first_views(arguments.visits)
            bench.next_pages(arguments.visits)
            bench.stale_pages()
            browser.close()


def make_certificate(folder: Path) -> str:
    """Write a self-signed certificate to `folder`, and return the digest of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_format = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *key_format))
    public_key = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(sha256(public_key).digest()).decode()


class Proxy(Target):
    """bench/first_view/proxy.py, in a separate environment in `folder`."""

    def __init__(self, folder: Path, served: Target):
        python = folder / "venv/bin/python"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        packages = [HYPERCORN, f"brotli=={version('brotli')}"]
        subprocess.run([python, "-m", "pip", "install", "-q", "-q", *packages], check=True)
        command = [str(python), "-m", "hypercorn", "bench.first_view.proxy:application", "--bind", "127.0.0.1:{port}"]
        command += ["--certfile", str(folder / "certificate.pem"), "--keyfile", str(folder / "key.pem")]
        super().__init__("the proxy", command, "/-/requests", {"SITE_PORT": str(served.port)})

    def is_ready(self) -> bool:
        try:
            return self.requests() is not None
        except OSError:
            return False

    def requests(self) -> list[dict]:
        """Return the requests since the previous call or change."""
        return json.loads(self.send("GET", "/-/requests"))

    def change(self, **options):
        self.send("PUT", "/-/change", json.dumps(options))

    def send(self, method: str, path: str, body: str | None = None) -> bytes:
        unverified = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=unverified)
        connection.request(method, path, body)
        response = connection.getresponse().read()
        connection.close()
        return response


class Bench:
    def __init__(self, browser: Browser, proxy: Proxy, line: Line):
        self.browser, self.proxy, self.line = browser, proxy, line
        self.address = f"https://127.0.0.1:{line.port}"

    def open(self, options: dict) -> Page:
        """Open a page in a new browser context."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(60_000)
        context.add_init_script(OBSERVERS)
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        return page

    # First view

    def first_views(self, visits: int):
        print("\n### The first view\n")
        print("| page | variant | FCP, ms | quartiles | LCP, ms | font, ms | shift | bytes | requests | hinted |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
        results = {(page, name): [] for page in PAGES for name in FIRST_VIEW_VARIANTS}
        for page in PAGES.values():
            # Warm up the site and the proxy.
            self.view(page)
        for _visit in range(visits):
            for page, name in shuffled(results):
                self.proxy.change(**FIRST_VIEW_VARIANTS[name])
                results[page, name].append(self.view(PAGES[page]))
        for (page, name), rows in results.items():
            first, largest, font, shift, size, requests, hinted = (median(column) for column in zip(*rows, strict=True))
            print(
                f"| {page} | {name} | {first:.0f} | {quartiles([row[0] for row in rows])} | {largest:.0f} | "
                f"{font:.0f} | {shift:.3f} | {size:,.0f} | {requests:.0f} | {hinted:.0f} |",
                flush=True,
            )

    def view(self, path: str) -> tuple:
        page, before = self.open(PHONE), self.line.carried
        page.goto(self.address + path)
        page.wait_for_timeout(SETTLE)
        times = page.evaluate(f"[{FIRST_PAINT}, found.largest, {FONT}, found.shift]")
        size, hinted = self.line.carried - before, page.evaluate(HINTED)
        page.context.close()
        return *times, size, len(self.proxy.requests()), hinted

    # Next page

    def next_pages(self, visits: int):
        print(
            f"\n### From a click on a link to the next page (after {HOVER} ms over the link, pressed for {PRESS} ms)\n"
        )
        print("| prefetch | FCP, ms | quartiles | bytes | requests for the page |")
        print("|---|---:|---:|---:|---|")
        results = {name: [] for name in PREFETCH_VARIANTS}
        for _visit in range(visits):
            for name in shuffled(PREFETCH_VARIANTS):
                self.proxy.change(**PREFETCH_VARIANTS[name])
                results[name].append(self.follow())
        for name, rows in results.items():
            first, sizes, requests = zip(*rows, strict=True)
            counts = ", or ".join(f"{kind} ({count} ×)" for kind, count in Counter(requests).most_common())
            print(
                f"| {name} | {median(first):.0f} | {quartiles(first)} | {median(sizes):,.0f} | {counts} |", flush=True
            )

    def follow(self) -> tuple:
        page = self.open_home()
        before = self.line.carried
        self.click(page)
        first = page.evaluate(f"performance.timeOrigin + {FIRST_PAINT} - sessionStorage.getItem('down')")
        page.wait_for_timeout(SETTLE)
        size = self.line.carried - before
        page.context.close()
        return first, size, self.requests_for_next()

    def open_home(self) -> Page:
        page = self.open(DESKTOP)
        page.goto(self.address + "/en/")
        page.wait_for_timeout(SETTLE)
        self.proxy.requests()
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
        # Not wait_for_function, which the Content-Security-Policy forbids.
        while not page.evaluate(FIRST_PAINT):
            page.wait_for_timeout(10)

    def stale_pages(self):
        """Check whether a prefetched page still has the consent notice after a decision on the previous page."""
        print("\n### A prefetched page (moderate), then a consent decision, then the click\n")
        print("| variant | has the notice | requests for the page before the click | after |")
        print("|---|---|---|---|")
        for name, change in STALE_VARIANTS.items():
            self.proxy.change(eagerness="moderate", **change)
            page = self.open_home()
            self.hover(page)
            page.wait_for_timeout(SETTLE)
            page.get_by_role("button", name="Refuse all").click()
            page.locator("section.consent").wait_for(state="detached")
            before = self.requests_for_next()
            page.wait_for_timeout(SETTLE)
            self.click(page)
            page.wait_for_load_state()
            has_notice = page.locator("section.consent").count()
            print(f"| {name} | {'yes' if has_notice else 'no'} | {before} | {self.requests_for_next()} |", flush=True)
            page.context.close()

    def requests_for_next(self) -> str:
        requests = [request for request in self.proxy.requests() if request["path"] == NEXT]
        return (
            " and ".join(f"{request['status']}{' prefetch' * request['is_prefetch']}" for request in requests) or "none"
        )


def shuffled(names: Collection) -> list:
    """Return the names in random order, so that the order has no effect on the results."""
    return random.sample(list(names), len(names))


def quartiles(figures: Sequence[float]) -> str:
    """Return the first and the third quartile."""
    first, _second, third = quantiles(figures, n=4, method="inclusive")
    return f"{first:.0f}–{third:.0f}"


if __name__ == "__main__":
    main()
