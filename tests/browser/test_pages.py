"""What a visitor meets in a real browser: with a keyboard, on a narrow screen, in the dark, without JavaScript."""

import re
import shutil
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe

WCAG = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # Without it, axe would fetch stylesheets anew, by wrong addresses where one imports another.
    "preload": False,
    # What passes is not told node by node, which would take most of the time.
    "resultTypes": ["violations"],
}
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
FIRST_VIEW = 14 * 1024
MOST_JAVASCRIPT = 4096
# Pages that no sitemap lists.
OTHERS = [
    "/en/search/",
    "/pl/szukaj/?q=uniwersytet",
    "/en/search/?q=x",
    "/en/search/?q=zzzz",
    "/en/partners/?country=XX",
]


def violations(page) -> list[str]:
    # Half-way through a transition, colours are not what a reader ends up with.
    page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
    # 7:1 for text, which is more than AA asks; the admin's own look is Django's.
    enhanced = {"rules": {"color-contrast-enhanced": {"enabled": "/admin/" not in page.url}}}
    found = Axe().run(page, options=WCAG | enhanced).response["violations"]
    return [f"{page.url} {rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def every_path(site) -> list[str]:
    return [*site.paths, *OTHERS]


def one_of_each_kind(site) -> list[str]:
    """The pages in English, of those under the same one only the first: one university, one deliverable."""
    kinds = {path if path.count("/") < 4 else path.rsplit("/", 2)[0]: path for path in reversed(site.paths)}
    return [*(path for path in kinds.values() if path.startswith("/en/")), *OTHERS]


def decided(visitor):
    """The visitor, after refusing all cookies."""
    visitor.go("/en/cookies/settings/")
    visitor.page.get_by_role("button", name="Refuse all").click()
    visitor.page.locator("#consent-saved").wait_for()
    return visitor


def overflow(page) -> list[str]:
    """What reaches beyond the right edge of the screen."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => `${location.pathname}: ${element.tagName}.${element.className}`)"""
    )


@pytest.mark.parametrize(
    ("number", "viewport", "scheme"),
    [(0, NARROW, "light"), (1, NARROW, "dark"), (2, WIDE, "light"), (3, WIDE, "dark")],
    ids=["narrow-light", "narrow-dark", "wide-light", "wide-dark"],
)
def test_no_page_violates_accessibility_rules(visit, site, number, viewport, scheme):
    """Each kind of page in English narrow and wide, light and dark; of all pages some in each form and language."""
    visitor = visit(viewport=viewport, color_scheme=scheme)
    faults = []
    # What is at fault in the dark, or on a narrow screen, is so in both of these.
    kinds = one_of_each_kind(site) if (viewport, scheme) in ((NARROW, "dark"), (WIDE, "light")) else []
    for path in {*kinds, *every_path(site)[number::24]}:
        visitor.go(path)
        faults += violations(visitor.page)
    assert not faults


def test_no_page_in_any_language_scrolls_sideways_on_a_narrow_screen(visit, site):
    visitor = visit(viewport=NARROW)
    faults = []
    # TranslatedFields are what sticks out: every language has its own.
    for path in every_path(site)[::3]:
        visitor.go(path)
        faults += overflow(visitor.page)
    assert not faults


def test_no_home_page_scrolls_sideways_at_any_width(visit, site):
    visitor = visit()
    faults = []
    for path in [path for path in site.paths if path.count("/") == 2]:
        visitor.go(path)
        for width in (360, 390, 480, 768, 1024, 1280, 2560):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            faults += overflow(visitor.page)
    assert not faults


def test_the_open_menu_and_the_error_page_violate_no_accessibility_rule(visit):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    visitor.page.get_by_role("button", name="Menu").click()
    assert not violations(visitor.page)
    visitor.go("/en/nowhere/")
    assert not violations(visitor.page)
    # The browser itself notes the status of the error page.
    assert all("404" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_text_may_be_enlarged_fourfold(visit, site):
    """1280 CSS pixels at 400 % leave 320 by 256 (WCAG 2.2, 1.4.10)."""
    visitor = visit(viewport={"width": 320, "height": 256})
    for path in ("/en/", "/pl/partnerzy/", "/pl/os-czasu/"):
        visitor.go(path)
        assert not overflow(visitor.page)
        covered = visitor.page.evaluate("document.querySelector('.site-header').getBoundingClientRect().height")
        position = visitor.page.evaluate("getComputedStyle(document.querySelector('.site-header')).position")
        assert position not in ("fixed", "sticky") or covered < 128


def test_text_spacing_of_the_readers_own_hides_nothing(visit, site):
    """WCAG 2.2, 1.4.12."""
    visitor = visit(viewport=NARROW, bypass_csp=True)
    spacing = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    for path in ("/en/", "/pl/partnerzy/", "/pl/zadania/", "/pl/"):
        visitor.go(path)
        visitor.page.add_style_tag(content=spacing)
        assert not overflow(visitor.page)


def test_what_can_be_pressed_is_at_least_44_pixels_high_and_24_wide(visit, site):
    """WCAG 2.2, 2.5.5 and 2.5.8; not links within a sentence, and a card leads where its heading leads, all over."""
    visitor = visit(viewport=NARROW)
    for path in ("/en/", "/en/partners/", "/en/sitemap/", "/en/partners/university-of-lodz/", "/en/cookies/settings/"):
        visitor.go(path)
        small = visitor.page.evaluate(
            """() => [...document.querySelectorAll("a, button, input, select, summary")]
                .filter((e) => e.checkVisibility() && !e.closest(".rich-text, .skip-link, p, .card, .step, figcaption"))
                .map((e) => e.closest("label") ?? e)
                .filter((e) => { const box = e.getBoundingClientRect(); return box.width < 24 || box.height < 43.5; })
                .map((e) => `${e.tagName} ${e.textContent.trim()} ${e.getBoundingClientRect().height}`)"""
        )
        assert not small, path


def test_the_first_key_offers_to_skip_to_the_content(visit):
    visitor = decided(visit())
    visitor.go("/en/partners/")
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("element => element === document.activeElement")
    assert visitor.page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_is_seen(visit):
    visitor = visit(reduced_motion="reduce")
    visitor.go("/en/partners/")
    stops = visitor.page.locator("a:visible, button:visible, input:visible, select:visible").count()
    for _ in range(stops):
        visitor.page.keyboard.press("Tab")
        seen = visitor.page.evaluate(
            """() => {
                const stop = document.activeElement, box = stop.getBoundingClientRect();
                const outlined = [null, "::after"].some((part) => getComputedStyle(stop, part).outlineStyle !== "none");
                return stop !== document.body && box.bottom > 0 && box.top < innerHeight && outlined;
            }"""
        )
        assert seen, visitor.page.evaluate("document.activeElement.outerHTML")


def test_the_menu_of_a_phone_opens_and_closes_with_the_keyboard(visit):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    menu = visitor.page.get_by_role("navigation", name="Main menu")
    assert not menu.is_visible()
    visitor.page.get_by_role("button", name="Menu").focus()
    visitor.page.keyboard.press("Enter")
    assert menu.is_visible()
    visitor.page.keyboard.press("Escape")
    assert not menu.is_visible()
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/en/vision/")


def test_the_language_choice_leads_to_the_same_page(visit):
    visitor = visit()
    visitor.go("/en/partners/university-of-lodz/")
    visitor.page.get_by_role("link", name="Polski").click()
    visitor.page.wait_for_url("**/pl/partnerzy/uniwersytet-lodzki/")
    assert visitor.page.locator("h1").inner_text() == "Uniwersytet Łódzki"
    assert visitor.page.locator("html").get_attribute("lang") == "pl"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_filter_search_and_menu_work(visit, javascript):
    visitor = visit(java_script_enabled=javascript, viewport=NARROW)
    visitor.go("/en/partners/")
    visitor.page.get_by_label("Country").select_option("SE")
    visitor.page.get_by_role("button", name="Show").click()
    visitor.page.wait_for_url("**country=SE**")
    assert visitor.page.get_by_role("heading", name="1 university").is_visible()
    visitor.page.get_by_label("Search this site").fill("creathon")
    visitor.page.get_by_role("search").get_by_role("button", name="Search").click()
    visitor.page.get_by_role("main").get_by_role("link", name="Timeline of the alliance").click()
    visitor.page.wait_for_url("**/en/timeline/")
    visitor.page.get_by_role("button", name="Menu").click()
    visitor.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Tasks").click()
    visitor.page.wait_for_url("**/en/tasks/")


def test_no_cookie_is_set_and_nothing_is_stored(visit, site):
    visitor = visit()
    for path in one_of_each_kind(site):
        visitor.go(path)
    assert visitor.context.cookies() == []
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_first_view_is_at_most_14_kilobytes_of_html_and_css_and_4_of_javascript(visit, site):
    visitor = visit()
    # Intercepting requests keeps the browser from using its cache: each page is a first view.
    visitor.context.route("**/*", lambda route: route.continue_())
    responses = []
    visitor.page.on("response", lambda answer: responses.append(answer))
    # Polish and Turkish have letters that English has not.
    for path in (
        *one_of_each_kind(site),
        "/pl/",
        "/pl/partnerzy/",
        "/pl/partnerzy/uniwersytet-lodzki/",
        "/tr/",
        "/hr/",
    ):
        responses.clear()
        visitor.go(path)
        counted = [answer for answer in responses if answer.request.resource_type in ("document", "stylesheet")]
        assert {answer.headers.get("content-encoding") for answer in counted} <= {"gzip", "br", "zstd"}
        assert len(counted) > 1
        assert sum(answer.request.sizes()["responseBodySize"] for answer in counted) <= FIRST_VIEW, path
        scripts = [answer for answer in responses if answer.request.resource_type == "script"]
        assert sum(answer.request.sizes()["responseBodySize"] for answer in scripts) <= MOST_JAVASCRIPT, path
        # The icon, of which the browser does not tell, and the lazy emblem in the footer are not in the count.
        assert len({answer.url for answer in responses if "eu-emblem" not in answer.url}) <= 5, path


def test_every_page_in_every_language_fits_in_14_kilobytes_with_its_style_sheet(site):
    def sent(path: str) -> int:
        request = Request(site.url + path, headers={"Accept-Encoding": "br"})
        with urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "br"
            return len(answer.read())

    with urlopen(f"{site.url}/en/") as answer:
        sheet = re.search(r'rel="stylesheet" href="([^"]+)"', answer.read().decode())[1]
    sizes = {path: sent(path) + sent(sheet) for path in site.paths}
    assert len(sizes) > 250
    assert {path: size for path, size in sizes.items() if size > FIRST_VIEW} == {}


def test_forced_colours_leave_borders_and_marks(visit):
    visitor = visit(forced_colors="active")
    visitor.go("/en/partners/")
    current = visitor.page.locator(".menu [aria-current=page]")
    assert current.evaluate("element => getComputedStyle(element).borderBlockEndStyle") == "solid"
    assert not violations(visitor.page)


def test_print_leaves_the_content_and_takes_the_controls_away(visit):
    visitor = visit()
    visitor.go("/en/partners/university-of-lodz/")
    visitor.page.emulate_media(media="print")
    assert visitor.page.get_by_role("heading", level=1).is_visible()
    assert not visitor.page.locator(".menu").is_visible()
    assert not visitor.page.locator(".site-search").is_visible()


def test_going_back_shows_the_page_as_it_was_without_loading_it(site, launch):
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("The whole of Chromium is missing: install it, on Debian with: sudo apt install chromium")
    # Playwright turns the back-forward cache off unless told otherwise.
    browser = launch(executable_path=path, ignore_default_args=["--disable-back-forward-cache"])
    try:
        page = browser.new_page()
        for path in ("/en/", "/en/partners/", "/pl/", "/en/vision/"):
            page.goto(site.url + path)
            page.evaluate("addEventListener('pageshow', (event) => { window.cameBack = event.persisted })")
            page.goto(f"{site.url}/en/timeline/")
            page.go_back(wait_until="commit")
            page.wait_for_function("window.cameBack !== undefined")
            assert page.evaluate("window.cameBack"), path
    finally:
        browser.close()


@pytest.fixture
def whole_chromium(launch):
    """With what a desktop's Chromium does of itself."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("The whole of Chromium is missing: install it, on Debian with: sudo apt install chromium")
    browser = launch(executable_path=path)
    yield browser
    browser.close()


def fetched(page, path: str) -> list[str]:
    """Where requests for `path` are noted: "ahead" or "when asked for"."""
    found = []

    def note(request):
        if request.url.endswith(path):
            found.append("ahead" if "prefetch" in request.all_headers().get("sec-purpose", "") else "when asked for")

    page.context.on("request", note)
    return found


def press(page, name: str):
    link = page.get_by_role("main").get_by_role("link", name=name).first
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(200)


def test_the_next_page_is_fetched_once_its_link_is_pressed(whole_chromium, site):
    page = whole_chromium.new_page()
    page.goto(f"{site.url}/en/sitemap/")
    page.wait_for_timeout(500)
    found = fetched(page, "/en/timeline/")
    page.get_by_role("main").get_by_role("link", name="Timeline").first.hover()
    page.wait_for_timeout(500)
    assert found == []
    press(page, "Timeline")
    page.mouse.up()
    page.wait_for_url("**/en/timeline/")
    assert found == ["ahead"]


def test_a_page_that_was_fetched_ahead_does_not_ask_again_what_was_answered(whole_chromium, site):
    page = whole_chromium.new_page()
    page.goto(f"{site.url}/en/sitemap/")
    page.wait_for_timeout(500)
    press(page, "Timeline")
    page.mouse.move(1, 1)
    page.mouse.up()
    page.locator(".consent").get_by_role("button").first.click()
    page.locator(".consent").wait_for(state="detached")
    page.get_by_role("main").get_by_role("link", name="Timeline").first.click()
    page.wait_for_url("**/en/timeline/")
    assert page.locator(".consent").count() == 0
