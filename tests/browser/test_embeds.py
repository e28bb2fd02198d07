"""Third-party content and scripts load only after consent."""

import pytest

from tests.browser.test_consent import BOTH, choice
from tests.browser.test_pages import NARROW, overflow, violations

PAGE = "/en/about/"
DECLARE = """
from pages.models import Page
from tests.consent.factories import LINK, make_counter, make_video
make_video()
make_counter()
page = Page.objects.get(key="about")
page.body_en += f'<p><a href="{LINK.replace("&", "&amp;")}">The film</a></p>'
page.save()
"""
REMOVE = """
from consent.models import EmbeddedContent, Script
from pages.models import Page
EmbeddedContent.objects.filter(page_url__contains="video.example").delete()
Script.objects.all().delete()
page = Page.objects.get(key="about")
page.body_en = page.body_en.partition('<p><a href="https://video.example')[0]
page.save()
"""
THIRD_PARTIES = ("https://frames.video.example/embed/1", "https://stats.example/count.js")


@pytest.fixture(scope="module")
def declared(site):
    site.manage("shell", "-v", "0", "-c", DECLARE, check=True)
    yield
    site.manage("shell", "-v", "0", "-c", REMOVE, check=True)


@pytest.fixture
def visit_with_third_parties(visit, declared):
    """Function that opens a browser with mocked third parties."""

    def open_browser(**options):
        visitor = visit(**options)
        visitor.context.route(
            "https://*.example/**",
            lambda route: route.fulfill(
                content_type="text/javascript" if route.request.url.endswith(".js") else "text/html",
                body="document.documentElement.dataset.counted = 'yes'"
                if route.request.url.endswith(".js")
                else "<!doctype html><html lang=en><title>Film</title><main><h1>The film</h1></main>",
            ),
        )
        return visitor

    return open_browser


def take_third_party_requests(visitor) -> list[str]:
    """Return and clear the requests to third parties, so that the fixture `visit` accepts them."""
    found = visitor.third_party_requests
    visitor.requests.clear()
    return found


@BOTH
def test_before_consent_and_after_refusal_nothing_is_loaded(visit_with_third_parties, javascript):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    visitor.page.get_by_role("button", name="Allow “Functional” and show it").scroll_into_view_if_needed()
    assert not visitor.context.cookies()
    visitor.page.get_by_role("button", name="Refuse all").first.click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go(PAGE)
    assert visitor.page.get_by_role("link", name="Open it at Video Ltd, Ireland instead").is_visible()
    assert visitor.page.locator("iframe").count() == 0
    assert take_third_party_requests(visitor) == []


@BOTH
def test_allowing_an_embed_loads_only_its_purpose(visit_with_third_parties, javascript):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    visitor.page.get_by_role("button", name="Allow “Functional” and show it").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.page.locator("iframe").scroll_into_view_if_needed()
    assert visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").is_visible()
    assert take_third_party_requests(visitor) == [THIRD_PARTIES[0]]
    assert choice(visitor)["statistics"] == "-1"


def test_a_script_runs_only_while_its_purpose_is_allowed(visit_with_third_parties):
    visitor = visit_with_third_parties()
    visitor.go("/en/cookies/settings/")
    visitor.page.get_by_label("Statistics").check()
    visitor.page.get_by_role("button", name="Save my choice").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go("/en/")
    visitor.page.wait_for_function("document.documentElement.dataset.counted === 'yes'")
    assert THIRD_PARTIES[1] in take_third_party_requests(visitor)
    visitor.go("/en/cookies/settings/")
    take_third_party_requests(visitor)
    visitor.page.get_by_role("button", name="Withdraw all consent").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go("/en/")
    assert take_third_party_requests(visitor) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_placeholder_and_content_pass_the_accessibility_checks(visit_with_third_parties, scheme):
    visitor = visit_with_third_parties(color_scheme=scheme, viewport=NARROW)
    visitor.go(PAGE)
    faults = violations(visitor.page) + overflow(visitor.page)
    visitor.page.get_by_role("button", name="Allow “Functional” and show it").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.page.locator("iframe").scroll_into_view_if_needed()
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").wait_for()
    faults += violations(visitor.page) + overflow(visitor.page)
    take_third_party_requests(visitor)
    assert not faults
