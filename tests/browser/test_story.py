"""The story of one visitor through nginx over TLS, on both databases."""

import shutil

import pytest

from tests.browser.conftest import ARGUMENTS, Visitor
from tests.server.nginx import PRODUCTION, URL, Nginx

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx"), reason="nginx is missing; on Debian: sudo apt install nginx-light"
)
CITY = "/en/partners/university-of-lodz/"
MAP = "<!doctype html><html lang=en><title>Map</title><main><h1>The map</h1></main>"
COOKIES = {"__Host-cookie_consent", "__Host-cookie_consent_receipt"}


@pytest.fixture
def open_browser(server, launch, tmp_path_factory):
    """Function that opens a browser with a stand-in for OpenStreetMap, behind nginx."""
    folder = tmp_path_factory.mktemp("nginx")
    # The worker processes of nginx may run as another user.
    folder.chmod(0o755)
    server.settings |= PRODUCTION
    server.start()
    nginx = Nginx(folder, server).start()
    chromium = launch(args=[*ARGUMENTS, *nginx.browser_arguments])

    def open_visitor(javascript: bool) -> Visitor:
        context = chromium.new_context(java_script_enabled=javascript, base_url=URL)
        context.route(
            "https://www.openstreetmap.org/**", lambda route: route.fulfill(content_type="text/html", body=MAP)
        )
        return Visitor(server, context, context.new_page())

    yield open_visitor
    chromium.close()
    nginx.stop()


def loads_the_map(visitor) -> bool:
    """Open the page of a university, and return whether its map is requested."""
    visitor.requests.clear()
    visitor.page.goto(CITY)
    visitor.page.locator("figure.embed").scroll_into_view_if_needed()
    visitor.page.wait_for_load_state("networkidle")
    return any(url.startswith("https://www.openstreetmap.org/") for url in visitor.requests)


@pytest.mark.nightly
def test_what_a_visitor_allows_loads_for_this_visitor_until_the_withdrawal(open_browser):
    for javascript in (True, False):
        visitor, other = open_browser(javascript), open_browser(javascript)
        assert not loads_the_map(visitor) and not loads_the_map(other)
        assert visitor.context.cookies() == []
        visitor.page.get_by_role("button", name="Accept all").click()
        visitor.page.locator("#consent-saved").wait_for()
        for _ in range(2):
            assert loads_the_map(visitor) and not loads_the_map(other)
            assert visitor.page.locator("iframe").content_frame.get_by_role("heading", name="The map").is_visible()
        assert {cookie["name"] for cookie in visitor.context.cookies()} == COOKIES
        visitor.page.get_by_role("button", name="Withdraw consent").click()
        visitor.page.get_by_role("button", name="Always allow OpenStreetMap Foundation").wait_for()
        assert not loads_the_map(visitor) and not loads_the_map(visitor)
        assert not visitor.console_errors and not other.console_errors
