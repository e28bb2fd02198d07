"""The schedule in a browser: the page of an item, its panel in the form, the calendar, the time, and the approval."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

PHONE = {"width": 390, "height": 844}
LET_THE_TIME_COME = """
from django.utils import timezone
from editorial.models import ScheduledChange
ScheduledChange.objects.update(at=timezone.now())
ScheduledChange.objects.apply_due()
"""
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


def test_an_item_is_taken_off_at_its_time(sign_in, visit, site):
    publisher, visitor = sign_in("publisher"), visit()
    page, title = publisher.page, "Cork invites port cities"
    publisher.go("/admin/news/newsitem/?q=port+cities")
    page.locator("#result_list tbody th a").first.click()
    form = page.url
    address = f"/en/news/{page.locator('#id_slug_en').input_value()}/"
    assert visitor.go(address).status == 200
    expect(visitor.page.locator("h1")).to_contain_text(title)
    page.get_by_role("link", name="Publish or take off at a later time").click()
    plan = page.get_by_role("form", name="Take off the site")
    plan.get_by_label("Time").fill("2031-06-07T08:09")
    plan.get_by_role("button", name="Set the time").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Planned. Take off the site")
    publisher.go("/admin/")
    expect(page.get_by_role("region", name="Scheduled")).to_contain_text(title)
    publisher.go("/admin/news/newsitem/?q=port+cities")
    expect(page.locator("#result_list")).to_contain_text("Take off the site")
    publisher.go("/admin/editorial/scheduledchange/calendar/?month=2031-06")
    expect(page.locator("td.has-plans")).to_contain_text(title)
    assert visitor.page.reload().status == 200
    site.manage("shell", "-v", "0", "-c", LET_THE_TIME_COME, check=True)
    # Not in the page, where the browser would log the status.
    assert visitor.context.request.get(site.url + address).status == 404
    publisher.go("/admin/")
    expect(page.get_by_role("region", name="Scheduled")).not_to_contain_text(title)
    page.goto(form)
    expect(page.get_by_role("region", name="Schedule")).not_to_contain_text("Take off the site:")
    page.get_by_role("button", name="Publish").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert visitor.context.request.get(site.url + address).status == 200


def test_an_editor_asks_for_approval_and_a_publisher_publishes_the_draft(sign_in, visit):
    editor, publisher, visitor = sign_in("editor"), sign_in("publisher"), visit()
    editor.go("/admin/news/newsitem/?q=Creathon")
    editor.page.locator("#result_list tbody th a").first.click()
    title = editor.page.locator("#id_title_en").input_value()
    address = f"/en/news/{editor.page.locator('#id_slug_en').input_value()}/"
    editor.page.locator("#id_summary_en").fill("Five tasks of cities in one day.")
    editor.page.get_by_label("Comment").fill("With the number of tasks.")
    editor.page.get_by_role("button", name="Ask for approval").first.click()
    expect(editor.page.get_by_role("region", name="Approval")).to_contain_text("editor asked for approval")
    visitor.go(address)
    expect(visitor.page.get_by_role("main")).not_to_contain_text("Five tasks of cities in one day.")
    publisher.go("/admin/")
    waiting = publisher.page.get_by_role("region", name="Waiting for my approval")
    expect(waiting).to_contain_text("With the number of tasks.")
    waiting.get_by_role("link", name=title).click()
    publisher.page.get_by_label("Comment").fill("Well done.")
    publisher.page.get_by_role("button", name="Approve and publish").click()
    expect(publisher.page.locator(".messagelist .success")).to_contain_text("is published")
    visitor.page.reload()
    expect(visitor.page.get_by_role("main")).to_contain_text("Five tasks of cities in one day.")
    publisher.go("/admin/")
    expect(publisher.page.get_by_role("region", name="Waiting for my approval")).not_to_contain_text(title)
    editor.page.reload()
    expect(editor.page.locator("#id_summary_en")).to_have_value("Five tasks of cities in one day.")
    expect(editor.page.locator(".draft-note")).to_have_count(0)


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
