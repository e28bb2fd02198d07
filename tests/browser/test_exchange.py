"""The pages for exchange with translators in a real browser: open to everyone."""

import pytest

from tests.browser.test_pages import violations


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_page_and_preview_have_no_barrier_that_axe_finds(sign_in, tmp_path, scheme, width):
    visitor = sign_in("polish", color_scheme=scheme, viewport={"width": width, "height": 800})
    page = visitor.page

    def assert_open_to_everyone():
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    visitor.go("/admin/translations/translation/")
    page.get_by_role("link", name="Exchange files with translators").click()
    page.locator("#import").wait_for()
    assert_open_to_everyone()
    page.get_by_label("Which of them").select_option("all")
    page.get_by_label("File format").select_option("po")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Fetch the file").click()
    file = tmp_path / "pl.po"
    texts = fetched.value.path().read_text()
    page.locator("input[type=file]").set_input_files({"name": "pl.po", "mimeType": "text/plain", "buffer": b"x"})
    page.get_by_role("button", name="See what it changes").click()
    page.locator(".errorlist").wait_for()
    assert_open_to_everyone()
    file.write_text(texts.replace("Dostępność", "Dostępność  12"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="See what it changes").click()
    page.locator(".change li").first.wait_for()
    assert_open_to_everyone()
