"""Previews in a browser: as an editor sees an unsaved form, and as somebody without an account sees a link."""

import pytest

from tests.browser.test_pages import violations

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]


def open_form(visitor):
    visitor.go("/admin/partners/partneruniversity/?q=Deusto")
    with visitor.page.expect_navigation():
        visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.wait_for_load_state()


def test_an_editor_previews_a_form_and_shares_the_saved_draft(sign_in, visit):
    editor = sign_in("editor")
    open_form(editor)
    editor.page.locator("#id_name_en").fill("A name that nobody saved")
    with editor.context.expect_page() as opened:
        editor.page.get_by_role("button", name="Preview").first.click()
    tab = opened.value
    shown = tab.frame_locator("iframe")
    shown.get_by_text("A name that nobody saved").first.wait_for()
    # The form is as it was, and its input still counts as unsaved.
    assert editor.page.locator("#id_name_en").input_value() == "A name that nobody saved"
    stored = (
        "Object.values(localStorage).some((text) => text.includes('nobody saved') && !JSON.parse(text).isSubmitted)"
    )
    editor.page.wait_for_function(stored)

    tab.get_by_role("link", name="After consent").click()
    shown.get_by_text("see the content here").wait_for()
    tab.get_by_role("link", name="Phone").click()
    assert tab.locator("iframe").bounding_box()["width"] == 392
    assert shown.locator("html").evaluate("root => root.scrollWidth") == 390

    editor.page.locator("input[name=_draft]").first.click()
    editor.page.locator(".messagelist .success").wait_for()
    with editor.context.expect_page() as opened:
        editor.page.get_by_role("button", name="Preview").first.click()
    tab = opened.value
    tab.get_by_role("button", name="Make a link without an account").click()
    address = tab.locator(".preview-link").inner_text()

    visitor = visit()
    visitor.page.goto(f"{address}&consent=after")
    visitor.page.get_by_text("A name that nobody saved").first.wait_for()
    assert visitor.page.get_by_text("see the content here").is_visible()
    assert not visitor.context.cookies()
    tab.get_by_role("button", name="Revoke").click()
    tab.locator(".messagelist .success").wait_for()
    visitor.page.reload()
    assert visitor.page.locator("h1").inner_text() == "This preview has ended"
    # The browser reports the status of the page.
    visitor.console_errors.clear()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_pages_of_previews_are_accessible_on_a_phone(sign_in, colours):
    root = sign_in("root", color_scheme=colours)
    open_form(root)
    with root.context.expect_page() as opened:
        root.page.get_by_role("button", name="Preview").first.click()
    tab = opened.value
    tab.get_by_role("button", name="Make a link without an account").click()
    address = tab.locator(".preview-link").first.inner_text()
    root.page.set_viewport_size({"width": 390, "height": 844})
    for page in (tab.url, f"{root.site.url}/admin/editorial/previewlink/", address):
        root.page.goto(page)
        assert not violations(root.page), page
        assert root.page.evaluate("document.documentElement.scrollWidth") <= 390, page
