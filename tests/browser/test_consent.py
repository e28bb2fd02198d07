"""The cookie notice, settings and receipt in a browser, with and without JavaScript."""

import json

import pytest

from tests.browser.test_pages import NARROW, WIDE, overflow, violations

BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


def notice(visitor):
    return visitor.page.get_by_role("region", name="Cookies on this site")


def choice(visitor) -> dict[str, str]:
    """The entries of the consent cookie."""
    cookies = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}
    assert sorted(cookies) == ["cookie_consent", "cookie_consent_receipt"]
    return dict(entry.split("=", 1) for entry in cookies["cookie_consent"].strip('"').split("|"))


def receipt(visitor) -> str:
    return next(cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == "cookie_consent_receipt")


@BOTH
@pytest.mark.parametrize(("button", "granted"), [("Accept all", True), ("Refuse all", False)])
def test_one_click_saves_the_choice_and_stays_on_the_page(visit, javascript, button, granted):
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/partners/?country=SE")
    notice(visitor).get_by_role("button", name=button).click()
    saved = visitor.page.get_by_text("Your choice is saved.")
    saved.wait_for()
    assert visitor.page.url.endswith("/en/partners/?country=SE" if javascript else "?country=SE#consent-saved")
    assert not notice(visitor).is_visible()
    entries = choice(visitor)
    assert {entries[key] != "-1" for key in ("functional", "statistics", "advertising")} == {granted}
    visitor.go("/en/vision/")
    assert not notice(visitor).is_visible() and not saved.is_visible()


@BOTH
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_a_double_click_is_recorded_once(site, visit, javascript, milliseconds):
    before = len(site.manage("export_consents", check=True).stdout.splitlines())
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/")
    box = notice(visitor).get_by_role("button", name="Accept all").bounding_box()
    position = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visitor.page.mouse.click(*position)
    visitor.page.wait_for_timeout(milliseconds)
    visitor.page.mouse.click(*position)
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    after = site.manage("export_consents", check=True).stdout.splitlines()
    assert len(after) == before + 1 and json.loads(after[-1])["receipt"] == receipt(visitor)


@BOTH
def test_the_confirmation_takes_the_focus_and_can_be_hidden(visit, javascript):
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/")
    notice(visitor).get_by_role("button", name="Refuse all").click()
    saved = visitor.page.locator("#consent-saved")
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    if javascript:
        assert saved.evaluate("element => element === document.activeElement")
    saved.get_by_role("link", name="Hide this message").click()
    assert not saved.is_visible()


@pytest.mark.parametrize("path", ["/en/", "/en/cookies/settings/"])
def test_a_reload_does_not_show_the_confirmation_again(visit, path):
    visitor = visit()
    visitor.go(path)
    visitor.page.get_by_role("button", name="Refuse all").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.page.wait_for_url(f"**{path}")
    assert visitor.page.locator("#consent-saved").is_visible()
    visitor.page.reload()
    assert not visitor.page.locator("#consent-saved").is_visible()


def test_a_shared_url_of_a_confirmation_shows_the_notice_and_no_confirmation(visit):
    visitor = visit()
    visitor.go("/en/#consent-saved")
    assert notice(visitor).is_visible()
    assert not visitor.page.locator("#consent-saved").is_visible()


@BOTH
def test_purposes_can_be_chosen_changed_and_withdrawn(visit, javascript):
    visitor = visit(java_script_enabled=javascript, viewport=NARROW)
    visitor.go("/en/")
    region = notice(visitor)
    region.get_by_text("Choose", exact=True).click()
    assert region.get_by_label("Necessary").is_checked() and region.get_by_label("Necessary").is_disabled()
    assert not region.get_by_label("Statistics").is_checked()
    assert not overflow(visitor.page)
    region.get_by_label("Statistics").check()
    region.get_by_role("button", name="Save my choice").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert (choice(visitor)["statistics"] != "-1", choice(visitor)["advertising"]) == (True, "-1")
    number = receipt(visitor)
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="Cookie settings").click()
    assert visitor.page.get_by_label("Statistics").is_checked()
    visitor.page.get_by_role("button", name="Withdraw all consent").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert choice(visitor)["statistics"] == "-1"
    assert receipt(visitor) == number


def test_a_choice_keeps_the_input_in_other_forms(visit):
    visitor = visit()
    visitor.go("/en/")
    visitor.page.get_by_label("Search this site").fill("half a wo")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert visitor.page.get_by_label("Search this site").input_value() == "half a wo"


def test_without_a_choice_no_cookie_is_set(visit):
    visitor = visit()
    visitor.go("/en/")
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Vision").click()
    visitor.page.wait_for_url("**/en/vision/")
    assert visitor.context.cookies() == []
    assert notice(visitor).is_visible()


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_accept_and_refuse_look_the_same_and_follow_each_other(visit, language, viewport):
    visitor = visit(viewport=viewport)
    visitor.go(f"/{language}/")
    styles = [
        visitor.page.locator(f".consent button[value={value}]").evaluate(
            "e => { const s = getComputedStyle(e);"
            " return [s.color, s.backgroundColor, s.fontSize, s.fontWeight, s.borderColor, s.padding,"
            " e.offsetWidth, e.offsetHeight] }"
        )
        for value in ("accept", "refuse")
    ]
    assert styles[0] == styles[1]
    visitor.page.locator(".consent button[value=accept]").focus()
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.value") == "refuse"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_settings_and_receipt_pass_the_accessibility_checks(visit, language, scheme):
    pages = {"en": ("cookies", "settings", "receipt"), "pl": ("pliki-cookie", "ustawienia", "potwierdzenie")}[language]
    visitor = visit(color_scheme=scheme, viewport=NARROW)
    faults = []
    visitor.go(f"/{language}/{pages[0]}/{pages[1]}/")
    faults += violations(visitor.page) + overflow(visitor.page)
    visitor.page.locator("button[value=refuse]").click()
    visitor.page.locator("#consent-saved").wait_for()
    faults += violations(visitor.page)
    visitor.go(f"/{language}/{pages[0]}/{pages[2]}/")
    faults += violations(visitor.page) + overflow(visitor.page)
    visitor.go(f"/{language}/")
    assert not faults


def test_the_opened_notice_passes_the_accessibility_checks(visit):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    notice(visitor).get_by_text("Choose", exact=True).click()
    assert not violations(visitor.page)


def test_the_receipt_can_be_downloaded(visit):
    visitor = visit()
    visitor.go("/en/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.get_by_role("link", name="Receipt").click()
    number = visitor.page.locator(".receipt code").first.inner_text()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="Download the receipt").click()
    downloaded = json.loads(download.value.path().read_text())
    assert downloaded["record"]["receipt"] == number == receipt(visitor)


def test_a_privacy_officer_finds_the_record_and_the_dialog_as_shown(visit, sign_in):
    visitor = visit()
    visitor.go("/pl/")
    visitor.page.get_by_role("button", name="Odrzuć wszystkie").click()
    visitor.page.locator("#consent-saved").wait_for()
    officer = sign_in("officer")
    officer.go(f"/admin/consent/decision/?q={receipt(visitor)}")
    officer.page.get_by_role("link", name=receipt(visitor)).click()
    assert officer.page.get_by_role("definition").get_by_text("refused all").is_visible()
    assert not officer.page.locator("input[name=_save]").count()
    officer.page.get_by_role("link", name="View the dialog as it was shown").click()
    officer.page.get_by_text("Zaakceptuj wszystkie").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_privacy_officers_and_the_seals_pass_the_accessibility_checks(site, visit, sign_in, scheme):
    visitor = visit(color_scheme=scheme, viewport=NARROW)
    visitor.go("/en/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    site.manage("seal_consents", check=True)
    visitor.go("/en/cookies/seals/")
    faults = violations(visitor.page) + overflow(visitor.page)
    officer = sign_in("officer", color_scheme=scheme)
    desk = "/admin/consent/decision/"
    for path in (desk, f"{desk}statistics/", f"{desk}check/", f"{desk}erase/", "/admin/consent/noticeversion/publish/"):
        officer.go(path)
        faults += violations(officer.page)
    officer.go(f"{desk}check/")
    with officer.page.expect_navigation():
        officer.page.locator("#content form button, #content form input[type=submit]").click()
    faults += violations(officer.page)
    officer.go(f"{desk}?q={receipt(visitor)}")
    officer.page.get_by_role("link", name=receipt(visitor)).click()
    officer.page.wait_for_url("**/change/*")
    faults += violations(officer.page)
    officer.page.get_by_role("link", name="View the dialog as it was shown").click()
    officer.page.wait_for_url("**/dialog/")
    assert not faults + violations(officer.page)
