"""The translators' desk, the overview and the exchange of files in a browser."""

from pathlib import Path

import pytest

from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

DELIVERABLES = "/admin/translations/texttotranslate/?language=pl&status=all&kind=alliance.deliverable"


def open_first(visitor):
    visitor.go(DELIVERABLES)
    # A plain text. The order of the list depends on the last change.
    visitor.page.locator("#result_list tbody th a", has_text=": title").first.click()
    visitor.page.locator("#translation").wait_for()


def test_the_desk_works_with_the_keyboard_alone(sign_in):
    visitor = sign_in("polish")
    open_first(visitor)
    page = visitor.page
    first, title = page.url, page.locator("h1").inner_text()
    with page.expect_navigation():
        page.keyboard.press("Alt+PageDown")
    assert page.locator("h1").inner_text() != title
    with page.expect_navigation():
        page.keyboard.press("Alt+PageUp")
    assert page.url == first
    page.locator("#id_text").fill("Nowy tytuł")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert page.url != first
    assert "Nowy tytuł" not in page.locator("#id_text").input_value()
    visitor.go(first.removeprefix(visitor.site.url))
    assert page.locator("#id_text").input_value() == "Nowy tytuł"


def test_rich_text_has_the_editor_of_the_other_forms(sign_in):
    visitor = sign_in("polish")
    visitor.go(f"{DELIVERABLES}&q=<p>")
    visitor.page.locator("#result_list tbody th a").first.click()
    page = visitor.page
    # Before that, the textarea has the same accessible name.
    page.locator(".tiptap.ProseMirror").wait_for()
    page.get_by_role("textbox", name="Polski").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("Nowy tekst")
    page.get_by_role("button", name="Save as draft").click()
    page.locator(".messagelist .success").wait_for()
    assert page.locator("textarea#id_text").input_value() == "<p>Nowy tekst</p>"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_list_and_text_pass_the_accessibility_checks(sign_in, scheme, width):
    visitor = sign_in("polish", color_scheme=scheme, viewport={"width": width, "height": 800})
    visitor.go(DELIVERABLES)
    assert violations(visitor.page) == []
    open_first(visitor)
    visitor.page.locator("#id_text").fill('Nowy  "tytuł"')
    visitor.page.get_by_role("button", name="Save", exact=True).click()
    visitor.page.locator(".warnings").wait_for()
    assert violations(visitor.page) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_overview_and_exchange_pass_the_accessibility_checks(sign_in, tmp_path, scheme, width):
    visitor = sign_in("polish", color_scheme=scheme, viewport={"width": width, "height": 800})
    page = visitor.page
    visitor.go("/admin/translations/translation/")
    assert violations(page) == []
    page.get_by_role("link", name="Upload a translated file").click()
    page.locator("#import").wait_for()
    assert violations(page) == []
    page.get_by_label("Texts to include").select_option("all")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    file = tmp_path / "pl.xlf"
    translation = "Jakość, 100 < 200"
    text, _ended, rest = Path(download.value.path()).read_text().partition("</target>")
    file.write_text(f"{text.rpartition('>')[0]}>{translation.replace('<', '&lt;')}</target>{rest}")
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    page.locator(".change").first.wait_for()
    assert translation in page.locator(".change").first.inner_text()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.go("/admin/translations/exchangedtext/")
    page.locator('input[type="file"]').set_input_files({"name": "pl.xlf", "mimeType": "text/xml", "buffer": b"<no"})
    page.get_by_role("button", name="Preview the changes").click()
    page.locator(".errorlist").first.wait_for()
    assert violations(page) == []
