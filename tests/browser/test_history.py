"""Versions and the bin in a browser, as an editor uses them on a phone."""

import pytest

from tests.browser.test_pages import violations

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_staff_compare_and_restore_a_version_and_bring_a_deleted_item_back(sign_in, scheme):
    visitor = sign_in("root", color_scheme=scheme, viewport={"width": 390, "height": 800})
    page, faults = visitor.page, []

    def check():
        faults.extend(violations(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    visitor.go("/admin/alliance/milestone/")
    page.locator("#result_list tbody th a").first.click()
    title = page.locator("#id_title_en").input_value()
    for text in (f"{title} ({scheme})", title):
        page.locator("#id_title_en").fill(text)
        page.locator("input[name=_save]").first.click()
        page.get_by_text(f"“{text}” is published.").wait_for()
    page.locator(".historylink").click()
    check()
    page.get_by_role("button", name="Compare").click()
    assert page.locator("del").inner_text().endswith(f"({scheme})")
    check()
    page.get_by_role("link", name="Restore this revision or some of its values").first.click()
    check()
    page.get_by_role("button", name="Restore the ticked values").click()
    assert page.locator("#id_title_en").input_value() == f"{title} ({scheme})"
    page.locator("input[name=_discard]").first.click()
    page.locator(".deletelink").first.click()
    check()
    page.locator("input[type=submit][value^=Yes]").click()
    page.get_by_text("was moved to the bin,").wait_for()
    visitor.go("/admin/editorial/deleteditem/")
    check()
    page.get_by_role("link", name=title).first.click()
    check()
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("It is not on the site until somebody publishes it.").wait_for()
    page.locator("input[name=_save]").first.click()
    page.locator(".messagelist .success").wait_for()
    assert not faults
