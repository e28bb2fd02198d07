"""Third-party content and scripts: they load only for visitors who allowed their provider."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from consent.models import EmbeddedContent, NoticeVersion, Purpose
from pages.models import Page
from tests.consent.factories import LINK, make_counter, make_provider, make_video

pytestmark = pytest.mark.django_db
PAGE = "/en/about/"


@pytest.fixture
def video():
    """A video of the provider “video”, linked from a text page."""
    embed = make_video()
    page = Page.objects.get(key="about")
    page.body_en = f'<p>Before.</p><p><a href="{LINK.replace("&", "&amp;")}">The film</a></p><p>After.</p>'
    page.save()
    return embed


@pytest.fixture
def counter():
    return make_counter()


def policy(response) -> dict[str, list[str]]:
    directives = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


def visit(browser, path=PAGE):
    response = browser.get(path)
    assert response.status_code == 200
    return response, response.content.decode()


@pytest.mark.parametrize("action", [None, "refuse", "withdraw"])
def test_without_consent_a_placeholder_names_the_content_and_its_provider(decide, video, counter, action):
    browser = Client()
    if action:
        decide(action, browser)
    response, html = visit(browser)
    assert "<iframe" not in html and "stats.example/count.js" not in html
    assert "A walk through Lodz" in html and "This content comes from Video Ltd (Ireland)." in html
    assert "Your IP address." in html and 'href="/en/cookies/settings/"' in html.partition("embed-title")[2]
    assert "Show it this once" in html and "Always allow Video Ltd" in html
    assert 'href="https://video.example/watch?v=1&amp;t=2"' in html
    assert "example" not in response["Content-Security-Policy"]
    assert "Before." in html and "After." in html


def test_the_placeholder_marks_an_untranslated_text_of_the_provider(video):
    page = Page.objects.get(key="about")
    Page.objects.filter(pk=page.pk).update(body_pl=page.body_en)
    html = visit(Client(), f"/pl/{page.slug_pl}/")[1]
    assert '<span lang="en" data-untranslated>Your IP address.</span>' in html


def test_allowing_embedded_content_adds_its_provider_to_the_granted_ones(decide, video, counter):
    browser = Client()
    decide("choose", browser, providers=["counter"])
    decision = decide("allow", browser, providers=["video"])
    assert (decision.action, decision.granted) == ("chosen", "counter,video")
    response, html = visit(browser)
    assert 'src="https://frames.video.example/embed/1"' in html
    assert policy(response)["frame-src"] == ["https://frames.video.example"]


def test_allowing_embedded_content_as_the_first_decision_refuses_all_other_providers(decide, video, counter):
    answers = decide("allow", providers=["video"]).answers_by_provider
    assert answers == {"openstreetmap": False, "video": True, "counter": False}


def test_a_page_without_embedded_content_keeps_the_strict_policy(decide, video):
    browser = Client()
    decide("accept", browser)
    response, html = visit(browser, "/en/partners/")
    assert "frame-src" not in policy(response) and "<iframe" not in html


def test_a_link_within_a_sentence_stays_a_link(decide, video):
    page = Page.objects.get(key="about")
    page.body_en = f'<p>See <a href="{LINK}">the film</a>.</p><p><a href="https://other.example/">Else</a></p>'
    page.save()
    browser = Client()
    decide("accept", browser)
    _response, html = visit(browser)
    assert "<iframe" not in html and '<a href="https://other.example/"' in html


def test_unpublished_embedded_content_is_shown_as_a_link(decide, video):
    EmbeddedContent.objects.update(is_published=False)
    browser = Client()
    decide("accept", browser)
    _response, html = visit(browser)
    assert "<iframe" not in html and "The film</a>" in html


def test_a_script_and_its_origins_are_allowed_for_visitors_who_granted_its_provider(decide, counter):
    browser = Client()
    decide("choose", browser, providers=["counter"])
    response, html = visit(browser)
    assert '<script src="https://stats.example/count.js" async></script>' in html
    found = policy(response)
    assert "https://stats.example" in found["script-src"]
    for directive in ("connect-src", "img-src"):
        assert {"https://stats.example", "https://in.stats.example", "https://img.stats.example"} <= {*found[directive]}
        assert "'self'" in found[directive]
    decide("withdraw", browser)
    response, html = visit(browser)
    assert "stats.example" not in html + response["Content-Security-Policy"]


def test_consent_to_another_provider_loads_nothing(decide, video, counter):
    browser = Client()
    decide("choose", browser, providers=["openstreetmap"])
    response, html = visit(browser)
    assert "<iframe" not in html and "stats.example/count.js" not in html
    assert "example" not in response["Content-Security-Policy"]


def test_consent_to_a_notice_that_asked_again_since_loads_nothing(decide, video, counter):
    browser = Client()
    decide("accept", browser)
    make_provider("other", "statistics", "Other Ltd", "https://other.example")
    NoticeVersion.objects.publish()
    response, html = visit(browser)
    assert "<iframe" not in html and "example" not in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    "value",
    [
        "video=2026-01-01T00:00:00+00:00",
        "video=2026-01-01T00:00:00+00:00|notice=99",
        "notice=2|video=-1",
        "notice=2|necessary=1|functional=1|mind-reading=1",
    ],
)
def test_an_invalid_consent_cookie_loads_nothing(client, video, counter, value):
    client.cookies["cookie_consent"] = value
    response, html = visit(client)
    assert "<iframe" not in html and "example" not in response["Content-Security-Policy"]


def test_the_admin_never_loads_third_party_content(client, staff, decide, counter, video):
    decide("accept", client)
    client.force_login(staff())
    response = client.get("/admin/consent/embeddedcontent/")
    assert "example" not in response["Content-Security-Policy"]
    assert "<iframe" not in response.content.decode()


def test_texts_without_third_party_content_need_no_query_for_it(client, decide):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    # The first page also reads the data that all pages share.
    client.get(PAGE)
    with CaptureQueriesContext(connection) as before:
        client.get(PAGE)
    assert not [query for query in before if "embeddedcontent" in query["sql"] or "consent_script" in query["sql"]]
    decide("refuse", client)
    with CaptureQueriesContext(connection) as after:
        client.get(PAGE)
    assert not [query for query in after if "embeddedcontent" in query["sql"] or "consent_script" in query["sql"]]


@pytest.mark.parametrize("count", [1, 8])
def test_any_number_of_embeds_takes_one_query(decide, video, count):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page = Page.objects.get(key="about")
    page.body_en = page.body_en * count
    page.save()
    browser = Client()
    decide("accept", browser)
    with CaptureQueriesContext(connection) as queries:
        _response, html = visit(browser)
    assert html.count("<iframe") == count
    assert len([query for query in queries if "embeddedcontent" in query["sql"]]) == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("page_url", "http://video.example/1", "starts with https://"),
        ("frame_url", "javascript:alert(1)", "starts with https://"),
        ("frame_url", "https://else.example/embed/1", "Video Ltd does not name the host https://else.example."),
    ],
)
def test_invalid_embedded_content_is_refused_with_a_message(video, field, value, sentence):
    setattr(video, field, value)
    with pytest.raises(ValidationError) as caught:
        video.full_clean()
    assert sentence in " ".join(caught.value.message_dict[field])


@pytest.mark.parametrize(
    "text", ["http://stats.example", "https://stats.example/path", "stats.example", "'unsafe-inline'"]
)
def test_the_other_hosts_of_a_script_must_be_origins(counter, text):
    counter.connects_to = text
    with pytest.raises(ValidationError) as caught:
        counter.full_clean()
    assert "connects_to" in caught.value.message_dict


def test_a_script_for_a_necessary_purpose_is_refused_and_never_runs(decide, counter):
    counter.provider.purpose = Purpose.objects.get(key="necessary")
    with pytest.raises(ValidationError, match="always need consent"):
        counter.provider.full_clean()
    counter.provider.save()
    browser = Client()
    decide("accept", browser)
    _response, html = visit(browser)
    assert not re.search(r"stats\.example", html)
