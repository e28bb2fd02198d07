"""Public pages in a browser: accessibility, keyboard, small screens, sizes, printing and prefetching."""

import re
import shutil
from collections.abc import Sequence
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.base import AXE_SCRIPT

# Tags of rules.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["cat.color"]
OPTIONS = {
    # Otherwise axe would load style sheets again, with wrong URLs for imports.
    "preload": False,
    # Without details of passed rules, which take most of the time.
    "resultTypes": ["violations"],
}
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
FIRST_VIEW = 20 * 1024
MAX_JAVASCRIPT = 4096
# The picture at the top of a page, on a wide screen.
MAX_COVER = 28 * 1024
# Pages that are not in the sitemap.
MORE_PATHS = [
    "/en/search/",
    "/pl/szukaj/?q=uniwersytet",
    "/en/search/?q=x",
    "/en/search/?q=zzzz",
    "/en/partners/?country=XX",
]


def violations(page, tags: Sequence[str] = WCAG) -> list[str]:
    """Violated accessibility rules with their elements."""
    # Colours are only final after the transitions.
    page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # A contrast of 7:1 (AAA).
    rules = {"color-contrast-enhanced": {"enabled": True}}
    options = OPTIONS | {"runOnly": {"type": "tag", "values": tags}, "rules": rules}
    # Not `Axe.run`, which also returns the passed rules with their elements. That takes a third of the time.
    found = page.evaluate("(options) => axe.run(options).then((results) => results.violations)", options)
    return [f"{page.url} {rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def violations_in_both_schemes(page) -> list[str]:
    """Violated rules of a page that is in the light scheme, and those about colours in the dark scheme."""
    faults = violations(page)
    page.emulate_media(color_scheme="dark")
    faults += violations(page, COLOURS)
    page.emulate_media(color_scheme="light")
    return faults


def all_paths(site) -> list[str]:
    return [*site.paths, *MORE_PATHS]


def one_of_each_kind(site, language: str) -> list[str]:
    """Pages in a language, with only one of each kind: one university, one deliverable …"""
    pages = [path for path in reversed(site.paths) if path.startswith(f"/{language}/")]
    return list({path if path.count("/") < 4 else path.rsplit("/", 2)[0]: path for path in pages}.values())


def sample_paths(site) -> list[str]:
    return [*one_of_each_kind(site, "en"), *MORE_PATHS]


def refuse_cookies(visitor):
    """Refuse all cookies and return the visitor."""
    visitor.go("/en/cookies/settings/")
    visitor.page.get_by_role("button", name="Refuse all").click()
    visitor.page.locator("#consent-saved").wait_for()
    return visitor


def overflow(page) -> list[str]:
    """Elements beyond the right edge of the screen."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => `${location.pathname}: ${element.tagName}.${element.className}`)"""
    )


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("viewport", "scheme", "step"),
    [
        pytest.param(NARROW, "dark", 0, id="narrow-dark"),
        pytest.param(WIDE, "light", 50, id="wide-light"),
    ],
)
def test_pages_pass_the_accessibility_checks(visit, site, viewport, scheme, step):
    """Each kind of page in English, and every fiftieth page. These variants find the errors of all four."""
    visitor = visit(viewport=viewport, color_scheme=scheme)
    faults = []
    for path in {*sample_paths(site), *(all_paths(site)[::step] if step else [])}:
        visitor.go(path)
        faults += violations(visitor.page)
    assert not faults


@pytest.mark.nightly
def test_no_page_scrolls_horizontally_on_a_small_screen(visit, site):
    visitor = visit(viewport=NARROW)
    faults = []
    # Finnish and German have the longest words.
    for path in [*one_of_each_kind(site, "fi"), *one_of_each_kind(site, "de"), *all_paths(site)[::50]]:
        visitor.go(path)
        faults += overflow(visitor.page)
    assert not faults


@pytest.mark.nightly
def test_no_home_page_scrolls_horizontally_at_any_width(visit, site):
    visitor = visit()
    faults = []
    for path in [path for path in site.paths if path.count("/") == 2]:
        visitor.go(path)
        for width in (360, 390, 480, 768, 1024, 1280, 2560):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            faults += overflow(visitor.page)
    assert not faults


def test_the_open_menu_and_the_error_page_pass_the_accessibility_checks(visit):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    visitor.page.get_by_role("button", name="Menu").click()
    assert not violations(visitor.page)
    visitor.go("/en/nowhere/")
    assert not violations(visitor.page)
    # The console error for the status of the error page.
    assert all("404" in error for error in visitor.console_errors)
    visitor.console_errors.clear()


@pytest.mark.nightly
@pytest.mark.parametrize("letters", [34, 79])
def test_long_words_never_widen_a_page(visit, site, letters):
    """Each text of a page begins with a word that is wider than the screen."""
    visitor = visit(viewport=NARROW)
    faults = []
    for path in sample_paths(site):
        visitor.go(path)
        visitor.page.evaluate(
            """(word) => {
                const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) {
                    const parent = texts.currentNode.parentElement;
                    if (texts.currentNode.data.trim() && !parent.closest("script, svg, .visually-hidden, .numeral"))
                        texts.currentNode.data = word + " " + texts.currentNode.data;
                }
            }""",
            "w" * letters,
        )
        faults += overflow(visitor.page)
    assert not faults


def test_pages_work_at_400_percent_zoom(visit, site):
    """1280 by 1024 pixels at 400% are 320 by 256 CSS pixels (WCAG 2.2, 1.4.10)."""
    visitor = visit(viewport={"width": 320, "height": 256})
    for path in ("/en/", "/pl/partnerzy/", "/pl/os-czasu/"):
        visitor.go(path)
        assert not overflow(visitor.page)
        height = visitor.page.evaluate("document.querySelector('.site-header').getBoundingClientRect().height")
        position = visitor.page.evaluate("getComputedStyle(document.querySelector('.site-header')).position")
        assert position not in ("fixed", "sticky") or height < 128


def test_buttons_of_the_header_are_one_line_high(visit):
    visitor = visit()
    for path in ("/en/", "/pl/", "/fi/"):
        visitor.go(path)
        heights = visitor.page.locator(".site-header button:visible").evaluate_all(
            "buttons => buttons.map((button) => button.getBoundingClientRect().height)"
        )
        assert len(heights) > 1 and max(heights) < 50, path


def test_wider_text_spacing_hides_nothing(visit, site):
    """WCAG 2.2, 1.4.12."""
    visitor = visit(viewport=NARROW, bypass_csp=True)
    spacing = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    for path in ("/en/", "/pl/partnerzy/", "/pl/zadania/", "/pl/"):
        visitor.go(path)
        visitor.page.add_style_tag(content=spacing)
        assert not overflow(visitor.page)


def test_controls_are_at_least_44_pixels_high_and_24_wide(visit, site):
    """WCAG 2.2, 2.5.5 and 2.5.8. Links within a sentence are exempt, and a whole card is a link."""
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


def test_the_first_tab_stop_is_the_skip_link(visit):
    # Also before the cookie notice is answered.
    visitor = visit()
    visitor.go("/en/partners/")
    assert visitor.page.locator(".consent").is_visible()
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("element => element === document.activeElement")
    assert visitor.page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"


def test_every_focused_element_is_visible_and_outlined(visit):
    visitor = visit(reduced_motion="reduce")
    visitor.go("/en/partners/")
    stops = visitor.page.locator("a:visible, button:visible, input:visible, select:visible").count()
    for _ in range(stops):
        visitor.page.keyboard.press("Tab")
        is_visible = visitor.page.evaluate(
            """() => {
                const stop = document.activeElement, box = stop.getBoundingClientRect();
                const outlined = [null, "::after"].some((part) => getComputedStyle(stop, part).outlineStyle !== "none");
                return stop !== document.body && box.bottom > 0 && box.top < innerHeight && outlined;
            }"""
        )
        assert is_visible, visitor.page.evaluate("document.activeElement.outerHTML")


def test_the_menu_opens_and_closes_with_the_keyboard_on_a_small_screen(visit):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    menu = visitor.page.get_by_role("navigation", name="Main menu")
    assert not menu.is_visible()
    visitor.page.get_by_role("button", name="Menu").focus()
    visitor.page.keyboard.press("Enter")
    assert menu.is_visible()
    visitor.page.keyboard.press("Escape")
    assert not menu.is_visible()
    second = visitor.page.locator("#menu a").nth(1).get_attribute("href")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**{second}")


def test_the_language_menu_links_to_the_same_page(visit):
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
    visitor.page.get_by_role("link", name="Search", exact=True).click()
    main = visitor.page.get_by_role("main")
    main.get_by_label("Search this site").fill("creathon")
    main.get_by_role("button", name="Search").click()
    visitor.page.get_by_role("main").get_by_role("link", name="Timeline of the alliance").click()
    visitor.page.wait_for_url("**/en/timeline/")
    visitor.page.get_by_role("button", name="Menu").click()
    visitor.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="News").click()
    visitor.page.wait_for_url("**/en/news/")


def test_no_cookie_is_set_and_nothing_is_stored(visit, site):
    visitor = visit()
    for path in sample_paths(site):
        visitor.go(path)
    assert visitor.context.cookies() == []
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.nightly
def test_a_first_visit_loads_at_most_20_kilobytes_of_html_and_css_and_4_of_javascript(visit, site):
    visitor = visit()
    # Intercepted requests bypass the browser cache, so each page is a first visit.
    visitor.context.route("**/*", lambda route: route.continue_())
    responses = []
    visitor.page.on("response", lambda response: responses.append(response))
    # Languages with other letters than English may load another font file.
    for path in (
        *sample_paths(site),
        "/pl/",
        "/pl/partnerzy/",
        "/pl/partnerzy/uniwersytet-lodzki/",
        "/tr/",
        "/hr/",
    ):
        responses.clear()
        visitor.go(path)
        counted = [response for response in responses if response.request.resource_type in ("document", "stylesheet")]
        assert {response.headers.get("content-encoding") for response in counted} <= {"gzip", "br", "zstd"}
        assert len(counted) > 1
        assert sum(response.request.sizes()["responseBodySize"] for response in counted) <= FIRST_VIEW, path
        scripts = [response for response in responses if response.request.resource_type == "script"]
        assert sum(response.request.sizes()["responseBodySize"] for response in scripts) <= MAX_JAVASCRIPT, path
        covers = [response for response in responses if "/media/" in response.url]
        assert sum(response.request.sizes()["responseBodySize"] for response in covers) <= MAX_COVER, path
        # The icon is not reported by the browser; the emblem in the footer loads lazily.
        others = {response.url for response in responses if "eu-emblem" not in response.url}
        assert len(others - {response.url for response in covers}) <= 6, path


@pytest.mark.nightly
def test_pages_of_all_languages_with_their_style_sheet_have_at_most_20_kilobytes(site):
    def transfer_size(path: str) -> int:
        request = Request(site.url + path, headers={"Accept-Encoding": "br"})
        with urlopen(request) as response:
            assert response.headers["Content-Encoding"] == "br"
            return len(response.read())

    with urlopen(f"{site.url}/en/") as response:
        style_sheet = re.search(r'rel="stylesheet" href="([^"]+)"', response.read().decode())[1]
    style_size = transfer_size(style_sheet)
    # German texts are the longest.
    german = [path for path in site.paths if path.startswith("/de/")]
    sizes = {path: transfer_size(path) + style_size for path in [*german, *site.paths[::25]]}
    assert len(sizes) > 100
    assert {path: size for path, size in sizes.items() if size > FIRST_VIEW} == {}


def test_forced_colours_keep_the_mark_of_the_current_page(visit):
    visitor = visit(forced_colors="active")
    visitor.go("/en/partners/")
    current = visitor.page.locator(".menu [aria-current=page]")
    assert current.evaluate("element => getComputedStyle(element).borderBlockEndStyle") == "solid"
    assert not violations(visitor.page)


def test_print_hides_the_controls(visit):
    visitor = visit()
    visitor.go("/en/partners/university-of-lodz/")
    visitor.page.emulate_media(media="print")
    assert visitor.page.get_by_role("heading", level=1).is_visible()
    assert not visitor.page.locator(".menu").is_visible()
    assert not visitor.page.locator(".site-search").is_visible()


def test_home_and_partner_pages_print_on_three_sheets(visit, site):
    """The page of the host also has its tasks, so it is the longest."""
    visitor = visit()
    for path in ("/en/", "/pl/", "/en/partners/university-of-lodz/", "/pl/partnerzy/uniwersytet-lodzki/"):
        visitor.go(path)
        document = visitor.page.pdf(format="A4", prefer_css_page_size=False)
        assert len(re.findall(rb"/Type\s*/Page\b", document)) <= 3, path


@pytest.mark.nightly
def test_going_back_uses_the_back_forward_cache(site, launch):
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    # Playwright disables the back-forward cache by default.
    browser = launch(executable_path=path, ignore_default_args=["--disable-back-forward-cache"])
    try:
        page = browser.new_page()
        for path in ("/en/", "/en/partners/", "/pl/", "/en/vision/"):
            page.goto(site.url + path)
            page.evaluate("addEventListener('pageshow', (event) => { window.isRestored = event.persisted })")
            page.goto(f"{site.url}/en/timeline/")
            page.go_back(wait_until="commit")
            page.wait_for_function("window.isRestored !== undefined")
            assert page.evaluate("window.isRestored"), path
    finally:
        browser.close()


@pytest.fixture
def full_chromium(launch):
    """The full Chromium; the headless shell does not prefetch."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    browser = launch(executable_path=path)
    yield browser
    browser.close()


def watch_requests(page, path: str) -> list[str]:
    """A list that receives "prefetch" or "navigation" for each request of `path`."""
    purposes = []

    def note(request):
        if request.url.endswith(path):
            purposes.append("prefetch" if "prefetch" in request.all_headers().get("sec-purpose", "") else "navigation")

    page.context.on("request", note)
    return purposes


def press_link(page, name: str):
    link = page.get_by_role("main").get_by_role("link", name=name).first
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(200)


def test_a_page_is_prefetched_when_its_link_is_pressed(full_chromium, site):
    page = full_chromium.new_page()
    page.goto(f"{site.url}/en/sitemap/")
    page.wait_for_timeout(500)
    purposes = watch_requests(page, "/en/timeline/")
    page.get_by_role("main").get_by_role("link", name="Timeline").first.hover()
    page.wait_for_timeout(500)
    assert purposes == []
    press_link(page, "Timeline")
    page.mouse.up()
    page.wait_for_url("**/en/timeline/")
    assert purposes == ["prefetch"]


def test_a_prefetched_page_does_not_show_the_notice_after_a_choice(full_chromium, site):
    page = full_chromium.new_page()
    page.goto(f"{site.url}/en/sitemap/")
    page.wait_for_timeout(500)
    press_link(page, "Timeline")
    page.mouse.move(1, 1)
    page.mouse.up()
    page.locator(".consent").get_by_role("button").first.click()
    page.locator(".consent").wait_for(state="detached")
    page.get_by_role("main").get_by_role("link", name="Timeline").first.click()
    page.wait_for_url("**/en/timeline/")
    assert page.locator(".consent").count() == 0
