"""Third-party content and scripts load only after consent to their provider, or once on request."""

import json
import sqlite3
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests.browser.test_consent import BOTH, choice, receipt
from tests.browser.test_pages import NARROW, overflow, violations_in_both_schemes

PAGE = "/en/about/"
DECLARE = """
from consent.models import EmbeddedContent
from pages.models import Page
from tests.consent.factories import LINK, make_counter, make_provider, make_video, put_in_force
make_counter(publish=False)
film = make_video(publish=False)
campus = EmbeddedContent.objects.create(key="campus", title_en="Campus", provider=film.provider, shape="square",
    page_url="https://video.example/2", frame_url="https://frames.video.example/embed/2")
city = EmbeddedContent.objects.create(key="city", title_en="City", page_url="https://maps.example/1",
    frame_url="https://maps.example/embed/1", provider=make_provider("maps", "functional", "Map Ltd", "https://maps.example"))
put_in_force()
page = Page.objects.get(key="about")
page.body_en += "".join(
    f'<p><a href="{embed.page_url.replace("&", "&amp;")}">It</a></p>' for embed in (film, campus, city))
page.save()
"""
REMOVE = """
from consent.models import EmbeddedContent, Provider, Script
from pages.models import Page
from tests.consent.factories import put_in_force
EmbeddedContent.objects.filter(provider__key__in=["maps", "video"]).delete()
Script.objects.all().delete()
Provider.objects.filter(key__in=["counter", "maps", "video"]).delete()
put_in_force()
page = Page.objects.get(key="about")
page.body_en = page.body_en.partition('<p><a href="https://video.example')[0]
page.save()
"""
FILM, CAMPUS, CITY = (
    "https://frames.video.example/embed/1",
    "https://frames.video.example/embed/2",
    "https://maps.example/embed/1",
)
SCRIPT = "https://stats.example/count.js"


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


def embed(visitor, title: str):
    """The figure with an embed or its placeholder."""
    return visitor.page.locator("figure.embed").filter(has_text=title)


def press(visitor, title: str, button: str):
    embed(visitor, title).get_by_role("button", name=button).click()


def scroll_to_all(visitor):
    """Scroll to each embed, because frames load when they come into view."""
    for figure in visitor.page.locator("figure.embed").all():
        figure.scroll_into_view_if_needed()
    visitor.page.wait_for_load_state("networkidle")


def connect(site):
    """Connect to the database of the site, without a transaction."""
    if address := site.settings.get("DATABASE_URL"):
        return psycopg.connect(address, autocommit=True)
    return sqlite3.connect(site.data / "db.sqlite3", isolation_level=None)


@contextmanager
def nobody_can_write(site):
    with closing(connect(site)) as database:
        if "DATABASE_URL" in site.settings:
            before = ["ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"]
            after = ["ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"]
        else:
            before, after = ["BEGIN IMMEDIATE"], ["ROLLBACK"]
        for statement in before:
            database.execute(statement)
        yield
        for statement in after:
            database.execute(statement)


def records_of_what_was_shown_once(site) -> list[tuple]:
    with closing(connect(site)) as database:
        rows = database.execute(
            "SELECT receipt, path, answers FROM consent_decision WHERE action = 'shown_once' ORDER BY id"
        )
        # psycopg has parsed the JSON.
        return [(receipt, path, json.loads(text) if isinstance(text, str) else text) for receipt, path, text in rows]


@BOTH
def test_before_consent_and_after_refusal_nothing_is_loaded(visit_with_third_parties, javascript):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    scroll_to_all(visitor)
    assert not visitor.context.cookies()
    visitor.page.get_by_role("button", name="Refuse all").first.click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go(PAGE)
    scroll_to_all(visitor)
    assert embed(visitor, "Campus").get_by_role("link", name="Open it on the website of Video Ltd").is_visible()
    assert visitor.page.locator("iframe").count() == 0
    assert take_third_party_requests(visitor) == []


@BOTH
def test_the_placeholder_names_the_provider_its_country_and_the_data_with_a_link_to_the_settings(
    visit_with_third_parties, javascript
):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    text = embed(visitor, "City").inner_text()
    assert "This content comes from Map Ltd (Ireland). If you show it, Map Ltd receives: Your IP address." in text
    embed(visitor, "City").get_by_role("link", name="Details and cookie settings").click()
    visitor.page.wait_for_url(f"{visitor.site.url}/en/cookies/settings/")


@BOTH
def test_allowing_a_map_loads_the_map_and_no_video(visit_with_third_parties, javascript):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    press(visitor, "City", "Always allow Map Ltd")
    visitor.page.locator("#consent-saved").wait_for()
    scroll_to_all(visitor)
    assert visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").is_visible()
    assert take_third_party_requests(visitor) == [CITY]
    entries = choice(visitor)
    assert entries["maps"] != "-1" and entries["video"] == entries["counter"] == "-1"
    visitor.go(PAGE)
    scroll_to_all(visitor)
    assert take_third_party_requests(visitor) == [CITY]


@BOTH
def test_an_embed_is_shown_once_without_the_others_and_without_a_cookie(site, visit_with_third_parties, javascript):
    before = records_of_what_was_shown_once(site)
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    press(visitor, "Campus", "Show it this once")
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").wait_for()
    assert visitor.page.url == f"{site.url}{PAGE}#embed-campus"
    scroll_to_all(visitor)
    assert take_third_party_requests(visitor) == [CAMPUS]
    assert "Loaded from Video Ltd this once." in embed(visitor, "Campus").inner_text()
    assert visitor.page.get_by_role("region", name="Cookies on this site").is_visible(), "it decides nothing"
    assert not visitor.context.cookies()
    *earlier, (receipt, path, answers) = records_of_what_was_shown_once(site)
    assert earlier == before and (receipt, path, list(answers)) == ("", PAGE, ["video"])
    assert answers["video"]["embed"] == "campus"
    visitor.go(PAGE)
    scroll_to_all(visitor)
    assert take_third_party_requests(visitor) == [] and visitor.page.locator("iframe").count() == 0


END = {
    "a new notice": """
from consent.models import Notice
from tests.consent.factories import put_in_force
Notice.objects.update(heading_en="Cookies on this site" + {!r})
put_in_force()
""",
    "an erasure": """
from consent.models import Leaf
Leaf.objects.erase_receipt({!r}, staff="officer", remark="")
""",
}


@pytest.mark.parametrize(
    ("end", "javascript"),
    [
        ("a new notice", True),
        ("an erasure", False),
        pytest.param("a new notice", False, marks=pytest.mark.nightly),
        pytest.param("an erasure", True, marks=pytest.mark.nightly),
    ],
)
def test_a_withdrawal_removes_what_loaded_under_an_answer_that_no_longer_holds(
    site, visit_with_third_parties, javascript, end
):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    press(visitor, "City", "Always allow Map Ltd")
    visitor.page.locator("#consent-saved").wait_for()
    scroll_to_all(visitor)
    assert visitor.page.locator("iframe").count() == 1
    argument = {"a new notice": f" {javascript}", "an erasure": receipt(visitor)}[end]
    site.manage("shell", "-v", "0", "-c", END[end].format(argument), check=True)
    visitor.page.get_by_role("button", name="Withdraw consent").click()
    visitor.page.locator("iframe").wait_for(state="detached")
    # The new notice still asks, in place of the confirmation.
    visitor.page.locator(".consent" if end == "a new notice" else "#consent-saved").wait_for()
    if end == "a new notice":
        site.manage("shell", "-v", "0", "-c", END[end].format(""), check=True)
    take_third_party_requests(visitor)


@pytest.mark.nightly
@BOTH
def test_if_it_cannot_be_recorded_nothing_is_shown_and_the_visitor_can_try_again(
    site, visit_with_third_parties, javascript
):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    with nobody_can_write(site):
        press(visitor, "Campus", "Show it this once")
        visitor.page.get_by_role("heading", name="The content could not be shown").wait_for()
    assert visitor.page.get_by_text("Nothing was loaded.").is_visible()
    assert take_third_party_requests(visitor) == [] and not visitor.context.cookies()
    # The browser reports the status 503.
    visitor.console_errors.clear()
    visitor.page.get_by_role("button", name="Try again").click()
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").wait_for()
    assert take_third_party_requests(visitor) == [CAMPUS]


@pytest.mark.nightly
@BOTH
def test_a_browser_without_its_receipt_gets_the_placeholders_again(visit_with_third_parties, javascript):
    visitor = visit_with_third_parties(java_script_enabled=javascript)
    visitor.go(PAGE)
    press(visitor, "Campus", "Always allow Video Ltd")
    visitor.page.locator("#consent-saved").wait_for()
    scroll_to_all(visitor)
    assert sorted(take_third_party_requests(visitor)) == [FILM, CAMPUS]
    visitor.context.clear_cookies(name=visitor.site.cookie_name("cookie_consent_receipt"))
    visitor.go(PAGE)
    scroll_to_all(visitor)
    assert visitor.page.get_by_role("button", name="Always allow Video Ltd").count() == 2
    assert take_third_party_requests(visitor) == []


def test_a_script_runs_only_while_its_provider_is_allowed(visit_with_third_parties):
    visitor = visit_with_third_parties()
    visitor.go("/en/")
    visitor.page.get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go("/en/")
    visitor.page.wait_for_function("document.documentElement.dataset.counted === 'yes'")
    assert SCRIPT in take_third_party_requests(visitor)
    visitor.go("/en/cookies/settings/")
    take_third_party_requests(visitor)
    visitor.page.get_by_role("button", name="Withdraw all consent").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go("/en/")
    assert take_third_party_requests(visitor) == []


def test_placeholder_and_content_pass_the_accessibility_checks(visit_with_third_parties):
    visitor = visit_with_third_parties(viewport=NARROW)
    visitor.go(PAGE)
    faults = violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    press(visitor, "A walk through Lodz", "Show it this once")
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").wait_for()
    faults += violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    take_third_party_requests(visitor)
    assert not faults


@pytest.mark.nightly
def test_on_paper_placeholder_and_content_give_the_address(visit_with_third_parties):
    visitor = visit_with_third_parties()
    visitor.go(PAGE)
    press(visitor, "City", "Show it this once")
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The film").wait_for()
    visitor.page.emulate_media(media="print")
    for title, address in (("Campus", "https://video.example/2"), ("City", "https://maps.example/1")):
        link = embed(visitor, title).locator(f'a[href="{address}"]')
        assert address in link.evaluate("link => getComputedStyle(link, '::after').content") and link.is_visible()
    assert not embed(visitor, "Campus").get_by_role("button").first.is_visible()
    assert take_third_party_requests(visitor) == [CITY]
