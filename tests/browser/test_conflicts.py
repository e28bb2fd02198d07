"""Two people edit the same item in two browsers without losing input."""

import pytest

from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

FORMS = ["alliance/deliverable", "alliance/initiative", "pages/page", "partners/partneruniversity"]


def open_first(visitor, model: str, language: str = "") -> str:
    visitor.go(f"/admin/{model}/")
    visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.locator("#content-main form").wait_for()
    if language:
        visitor.page.get_by_role("button", name=language).click()
    return visitor.page.url.removeprefix(visitor.site.url)


def write(visitor, name: str, text: str):
    """Replace the content of a rich text field by typing."""
    visitor.page.get_by_role("textbox", name=name).click()
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type(text)


def save(visitor, outcome: str = ".messagelist .success"):
    # Publishes, or saves a draft for a user who may not publish.
    visitor.page.locator("input[name=_draft], input[name=_save]").last.click()
    visitor.page.locator(outcome).first.wait_for()


def test_concurrent_edits_of_two_browsers_lose_no_text(sign_in):
    editor, colleague = sign_in("editor"), sign_in("root")
    for visitor in (editor, colleague):
        form = open_first(visitor, "alliance/deliverable", "Polski")
    colleague.page.locator("#id_title_pl").fill("Dla wszystkich")
    write(colleague, "Text [pl]", "Tekst koleżanki")
    save(colleague)
    editor.page.locator("#id_title_pl").fill("Dla każdego")
    editor.page.get_by_role("button", name="Deutsch").click()
    write(editor, "Text [de]", "Text der Redaktion")
    save(editor, ".conflict")
    page = editor.page
    # The form shows the language of the conflict.
    assert page.locator(".conflict .stored-value").first.inner_text() == "Dla wszystkich"
    assert "root changed this on" in page.locator(".conflict").inner_text()
    assert page.locator("#id_title_pl").input_value() == "Dla każdego"
    assert not violations(page)
    save(editor)
    editor.go(form)
    assert page.locator("#id_title_pl").input_value() == "Dla każdego"
    assert "Tekst koleżanki" in page.locator("#id_body_pl").input_value()
    assert "Text der Redaktion" in page.locator("#id_body_de").input_value()


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_saving_an_unchanged_form_adds_no_history(sign_in, scripts):
    visitor = sign_in("root", java_script_enabled=scripts)
    for model in FORMS:
        # The last item, because other tests change the first one.
        visitor.go(f"/admin/{model}/")
        visitor.page.locator("#result_list tbody th a").last.click()
        visitor.page.locator("#content-main form").wait_for()
        if scripts:
            visitor.page.locator(".ProseMirror").first.wait_for(state="attached")
        form = visitor.page.url.removeprefix(visitor.site.url)
        visitor.go(form.replace("/change/", "/history/"))
        before = visitor.page.locator("#change-history tbody tr").count()
        visitor.go(form)
        if scripts:
            visitor.page.locator(".ProseMirror").first.wait_for(state="attached")
        save(visitor)
        assert not visitor.page.locator(".messagelist .warning").count()
        visitor.go(form.replace("/change/", "/history/"))
        assert visitor.page.locator("#change-history tbody tr").count() == before
