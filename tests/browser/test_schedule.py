"""The schedule in a browser: the page of an item, its panel in the form, the calendar and the approval."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

PHONE = {"width": 390, "height": 844}
NO_OVERFLOW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def faults_of(page) -> list[str]:
    """Return what is wrong with the page: light and dark, wide and on a phone."""
    found = []
    for scheme, width in (("light", 1280), ("dark", PHONE["width"])):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found += violations(page)
        if not page.evaluate(NO_OVERFLOW):
            found.append(f"{page.url} is wider than {width} px")
    return found


def test_a_publisher_plans_by_keyboard_and_finds_the_plan_in_the_form_and_the_calendar(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    visitor.go("/admin/alliance/deliverable/?q=mobility")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Publish or take off at a later time").press("Enter")
    name = page.locator("h1").inner_text().removeprefix("Schedule: ")
    form = page.get_by_role("form", name="Take off the site")
    form.get_by_label("Time").fill("2031-05-06T07:08")
    form.get_by_role("button", name="Set the time").press("Enter")
    expect(page.locator(".messagelist .success")).to_contain_text("Planned. Take off the site")
    faults = faults_of(page)
    page.locator(".breadcrumbs a").last.click()
    expect(page.get_by_role("region", name="Schedule")).to_contain_text("planned by root")
    faults += faults_of(page)
    visitor.go("/admin/editorial/scheduledchange/")
    faults += faults_of(page)
    visitor.go("/admin/editorial/scheduledchange/calendar/?month=2031-05")
    faults += faults_of(page)
    day, days = page.locator("td.has-plans"), page.locator(".calendar td:visible")
    expect(day).to_contain_text("07:08")
    # On a phone, a list of the days with plans.
    assert days.count() == 1
    page.set_viewport_size({"width": 1280, "height": 900})
    assert days.count() == 35
    day.get_by_role("link", name=name).press("Enter")
    page.get_by_role("link", name="Change the schedule").press("Enter")
    page.get_by_role("button", name="Remove from the schedule").press("Enter")
    expect(page.locator(".messagelist .success")).to_contain_text("The plan was removed.")
    assert not faults


def test_an_editor_asks_for_approval_and_a_publisher_returns_the_draft(sign_in):
    editor = sign_in("editor")
    editor.go("/admin/alliance/deliverable/?q=inclusion")
    editor.page.locator("#result_list tbody th a").first.click()
    editor.page.locator("#id_title_en").fill("Inclusion of all")
    editor.page.get_by_role("button", name="Ask for approval").first.click()
    expect(editor.page.get_by_role("region", name="Approval")).to_contain_text("editor asked for approval")
    publisher = sign_in("root", viewport=PHONE)
    publisher.page.goto(editor.page.url)
    publisher.page.get_by_role("link", name="Approve the draft or return it").press("Enter")
    faults = faults_of(publisher.page)
    publisher.page.get_by_label("Comment").fill("Name the cities.")
    publisher.page.get_by_role("button", name="Return to the author").press("Enter")
    publisher.page.locator(".messagelist .success").wait_for()
    editor.page.reload()
    expect(editor.page.get_by_role("region", name="Approval")).to_contain_text("Name the cities.")
    faults += faults_of(editor.page)
    assert not faults
