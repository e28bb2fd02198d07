"""The cookie notice, settings and receipt in a browser, with and without JavaScript."""

import json

import pytest
from django.conf import settings

from tests.browser.test_pages import NARROW, WIDE, overflow, violations, violations_in_both_schemes

BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])

MAP = "openstreetmap"
DECLARE = """
from consent.models import *
from tests.consent.factories import make_provider, put_in_force
film = make_provider("film", "functional", "Film Ltd", "https://film.example")
tally = make_provider("tally", "statistics", "Gesellschaft für Seitenabrufstatistikauswertung mbH", "https://tally.example")
for name, kind in [("film-*", "local"), ("film-visit", "session"), ("films", "indexeddb")]:
    DeclaredCookie.objects.create(key=f"{kind}-film", provider=film, name=name, kind=kind, description_en="Counts.")
DeclaredCookie.objects.create(key="parent", provider=film, name="film-parent", domain="example.org", description_en="-")
for owner in (film, tally):
    DeclaredCookie.objects.create(key=owner.key, provider=owner, name=f"{owner.key}_*", description_en="Counts.")
put_in_force()
"""
REMOVE = """
from consent.models import *
from tests.consent.factories import put_in_force
DeclaredCookie.objects.filter(provider__key__in=["film", "tally"]).delete()
Provider.objects.filter(key__in=["film", "tally"]).delete()
put_in_force()
"""
DECLARE_SCRIPT = """
from consent.models import *
from tests.consent.factories import put_in_force
tally = Provider.objects.get(key="tally")
long = "data-site=" + "5" * 80
Script.objects.create(name="Tally", source="https://tally.example/count.js", provider=tally, attributes=long)
put_in_force()
"""
SWITCH_PROVIDERS = """
from consent.models import *
from tests.consent.factories import put_in_force
Provider.objects.update(is_published={})
put_in_force()
"""


@pytest.fixture(scope="module")
def providers(site):
    """A second provider of the same purpose, with storage, and one of another purpose."""
    site.manage("shell", "-v", "0", "-c", DECLARE, check=True)
    yield
    site.manage("shell", "-v", "0", "-c", REMOVE, check=True)


@pytest.fixture
def script(site, providers):
    """A script of the provider of the other purpose."""
    site.manage("shell", "-v", "0", "-c", DECLARE_SCRIPT, check=True)
    yield
    site.manage("shell", "-v", "0", "-c", "from consent.models import *; Script.objects.all().delete()", check=True)


def notice(visitor):
    return visitor.page.get_by_role("region", name="Cookies on this site")


def choice(visitor) -> dict[str, str]:
    """The entries of the consent cookie."""
    cookies = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}
    answers, number = (visitor.site.cookie_name(name) for name in ("cookie_consent", "cookie_consent_receipt"))
    assert set(cookies) == {answers, number}
    return dict(entry.split("=", 1) for entry in cookies[answers].strip('"').split("|"))


def receipt(visitor) -> str:
    name = visitor.site.cookie_name("cookie_consent_receipt")
    return next(cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == name)


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
    assert (choice(visitor)[MAP] != "-1") is granted
    visitor.go("/en/vision/")
    assert not notice(visitor).is_visible() and not saved.is_visible()


@pytest.mark.nightly
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


@pytest.mark.parametrize("button", ["Refuse all", "Accept all"])
def test_an_answer_to_the_notice_adds_no_entry_to_the_history(visit, button):
    visitor = visit()
    visitor.go("/en/vision/")
    visitor.go("/en/timeline/")
    entries = visitor.page.evaluate("history.length")
    notice(visitor).get_by_role("button", name=button).click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.page.wait_for_url("**/en/timeline/")
    assert visitor.page.evaluate("history.length") == entries
    visitor.page.go_back()
    visitor.page.wait_for_url("**/en/vision/")


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
def test_providers_can_be_chosen_changed_and_withdrawn(visit, javascript, providers):
    visitor = visit(java_script_enabled=javascript, viewport=NARROW)
    visitor.go("/en/")
    region = notice(visitor)
    region.get_by_text("Choose", exact=True).click()
    assert region.get_by_role("checkbox", checked=True).count() == 0
    assert not region.get_by_label("Necessary").count() and not region.get_by_label("Advertising").count()
    assert not overflow(visitor.page)
    region.get_by_label("Film Ltd").check()
    region.get_by_role("button", name="Save my choice").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert (choice(visitor)["film"] != "-1", choice(visitor)["tally"], choice(visitor)[MAP]) == (True, "-1", "-1")
    number = receipt(visitor)
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="Cookie settings").click()
    assert visitor.page.get_by_label("Film Ltd").is_checked()
    assert not visitor.page.get_by_label("OpenStreetMap Foundation").is_checked()
    visitor.page.get_by_role("button", name="Withdraw all consent").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert choice(visitor)["film"] == "-1"
    assert receipt(visitor) == number


@pytest.mark.nightly
@BOTH
def test_the_box_of_a_purpose_stands_for_its_providers(visit, javascript, providers):
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/cookies/settings/")
    page = visitor.page
    page.get_by_label("Functional").check()
    if javascript:
        assert page.get_by_label("Film Ltd").is_checked()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_text("Your choice is saved.").wait_for()
    assert {key for key, answer in choice(visitor).items() if answer != "-1"} == {"film", MAP, "notice"}
    assert page.get_by_label("Functional").is_checked() and page.get_by_label("Film Ltd").is_checked()
    page.get_by_label("Functional").uncheck()
    if javascript:
        assert not page.get_by_label("Film Ltd").is_checked()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_text("Your choice is saved.").wait_for()
    assert {key for key, answer in choice(visitor).items() if answer != "-1"} == {"notice"}


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/en/", "/en/cookies/settings/"])
def test_with_javascript_the_boxes_of_a_purpose_and_its_providers_follow_each_other(visit, providers, path):
    visitor = visit()
    visitor.go(path)
    page = visitor.page
    if path == "/en/":
        notice(visitor).get_by_text("Choose", exact=True).click()
    purpose, film, osm = (page.get_by_label(name) for name in ("Functional", "Film Ltd", "OpenStreetMap Foundation"))

    def state() -> tuple[bool, bool]:
        return purpose.is_checked(), purpose.evaluate("box => box.indeterminate")

    assert state() == (False, False)
    film.check()
    assert state() == (False, True)
    osm.check()
    assert state() == (True, False)
    film.uncheck()
    assert state() == (False, True)
    purpose.focus()
    page.keyboard.press("Space")
    assert state() == (True, False) and film.is_checked()
    page.keyboard.press("Space")
    assert state() == (False, False) and not film.is_checked() and not osm.is_checked()
    # One of two that were granted before.
    page.get_by_role("button", name="Accept all").click()
    page.locator("#consent-saved").wait_for()
    visitor.go("/en/cookies/settings/")
    assert state() == (True, False)
    film.uncheck()
    page.get_by_role("button", name="Save my choice").click()
    page.locator("#consent-saved").wait_for()
    assert (choice(visitor)["film"], choice(visitor)[MAP] != "-1") == ("-1", True)
    assert state() == (False, True)


FILL_STORAGE = """() => {
  for (const name of ['film-seen', 'film-', 'other', 'theme', 'unsaved-input:1:/admin/'])
    localStorage.setItem(name, 'dark');
  sessionStorage.setItem('film-visit', '1');
  sessionStorage.setItem('content-language', 'pl');
  return new Promise((done) => (indexedDB.open('films').onsuccess = ({target}) => done(target.result.close())));
}"""
STORED = """async () => [
  ...Object.keys(localStorage), ...Object.keys(sessionStorage),
  ...(await indexedDB.databases()).map((found) => found.name)
].sort()"""
KEPT = ["content-language", "other", "theme", "unsaved-input:1:/admin/"]


@pytest.mark.parametrize("place", ["footer", "settings", "receipt", "notice"])
def test_a_decline_deletes_the_declared_storage_and_nothing_else(visit, providers, place):
    visitor = visit()
    page = visitor.page
    visitor.go("/en/vision/")
    if place != "notice":
        notice(visitor).get_by_role("button", name="Accept all").click()
        page.locator("#consent-saved").wait_for()
        visitor.go({"footer": "/en/vision/"}.get(place, f"/en/cookies/{place}/"))
    page.evaluate(FILL_STORAGE)
    button = {"footer": "Withdraw consent", "notice": "Refuse all"}.get(place, "Withdraw all consent")
    page.get_by_role("button", name=button).click()
    page.locator("#consent-saved").wait_for()
    assert choice(visitor)["film"] == "-1"
    page.wait_for_function(
        f"async () => JSON.stringify(await ({STORED})()) === '{json.dumps(KEPT, separators=(',', ':'))}'"
    )


@pytest.mark.nightly
@BOTH
def test_a_withdrawal_deletes_the_cookies_of_its_provider_and_unknown_ones_in_the_browser(visit, javascript, providers):
    visitor = visit(java_script_enabled=javascript)
    page = visitor.page
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    page.locator("#consent-saved").wait_for()
    form_token, *own = (
        visitor.site.cookie_name(name) for name in ("csrftoken", "cookie_consent", "cookie_consent_receipt")
    )
    names = ("film_1", "tally_1", "stray", form_token, "messages")
    visitor.context.add_cookies([{"name": name, "value": "1", "url": visitor.site.url} for name in names])
    visitor.go("/en/cookies/settings/")
    page.get_by_label("Film Ltd").uncheck()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_text("Your choice is saved.").wait_for()
    kept = {*own, form_token, "messages"}
    assert {cookie["name"] for cookie in visitor.context.cookies()} == kept | {"tally_1"}
    visitor.go("/en/vision/")
    page.get_by_role("button", name="Withdraw consent").click()
    page.get_by_text("Your choice is saved.").wait_for()
    assert {cookie["name"] for cookie in visitor.context.cookies()} == kept


@BOTH
def test_a_withdrawal_deletes_of_the_cookies_of_a_parent_domain_only_the_declared_one(
    visit, javascript, providers, nginx
):
    if nginx is None:
        pytest.skip("without nginx, the site has no parent domain")
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    parent = {"value": "1", "domain": ".example.org", "path": "/"}
    visitor.context.add_cookies([parent | {"name": name} for name in ("film-parent", "other-service")])
    visitor.go("/en/vision/")
    visitor.page.get_by_role("button", name="Withdraw consent").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    left = {cookie["name"] for cookie in visitor.context.cookies() if cookie["domain"] == ".example.org"}
    assert left == {"other-service"}


@BOTH
@pytest.mark.parametrize("path", ["/en/vision/", "/en/cookies/settings/"])
def test_the_button_of_the_footer_withdraws_on_any_page(visit, javascript, path):
    visitor = visit(java_script_enabled=javascript)
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go(path)
    visitor.page.get_by_role("button", name="Withdraw consent").click()
    visitor.page.get_by_text("Your choice is saved.").wait_for()
    assert choice(visitor)[MAP] == "-1"
    visitor.page.get_by_role("button", name="Withdraw consent").wait_for(state="detached")
    assert visitor.page.get_by_role("main").get_by_role("checkbox", checked=True).count() == 0


def test_page_scripts_are_told_of_a_decision(visit, providers):
    visitor = visit()
    visitor.go("/en/vision/")
    visitor.page.evaluate("document.addEventListener('consent:change', ({detail}) => (window.told = detail))")
    region = notice(visitor)
    region.get_by_text("Choose", exact=True).click()
    region.get_by_label("Film Ltd").check()
    region.get_by_role("button", name="Save my choice").click()
    visitor.page.locator("#consent-saved").wait_for()
    told = visitor.page.evaluate("window.told")
    assert {name: sorted(keys) for name, keys in told.items()} == {"granted": ["film"], "denied": [MAP, "tally"]}


@pytest.mark.nightly
@pytest.mark.parametrize("has_input", [False, True], ids=["without input", "with input in another form"])
def test_the_page_is_replaced_where_what_loads_changes_unless_input_would_be_lost(visit, script, has_input):
    visitor = visit()
    page = visitor.page
    page.route("https://tally.example/**", lambda route: route.fulfill(content_type="text/javascript", body=""))
    visitor.go("/en/vision/")
    page.evaluate("window.isFirst = true")
    if has_input:
        page.get_by_label("Search this site").fill("half a wo")
    notice(visitor).get_by_role("button", name="Accept all").click()
    page.locator("#consent-saved").wait_for()
    page.wait_for_function(f"() => {'' if has_input else '!'}window.isFirst && !location.hash")
    assert page.locator("#consent-saved").is_visible() and page.url.endswith("/en/vision/")
    assert page.get_by_label("Search this site").input_value() == ("half a wo" if has_input else "")
    loaded = [url for url in visitor.requests if url.startswith("https://tally.example/")]
    assert bool(loaded) is not has_input
    visitor.requests[:] = [url for url in visitor.requests if url not in loaded]


@pytest.mark.nightly
@BOTH
def test_every_decision_of_a_browser_can_be_read_and_downloaded(visit, javascript):
    visitor = visit(java_script_enabled=javascript)
    page = visitor.page
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    page.locator("#consent-saved").wait_for()
    visitor.go("/en/cookies/receipt/")
    page.get_by_role("button", name="Withdraw all consent").click()
    page.get_by_text("Your choice is saved.").wait_for()
    chain = page.locator(".chain > li")
    assert chain.count() == 2 and chain.nth(0).get_by_text("withdrawn").is_visible()
    with page.expect_download() as download:
        chain.nth(1).get_by_role("link", name="Download").click()
    assert json.loads(download.value.path().read_text())["record"]["action"] == "accepted_all"
    chain.nth(1).get_by_role("link").first.click()
    page.get_by_text("This is an earlier decision.").wait_for()
    assert page.get_by_text("OpenStreetMap Foundation: yes").is_visible()


@pytest.mark.nightly
@BOTH
def test_a_site_with_nothing_optional_only_informs(site, visit, javascript):
    site.manage("shell", "-v", "0", "-c", SWITCH_PROVIDERS.format(False), check=True)
    try:
        visitor = visit(java_script_enabled=javascript)
        # A page in the caches is up to two seconds old.
        for _ in range(12):
            visitor.go("/en/vision/")
            if not notice(visitor).count():
                break
            visitor.page.wait_for_timeout(250)
        assert not notice(visitor).count()
        visitor.page.get_by_role("contentinfo").get_by_role("link", name="Cookie settings").click()
        visitor.page.get_by_text("Nothing optional is used on this site").wait_for()
        assert visitor.page.get_by_role("main").get_by_role("button").count() == 0
        assert visitor.page.get_by_role("checkbox").count() == 0
        assert not javascript or not violations(visitor.page)
    finally:
        site.manage("shell", "-v", "0", "-c", SWITCH_PROVIDERS.format(True), check=True)


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
    visitor.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="News").click()
    visitor.page.wait_for_url("**/en/news/")
    assert visitor.context.cookies() == []
    assert notice(visitor).is_visible()


@pytest.mark.nightly
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


@pytest.mark.nightly
def test_on_a_small_phone_both_buttons_are_on_the_first_screen_in_every_language(visit):
    visitor = visit(viewport={"width": 320, "height": 700})
    for language in settings.CONTENT_LANGUAGES:
        visitor.go(f"/{language}/")
        for value in ("accept", "refuse"):
            box = visitor.page.locator(f".consent button[value={value}]").bounding_box()
            assert box["y"] + box["height"] <= 700, (language, value)
        assert not overflow(visitor.page)


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "pl"])
def test_settings_and_receipt_pass_the_accessibility_checks(visit, language):
    pages = {"en": ("cookies", "settings", "receipt"), "pl": ("pliki-cookie", "ustawienia", "potwierdzenie")}[language]
    visitor = visit(viewport=NARROW)
    faults = []
    visitor.go(f"/{language}/{pages[0]}/{pages[1]}/")
    for details in visitor.page.locator("main .facts-details > summary").all():
        details.click()
    faults += violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    visitor.page.locator("button[value=refuse]").click()
    visitor.page.locator("#consent-saved").wait_for()
    faults += violations_in_both_schemes(visitor.page)
    visitor.go(f"/{language}/{pages[0]}/{pages[2]}/")
    faults += violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    visitor.go(f"/{language}/")
    assert not faults


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("options", "check"),
    [({}, violations_in_both_schemes), ({"forced_colors": "active"}, violations)],
    ids=["own colours", "forced colours"],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_opened_notice_passes_the_accessibility_checks(visit, script, options, check, language):
    visitor = visit(viewport=NARROW, **options)
    visitor.go(f"/{language}/")
    visitor.page.locator(".consent-details > summary").click()
    visitor.page.locator("input[value=film]").check()
    for details in visitor.page.locator(".consent .facts-details > summary").all():
        details.click()
    assert not check(visitor.page) and not overflow(visitor.page)


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


READ = """async (path) => {
  const frame = Object.assign(document.createElement("iframe"), { src: path });
  const loaded = new Promise((done) => (frame.onload = done));
  document.body.append(frame);
  await loaded;
  const opened = window.open(path);
  await new Promise((done) => setTimeout(done, 500));
  let window_text = "";
  try {
    window_text = opened?.document?.body?.innerText ?? "";
  } catch {}
  return [await (await fetch(path)).text(), frame.contentDocument?.body?.innerText ?? "", window_text].join();
}"""


def test_a_script_of_a_page_cannot_read_the_number_of_the_receipt(visit):
    visitor = visit()
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    for path in ("/en/cookies/receipt/", "/en/cookies/receipt.json"):
        with visitor.context.expect_page() as opened:
            text = visitor.page.evaluate(READ, path)
        assert receipt(visitor) not in text and receipt(visitor) not in visitor.page.content()
        opened.value.close()
    # The browser reports the refused requests and frames.
    visitor.console_errors.clear()


@pytest.mark.nightly
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


@pytest.mark.nightly
def test_the_pages_of_privacy_officers_and_the_seals_pass_the_accessibility_checks(site, visit, sign_in):
    visitor = visit(viewport=NARROW)
    visitor.go("/en/")
    notice(visitor).get_by_role("button", name="Accept all").click()
    visitor.page.locator("#consent-saved").wait_for()
    site.manage("seal_consents", check=True)
    visitor.go("/en/cookies/seals/")
    faults = violations_in_both_schemes(visitor.page) + overflow(visitor.page)
    officer = sign_in("officer")
    desk = "/admin/consent/decision/"
    for path in (desk, f"{desk}statistics/", f"{desk}check/", f"{desk}erase/", "/admin/consent/noticeversion/publish/"):
        officer.go(path)
        faults += violations_in_both_schemes(officer.page)
    officer.go(f"{desk}check/")
    with officer.page.expect_navigation():
        officer.page.locator("#content form button, #content form input[type=submit]").click()
    faults += violations_in_both_schemes(officer.page)
    officer.go(f"{desk}?q={receipt(visitor)}")
    officer.page.get_by_role("link", name=receipt(visitor)).click()
    officer.page.wait_for_url("**/change/*")
    faults += violations_in_both_schemes(officer.page)
    officer.page.get_by_role("link", name="View the dialog as it was shown").click()
    officer.page.wait_for_url("**/dialog/")
    assert not faults + violations_in_both_schemes(officer.page)
