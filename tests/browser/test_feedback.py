"""The form “Report a barrier” in a browser."""

import pytest

from tests.browser.test_pages import NARROW, WIDE, overflow, violations

FORM = {"en": "/en/accessibility/feedback/", "pl": "/pl/deklaracja-dostepnosci/zglos-bariere/"}


def send(page):
    page.locator("main form button[type=submit]").click()


def ignore_status_400(visitor):
    """Remove the console errors for the status 400 of a form with errors."""
    for _attempt in range(100):
        # The console error arrives with a delay.
        if visitor.console_errors:
            break
        visitor.page.wait_for_timeout(100)
    assert all("400" in error for error in visitor.console_errors)
    visitor.console_errors.clear()


def focused(page, script: str):
    return page.evaluate(f"(stop => {script})(document.activeElement)")


@pytest.mark.nightly
@pytest.mark.parametrize(("viewport", "scheme"), [(NARROW, "light"), (WIDE, "dark")], ids=["narrow-light", "wide-dark"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_form_errors_and_confirmation_pass_the_accessibility_checks(visit, language, viewport, scheme):
    visitor = visit(viewport=viewport, color_scheme=scheme)
    page = visitor.page
    visitor.go(FORM[language])
    faults = violations(page) + overflow(page)
    page.locator("#id_email").fill("jan")
    send(page)
    assert page.locator(".error-summary li").count() == 2
    faults += violations(page) + overflow(page)
    ignore_status_400(visitor)
    page.locator("#id_text").fill("The map says nothing.")
    page.locator("#id_email").fill("jan@example.org")
    send(page)
    page.wait_for_url(f"**{FORM[language]}*/")
    faults += violations(page) + overflow(page)
    assert not faults


@pytest.mark.nightly
@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_the_form_works_with_the_keyboard_alone(visit, javascript):
    visitor = visit(java_script_enabled=javascript)
    page = visitor.page
    visitor.go("/en/partners/")
    page.get_by_role("contentinfo").get_by_role("link", name="Report a barrier").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/feedback/?page=/en/partners/")
    assert page.get_by_label("On which page?").input_value() == "/en/partners/"
    page.get_by_label("On which page?").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("jan")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error-summary")
    # The summary has the focus, its first link leads to the first error, and the input is kept.
    page.wait_for_function("document.activeElement.className === 'error-summary'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'id_text'")
    assert page.locator("#id_email").input_value() == "jan"
    assert page.locator("#id_page").input_value() == "/en/partners/"
    ignore_status_400(visitor)
    page.keyboard.type("The map says nothing.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("jan@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    # The honeypot field cannot be reached with the keyboard.
    assert focused(page, "stop.textContent.trim()") == "Send the message"
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/accessibility/feedback/sent/")
    assert page.get_by_role("heading", level=1).inner_text() == "Your message has been sent"


def test_screen_readers_read_the_help_and_the_error_of_a_field(visit):
    visitor = visit()
    visitor.go(FORM["en"])
    send(visitor.page)
    ignore_status_400(visitor)
    descriptions = visitor.page.locator("#id_text").evaluate(
        "field => field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).textContent)"
    )
    assert descriptions[1] == "Describe what does not work for you."
    assert visitor.page.locator("#id_text").get_attribute("aria-invalid") == "true"
    assert visitor.page.get_by_role("group", name="There is a problem").is_visible()


def test_controls_of_the_form_are_at_least_44_pixels_high(visit):
    visitor = visit(viewport=NARROW)
    visitor.go(FORM["en"])
    heights = visitor.page.locator("main form :is(input:not([type=hidden]), textarea, button):visible").evaluate_all(
        "found => found.map(element => element.getBoundingClientRect().height)"
    )
    assert len(heights) == 5
    assert min(heights) >= 44


def test_going_back_and_forward_after_sending_sends_nothing(visit):
    visitor = visit()
    visitor.go(FORM["en"])
    visitor.page.locator("#id_text").fill("The map says nothing.")
    send(visitor.page)
    visitor.page.wait_for_url("**/sent/")
    methods = []
    visitor.page.on("request", lambda request: methods.append(request.method))
    visitor.page.reload()
    visitor.page.go_back()
    visitor.page.go_forward()
    assert visitor.page.url.endswith("/sent/")
    assert set(methods) == {"GET"}
