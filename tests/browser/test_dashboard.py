"""The dashboard and the languages of a form in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

NO_OVERFLOW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dashboard_is_accessible_on_a_phone_and_leads_to_the_texts_of_the_translator(sign_in, scheme):
    visitor = sign_in("root", color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = visitor.page
    expect(page.get_by_role("heading", name="My drafts")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate(NO_OVERFLOW)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert violations(page) == []


def test_a_form_opens_the_languages_of_the_translator_and_remembers_another_choice(sign_in):
    visitor = sign_in("polish")
    page = visitor.page
    visitor.go("/admin/alliance/keyarea/")
    page.locator("#result_list tbody th a").first.click()
    form = page.url
    expect(page.locator("#id_name_pl")).to_be_visible()
    # The source is read-only for translators.
    expect(page.locator(".field-name_en")).to_be_visible()
    expect(page.locator(".field-name_de")).to_be_hidden()
    page.get_by_role("button", name="Show the source language too").click()
    expect(page.locator(".field-name_en")).to_be_hidden()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator(".field-name_de")).to_be_visible()
    page.close()
    visitor.page = visitor.context.new_page()
    visitor.__post_init__()
    visitor.page.goto(form)
    expect(visitor.page.locator(".field-name_de")).to_be_visible()
    expect(visitor.page.locator(".field-name_en")).to_be_hidden()


def test_an_error_leads_to_the_field_in_its_language(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    visitor.go("/admin/alliance/keyarea/add/")
    page.locator("#id_name_en").fill("Area")
    page.get_by_role("button", name="Polski").click()
    page.locator("#id_name_pl").fill("x" * 400)
    page.evaluate("document.querySelector('#id_name_pl').removeAttribute('maxlength')")
    page.evaluate("document.querySelector('#content-main form').noValidate = true")
    page.locator("#id_name_pl").fill("x" * 400)
    page.locator("input[name=_save]").first.click()
    page.locator(".errornote").wait_for()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#id_name_pl")).to_be_hidden()
    page.locator(".error-links").get_by_role("link", name=re.compile(r"\[pl\]")).click()
    expect(page.locator("#id_name_pl")).to_be_focused()
    assert violations(page) == []
