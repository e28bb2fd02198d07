"""Scripts and embeds: data attributes, configuration, addresses to embed, and presets."""

import json
import re

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode

from consent.comparison import Widening
from consent.embed_addresses import embed_address
from consent.models import DeclaredCookie, EmbeddedContent, Provider, Script
from consent.presets import PRESETS
from tests.consent.factories import make_counter, make_provider, put_in_force
from tests.consent.visitors import RECEIPT, SETTINGS, press

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# Values that staff enter on the page of presets.
ENTERED = {
    "matomo": {"address": "https://www.example.org/matomo/", "site": "3"},
    "matomo-cloud": {"address": "https://unic.matomo.cloud", "site": "3"},
    "plausible": {"address": "https://plausible.io/js/script.js", "domain": "unic.example.org"},
    "umami": {"address": "https://stats.example.org", "site": "94db1cb1"},
    "google-statistics": {"tag": "G-ABC123"},
    "google-advertising": {"tag": "AW-123"},
    "peertube": {"address": "https://videos.example.org"},
}
# Fields that the presets leave to staff.
MISSING = {"name": "University", "address": "1 High Street", "country": "PL", "retention_en": "6 months."}


@pytest.fixture
def script():
    return make_counter(publish=False)


@pytest.fixture
def officer(client, staff):
    client.force_login(staff("Privacy officers"))
    return client


def errors(item) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        item.full_clean()
    return caught.value.message_dict


def handed_over(html: str) -> list[dict]:
    """The scripts of a page, as the browser reads them."""
    from html import unescape

    return [json.loads(unescape(text)) for text in re.findall(r'data-script="([^"]*)">', html)]


# In the notice


TERMS = [
    ("source", "https://stats.example/count.js", "https://stats.example/next.js"),
    ("connects_to", "", "https://in.stats.example"),
    ("tool", "other", "matomo"),
    ("tool", "matomo", "google"),
    ("attributes", "", "data-site=5"),
    ("attributes", "data-site=5\ndata-all", "data-site=5 data-all"),
    ("configuration", "", '{"site": 5}'),
]


def facts(html: str) -> list[str]:
    """The descriptions of providers on a page."""
    found = re.findall(r'<dl class="(?:provider-facts|declared)">.*?</dl>', html, re.DOTALL)
    assert found
    return found


@pytest.mark.nightly
@pytest.mark.parametrize(("term", "before", "after"), TERMS)
def test_a_question_shows_each_change_of_a_script_that_asks_again(script, term, before, after):
    assert {name for name, _before, _after in TERMS} == script.terms.keys()
    shown, versions = [], []
    for value in (before, after):
        setattr(script, term, value)
        script.save()
        visitor, version = Client(), put_in_force(asks_again=False)
        versions.append(version)
        paths = {"settings": SETTINGS, "cookies": "/en/cookies/", "receipt": RECEIPT}
        press(visitor, "accept")
        pages = {name: visitor.get(path).content.decode() for name, path in paths.items()} | version.html
        shown.append({name: facts(html) for name, html in pages.items()})
    assert [item.kind for item in versions[1].widenings_since(versions[0])] == [Widening.SCRIPT]
    assert not [name for name, parts in shown[0].items() if shown[1][name] == parts]


def test_the_details_of_a_provider_say_what_its_scripts_are_and_do(script):
    script.attributes, script.configuration, script.tool = "data-site=5", '{"tracker": "<all>"}', "matomo"
    script.save()
    html = re.sub(r"\s+", " ", put_in_force().html["en"])
    assert "<code>https://stats.example/count.js</code> <br> Tool: Matomo" in html
    assert "Other hosts: <code>https://in.stats.example https://img.stats.example</code>" in html
    assert "Data attributes: <code>data-site=5</code>" in html
    assert "Configuration: <code>{&quot;tracker&quot;: &quot;&lt;all&gt;&quot;}</code>" in html


# Fields


def test_attributes_and_settings_are_handed_over_as_data(client, decide, script):
    script.attributes = 'data-site-id=5\ndata-title="><b>\ndata-auto'
    script.configuration = '{"counter": {"site": 5, "text": "</template><script>"}}'
    script.full_clean()
    script.save()
    put_in_force()
    decide("accept", client)
    html = client.get("/en/").content.decode()
    [found] = handed_over(html)
    assert found["attributes"] == {"data-site-id": "5", "data-title": '"><b>', "data-auto": ""}
    assert found["settings"] == {"counter": {"site": 5, "text": "</template><script>"}}
    assert (found["provider"], found["source"]) == ("counter", "https://stats.example/count.js")
    # Escaped, so that nothing of it becomes part of the page.
    assert "<b>" not in html.partition("data-script")[2] and "</template><script>" not in html


def test_without_consent_a_page_has_neither_the_data_nor_our_file(client, decide, script):
    put_in_force()
    for action in (None, "refuse"):
        if action:
            decide(action, client)
        html = client.get("/en/").content.decode()
        assert "scripts.js" not in html and "data-script" not in html


def test_settings_need_no_inline_script(client, decide, script):
    before = client.get("/en/")
    script.configuration = '{"counter": 5}'
    script.save()
    put_in_force()
    decide("accept", client)
    after = client.get("/en/")
    # Keywords and digests of the policy, and scripts without an address.
    for pattern, part in ((r"'[^' ]+'", "Content-Security-Policy"), (r"<script(?![^>]*\bsrc=)[^>]*>", "")):
        found = [re.findall(pattern, page[part] if part else page.content.decode()) for page in (before, after)]
        assert found[0] == found[1]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("attributes", "site-id=5", "“site-id=5” is not a data attribute."),
        ("attributes", "onload=alert(1)", "is not a data attribute"),
        ("attributes", "data-a=1\ndata-a=2", "“data-a” is there twice."),
        ("configuration", "{site: 5}", "This is not JSON"),
        ("configuration", "[5]", "Enter names and values in braces"),
        ("configuration", '{"api": ["https://api.example/a"]}', "Add it under “Other hosts”"),
        ("configuration", '{"api": "https://["}', "Add it under “Other hosts”"),
        ("source", "https://elsewhere.example/a.js", "Count Ltd does not name the host https://elsewhere.example."),
        ("source", "https://[", "Give a full address that starts with https://."),
    ],
)
def test_an_invalid_field_has_an_error_that_names_the_remedy(script, field, value, sentence):
    setattr(script, field, value)
    assert sentence in " ".join(errors(script)[field])


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", "1" * 5000, "[" * 100_000 + "]" * 100_000],
    ids=["nan", "infinity", "exponent", "digits", "levels"],
)
def test_json_that_browsers_cannot_read_is_refused(script, value):
    script.configuration = f'{{"counter": {value}}}'
    assert "Browsers cannot read this." in " ".join(errors(script)["configuration"])


@pytest.mark.parametrize(
    ("tool", "configuration"),
    [
        ("matomo", ""),
        ("matomo", '{"site": 1}'),
        ("google", '{"tag": "G-1"}'),
        ("google", '{"tag": "G-1", "signals": ["all"]}'),
        ("google", '{"tag": "G-1", "signals": "ad_storage"}'),
        ("google", '{"tag": 5, "signals": ["ad_storage"]}'),
        ("google", '{"tag": "G-1", "signals": ["ad_storage"], "parameters": [false]}'),
        ("matomo", '{"tracker": ["https://stats.example/a.php"], "site": 1}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": true}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": 1, "commands": "disableCookies"}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": 1, "commands": ["disableCookies"]}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": 1, "commands": [[], [1]]}'),
    ],
)
def test_a_tool_without_its_settings_is_refused(script, tool, configuration):
    script.tool, script.configuration = tool, configuration
    assert list(errors(script)) == ["configuration"]


@pytest.mark.parametrize(
    ("tool", "configuration"),
    [
        ("google", '{"tag": "G-1", "signals": ["ad_storage"], "parameters": {"send_page_view": false}}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": "1"}'),
        ("matomo", '{"tracker": "https://stats.example/a.php", "site": 1, "commands": [["setDoNotTrack", true]]}'),
    ],
)
def test_a_tool_with_its_settings_is_accepted(script, tool, configuration):
    script.tool, script.configuration = tool, configuration
    script.full_clean()


# Addresses to embed


@pytest.mark.parametrize(
    ("page", "frame"),
    [
        ("https://www.youtube.com/watch?v=a-b_c&t=1m5s", "https://www.youtube-nocookie.com/embed/a-b_c?start=65"),
        ("https://youtu.be/abc?t=90", "https://www.youtube-nocookie.com/embed/abc?start=90"),
        ("https://youtube.com/shorts/abc", "https://www.youtube-nocookie.com/embed/abc"),
        ("https://vimeo.com/12345", "https://player.vimeo.com/video/12345?dnt=1"),
        ("https://vimeo.com/12345/0a1b2c", "https://player.vimeo.com/video/12345?dnt=1&h=0a1b2c"),
        (
            "https://videos.example/w/5jBegFpNbffA1nhmp32kqR",
            "https://videos.example/videos/embed/5jBegFpNbffA1nhmp32kqR?p2p=0",
        ),
        (
            "https://videos.example/videos/watch/52a10666-3a18-4e73-93da-e8d3c12c305a",
            "https://videos.example/videos/embed/52a10666-3a18-4e73-93da-e8d3c12c305a?p2p=0",
        ),
        (
            "https://www.openstreetmap.org/?mlat=60&mlon=20#map=8/60/20",
            "https://www.openstreetmap.org/export/embed.html?"
            "bbox=17.80273%2C59.38202%2C22.19727%2C60.61798&layer=mapnik&marker=60.00000%2C20.00000",
        ),
        (
            "https://www.openstreetmap.org/#map=8/60/20",
            "https://www.openstreetmap.org/export/embed.html?bbox=17.80273%2C59.38202%2C22.19727%2C60.61798&layer=mapnik",
        ),
        ("https://www.youtube.com/@channel", ""),
        ("https://www.openstreetmap.org/#map=8/95/20", ""),
        ("https://www.openstreetmap.org/?mlat=a&mlon=b", ""),
        ("https://vimeo.com/features", ""),
        ("https://post.example/w/short", ""),
        ("https://[", ""),
    ],
)
def test_the_address_to_embed_is_made_from_the_address_of_a_known_page(page, frame):
    assert embed_address(page) == frame


def test_a_form_without_an_address_to_embed_fills_it_in(officer):
    provider = make_provider("peertube", "functional", "Video Ltd", "https://videos.example")
    page = "https://videos.example/w/5jBegFpNbffA1nhmp32kqR"
    values = {"title_en": "Film", "provider": provider.pk, "page_url": page, "shape": "wide", "order": 0}
    response = officer.post(reverse("admin:consent_embeddedcontent_add"), values)
    assert response.status_code == 302, response.context["errors"]
    embed = EmbeddedContent.objects.get(page_url=page)
    assert embed.frame_url == "https://videos.example/videos/embed/5jBegFpNbffA1nhmp32kqR?p2p=0"


def test_a_form_with_an_unknown_page_asks_for_the_address_to_embed(officer):
    provider = make_provider("post", "functional", "Post Ltd", "https://post.example")
    values = {"title_en": "A", "provider": provider.pk, "page_url": "https://post.example/1", "shape": "wide"}
    response = officer.post(reverse("admin:consent_embeddedcontent_add"), values)
    assert "Copy it from the provider’s embed code" in response.content.decode()
    assert response.context["adminform"].form.errors.keys() == {"frame_url"}


# Presets


def filled_in(response) -> dict:
    """Values of the form as a browser sends it, with those that a preset leaves to staff."""
    values: dict = {"_save": ""}
    form = response.context["adminform"].form
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    forms = [form, *(row for formset in formsets for row in (formset.management_form, *formset.forms))]
    for each in forms:
        for name in each.fields:
            bound = each[name]
            value = bound.value()
            if value is None or value is False:
                continue
            values[bound.html_name] = getattr(value, "pk", value)
    return values


@pytest.mark.nightly
@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_fills_in_provider_cookies_and_script(officer, key):
    preset = PRESETS[key]
    # The shipped content has this provider already.
    for model in (EmbeddedContent, DeclaredCookie):
        model.objects.filter(provider__key="openstreetmap").delete()
    Provider.objects.filter(key="openstreetmap").delete()
    query = urlencode({"preset": key} | ENTERED.get(key, {}))
    page = officer.get(f"{reverse('admin:consent_provider_add')}?{query}")
    assert str(escape(preset.check)) in page.content.decode()
    values = filled_in(page)
    values |= {name: values.get(name) or value for name, value in MISSING.items()}
    values["policy_url"] = values.get("policy_url") or "https://example.org/privacy"
    response = officer.post(f"{reverse('admin:consent_provider_add')}?{query}", values)
    assert response.status_code == 302, response.context["errors"]
    provider = Provider.objects.latest("pk")
    assert provider.purpose.key == preset.purpose
    assert [cookie.name for cookie in provider.cookies.order_by("pk")] == [cookie.name for cookie in preset.cookies]
    assert provider.cookies.count() == DeclaredCookie.objects.filter(provider__isnull=False).count()

    following = officer.get(response["Location"])
    if not preset.source:
        assert following.context["adminform"].form["provider"].value() == str(provider.pk)
        return
    response = officer.post(response["Location"], filled_in(following))
    assert response.status_code == 302, response.context["errors"]
    script = Script.objects.get()
    assert script.provider == provider and script.is_published
    assert "{" not in script.source + script.attributes
    assert script.origins == set(provider.origins)


def test_the_settings_of_a_preset_have_what_staff_entered(officer):
    query = urlencode({"preset": "matomo"} | ENTERED["matomo"])
    values = filled_in(officer.get(f"{reverse('admin:consent_script_add')}?{query}"))
    assert values["source"] == "https://www.example.org/matomo/matomo.js"
    assert json.loads(values["configuration"]) == {
        "tracker": "https://www.example.org/matomo/matomo.php",
        "site": "3",
    }


def test_an_entry_that_is_no_address_leaves_the_hosts_empty(officer):
    query = urlencode({"preset": "matomo", "address": "https://[", "site": '"}'})
    values = filled_in(officer.get(f"{reverse('admin:consent_provider_add')}?{query}"))
    assert values["hosts"] == ""
    values = filled_in(officer.get(f"{reverse('admin:consent_script_add')}?{query}"))
    assert json.loads(values["configuration"])["site"] == '"}'


def test_the_list_of_presets_opens_the_forms_without_javascript(officer):
    page = officer.get(reverse("admin:consent_provider_changelist"))
    assert reverse("admin:consent_script_presets") in page.content.decode()
    html = officer.get(reverse("admin:consent_script_presets")).content.decode()
    assert all(f'name="preset" value="{key}"' in html for key in PRESETS)


def test_only_privacy_officers_see_the_presets(client, staff):
    client.force_login(staff("Editors"))
    assert client.get(reverse("admin:consent_script_presets")).status_code == 403


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_has_its_texts_in_every_language(key):
    preset = PRESETS[key]
    values = [preset.provider_initial({}), *(cookie.initial for cookie in preset.cookies)]
    for texts in values:
        for name, text in texts.items():
            if name.endswith("_en") and text:
                assert all(texts[name[:-2] + code] for code in settings.CONTENT_LANGUAGES), name
