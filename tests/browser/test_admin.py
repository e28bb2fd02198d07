"""The admin in a browser."""

import re

import pytest

from tests.browser.test_pages import overflow, violations_in_both_schemes

LISTS = [
    "alliance/alliance",
    "alliance/figure",
    "alliance/keyarea",
    "alliance/audiencebenefit",
    "alliance/deliverable",
    "alliance/initiative",
    "alliance/task",
    "alliance/milestone",
    "partners/partneruniversity",
    "pages/page",
    "pages/redirect",
    "auth/user",
]

# One page of each kind that no other test checks: those of drafts, schedules, revisions, the bin, the desk, exchange
# files and the notice have tests of their own.
KINDS = [
    "/admin/alliance/keyarea/1/erase/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/consent/decision/",
    "/admin/consent/noticeversion/1/change/",
    "/admin/consent/purpose/1/change/",
    "/admin/consent/script/presets/",
    "/admin/editorial/binsettings/1/change/",
    "/admin/editorial/contenterasure/",
    "/admin/editorial/contenterasure/find/",
    "/admin/events/event/?_facets=True",
    "/admin/help/docs/glossary/pl.md",
    "/admin/jobs/job/",
    "/admin/pictures/picture/add/?_popup=1",
    "/admin/translations/translation/",
]


def open_first(visitor, model: str):
    visitor.go(f"/admin/{model}/")
    visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.locator("#content-main form").wait_for()


@pytest.mark.nightly
def test_lists_and_forms_cause_no_console_error_and_no_third_party_request(sign_in):
    visitor = sign_in("root")
    for model in LISTS:
        open_first(visitor, model)
        # There is only one alliance.
        if model != "alliance/alliance":
            visitor.go(f"/admin/{model}/add/")
    # The fixture `visit` checks console errors and third-party requests.
    assert visitor.requests


def test_a_publisher_changes_a_polish_text_and_a_visitor_reads_it(sign_in, visit):
    editor = sign_in("root")
    editor.go("/admin/alliance/deliverable/?q=mobility")
    editor.page.get_by_role("link", name="Seamless mobility").click()
    editor.page.get_by_role("button", name="Polski").click()
    assert not editor.page.locator("#id_title_en").is_visible()
    editor.page.locator("#id_title_pl").fill("Mobilność bez granic")
    editor.page.get_by_role("textbox", name="Text [pl]").click()
    editor.page.keyboard.press("Control+A")
    editor.page.keyboard.type("Studenci przenoszą się ")
    editor.page.keyboard.press("Control+B")
    editor.page.keyboard.type("swobodnie")
    editor.page.locator("input[name=_save]").first.click()
    editor.page.locator(".messagelist .success").wait_for()
    visitor = visit()
    visitor.go("/pl/rezultaty/mobilnosc-bez-barier/")
    assert visitor.page.locator("h1").inner_text() == "Mobilność bez granic"
    assert "Studenci przenoszą się <strong>swobodnie</strong>" in visitor.page.content()
    visitor.go("/en/deliverables/seamless-mobility/")
    assert visitor.page.locator("h1").inner_text() == "Seamless mobility"


@pytest.mark.nightly
def test_the_form_shows_the_language_with_an_error(sign_in):
    visitor = sign_in("root")
    open_first(visitor, "pages/page")
    visitor.page.get_by_role("button", name="Polski").click()
    visitor.page.get_by_role("button", name="English").click()
    visitor.page.locator("#id_short_title_en").fill("")
    visitor.page.get_by_role("button", name="Polski").click()
    visitor.page.evaluate("document.querySelector('#content-main form').noValidate = true")
    visitor.page.locator("input[name=_save]").first.click()
    visitor.page.locator(".errornote").wait_for()
    assert visitor.page.locator("#id_short_title_en").is_visible()
    assert visitor.page.get_by_role("button", name=re.compile("English.*error")).is_visible()


@pytest.fixture
def many_groups(site):
    """More groups than a form shows at once."""

    def manage(action: str):
        code = f"from django.contrib.auth.models import Group; Group.objects.{action}"
        site.manage("shell", "-v", "0", "-c", code, check=True)

    manage("bulk_create(Group(name=f'Working group {number}') for number in range(1, 121))")
    yield
    manage("filter(name__startswith='Working group').delete()")


@pytest.mark.nightly
def test_a_field_with_many_choices_has_a_search(sign_in, many_groups):
    visitor = sign_in("root")
    visitor.go("/admin/auth/user/?q=polish")
    visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.locator(".select2-search__field").click()
    visitor.page.keyboard.type("group 119")
    visitor.page.get_by_role("option", name="Working group 119").click()
    visitor.page.locator("input[name=_save]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()
    visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.get_by_title("Working group 119").wait_for()
    chosen = visitor.page.locator("#id_groups option:checked").all_inner_texts()
    assert chosen == ["Translators: Polski", "Working group 119"]


@pytest.mark.nightly
def test_a_translator_can_only_edit_texts(sign_in):
    visitor = sign_in("translator")
    visitor.go("/admin/partners/partneruniversity/")
    assert not visitor.page.get_by_role("link", name=re.compile("^Add")).count()
    visitor.page.get_by_role("link", name="University of Oulu").click()
    assert visitor.page.locator("#id_website").count() == 0
    visitor.page.get_by_role("button", name="Polski").click()
    visitor.page.locator("#id_city_past_pl").fill("smoła, papier")
    visitor.page.locator("input[name=_draft]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()


def test_staff_choose_the_language_of_the_admin(sign_in):
    visitor = sign_in("officer")
    visitor.page.get_by_label("Language").select_option("pl")
    visitor.page.get_by_role("button", name="Change", exact=True).click()
    visitor.page.get_by_role("button", name="Zmień", exact=True).wait_for()
    assert visitor.page.locator("html").get_attribute("lang") == "pl"


@pytest.mark.nightly
def test_a_form_works_without_javascript(sign_in):
    visitor = sign_in("root", java_script_enabled=False)
    open_first(visitor, "alliance/keyarea")
    visitor.page.locator("#id_description_pl").fill("Bez skryptu")
    visitor.page.locator("input[name=_save]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()


@pytest.mark.nightly
@pytest.mark.parametrize("part", [0, 1])
def test_each_kind_of_page_of_the_admin_is_accessible_on_a_phone(sign_in, part):
    visitor = sign_in("root", viewport={"width": 390, "height": 844})
    faults = []
    for path in KINDS[part::2]:
        visitor.go(path)
        faults += violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    assert not faults
