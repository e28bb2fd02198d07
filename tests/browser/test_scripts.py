"""Scripts of presets run only after consent, are told of it, and are stopped by a withdrawal.

Stand-ins play the providers. Each records the calls that it gets, and sends what the real script would send.
"""

import re
from urllib.parse import urlsplit

import pytest

from tests.browser.test_pages import NARROW, overflow, violations_in_both_schemes

PAGE = "/en/about/"
# Values that staff enter for each preset.
ENTERED = {
    "matomo": {"address": "https://stats.example/matomo", "site": "3"},
    "plausible": {"address": "https://plausible.example/js/script.js", "domain": "unic.example"},
    "umami": {"address": "https://umami.example", "site": "94db1cb1"},
    "google-statistics": {"tag": "G-ABC123"},
    "google-advertising": {"tag": "G-ABC123"},
    "matomo-cloud": {"address": "https://unic.matomo.cloud", "site": "3"},
    "youtube": {},
    "vimeo": {},
    "peertube": {"address": "https://videos.example"},
}
FILM = "https://www.youtube.com/watch?v=abc"
VIMEO = "https://vimeo.com/12345"
PEERTUBE = "https://videos.example/w/5jBegFpNbffA1nhmp32kqR"
MAP = "https://www.openstreetmap.org/?mlat=60&mlon=20#map=8/60/20"
DECLARE = f"""
from consent.models import EmbeddedContent, Provider, Script
from consent.presets import PRESETS
from pages.models import Page
from tests.consent.factories import put_in_force
for key, entered in {ENTERED!r}.items():
    preset = PRESETS[key]
    values = preset.provider_initial(entered)
    missing = dict(name=key, address="Street", country="IE", policy_url="https://example.org/p", retention_en="1 year.")
    provider = Provider(key=key, **(values | {{name: values.get(name) or text for name, text in missing.items()}}))
    provider.full_clean()
    provider.save()
    if preset.source:
        script = Script(provider=provider, **preset.script_initial(entered))
        script.full_clean()
        script.save()
counter = Provider.objects.get(key="umami")
counter.pk, counter.key, counter.hosts = None, "counter", "https://counter.example"
counter.save()
script = Script(name="Counter", provider=counter, source="https://counter.example/count.js")
script.configuration = '{{"counterSettings": {{"site": 5}}}}'
script.full_clean()
script.save()
page = Page.objects.get(key="about")
for key, url in (
    ("youtube", {FILM!r}), ("vimeo", {VIMEO!r}), ("peertube", {PEERTUBE!r}), ("openstreetmap", {MAP!r})
):
    embed = EmbeddedContent(title_en=key, provider=Provider.objects.get(key=key), page_url=url)
    embed.full_clean()
    embed.save()
    page.body_en += f'<p><a href="{{url.replace("&", "&amp;")}}">{{key}}</a></p>'
page.save()
put_in_force()
"""
REMOVE = f"""
from consent.models import EmbeddedContent, Provider, Script
from pages.models import Page
from tests.consent.factories import put_in_force
declared = Provider.objects.filter(key__in={[*ENTERED, "counter"]!r})
EmbeddedContent.objects.filter(page_url__in={[FILM, VIMEO, PEERTUBE, MAP]!r}).delete()
Script.objects.filter(provider__in=declared).delete()
declared.delete()
page = Page.objects.get(key="about")
page.body_en = page.body_en.partition('<p><a href="{FILM}')[0]
page.save()
put_in_force()
"""
MATOMO = """
        window.calls = [];
        let given = false, url, site;
        const run = ([name, value]) => {
          calls.push(value === undefined ? [name] : [name, value]);
          if (name === "setConsentGiven") given = true;
          if (name === "setTrackerUrl") url = value;
          if (name === "setSiteId") site = value;
          if (name === "trackPageView" && given) {
            document.cookie = "_pk_id.3.abc=1; path=/";
            new Image().src = `${url}?idsite=${site}`;
          }
          if (name === "forgetConsentGiven") {
            given = false;
            document.cookie = "mtm_consent_removed=1; path=/";
          }
        };
        window._paq.forEach(run);
        window._paq = { push: run };
    """
STAND_INS = {
    "https://stats.example/matomo/matomo.js": MATOMO,
    "https://cdn.matomo.cloud/unic.matomo.cloud/matomo.js": MATOMO,
    "https://www.googletagmanager.com/gtag/js": """
        window.calls = [];
        const state = {};
        const ping = (host) => fetch(`https://${host}/collect?gcs=${state.analytics_storage}`, { mode: "no-cors" });
        const send = () => {
          if (state.ad_storage === "granted") ping("googleads.g.doubleclick.net").catch(() => {});
          // Without consent, the tag would send pings without cookies.
          if (state.ad_storage !== "granted" || state.analytics_storage === "granted")
            ping("region1.google-analytics.com").catch(() => {});
        };
        const run = (parts) => {
          const [command, name, values] = parts;
          if (Object.prototype.toString.call(parts) !== "[object Arguments]") throw new Error("not arguments");
          calls.push(command === "js" ? ["js"] : [command, name, values]);
          if (command === "consent") Object.assign(state, values);
          if (command === "config") send();
          // As a real tag does when consent changes.
          if (command === "consent" && name === "update" && window.ready) send();
        };
        window.dataLayer.forEach(run);
        window.ready = true;
        window.dataLayer.push = run;
    """,
    "https://plausible.example/js/script.js": """
        const domain = document.currentScript.dataset.domain;
        const send = (name) => fetch("https://plausible.example/api/event", {
          method: "POST", mode: "no-cors", keepalive: true, body: JSON.stringify({ n: name, d: domain }),
        }).catch(() => {});
        send("pageview");
        // As the real script does when the page is left.
        window.sendEngagement = () => send("engagement");
    """,
    "https://umami.example/script.js": """
        const website = document.currentScript.dataset.websiteId;
        fetch("https://umami.example/api/send", { method: "POST", mode: "no-cors", body: JSON.stringify({ website }) });
    """,
    "https://counter.example/count.js": "window.calls = [counterSettings];",
}
DENIED = {
    "ad_storage": "denied",
    "ad_user_data": "denied",
    "ad_personalization": "denied",
    "analytics_storage": "denied",
}


@pytest.fixture(scope="module")
def declared(site):
    site.manage("shell", "-v", "0", "-c", DECLARE, check=True)
    yield
    site.manage("shell", "-v", "0", "-c", REMOVE, check=True)


@pytest.fixture
def open_site(visit, declared):
    """Function that opens a browser with stand-ins for the providers, on a page of the site."""

    def open_browser(**options):
        visitor = visit(**options)
        visitor.sent = []

        def answer(route):
            address = route.request.url.partition("?")[0]
            if address in STAND_INS:
                route.fulfill(content_type="text/javascript", body=STAND_INS[address])
            elif route.request.resource_type == "document":
                route.fulfill(
                    content_type="text/html", body="<!doctype html><html lang=en><title>A</title><h1>Shown</h1>"
                )
            else:
                visitor.sent.append((route.request.url, route.request.post_data))
                route.fulfill(content_type="text/plain", body="")

        visitor.context.route(re.compile(f"^https://(?!{re.escape(urlsplit(visitor.site.url).netloc)}/)"), answer)
        visitor.go(PAGE)
        return visitor

    return open_browser


def decide(visitor, action: str, *providers: str):
    """Send a decision by fetch, as static/js/layout.js does, and stay on the page."""
    visitor.page.evaluate(
        """async ([action, providers]) => {
            const settings = await (await fetch("/en/cookies/settings/")).text();
            const notice = /name="notice" value="([0-9]+)"/.exec(settings)[1];
            const chosen = providers.map((key) => ["providers", key]);
            const body = new URLSearchParams([["action", action], ["next", "/en/"], ["notice", notice], ...chosen]);
            const options = { method: "POST", body, headers: { Accept: "application/json" } };
            const response = await fetch("/en/cookies/decide/", options);
            if (!response.ok) throw new Error(response.status);
        }""",
        [action, list(providers)],
    )


def tell(visitor, *granted: str):
    """Dispatch the event of a decision, as static/js/layout.js does."""
    visitor.page.evaluate(
        "granted => document.dispatchEvent(new CustomEvent('consent:change', { detail: { granted, denied: [] } }))",
        list(granted),
    )


def take_hosts(visitor) -> set[str]:
    """Return and clear the hosts of the requests to third parties."""
    hosts = {urlsplit(url).netloc for url in visitor.third_party_requests}
    visitor.requests.clear()
    return hosts


def calls(visitor) -> list:
    visitor.page.wait_for_function("() => window.calls?.length")
    return visitor.page.evaluate("window.calls")


def wait_for_sent(visitor, count: int = 1):
    end = 200
    while len(visitor.sent) < count and (end := end - 1):
        visitor.page.wait_for_timeout(25)


def cookies(visitor) -> set[str]:
    return {cookie["name"] for cookie in visitor.context.cookies()}


def test_before_consent_and_after_refusal_nothing_is_requested_or_stored(open_site):
    visitor = open_site()
    assert not visitor.context.cookies()
    decide(visitor, "refuse")
    visitor.go(PAGE)
    visitor.page.wait_for_load_state("networkidle")
    assert take_hosts(visitor) == set()
    assert cookies(visitor) == {visitor.site.cookie_name(name) for name in ("cookie_consent", "cookie_consent_receipt")}


@pytest.mark.parametrize(
    ("provider", "tracker", "hosts"),
    [
        ("matomo", "https://stats.example/matomo/matomo.php", {"stats.example"}),
        ("matomo-cloud", "https://unic.matomo.cloud/matomo.php", {"cdn.matomo.cloud", "unic.matomo.cloud"}),
    ],
)
def test_matomo_knows_of_the_consent_before_it_counts(open_site, provider, tracker, hosts):
    visitor = open_site()
    decide(visitor, "choose", provider)
    visitor.go(PAGE)
    assert calls(visitor) == [
        ["requireConsent"],
        ["setConsentGiven"],
        ["setTrackerUrl", tracker],
        ["setSiteId", "3"],
        ["trackPageView"],
        ["enableLinkTracking"],
    ]
    wait_for_sent(visitor)
    assert visitor.sent == [(f"{tracker}?idsite=3", None)]
    assert take_hosts(visitor) == hosts


def test_matomo_forgets_the_consent_after_a_withdrawal_on_the_same_page(open_site):
    visitor = open_site()
    decide(visitor, "choose", "matomo")
    visitor.go(PAGE)
    calls(visitor)
    wait_for_sent(visitor)
    decide(visitor, "withdraw")
    tell(visitor)
    assert calls(visitor)[-2:] == [["forgetConsentGiven"], ["forgetCookieConsentGiven"]]
    # Told once, and Matomo's own memory of the withdrawal is not kept.
    tell(visitor)
    assert len(calls(visitor)) == 8
    assert "mtm_consent_removed" not in cookies(visitor)
    take_hosts(visitor)
    visitor.go(PAGE)
    visitor.page.wait_for_load_state("networkidle")
    assert take_hosts(visitor) == set()


STATISTICS = {"analytics_storage": "granted"}
ADVERTISING = {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "granted"}


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("providers", "update", "hosts"),
    [
        (["google-statistics"], STATISTICS, {"region1.google-analytics.com"}),
        (["google-advertising"], ADVERTISING, {"googleads.g.doubleclick.net"}),
        (
            ["google-statistics", "google-advertising"],
            STATISTICS | ADVERTISING,
            {"region1.google-analytics.com", "googleads.g.doubleclick.net"},
        ),
    ],
    ids=["statistics", "advertising", "both"],
)
def test_the_google_tag_gets_the_signals_of_the_allowed_providers_and_loads_once(open_site, providers, update, hosts):
    visitor = open_site()
    decide(visitor, "choose", *providers)
    visitor.go(PAGE)
    found = calls(visitor)
    assert found == [
        ["consent", "default", DENIED],
        ["consent", "update", update],
        ["js"],
        ["config", "G-ABC123", {}],
    ]
    assert len([url for url in visitor.requests if "gtag/js" in url]) == 1
    wait_for_sent(visitor, len(hosts))
    assert take_hosts(visitor) == {"www.googletagmanager.com", *hosts}


def test_after_a_withdrawal_the_google_tag_is_told_and_cannot_report_it(open_site):
    visitor = open_site()
    decide(visitor, "choose", "google-statistics")
    visitor.go(PAGE)
    calls(visitor)
    wait_for_sent(visitor)
    take_hosts(visitor)
    decide(visitor, "withdraw")
    tell(visitor)
    assert calls(visitor)[-1] == ["consent", "update", {"analytics_storage": "denied"}]
    visitor.page.wait_for_timeout(100)
    assert len(visitor.sent) == 1
    # The browser reports the attempt.
    assert all("Content Security Policy" in error for error in visitor.console_errors)
    visitor.console_errors.clear()
    take_hosts(visitor)
    visitor.go(PAGE)
    visitor.page.wait_for_load_state("networkidle")
    assert take_hosts(visitor) == set()


@pytest.mark.parametrize(
    ("provider", "sent"),
    [
        ("plausible", ("https://plausible.example/api/event", '{"n":"pageview","d":"unic.example"}')),
        ("umami", ("https://umami.example/api/send", '{"website":"94db1cb1"}')),
    ],
)
def test_a_script_gets_its_data_attributes(open_site, provider, sent):
    visitor = open_site()
    decide(visitor, "choose", provider)
    visitor.go(PAGE)
    wait_for_sent(visitor)
    assert visitor.sent == [sent]
    assert take_hosts(visitor) == {f"{provider}.example"}


def test_after_a_withdrawal_a_script_that_cannot_be_told_sends_nothing(open_site):
    visitor = open_site()
    decide(visitor, "choose", "plausible", "umami")
    visitor.go(PAGE)
    wait_for_sent(visitor, 2)
    decide(visitor, "choose", "umami")
    tell(visitor, "umami")
    visitor.page.evaluate("sendEngagement()")
    # The other script may still send.
    visitor.page.evaluate("fetch('https://umami.example/api/send', { method: 'POST', mode: 'no-cors', body: '2' })")
    wait_for_sent(visitor, 3)
    assert [url for url, _body in visitor.sent[2:]] == ["https://umami.example/api/send"]
    assert visitor.console_errors and all("Content Security Policy" in error for error in visitor.console_errors)
    visitor.console_errors.clear()
    take_hosts(visitor)
    visitor.go(PAGE)
    wait_for_sent(visitor, 4)
    assert take_hosts(visitor) == {"umami.example"}


@pytest.mark.parametrize("place", ["footer", "settings", "receipt"])
def test_a_withdrawal_stops_the_scripts_in_other_tabs(open_site, place):
    visitor = open_site()
    decide(visitor, "choose", "plausible")
    visitor.go({"footer": PAGE}.get(place, f"/en/cookies/{place}/"))
    other, typed = visitor.context.new_page(), visitor.context.new_page()
    for tab in (other, typed):
        tab.goto(visitor.site.url + PAGE)
        tab.evaluate("window.isFirst = true")
        tab.evaluate("document.addEventListener('consent:change', ({detail}) => (window.told = detail.granted))")
        tab.wait_for_function("window.sendEngagement")
    typed.get_by_label("Search this site").fill("half a wo")
    button = "Withdraw consent" if place == "footer" else "Withdraw all consent"
    visitor.page.get_by_role("button", name=button).click()
    # The page is loaded again without the script, or only told of the withdrawal if the visitor would lose input.
    other.wait_for_function("() => !window.isFirst && document.readyState === 'complete'")
    assert not other.evaluate("window.sendEngagement")
    typed.wait_for_function("window.told")
    assert typed.evaluate("[window.isFirst, window.told]") == [True, []]
    before = len(visitor.sent)
    typed.evaluate("sendEngagement()")
    typed.wait_for_timeout(100)
    assert len(visitor.sent) == before
    take_hosts(visitor)


def test_the_settings_of_another_tool_become_global_variables(open_site):
    visitor = open_site()
    decide(visitor, "choose", "counter")
    visitor.go(PAGE)
    assert calls(visitor) == [{"site": 5}]
    assert take_hosts(visitor) == {"counter.example"}


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ("youtube", "https://www.youtube-nocookie.com/embed/abc"),
        ("vimeo", "https://player.vimeo.com/video/12345?dnt=1"),
        ("peertube", "https://videos.example/videos/embed/5jBegFpNbffA1nhmp32kqR?p2p=0"),
        ("openstreetmap", "https://www.openstreetmap.org/export/embed.html"),
    ],
)
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_video_or_a_map_is_shown_only_to_those_who_allow_it(open_site, provider, address, javascript):
    visitor = open_site(java_script_enabled=javascript)
    assert take_hosts(visitor) == set()
    name = visitor.page.locator(f"form:has(input[value={provider}])").get_by_role("button").last
    name.click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.page.locator("iframe").scroll_into_view_if_needed()
    visitor.page.frame_locator("iframe").get_by_role("heading", name="Shown").wait_for()
    assert visitor.page.locator("iframe").get_attribute("src").startswith(address)
    assert take_hosts(visitor) == {urlsplit(address).netloc}


# Admin


@pytest.mark.nightly
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_officer_declares_a_counter_from_a_preset(site, sign_in, javascript):
    visitor = sign_in("officer", java_script_enabled=javascript)
    page = visitor.page
    visitor.go("/admin/consent/script/presets/")
    form = page.get_by_role("form", name="Matomo on a server of one’s own")
    form.get_by_label("Address of the installation").fill("https://count.example.org")
    form.get_by_label("Number of the site").fill("7")
    form.get_by_role("button", name="1. Declare the provider").click()
    page.get_by_text("Enter the organisation that runs the server").wait_for()
    page.locator("#id_name").fill("University")
    page.locator("#id_address").fill("1 High Street")
    page.locator("#id_country").select_option("PL")
    page.locator("#id_policy_url").fill("https://example.org/privacy")
    page.locator("#id_retention_en").fill("6 months.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_text("University is declared. Now add what loads from it.").wait_for()
    assert page.locator("#id_source").input_value() == "https://count.example.org/matomo.js"
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_text("was added successfully").wait_for()
    site.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from consent.models import *; p = Provider.objects.get(name='University'); assert p.cookies.count() == 3; "
        "p.scripts.all().delete(); p.cookies.all().delete(); p.delete()",
        check=True,
    )


@pytest.mark.nightly
def test_presets_and_forms_pass_the_accessibility_checks(sign_in, declared):
    visitor = sign_in("officer", viewport=NARROW)
    faults = []
    for path in (
        "/admin/consent/script/presets/",
        "/admin/consent/script/add/?preset=matomo&address=https://stats.example&site=1",
        "/admin/consent/provider/add/?preset=matomo&address=https://stats.example&site=1",
    ):
        visitor.go(path)
        faults += violations_in_both_schemes(visitor.page)
    visitor.go("/admin/consent/script/presets/")
    faults += overflow(visitor.page)
    assert not faults
