"""Visual design: colour schemes, language menu, map, motion, layout shift and screenshots."""

import os
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageChops

from assets.storage import minified, source, with_imports
from tests.browser.test_pages import NARROW, WIDE, overflow, violations_in_both_schemes

PHONE = {"width": 390, "height": 844}
SHOTS = Path(__file__).parent / "screenshots"
STORED = "[localStorage.length, sessionStorage.length]"


def theme(page) -> str:
    """The active colour scheme, light or dark, according to the background."""
    return page.evaluate(
        """() => {
            const canvas = new OffscreenCanvas(1, 1).getContext("2d");
            canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
            canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data[0] > 128 ? "light" : "dark";
        }"""
    )


def rules(page, sheet: str) -> list[str]:
    """The rules of a style sheet as parsed by the browser, without optional spaces."""
    page.goto("about:blank")
    text = page.evaluate(
        """(sheet) => {
            const parsed = new CSSStyleSheet();
            parsed.replaceSync(sheet);
            return Array.from(parsed.cssRules, (rule) => rule.cssText).join("\\n");
        }""",
        sheet,
    )
    return re.sub(r"(?<=[,(:])\s+|\s+(?=[,)])", "", re.sub(r"\s+", " ", text)).replace(";", ";\n").splitlines()


@pytest.mark.parametrize("name", ["css/site.css", "editorial/admin.css", "translations/desk.css", "consent/admin.css"])
def test_a_minified_style_sheet_has_the_same_rules_as_its_source(chromium, name):
    sheet = source(name)
    page = chromium.new_page()
    assert rules(page, minified(name, sheet)) == rules(page, with_imports(sheet, name.split("/")[0]))
    page.close()


def test_the_colour_switch_overrides_the_device_and_stores_only_its_own_use(visit):
    visitor = visit(color_scheme="light")
    visitor.go("/en/")
    switch = visitor.page.get_by_role("group", name="Colours")
    assert switch.get_by_role("button", name="as on the device").get_attribute("aria-pressed") == "true"
    assert theme(visitor.page) == "light"
    assert visitor.page.evaluate(STORED) == [0, 0]
    switch.get_by_role("button", name="dark").press("Enter")
    assert theme(visitor.page) == "dark"
    visitor.go("/en/partners/")
    assert theme(visitor.page) == "dark"
    assert switch.get_by_role("button", name="dark").get_attribute("aria-pressed") == "true"
    switch.get_by_role("button", name="as on the device").click()
    assert theme(visitor.page) == "light"
    assert visitor.page.evaluate(STORED) == [0, 0]


def test_without_javascript_the_colour_switch_is_hidden(visit):
    visitor = visit(color_scheme="dark", java_script_enabled=False)
    visitor.go("/en/")
    assert not visitor.page.get_by_role("group", name="Colours").is_visible()
    assert visitor.page.get_by_role("link", name="Polski").is_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_language_menu_opens_and_closes_with_the_keyboard(visit, javascript):
    visitor = visit(viewport=NARROW, java_script_enabled=javascript)
    visitor.go("/en/tasks/")
    button = visitor.page.get_by_role("button", name="Language: English")
    menu = visitor.page.get_by_role("navigation", name="Language", exact=True)
    assert not menu.is_visible()
    button.press("Enter")
    assert menu.get_by_role("link").first.is_visible()
    visitor.page.keyboard.press("Escape")
    assert not menu.is_visible()
    button.press("Enter")
    menu.get_by_role("link", name="Polski").press("Enter")
    visitor.page.wait_for_url("**/pl/zadania/")


def test_the_keyboard_order_of_the_map_is_that_of_the_list(visit):
    visitor = visit()
    visitor.go("/en/")
    listed = visitor.page.locator(".city-list a").evaluate_all("links => links.map((link) => link.href)")
    visitor.page.locator(".city-list a").last.focus()
    visited = []
    for _ in listed:
        visitor.page.keyboard.press("Tab")
        visited.append(visitor.page.evaluate("document.activeElement.href.baseVal"))
    assert [visitor.site.url + path for path in visited] == listed
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(listed[-1])


@pytest.mark.nightly
@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "desktop"])
@pytest.mark.parametrize("path", ["/en/", "/pl/", "/en/partners/", "/pl/partnerzy/uniwersytet-lodzki/"])
def test_nothing_moves_while_a_page_loads(visit, viewport, path):
    """Cumulative Layout Shift; up to 0.1 is good according to web.dev."""
    visitor = visit(viewport=viewport)
    visitor.go(path)
    visitor.page.evaluate("document.fonts.ready")
    shift = visitor.page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
                .observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
        })"""
    )
    assert shift < 0.05


def test_the_heading_font_has_every_letter_of_all_languages(visit):
    visitor = visit()
    visitor.go("/pl/")
    loaded = visitor.page.evaluate(
        """async () => {
            const letters = "ąćęłńóśźż äöüß çğıİöşü éèêëàâçôûù åäö čćđšž ñ¿¡ ĳ";
            const faces = await document.fonts.load("740 20px Archivo", letters);
            return faces.map((face) => face.status);
        }"""
    )
    assert loaded == ["loaded", "loaded"]


def test_reduced_motion_is_respected(visit):
    visitor = visit(reduced_motion="reduce")
    visitor.go("/en/")
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert (
        visitor.page.locator(".button, button").first.evaluate(
            "element => getComputedStyle(element).transitionDuration"
        )
        == "0s"
    )


@pytest.mark.nightly
@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_style_guide_passes_the_accessibility_checks(sign_in, viewport):
    visitor = sign_in("editor", viewport=viewport)
    visitor.go("/styleguide/")
    assert not violations_in_both_schemes(visitor.page) + overflow(visitor.page)


def small(picture: Image.Image) -> Image.Image:
    """The picture at a quarter of its size, so that single pixels do not matter."""
    return picture.convert("RGB").resize((picture.width // 4, picture.height // 4), Image.Resampling.BOX)


@pytest.mark.nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "desktop"])
@pytest.mark.parametrize(
    ("name", "path"),
    [("styleguide", "/styleguide/"), ("home", "/en/"), ("partner", "/pl/partnerzy/uniwersytet-lodzki/")],
)
def test_pages_look_like_their_screenshots(sign_in, name, path, viewport, scheme):
    """To accept a change, run KEEP_SCREENSHOTS=1 make test ARGS="-k look_like_their_screenshots"."""
    visitor = sign_in("editor", viewport=viewport, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    visitor.go(path)
    # The site's own font for all texts, because system fonts differ between machines.
    visitor.page.add_style_tag(content=":root { --text-font: Archivo } .themes { visibility: hidden }")
    visitor.page.evaluate("document.fonts.ready")
    # Otherwise it depends on the time which pictures below the screen are loaded.
    visitor.page.evaluate(
        """Promise.all(Array.from(document.images, (image) => {
            image.loading = "eager";
            return image.decode();
        }))"""
    )
    picture = Image.open(BytesIO(visitor.page.screenshot(full_page=True)))
    stored = SHOTS / f"{name}-{'phone' if viewport == PHONE else 'desktop'}-{scheme}.png"
    if os.environ.get("KEEP_SCREENSHOTS"):
        small(picture).quantize(64).save(stored, optimize=True)
    before, now = Image.open(stored).convert("RGB"), small(picture)
    assert abs(before.height - now.height) <= 0.02 * before.height
    size = (before.width, min(before.height, now.height))
    difference = ImageChops.difference(before.crop((0, 0, *size)), now.crop((0, 0, *size))).convert("L")
    changed = sum(difference.histogram()[48:]) / (size[0] * size[1])
    assert changed <= 0.02, f"{changed:.1%} of {name} looks different: {stored.name}"


@pytest.mark.nightly
def test_on_a_phone_the_notice_takes_a_third_of_the_screen_and_the_first_screen_says_what_to_do(visit):
    visitor = visit(viewport={"width": 360, "height": 740})
    page = visitor.page
    for language in settings.CONTENT_LANGUAGES:
        visitor.go(f"/{language}/")
        assert page.locator(".consent").bounding_box()["height"] <= 740 / 3, language
        # The header is one row: all its parts overlap the middle of the name.
        name = page.locator(".site-name").bounding_box()
        for part in page.locator(".site-header-row > *:visible").all():
            box = part.bounding_box()
            assert box["y"] <= name["y"] + name["height"] / 2 <= box["y"] + box["height"], language
        for shown in ("h1", ".hero .actions a"):
            box = page.locator(shown).first.bounding_box()
            assert box["y"] + box["height"] <= 740, (language, shown)
        assert not overflow(page)
    # The text opens on demand, and is open on wide screens.
    text = page.locator(".consent-about .rich-text")
    assert not text.is_visible()
    page.locator(".consent-about > summary").press("Enter")
    assert text.is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    visitor.go("/en/")
    assert text.is_visible()
