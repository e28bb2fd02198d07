"""Stories of a privacy officer and visitors: what officers change, what visitors read of it, and what loads then."""

import re
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from tests.browser.test_consent import BOTH, notice, receipt
from tests.browser.test_embeds import embed, take_third_party_requests

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]

CITY = "/en/partners/university-of-lodz/"
OSM = "OpenStreetMap Foundation"
MAP = "https://www.openstreetmap.org/"
ALLOW = f"Always allow {OSM}"

NEW_HOST, LONGER, PURPOSE = "https://vector.example", " Backups: a year.", "Remembers the layers of the map."
GERMAN = "Merkt sich die Ebenen der Karte."
DECLARE_COOKIE = f"""
from consent.models import *
provider = Provider.objects.get(key="openstreetmap")
DeclaredCookie.objects.create(key="layers", name="map_layers", provider=provider, description_en={PURPOSE!r}, order=99)
"""
TRANSLATE = """
from consent.completeness import draft_items
from translations.status.models import Translation
for text in Translation.objects.of_items(draft_items()).open().select_related("source"):
    text.write(text.target or f"{text.source_text} ({text.language})")
"""
RESTORE_NOTICE = f"""
from consent.models import *
from tests.consent.factories import translate_draft
provider = Provider.objects.get(key="openstreetmap")
provider.is_published = True
provider.hosts = "\\n".join(host for host in provider.origins if host != {NEW_HOST!r})
provider.retention_en = provider.retention_en.removesuffix({LONGER!r})
provider.save()
DeclaredCookie.objects.filter(key="layers").delete()
translate_draft()
NoticeVersion.objects.put_in_force()
"""
NEW_CONTACT = "data@unic.example"
RESTORE_POLICY = """
from consent.models import *
PrivacyPolicy.objects.update(contact={contact!r})
PolicyVersion.objects.put_in_force()
"""
STATEMENT, TELEPHONE, UNIT = "/en/accessibility/", "+48 12 345 67 89", "Office for Accessibility"
REMOVE_DETAILS = """
from feedback.models import FeedbackPage
page = FeedbackPage.objects.get()
for name in ("unit_en", "unit_pl", "telephone", "building_access_en", "building_access_pl"):
    setattr(page, name, "")
page.save()
"""
DECLARE_VIDEO = "from tests.consent.factories import make_video; make_video(publish=False)"
PUT_IN_FORCE = "from tests.consent.factories import put_in_force; put_in_force()"
REMOVE_VIDEO = f"""
from consent.models import *
from partners.models import PartnerUniversity
university = PartnerUniversity.objects.get(name_en="University of Oulu")
university.map = EmbeddedContent.objects.get(key="map-of-oulu")
university.save()
EmbeddedContent.objects.filter(provider__key="video").delete()
Provider.objects.filter(key="video").delete()
{PUT_IN_FORCE}
"""


@pytest.fixture
def run(site):
    """Function that runs code on the site."""
    return lambda code: site.manage("shell", "-v", "0", "-c", code, check=True)


@pytest.fixture
def restored(run):
    """Put the notice back as it was after the test."""
    yield
    run(RESTORE_NOTICE)


@pytest.fixture
def visit_city(visit):
    """Function that opens a browser with a stand-in for OpenStreetMap, on the page of a university."""

    def open_browser(**options):
        visitor = visit(**options)
        html = "<!doctype html><html lang=en><title>Map</title><h1>The map</h1>"
        visitor.context.route(f"{MAP}**", lambda route: route.fulfill(content_type="text/html", body=html))
        visitor.go(CITY)
        return visitor

    return open_browser


def allow_map(visitor):
    visitor.page.get_by_role("button", name=ALLOW).click()
    visitor.page.locator("#consent-saved").wait_for()
    assert map_is_shown(visitor)


def map_is_shown(visitor) -> bool:
    """Whether the map loads on the page. Otherwise the page has no frame for it."""
    if not visitor.page.locator("iframe").count():
        assert not take_third_party_requests(visitor)
        return False
    visitor.page.locator("iframe").scroll_into_view_if_needed()
    visitor.page.frame_locator("iframe").get_by_role("heading", name="The map").wait_for()
    (address,) = take_third_party_requests(visitor)
    return address.startswith(MAP)


def loads_map(visitor) -> bool:
    """Open the page of a university. Whether its map loads, and whether the browser would let it."""
    response = visitor.go(CITY)
    is_allowed = "openstreetmap" in response.headers["content-security-policy"]
    assert map_is_shown(visitor) is is_allowed
    return is_allowed


def go_until(visitor, path: str, changed):
    """Open a public page until it has the locator `changed`: a page in the caches is up to two seconds old."""
    for _ in range(12):
        visitor.go(path)
        if changed.count():
            return
        visitor.page.wait_for_timeout(250)
    pytest.fail(f"{path} did not change")


def open_provider(officer):
    officer.go("/admin/consent/provider/")
    officer.page.locator("#result_list").get_by_role("link", name=OSM, exact=True).click()
    officer.page.locator("#id_hosts").wait_for()


def save(staff):
    staff.page.locator("input[name=_save]").first.click()
    staff.page.locator(".messagelist .success").wait_for()


def newest_entry(officer, action: str) -> str:
    """The newest entry of the log of staff."""
    officer.go(f"/admin/consent/accessentry/?action__exact={action}")
    return officer.page.locator("#result_list tbody tr").first.inner_text()


@BOTH
def test_a_browser_that_objects_reads_that_the_site_honours_it_and_the_record_says_so(visit, javascript):
    visitor = visit(java_script_enabled=javascript, extra_http_headers={"Sec-GPC": "1"})
    response = visitor.go("/.well-known/gpc.json")
    assert response.headers["content-type"] == "application/json"
    statement = response.json()
    assert statement["gpc"] is True and re.fullmatch(r"\d{4}-\d\d-\d\d", statement["lastUpdate"])
    assert not visitor.context.cookies()
    objection = "Your browser says that you object to tracking."
    visitor.go("/en/vision/")
    assert notice(visitor).get_by_text(objection).is_visible()
    other = visit(java_script_enabled=javascript)
    other.go("/en/vision/")
    assert notice(other).is_visible() and not other.page.get_by_text(objection).count()
    for browser in (visitor, other):
        notice(browser).get_by_role("button", name="Accept all").click()
        browser.page.locator("#consent-saved").wait_for()
        browser.go("/en/cookies/receipt/")
        assert bool(browser.page.locator(".receipt-question").get_by_text(objection).count()) is (browser is visitor)


@BOTH
def test_what_widens_waits_for_its_translations_for_a_version_and_for_a_new_answer(
    run, restored, visit_city, sign_in, javascript
):
    visitor = visit_city(java_script_enabled=javascript)
    assert not map_is_shown(visitor)
    allow_map(visitor)
    officer = sign_in("officer", java_script_enabled=javascript)
    page = officer.page

    # The officer declares more than visitors agreed to.
    run(DECLARE_COOKIE)
    open_provider(officer)
    for name, added in (("hosts", f"\n{NEW_HOST}"), ("retention_en", LONGER)):
        field = page.locator(f"#id_{name}")
        field.fill(field.input_value() + added)
    save(officer)
    page.get_by_text("This is a draft.").wait_for()

    # It cannot be put in force: each missing text is listed, and leads to its field.
    page.get_by_role("link", name="Compare and publish the notice").click()
    page.get_by_text("18 texts are missing or older than their source.").wait_for()
    assert page.get_by_role("link", name=f"{OSM}: retention", exact=True).count() == 9
    assert not page.get_by_role("button", name="Publish the notice").count()
    german = page.get_by_role("heading", name="Deutsch").locator("+ ul")
    german.get_by_role("link", name="map_layers: what it is for", exact=True).click()
    field = page.locator("input[name$=-description_de]:target")
    field.wait_for()
    assert not javascript or page.locator("input[name$=-description_de]:focus").count()
    assert 0 < field.bounding_box()["y"] < 900
    field.fill(GERMAN)
    save(officer)
    officer.go("/admin/consent/noticeversion/publish/")
    page.get_by_text("17 texts are missing or older than their source.").wait_for()

    # Nothing changed for visitors.
    assert loads_map(visitor) and not notice(visitor).is_visible()
    visitor.go("/en/cookies/")
    assert visitor.page.get_by_text("_osm_session").count() and not visitor.page.get_by_text("map_layers").count()

    # Complete, it can be put in force, but not as a small correction.
    run(TRANSLATE)
    page.reload()
    for widening in (
        f"new host: Functional › {OSM}: {NEW_HOST}",
        f"new cookie or storage: Functional › {OSM}: map_layers",
        f"changed fact: Functional › {OSM}: retention",
    ):
        assert page.get_by_role("listitem").filter(has_text=widening).is_visible()
    assert page.get_by_label("A substantial change").is_checked()
    assert not page.get_by_label("A small correction").count()
    page.get_by_role("button", name="Publish the notice").click()
    page.get_by_text("is in force.").wait_for()

    # Any two versions are compared word by word, in any language.
    page.get_by_role("link", name="Compare versions").click()
    retention = page.get_by_role("row").filter(has=page.get_by_text(re.compile("retention$")))
    assert retention.get_by_role("insertion").inner_text().endswith(LONGER.strip())
    assert not retention.get_by_role("deletion").count()
    page.get_by_label("Before").select_option(index=page.get_by_label("Before").locator("option").count() - 1)
    page.get_by_label("Language:").select_option("Deutsch")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("insertion").get_by_text(GERMAN).wait_for()
    assert not page.get_by_text(LONGER.strip()).count()
    entry = newest_entry(officer, "publish")
    assert "officer" in entry and "asks everyone again, widened:" in entry and f"{OSM}: {NEW_HOST}" in entry

    # Nothing loads for the visitor until the question is answered again.
    assert not loads_map(visitor)
    assert notice(visitor).is_visible() and notice(visitor).get_by_text(NEW_HOST).count()
    main = visitor.page.get_by_role("main")
    go_until(visitor, "/en/cookies/", main.get_by_text(PURPOSE))
    assert main.get_by_text("Not used: nothing is loaded or stored for this purpose.").count() == 2
    alternates = visitor.page.locator("link[rel=alternate][hreflang]:not([hreflang=x-default])").all()
    pages = {link.get_attribute("hreflang"): link.get_attribute("href") for link in alternates}
    assert len(pages) == 10
    versions = set()
    for code, address in pages.items():
        visitor.page.goto(address)
        text = {"en": PURPOSE, "de": GERMAN}.get(code, f"{PURPOSE} ({code})")
        assert text in main.get_by_role("listitem").filter(has_text="map_layers").inner_text()
        versions.add(re.search(r"\d+", main.locator(".note").inner_text())[0])
    assert len(versions) == 1
    visitor.go(CITY)
    allow_map(visitor)
    assert loads_map(visitor) and not notice(visitor).is_visible()


@BOTH
def test_a_provider_that_is_switched_off_stops_at_once_and_nobody_is_asked_again(
    restored, visit_city, sign_in, javascript
):
    visitor = visit_city(java_script_enabled=javascript)
    allow_map(visitor)
    assert loads_map(visitor)
    officer = sign_in("officer", java_script_enabled=javascript)
    open_provider(officer)
    officer.page.locator("#id_is_published").uncheck()
    save(officer)
    officer.page.get_by_text("A third party that you switched off stops loading at once.").wait_for()
    assert not loads_map(visitor)
    assert visitor.page.get_by_role("link", name="Map of Lodz").is_visible()
    assert not visitor.page.get_by_role("button", name=ALLOW).count() and not notice(visitor).count()
    entry = newest_entry(officer, "narrow")
    assert "officer" in entry and "provider openstreetmap" in entry


@BOTH
def test_each_record_names_the_policy_that_visitors_could_read_and_only_officers_change_it(
    run, visit, sign_in, javascript
):
    visitor, officer = visit(java_script_enabled=javascript), sign_in("officer", java_script_enabled=javascript)
    page = officer.page
    visitor.go("/en/privacy-policy/")
    earlier = visitor.page.locator("main .note").inner_text()
    contact = visitor.page.get_by_role("main").locator("a[href^='mailto:']").first.inner_text()
    assert not visitor.page.get_by_role("heading", name="Data protection officer").count()
    notice(visitor).get_by_role("button", name="Refuse all").click()
    visitor.page.locator("#consent-saved").wait_for()
    try:
        officer.go("/admin/consent/privacypolicy/")
        page.locator("#result_list tbody th a").click()
        page.get_by_role("listitem").filter(has_text=re.compile(r"Data protection officer.*13\(1\)\(b\)")).wait_for()
        form = page.url.removeprefix(visitor.site.url)
        page.locator("#id_contact").fill(NEW_CONTACT)
        save(officer)
        visitor.go("/en/privacy-policy/")
        assert visitor.page.get_by_role("main").get_by_role("link", name=contact).count()

        # An editor can neither write the policy nor put it in force.
        editor = sign_in("editor", java_script_enabled=javascript)
        assert editor.page.locator("a[href='/admin/pages/page/']").count()
        assert not editor.page.locator("a[href^='/admin/consent/policyversion/']").count()
        assert [editor.go(path).status for path in ("/admin/consent/policyversion/publish/", form)] == [403, 403]
        editor.console_errors.clear()
        for name in ("Privacy policy", "Cookies"):
            editor.go("/admin/pages/page/")
            editor.page.locator("#result_list").get_by_role("link", name=name, exact=True).first.click()
            editor.page.get_by_text("Only privacy officers change this page").wait_for()
            assert not editor.page.locator("input[name^=title], input[name=_save]").count()

        officer.go("/admin/consent/policyversion/publish/")
        assert page.get_by_role("insertion").get_by_text(NEW_CONTACT).count() == 10
        page.get_by_role("button", name="Put the privacy policy in force").click()
        page.get_by_text("is in force.").wait_for()
        page.locator("#result_list tbody th a").first.click()
        page.locator(".field-digest").wait_for()
        number = page.locator(".field-number .readonly").inner_text()
        digest = page.locator(".field-digest .readonly").inner_text()
        assert page.locator(".field-languages_with_digest li").count() == 10
        assert "officer" in newest_entry(officer, "policy")

        main = visitor.page.get_by_role("main")
        go_until(visitor, "/en/privacy-policy/", main.get_by_text(f"Version {number}, in force since"))
        assert main.get_by_role("link", name=NEW_CONTACT).is_visible()
        main.get_by_role("link", name=re.search(r"Version \d+", earlier)[0], exact=True).click()
        visitor.page.get_by_text("This version is no longer in force.").wait_for()
        assert visitor.page.get_by_text(earlier).is_visible() and main.get_by_role("link", name=contact).is_visible()
        visitor.go("/en/cookies/settings/")
        visitor.page.get_by_role("button", name="Accept all").click()
        visitor.page.locator("#consent-saved").wait_for()
        visitor.go("/en/cookies/receipt/")
        assert visitor.page.get_by_text(digest, exact=True).is_visible()
        visitor.page.locator(".chain > li").nth(1).get_by_role("link").first.click()
        visitor.page.get_by_text("This is an earlier decision.").wait_for()
        assert not visitor.page.get_by_text(digest, exact=True).count()
        visitor.page.locator(".receipt").get_by_role("link").click()
        visitor.page.get_by_text(earlier).wait_for()
    finally:
        run(RESTORE_POLICY.format(contact=contact))


@BOTH
def test_nothing_loads_for_a_forged_or_erased_receipt_while_the_page_is_cached(visit_city, sign_in, javascript):
    visitor, forger = (visit_city(java_script_enabled=javascript) for _ in range(2))
    allow_map(visitor)
    answers, number = (visitor.site.cookie_name(name) for name in ("cookie_consent", "cookie_consent_receipt"))
    choice = next(cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == answers)
    forged = {answers: choice, number: "0000-1111-2222-3333"}
    forger.context.add_cookies(
        [{"name": name, "value": value, "url": forger.site.url} for name, value in forged.items()]
    )
    # The same address with the same choice, within the second in which nginx would keep a page.
    assert [loads_map(browser) for browser in (visitor, forger, visitor, forger)] == [True, False, True, False]
    forger.page.get_by_role("button", name=ALLOW).wait_for()
    forger.go("/en/cookies/settings/")
    assert forger.page.get_by_role("status").get_by_text("Your choice no longer counts").is_visible()
    assert not forger.context.cookies()

    officer = sign_in("officer", java_script_enabled=javascript)
    officer.go("/admin/consent/decision/erase/")
    officer.page.get_by_label("Receipt number").fill(receipt(visitor).lower())
    officer.page.get_by_label("Remark").fill("By letter")
    officer.page.get_by_label("I know that this cannot be undone.").check()
    officer.page.get_by_role("button", name="Erase").click()
    officer.page.get_by_text("record was erased").wait_for()
    assert not loads_map(visitor) and not loads_map(visitor)
    visitor.go("/en/cookies/settings/")
    assert visitor.page.get_by_role("status").get_by_text("Your choice no longer counts").is_visible()
    assert not visitor.context.cookies()
    assert not loads_map(visitor) and notice(visitor).is_visible()


@contextmanager
def database_away(site, folder):
    """Take the database away: move the files of SQLite, or refuse all connections to PostgreSQL."""
    if connection.vendor == "sqlite":
        files = list(site.data.glob("db.sqlite3*"))
        for path in files:
            path.rename(folder / path.name)
        try:
            yield
        finally:
            for path in files:
                (folder / path.name).rename(path)
        return
    address = psycopg.conninfo.make_conninfo(site.settings["DATABASE_URL"], dbname="template1")
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'")
        try:
            yield
        finally:
            server.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true")


@BOTH
def test_while_the_database_is_away_nothing_loads_and_the_same_form_decides_after_its_return(
    site, visit_city, tmp_path, javascript
):
    visitor, undecided = (visit_city(java_script_enabled=javascript) for _ in range(2))
    allow_map(visitor)
    number = receipt(visitor)
    assert loads_map(visitor)
    with database_away(site, tmp_path):
        assert visitor.go(CITY).status == 200
        assert not visitor.page.locator("iframe").count() and not take_third_party_requests(visitor)
        notice(undecided).get_by_role("button", name="Accept all").click()
        undecided.page.get_by_role("heading", name="Your choice could not be recorded").wait_for()
        assert not undecided.context.cookies() and not take_third_party_requests(undecided)
    # The browser reports the status 503.
    undecided.console_errors.clear()
    go_until(visitor, CITY, visitor.page.locator("iframe"))
    assert map_is_shown(visitor) and receipt(visitor) == number
    undecided.page.get_by_role("button", name="Send it again").click()
    undecided.page.locator("#consent-saved").wait_for()
    assert map_is_shown(undecided)


def test_staff_are_told_what_the_notice_does_not_name_and_visitors_get_a_link(run, visit, sign_in):
    page, title = "/en/partners/university-of-oulu/", "A walk through Lodz"
    run(DECLARE_VIDEO)
    try:
        staff = sign_in("root")
        staff.go("/admin/partners/partneruniversity/")
        staff.page.locator("#result_list").get_by_role("link", name="University of Oulu", exact=True).click()
        staff.page.locator("#id_map").select_option(title)
        save(staff)
        remark = f"Visitors see “{title}” as a link: the notice in force does not name Video Ltd"
        assert staff.page.get_by_text(remark).is_visible()
        visitors = [visit(java_script_enabled=javascript) for javascript in (True, False)]
        for visitor in visitors:
            go_until(visitor, page, visitor.page.get_by_role("main").get_by_role("link", name=title))
            assert not visitor.page.locator("figure.embed").count()
        run(PUT_IN_FORCE)
        for visitor in visitors:
            go_until(visitor, page, embed(visitor, title).get_by_role("button", name="Always allow Video Ltd"))
    finally:
        run(REMOVE_VIDEO)


@BOTH
def test_the_accessibility_statement_names_what_the_law_asks_for_as_soon_as_a_publisher_writes_it(
    run, visit, sign_in, javascript
):
    visitor, publisher = visit(java_script_enabled=javascript), sign_in("publisher", java_script_enabled=javascript)
    page, main = publisher.page, visitor.page.get_by_role("main")
    visitor.go(STATEMENT)
    assert not main.locator("a[href^='tel:']").count() and not main.get_by_text("Telephone").count()
    try:
        publisher.go("/admin/feedback/feedbackpage/")
        page.locator("#result_list tbody th a").click()
        page.get_by_text("Responsible for accessibility, Telephone, Accessibility of the buildings").wait_for()
        page.locator("#id_unit_en").fill(UNIT)
        page.locator("#id_telephone").fill("ask us")
        if javascript:
            page.locator(".field-building_access_en .tiptap").fill("The entrance has a ramp.")
        else:
            page.locator("#id_building_access_en").fill("<p>The entrance has a ramp.</p>")
        page.locator("input[name=_save]").first.click()
        page.locator(".field-telephone").get_by_text("Use digits and spaces").wait_for()
        assert page.locator("#id_unit_en").input_value() == UNIT
        page.locator("#id_telephone").fill(TELEPHONE)
        save(publisher)

        go_until(visitor, STATEMENT, main.get_by_role("link", name=TELEPHONE))
        assert main.get_by_role("link", name=TELEPHONE).get_attribute("href") == "tel:+48123456789"
        assert main.get_by_text(UNIT).is_visible() and main.get_by_text("The entrance has a ramp.").is_visible()
        # Until somebody translates it, the Polish page shows the English text as English.
        visitor.page.locator("link[rel=alternate][hreflang=pl]").wait_for(state="attached")
        visitor.go("/pl/deklaracja-dostepnosci/")
        assert main.locator("[lang=en]").get_by_text("The entrance has a ramp.").is_visible()
        assert main.get_by_role("link", name=TELEPHONE).is_visible()
    finally:
        run(REMOVE_DETAILS)
