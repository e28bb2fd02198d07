"""The translators' desk, the overview and the exchange of files in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import violations

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]

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


def test_texts_are_translated_one_after_the_other_without_the_mouse(sign_in):
    visitor = sign_in("polish")
    open_first(visitor)
    page = visitor.page
    # A text area, or the editor of formatted texts.
    field = page.get_by_role("textbox", name="Polski")
    expect(field).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Nowy  tytuł")
    page.keyboard.press("Control+Enter")
    page.locator("#warnings").wait_for()
    expect(page.locator("#translation .errorlist").first).to_be_focused()
    page.keyboard.press("F2")
    expect(field).to_be_focused()
    first = page.url
    with page.expect_navigation():
        page.keyboard.press("Meta+Enter")
    assert page.url != first
    expect(field).to_be_focused()


def test_a_rich_text_gets_the_focus_without_scrolling_past_its_source(sign_in):
    visitor = sign_in("polish", viewport={"width": 390, "height": 800})
    visitor.go(f"{DELIVERABLES}&q=<p>")
    visitor.page.locator("#result_list tbody th a").first.click()
    editor = visitor.page.locator(".tiptap.ProseMirror")
    expect(editor).to_be_focused()
    expect(visitor.page.locator("#source-heading")).to_be_in_viewport()
    visitor.page.locator("h1").click()
    visitor.page.keyboard.press("F2")
    expect(editor).to_be_focused()
    expect(editor).to_be_in_viewport()


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


def test_a_new_part_is_translated_in_its_draft_and_goes_live_with_it(sign_in, visit):
    editor, polish, visitor = sign_in("root"), sign_in("polish"), visit()
    page = editor.page
    editor.go("/admin/alliance/initiative/?q=campus")
    page.locator("#result_list tbody th a").first.click()
    address = f"/pl/transformacja/{page.locator('#id_slug_pl').input_value()}/"
    rows = page.locator("#id_parts-TOTAL_FORMS").input_value()
    page.locator("#parts-group .add-row a").click()
    page.locator(f"#id_parts-{rows}-title_en").fill("Laboratories")
    page.locator(f"#id_parts-{rows}-is_published").check()
    page.get_by_role("button", name="Save draft").first.click()
    page.locator(".messagelist .success").wait_for()
    polish.go("/admin/translations/texttotranslate/?language=pl")
    line = polish.page.locator("#result_list tr", has_text="Laboratories: title")
    assert "only in a draft of the item" in line.inner_text()
    assert violations(polish.page) == []
    line.locator("th a").click()
    assert "works on a draft of this item" in polish.page.locator(".proposal").inner_text()
    assert violations(polish.page) == []
    polish.page.get_by_role("textbox", name="Polski").fill("Laboratoria")
    polish.page.get_by_role("button", name="Save", exact=True).click()
    polish.page.locator(".messagelist .success").wait_for()
    visitor.go(address)
    assert "Laboratoria" not in visitor.page.locator("main").inner_text()
    page.reload()
    page.get_by_role("button", name="Publish").first.click()
    page.locator(".messagelist .success").wait_for()
    visitor.go(address)
    assert "Laboratoria" in visitor.page.locator("main").inner_text()
