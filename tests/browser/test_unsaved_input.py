"""Unsaved input in the admin survives a reload, a closed tab and the end of a session."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_pages import violations

pytestmark = pytest.mark.postgresql

# The copy on the server cannot be stored without a session. The browser logs each such response.
REFUSED = ("status of 403", "ERR_FAILED")
COUNT_STORED = "Object.keys(localStorage).filter((name) => name.startsWith('unsaved-input:')).length"
END_SESSIONS = "from django.contrib.sessions.models import Session; Session.objects.all().delete()"
# Longer than the delay before the script stores input.
PAUSE_MS = 400


def open_initiative(visitor, number: int = 0) -> str:
    """Open the form of an initiative, which has rows that can be added. Return its path.

    Tests that leave unsaved input behind use one of their own, because the server offers it again.
    """
    visitor.go("/admin/alliance/initiative/")
    visitor.page.locator("#result_list tbody th a").nth(number).click()
    visitor.page.locator("#initiative_form .ProseMirror").first.wait_for(state="attached")
    return visitor.page.url.removeprefix(visitor.site.url).partition("?")[0]


def ignore_refused_copies(visitor):
    visitor.console_errors[:] = [text for text in visitor.console_errors if not any(part in text for part in REFUSED)]


def type_rich(page, name: str, text: str):
    page.get_by_role("textbox", name=name).first.click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def stored_forms(page) -> int:
    return page.evaluate(COUNT_STORED)


def dismiss_warnings(page) -> list[str]:
    """A list that receives the type of each dialog. Dialogs are dismissed, so that the page stays."""
    warnings = []

    def refuse(dialog):
        warnings.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", refuse)
    return warnings


def test_input_of_every_kind_of_field_is_restored_after_a_closed_tab_and_can_be_discarded(sign_in):
    visitor = sign_in("root")
    path = open_initiative(visitor)
    page = visitor.page
    rows = page.locator(".dynamic-parts").count()
    page.locator("#id_title_en").fill("Typed title")
    page.get_by_role("button", name="Polski").click()
    type_rich(page, "Text [pl]", "Napisany tekst")
    page.get_by_role("button", name="English").click()
    page.locator("#parts-group .add-row a").click()
    page.locator(f"#id_parts-{rows}-title_en").fill("Added row")
    page.locator(f"#id_parts-{rows}-is_published").uncheck()
    page.wait_for_timeout(PAUSE_MS)
    page.close(run_before_unload=False)
    visitor.page = page = visitor.context.new_page()
    visitor.__post_init__()
    visitor.go(path)
    note = page.locator("section.unsaved-input")
    expect(note).to_contain_text("Not saved yet")
    expect(page.locator("#id_title_en")).to_have_value("Typed title")
    expect(page.locator("textarea#id_body_pl")).to_have_value("<p>Napisany tekst</p>")
    expect(page.locator("#id_body_pl").locator("..").locator(".tiptap")).to_have_text("Napisany tekst")
    expect(page.locator(f"#id_parts-{rows}-is_published")).not_to_be_checked()
    expect(page.locator(f"#id_parts-{rows}-title_en")).to_have_value("Added row")
    assert violations(page) == []
    # A library of the rich text editor logs this for an added editor, with and without our script.
    visitor.console_errors[:] = [text for text in visitor.console_errors if "linkifyjs" not in text]
    note.get_by_role("link", name="Discard my changes").click()
    page.wait_for_load_state()
    expect(page.locator("section.unsaved-input")).to_have_count(0)
    expect(page.locator("#id_title_en")).not_to_have_value("Typed title")
    expect(page.locator(".dynamic-parts")).to_have_count(rows)
    assert stored_forms(page) == 0


def test_input_is_offered_in_another_browser_until_it_is_saved(sign_in):
    visitor = sign_in("root")
    path = open_initiative(visitor, 1)
    with visitor.page.expect_response(lambda response: "/unsaved-input/" in response.url and response.status == 204):
        visitor.page.locator("#id_title_en").fill("Typed on the train")
    visitor.page.close(run_before_unload=False)
    visitor.page = page = visitor.context.new_page()
    visitor.__post_init__()
    visitor.go("/admin/")
    # As in a browser that never saw the form.
    page.evaluate("localStorage.clear()")
    visitor.go(path)
    expect(page.locator("section.unsaved-input")).to_contain_text("Not saved yet")
    expect(page.locator("#id_title_en")).to_have_value("Typed on the train")
    with page.expect_response(lambda response: "/unsaved-input/" in response.url and response.request.method == "POST"):
        page.locator("input[name=_draft]").first.click()
        page.locator(".messagelist .success").wait_for()
    visitor.go(path)
    expect(page.locator("#id_title_en")).to_have_value("Typed on the train")
    expect(page.locator("section.unsaved-input")).to_have_count(0)


def test_leaving_warns_only_after_input_and_saving_removes_the_stored_input(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    visitor.go("/admin/pages/page/")
    page.locator("#result_list tbody th a").first.click()
    page.locator("#page_form .ProseMirror").first.wait_for(state="attached")
    path = page.url
    warnings = dismiss_warnings(page)
    sidebar = page.locator("#nav-sidebar a").first
    page.locator("#id_short_title_pl, #id_short_title_en").first.click()
    sidebar.click()
    page.wait_for_url(lambda url: url != path)
    assert not warnings
    page.go_back()
    page.locator("#id_description_en").fill("A description that is typed")
    page.wait_for_timeout(PAUSE_MS)
    sidebar.click(no_wait_after=True)
    page.wait_for_timeout(PAUSE_MS)
    assert warnings == ["beforeunload"]
    assert page.url == path and stored_forms(page) == 1
    # The reload of Playwright would wait for the dismissed navigation.
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(PAUSE_MS)
    assert len(warnings) == 2
    page.locator("input[name=_save]").first.click()
    page.locator(".messagelist .success").wait_for()
    assert len(warnings) == 2 and stored_forms(page) == 0
    visitor.go("/admin/pages/page/")
    expect(page.locator("#result_list")).to_be_visible()
    assert len(warnings) == 2


def test_another_user_of_the_browser_does_not_see_the_input(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    path = open_initiative(visitor, 2)
    page.locator("#id_title_en").fill("Of the first user")
    page.wait_for_timeout(PAUSE_MS)
    visitor.context.clear_cookies()
    other = visitor.context.new_page()
    other.goto(f"{visitor.site.url}{path}")
    other.get_by_label("Username").fill("editor")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    other.locator("#initiative_form").wait_for()
    other.wait_for_timeout(PAUSE_MS)
    expect(other.locator("section.unsaved-input")).to_have_count(0)
    expect(other.locator("#id_title_en")).not_to_have_value("Of the first user")
    assert stored_forms(other) == 1
    # It sends its copy again and again.
    page.close()
    ignore_refused_copies(visitor)


def test_values_saved_by_others_are_shown_beside_the_input(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    path = open_initiative(visitor, 3)
    stored = page.locator("#id_title_en").input_value()
    page.locator("#id_title_en").fill("Typed by me")
    page.wait_for_timeout(PAUSE_MS)
    key = "from alliance.models import Initiative; item = Initiative.objects.order_by('order', 'pk').get(pk=%s); "
    change = key % path.split("/")[-3] + "item.title_en = %r; item.save()"
    try:
        visitor.site.manage("shell", "-v", "0", "-c", change % "Stored by somebody else", check=True)
        page.goto(f"{visitor.site.url}/admin/login/")
        visitor.go(path)
        note = page.locator("section.unsaved-input")
        expect(note).to_contain_text("Somebody else changed this")
        expect(note.locator("li")).to_have_text(["Title [en]: Stored by somebody else"])
        expect(page.locator("#id_title_en")).to_have_value("Typed by me")
        # Saving does not overwrite it without a conflict message.
        page.locator("input[name=_save]").first.click()
        expect(page.locator(".conflict")).to_contain_text("Stored by somebody else")
        expect(page.locator("#id_title_en")).to_have_value("Typed by me")
    finally:
        visitor.site.manage("shell", "-v", "0", "-c", change % stored, check=True)


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with scripts", "without scripts"])
def test_a_form_can_be_saved_after_the_session_ended(sign_in, java_script_enabled):
    visitor = sign_in("root", java_script_enabled=java_script_enabled)
    page = visitor.page
    visitor.go("/admin/translations/glossaryterm/")
    page.locator("#result_list tbody th a").first.click()
    page.locator("#id_note").fill("Typed in a session that ended")
    visitor.site.manage("shell", "-v", "0", "-c", END_SESSIONS, check=True)
    page.locator("input[name=_continue]").first.click()
    expect(page.locator(".unsaved-input")).to_contain_text("You were signed out")
    assert not java_script_enabled or violations(page) == []
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("section.unsaved-input")).to_contain_text("Not saved yet")
    expect(page.locator("#id_note")).to_have_value("Typed in a session that ended")
    page.locator("input[name=_continue]").first.click()
    page.locator(".messagelist .success").wait_for()
    expect(page.locator("#id_note")).to_have_value("Typed in a session that ended")
    expect(page.locator("section.unsaved-input")).to_have_count(0)
    assert not java_script_enabled or stored_forms(page) == 0
    ignore_refused_copies(visitor)


def test_a_text_at_the_desk_can_be_saved_after_a_sign_in_in_another_tab(sign_in):
    visitor = sign_in("polish")
    page = visitor.page
    visitor.go("/admin/translations/texttotranslate/?language=pl&status=all&kind=alliance.deliverable")
    page.locator("#result_list tbody th a", has_text=": title").first.click()
    page.locator("#id_text").fill("Tytuł po drugim logowaniu")
    visitor.context.clear_cookies(name=visitor.site.cookie_name("sessionid"))
    other = visitor.context.new_page()
    other.goto(f"{visitor.site.url}/admin/")
    other.get_by_label("Username").fill("polish")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    other.locator("#logout-form").wait_for()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("section.unsaved-input")).to_contain_text("Not saved yet")
    expect(page.locator("#id_text")).to_have_value("Tytuł po drugim logowaniu")
    page.get_by_role("button", name="Save as draft").click()
    page.locator(".messagelist .success").wait_for()
    assert stored_forms(page) == 0
    ignore_refused_copies(visitor)


def test_input_in_the_columns_of_a_list_is_restored(sign_in):
    visitor = sign_in("root")
    page = visitor.page
    visitor.go("/admin/alliance/figure/")
    before = page.locator("#id_form-0-order").input_value()
    page.locator("#id_form-0-order").fill("55")
    page.wait_for_timeout(PAUSE_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("section.unsaved-input")).to_contain_text("Not saved yet")
    expect(page.locator("#id_form-0-order")).to_have_value("55")
    page.locator("[data-discard]").click()
    expect(page.locator("#id_form-0-order")).to_have_value(before)
