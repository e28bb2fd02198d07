"""The language offer, and right-to-left layout."""

import re
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

PAGES = ("/en/", "/en/partners/", "/en/partners/university-of-lodz/", "/en/timeline/", "/en/search/?q=unic")


def offer(visitor):
    return visitor.page.locator("#language-offer")


def test_the_page_is_offered_in_the_preferred_language_of_the_browser(visit):
    visitor = visit(locale="de-AT")
    visitor.go("/en/partners/university-of-lodz/")
    link = offer(visitor).get_by_role("link", name="Diese Seite auf Deutsch lesen")
    assert link.get_attribute("lang") == "de"
    # It does not move the page, and nothing is stored.
    assert offer(visitor).evaluate("element => getComputedStyle(element).position") == "fixed"
    assert not visitor.context.cookies() and not visitor.page.evaluate("localStorage.length + sessionStorage.length")
    offer(visitor).get_by_role("button").click()
    assert offer(visitor).is_hidden()
    visitor.go("/en/partners/")
    offer(visitor).get_by_role("link").click()
    visitor.page.wait_for_url("**/de/**")
    assert offer(visitor).is_hidden()


@pytest.mark.parametrize(("locale", "path"), [("en-GB", "/en/"), ("ja-JP", "/pl/"), ("pl", "/pl/partnerzy/")])
def test_nothing_is_offered_in_the_preferred_language_or_without_a_match(visit, locale, path):
    visitor = visit(locale=locale)
    visitor.go(path)
    visitor.page.wait_for_load_state("load")
    assert offer(visitor).is_hidden()


def test_the_scripts_of_public_pages_have_at_most_8_kilobytes_uncompressed(visit, site):
    visitor = visit()
    scripts = set()
    for path in PAGES:
        visitor.go(path)
        scripts |= set(visitor.page.evaluate("[...document.scripts].map((script) => script.src).filter(Boolean)"))
    # layout.js and relative-times.js. scripts.js is only on the pages of visitors who allowed a script.
    assert len(scripts) == 2
    size = 0
    for address in scripts:
        with urlopen(Request(address, headers={"Accept-Encoding": "identity"})) as response:
            size += len(response.read())
    assert size <= 8 * 1024


@pytest.mark.nightly
@pytest.mark.parametrize("width", [320, 1280])
def test_right_to_left_mirrors_the_page_without_overflow(visit, width):
    visitor = visit(viewport={"width": width, "height": 900})
    for path in PAGES:
        visitor.go(path)
        box_of = "selector => document.querySelector(selector).getBoundingClientRect().toJSON()"
        before = {name: visitor.page.evaluate(box_of, name) for name in (".site-acronym", "h1", ".dropdown-button")}
        visitor.page.evaluate("document.documentElement.dir = 'rtl'")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, path
        outside = visitor.page.evaluate(
            "[...document.querySelectorAll('main *, header *, footer *')].filter(e => {"
            " const box = e.getBoundingClientRect(), ignored = 'svg, .hero figure, .visually-hidden';"
            " return box.width > 1 && !e.closest(ignored)"
            " && getComputedStyle(e).position !== 'absolute' && (box.left < -1 || box.right > innerWidth + 1) })"
            ".map(e => e.outerHTML.slice(0, 80))"
        )
        assert not outside, (path, outside[:3])
        for name, box in before.items():
            mirrored = visitor.page.evaluate(box_of, name)
            assert mirrored["right"] == pytest.approx(width - box["left"], abs=2) or box["width"] > 0.9 * width, (
                path,
                name,
            )


def test_style_sheets_use_only_logical_directions():
    css = "".join(path.read_text() for path in (settings.BASE_DIR / "static/css").glob("*.css"))
    sides = re.findall(
        r"(?:margin|padding|border|inset)-(?:left|right)|(?<![\w-])(?:left|right):|text-align: (?:left|right)", css
    )
    assert not sides
