"""Phrases in another language: an editor marks them in rich text, and visitors get them with `lang` (WCAG 3.1.2)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_html import html_errors, read
from tests.browser.test_pages import violations, violations_in_both_schemes
from tests.serving import PATIENCE

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]

TEXT = "The motto is veritas et libertas."


def open_text(visitor):
    """Open the form of a milestone and return its English text, whose toolbar comes before it."""
    visitor.go("/admin/alliance/deliverable/?q=mobility")
    visitor.page.get_by_role("link", name="Seamless mobility").click()
    text = visitor.page.locator(".field-body_en .tiptap")
    text.wait_for()
    return text


def toolbar_button(page):
    return page.locator(".field-body_en").get_by_role("button", name="Language of the phrase")


def stored(page) -> str:
    return page.locator("#id_body_en").input_value()


def select_last_words(page, number: int):
    """Select the last words of the text, but not its full stop."""
    page.keyboard.press("Control+End")
    page.keyboard.press("ArrowLeft")
    for _word in range(number):
        page.keyboard.press("Control+Shift+ArrowLeft")
    # The editor reads the selection a moment later.
    expect(toolbar_button(page)).not_to_have_class(re.compile("disabled"), timeout=PATIENCE * 1000)


def test_an_editor_marks_a_phrase_with_the_keyboard_and_a_visitor_gets_its_language(site, sign_in, visit, tmp_path):
    editor = sign_in("root")
    page, text = editor.page, open_text(editor)
    before = stored(page)
    text.click()
    page.keyboard.press("Control+A")
    page.keyboard.type(TEXT)
    assert toolbar_button(page).get_attribute("class").count("disabled")
    select_last_words(page, 3)
    toolbar_button(page).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Language of the phrase")
    dialog.wait_for()
    assert not dialog.get_by_label("Code of the language").is_visible()
    assert not dialog.get_by_role("button", name="Remove the mark").is_visible()
    assert violations_in_both_schemes(page) == []
    # The last language of the menu is another one, whose code is asked for.
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.type("latin")
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("la")
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    assert stored(page) == '<p>The motto is <span lang="la">veritas et libertas</span>.</p>'
    assert page.evaluate("document.activeElement.isContentEditable")
    page.locator("input[name=_save]").first.click()
    page.locator(".messagelist .success").wait_for()

    visitor = visit()
    visitor.go("/en/deliverables/seamless-mobility/")
    assert visitor.page.locator("main span[lang=la]").inner_text() == "veritas et libertas"
    assert violations(visitor.page) == []
    (tmp_path / "page.html").write_bytes(read(f"{site.url}/en/deliverables/seamless-mobility/"))
    assert not html_errors(tmp_path)

    text = open_text(editor)
    assert violations_in_both_schemes(page) == []
    text.click()
    select_last_words(page, 1)
    page.keyboard.press("ArrowLeft")
    toolbar_button(page).click()
    assert dialog.get_by_label("Code of the language").input_value() == "la"
    dialog.get_by_label("Language", exact=True).select_option("pl")
    dialog.get_by_role("button", name="Mark the phrase").click()
    assert '<span lang="pl">veritas et libertas</span>.' in stored(page)
    toolbar_button(page).click()
    dialog.get_by_role("button", name="Cancel").click()
    assert '<span lang="pl">' in stored(page)
    toolbar_button(page).click()
    dialog.get_by_role("button", name="Remove the mark").click()
    assert stored(page) == f"<p>{TEXT}</p>"
    # The text that other tests expect.
    page.evaluate("(html) => document.querySelector('.field-body_en .tiptap').editor.commands.setContent(html)", before)
    page.locator("input[name=_save]").first.click()
    page.locator(".messagelist .success").wait_for()


PASTE = "(html) => document.querySelector('.field-body_en .tiptap').editor.view.pasteHTML(html)"


def test_a_pasted_text_keeps_languages_of_this_editor_and_not_those_of_a_spelling_checker(sign_in):
    editor = sign_in("root")
    page, text = editor.page, open_text(editor)
    text.click()
    page.keyboard.press("Control+A")
    page.evaluate(PASTE, '<p class="MsoNormal" lang="EN-GB"><span lang="EN-US">veritas et</span></p>')
    assert stored(page) == "<p>veritas et</p>"
    page.keyboard.press("Control+A")
    page.evaluate(PASTE, '<p data-pm-slice="1 1 []"><span lang="la">veritas et</span></p>')
    assert stored(page) == '<p><span lang="la">veritas et</span></p>'
    # Leaving the page with unsaved input asks for confirmation.
    page.on("dialog", lambda dialog: dialog.accept())


def test_the_desk_has_the_dialog_in_the_language_of_the_translator(sign_in):
    editor = sign_in("polish")
    editor.go("/admin/translations/texttotranslate/?language=pl&status=all&kind=alliance.deliverable&q=<p>")
    page = editor.page
    page.locator("#result_list tbody th a").first.click()
    page.locator(".tiptap.ProseMirror").click()
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="Language of the phrase").click()
    page.get_by_role("dialog").get_by_label("Language", exact=True).select_option("en")
    page.get_by_role("button", name="Mark the phrase").click()
    assert '<span lang="en">' in page.locator("#id_text").input_value()


def test_the_editor_of_texts_speaks_the_language_of_the_admin(sign_in):
    sign_in("root")
    page = sign_in("root", locale="pl").page
    page.goto(f"{page.url}alliance/deliverable/1/change/")
    toolbar = page.locator(".field-body_en .prose-menubar")
    toolbar.wait_for()
    names = toolbar.locator("button").evaluate_all("buttons => buttons.map((button) => button.ariaLabel)")
    assert [name for name in names if name] == [
        "Akapit",
        "Lista punktowana",
        "Lista numerowana",
        "Numeracja listy",
        "Cytat",
        "Pogrubienie",
        "Kursywa",
        "Język frazy",
        "Link",
        "Usuń link",
        "Cofnij",
        "Ponów",
        "Edytuj HTML",
    ]
    assert toolbar.locator(".prose-menubar__option").all_text_contents() == ["Nagłówek 2", "Nagłówek 3", "Akapit"]
    toolbar.get_by_role("button", name="Edytuj HTML").click()
    dialog = page.get_by_role("dialog", name="Edytuj HTML")
    assert dialog.get_by_role("button").all_text_contents() == ["Dodaj wcięcia", "OK", "Anuluj"]
    dialog.get_by_role("button", name="Anuluj").click()
    toolbar.locator(".prose-menubar__selected").click()
    toolbar.get_by_role("button", name="Nagłówek 3").click()
    assert toolbar.locator(".prose-menubar__selected button").first.get_attribute("aria-label") == "Nagłówek 3"
