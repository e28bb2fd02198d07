"""A visitor reports a barrier in a real browser: with and without JavaScript, and with the keyboard alone."""

import pytest

from tests.browser.test_pages import NARROW, WIDE, overflow, violations

FORM = {"en": "/en/accessibility/feedback/", "pl": "/pl/deklaracja-dostepnosci/zglos-bariere/"}


def send(page):
    page.locator("main form button[type=submit]").click()


def forget_statuses(visitor):
    """The browser itself notes the status of an answer to a form with a mistake."""
    for _attempt in range(100):
        # The browser notes the status in its own time.
        if visitor.complaints:
            break
        visitor.page.wait_for_timeout(100)
    assert all("400" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def focused(page, script: str):
    return page.evaluate(f"(stop => {script})(document.activeElement)")


@pytest.mark.parametrize(("viewport", "scheme"), [(NARROW, "light"), (WIDE, "dark")], ids=["narrow-light", "wide-dark"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_form_mistakes_and_confirmation_violate_no_accessibility_rule(visit, language, viewport, scheme):
    visitor = visit(viewport=viewport, color_scheme=scheme)
    page = visitor.page
    visitor.go(FORM[language])
    faults = violations(page) + overflow(page)
    page.locator("#id_email").fill("jan")
    send(page)
    assert page.locator(".error-summary li").count() == 2
    faults += violations(page) + overflow(page)
    forget_statuses(visitor)
    page.locator("#id_text").fill("The map says nothing.")
    page.locator("#id_email").fill("jan@example.org")
    send(page)
    page.wait_for_url(f"**{FORM[language]}*/")
    faults += violations(page) + overflow(page)
    assert not faults


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_from_a_page_to_the_confirmation_with_the_keyboard_alone(visit, javascript):
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
    # The summary has the focus, its first link leads to the first mistake, and what was typed is there.
    page.wait_for_function("document.activeElement.className === 'error-summary'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'id_text'")
    assert page.locator("#id_email").input_value() == "jan"
    assert page.locator("#id_page").input_value() == "/en/partners/"
    forget_statuses(visitor)
    page.keyboard.type("The map says nothing.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("jan@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    # Nothing between the last field and the button: the field that is for programs alone is no stop.
    assert focused(page, "stop.textContent.trim()") == "Send the message"
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/accessibility/feedback/sent/")
    assert page.get_by_role("heading", level=1).inner_text() == "Your message has been sent"


def test_each_field_says_its_hint_and_its_mistake_to_a_screen_reader(visit):
    visitor = visit()
    visitor.go(FORM["en"])
    send(visitor.page)
    forget_statuses(visitor)
    told = visitor.page.locator("#id_text").evaluate(
        "field => field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).textContent)"
    )
    assert told[1] == "Describe the barrier."
    assert visitor.page.locator("#id_text").get_attribute("aria-invalid") == "true"
    assert visitor.page.get_by_role("group", name="There is a problem").is_visible()


def test_what_can_be_pressed_in_the_form_is_at_least_44_pixels_high(visit):
    visitor = visit(viewport=NARROW)
    visitor.go(FORM["en"])
    heights = visitor.page.locator("main form :is(input:not([type=hidden]), textarea, button):visible").evaluate_all(
        "found => found.map(element => element.getBoundingClientRect().height)"
    )
    assert len(heights) == 5
    assert min(heights) >= 44


def test_after_sending_going_back_and_forth_sends_nothing_again(visit):
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
