"""The map of its city on the page of a university, with a stand-in for OpenStreetMap."""

import pytest

from tests.browser.test_consent import BOTH

LODZ, MALMO = "/en/partners/university-of-lodz/", "/en/partners/malmo-university/"
MAP = "<!doctype html><html lang=en><title>Map</title><main><h1>The map</h1></main>"


@pytest.fixture
def visitor_with_map(visit):
    """Function that opens a browser with a stand-in for OpenStreetMap."""

    def open_browser(**options):
        visitor = visit(**options)
        visitor.context.route(
            "https://www.openstreetmap.org/**", lambda route: route.fulfill(content_type="text/html", body=MAP)
        )
        return visitor

    return open_browser


def maps_on(visitor, path: str) -> int:
    """Open a page, and return the number of its maps. Their requests do not fail the test."""
    visitor.go(path)
    shown = visitor.page.locator("iframe[title^='Map of']").count()
    if not shown:
        assert not visitor.third_party_requests
        assert visitor.page.get_by_role("link", name="Open it on the website of OpenStreetMap Foundation").is_visible()
    visitor.requests.clear()
    return shown


def press(visitor, button: str):
    """Press a button beside the map, and wait until the map is loaded."""
    visitor.page.get_by_role("button", name=button).click()
    frame = visitor.page.locator("iframe[title='Map of Lodz']")
    frame.scroll_into_view_if_needed()
    frame.content_frame.get_by_role("heading", name="The map").wait_for()
    assert {url.partition("?")[0] for url in visitor.third_party_requests} == {
        "https://www.openstreetmap.org/export/embed.html"
    }
    visitor.requests.clear()


@pytest.mark.nightly
@BOTH
def test_the_map_of_a_city_loads_once_or_always_as_the_visitor_asks(visitor_with_map, javascript):
    visitor = visitor_with_map(java_script_enabled=javascript)
    assert maps_on(visitor, LODZ) == 0
    press(visitor, "Show it this once")
    assert maps_on(visitor, LODZ) == maps_on(visitor, MALMO) == 0
    visitor.go(LODZ)
    press(visitor, "Always allow OpenStreetMap Foundation")
    assert maps_on(visitor, LODZ) == maps_on(visitor, MALMO) == 1
