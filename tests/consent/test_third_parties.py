"""Third-party content and scripts: they load only for visitors who allowed their provider."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent.models import EmbeddedContent, Leaf, Provider, Purpose, Script
from events.models import Event
from pages.models import Page
from partners.models import PartnerUniversity
from tests.consent.factories import LINK, make_counter, make_provider, make_video, put_in_force
from tests.editorial.test_admin import filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
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


def running(html: str) -> str:
    """The scripts that a page runs. The notice names their addresses too."""
    return "".join(re.findall(r'<template data-provider="[^"]*" data-script="[^"]*">', html))


def test_a_host_with_letters_beyond_ascii_leaves_the_policy_intact(decide, video):
    video.provider.hosts, video.frame_url = "https://żółw.example", "https://żółw.example/embed/1"
    for item in (video.provider, video):
        item.full_clean()
        item.save()
    put_in_force()
    browser = Client()
    decide("accept", browser)
    response, html = visit(browser)
    assert "<iframe" in html and policy(response)["frame-src"] == ["https://xn--w-uga1v8h.example"]
    assert policy(response)["default-src"] == ["'none'"]


@pytest.mark.parametrize("action", [None, "refuse", "withdraw"])
def test_without_consent_a_placeholder_names_the_content_and_its_provider(decide, video, counter, action):
    browser = Client()
    if action:
        decide(action, browser)
    response, html = visit(browser)
    assert "<iframe" not in html and "data-script" not in html
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


def test_the_text_of_a_link_to_an_embed_may_be_in_another_language(decide, video):
    page = Page.objects.get(key="about")
    page.body_en = page.body_en.replace("The film", 'The <span lang="pl">film</span>')
    page.save()
    browser = Client()
    decide("accept", browser)
    _response, html = visit(browser)
    assert "<iframe" in html


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
    assert "https://stats.example/count.js" in html
    found = policy(response)
    assert "https://stats.example" in found["script-src"]
    for directive in ("connect-src", "img-src"):
        assert {"https://stats.example", "https://in.stats.example", "https://img.stats.example"} <= {*found[directive]}
        assert "'self'" in found[directive]
    decide("withdraw", browser)
    response, html = visit(browser)
    assert "stats.example" not in html + response["Content-Security-Policy"]


def test_another_script_of_an_allowed_provider_runs_only_after_a_notice_that_names_it(decide, counter):
    browser = Client()
    decide("accept", browser)
    other = "https://stats.example/more.js"
    Script.objects.create(name="More", provider=counter.provider, source=other)
    assert loads(browser) and other not in running(visit(browser)[1])
    assert put_in_force(asks_again=False).asks_again is True
    assert other not in running(visit(browser)[1])
    decide("accept", browser)
    assert other in running(visit(browser)[1])


@pytest.mark.parametrize(
    ("field", "value"), [("configuration", '{"more": 1}'), ("attributes", "data-more=1"), ("tool", "matomo")]
)
def test_a_script_that_changed_stops_until_a_notice_names_it_as_it_is(decide, counter, field, value):
    browser = Client()
    decide("accept", browser)
    assert loads(browser)
    Script.objects.update(**{field: value})
    assert not loads(browser)


def test_many_providers_with_long_keys_can_be_allowed(decide):
    for number in range(25):
        make_provider(f"{'provider' * 5}-{number}", "statistics", f"Count {number} Ltd", f"https://s{number}.example")
    put_in_force()
    assert len(decide("accept").granted) > 1000


def test_consent_to_another_provider_loads_nothing(decide, video, counter):
    browser = Client()
    decide("choose", browser, providers=["openstreetmap"])
    response, html = visit(browser)
    assert "<iframe" not in html and "data-script" not in html
    assert "example" not in response["Content-Security-Policy"]


def test_consent_to_a_notice_that_asked_again_since_loads_nothing(decide, video, counter):
    browser = Client()
    decide("accept", browser)
    make_provider("other", "statistics", "Other Ltd", "https://other.example")
    put_in_force()
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


def loads(browser, path=PAGE) -> bool:
    """Whether a third party loads; the policy and the caching of the response must agree."""
    response, html = visit(browser, path)
    found = "<iframe" in html or "data-script" in html
    assert ("example" in response["Content-Security-Policy"]) is found
    assert not found or (response["Cache-Control"] == "private, no-store" and "ETag" not in response)
    return found


def test_nothing_loads_for_a_cookie_without_its_record(decide, video, counter):
    browser = Client()
    decide("accept", browser)
    assert loads(browser)
    own = browser.cookies["cookie_consent_receipt"].value
    for receipt in ("", "0000-0000-0000-0000", "x", decide("refuse").receipt):
        browser.cookies["cookie_consent_receipt"] = receipt
        assert not loads(browser)
        # The same cookie with its record loads more, so no cache may keep this response.
        assert visit(browser)[0]["Cache-Control"] == "private, no-store"
    browser.cookies["cookie_consent_receipt"] = own
    assert loads(browser)


def test_nothing_loads_for_a_cookie_with_other_answers_than_its_record(decide, video, counter):
    browser = Client()
    decide("choose", browser, providers=["counter"])
    altered = browser.cookies["cookie_consent"].value.replace("video=-1", "video=2026-01-01T00:00:00+00:00")
    assert altered != browser.cookies["cookie_consent"].value
    browser.cookies["cookie_consent"] = altered
    assert not loads(browser)


def test_nothing_loads_after_a_withdrawal_of_which_the_browser_never_heard(decide, video):
    browser = Client()
    decide("accept", browser)
    before = browser.cookies["cookie_consent"].value
    decide("withdraw", browser)
    browser.cookies["cookie_consent"] = before
    assert not loads(browser)


def test_nothing_loads_after_the_record_was_erased(decide, video, counter):
    browser = Client()
    decision = decide("accept", browser)
    Leaf.objects.erase_receipt(decision.receipt, staff="officer", remark="letter")
    assert not loads(browser) and visit(browser)[0]["Cache-Control"] == "private, no-store"


def test_nothing_loads_after_a_restore_without_the_record(decide, video, counter):
    browser = Client()
    backup = transaction.savepoint()
    decide("accept", browser)
    transaction.savepoint_rollback(backup)
    assert not loads(browser)


def test_nothing_loads_after_the_decision_expired(decide, video, counter, monkeypatch):
    browser = Client()
    decision = decide("accept", browser)
    later = decision.expires_at
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert not loads(browser)


def test_nothing_loads_and_nothing_fails_if_the_record_cannot_be_read(decide, video, counter, monkeypatch):
    browser = Client()
    decide("accept", browser)

    def fail(*args):
        raise OperationalError("the database is away")

    monkeypatch.setattr("consent.models.record.DecisionQuerySet.latest_of", fail)
    assert not loads(browser) and visit(browser)[0]["Cache-Control"] == "private, no-store"


def test_a_third_party_that_is_not_in_the_notice_in_force_does_not_load(decide, video):
    browser = Client()
    decide("accept", browser)
    make_counter(publish=False)
    assert not loads(browser, "/en/vision/")
    put_in_force()
    assert not loads(browser, "/en/vision/")
    decide("accept", browser)
    assert loads(browser, "/en/vision/")


def test_a_new_host_of_an_allowed_provider_does_not_load(decide, video, counter):
    browser = Client()
    decide("accept", browser)
    Provider.objects.filter(key="counter").update(hosts=f"{counter.provider.hosts}\nhttps://new.example")
    Script.objects.update(source="https://new.example/count.js")
    assert not loads(browser, "/en/vision/")


def test_a_host_that_only_the_newer_notice_names_does_not_load_for_answers_to_an_older_one(decide, video, monkeypatch):
    browser = Client()
    decide("accept", browser)
    Provider.objects.filter(key="video").update(hosts="https://frames.video.example\nhttps://new.example")
    monkeypatch.setattr("consent.models.version.widenings", lambda before, after: [])
    assert put_in_force(asks_again=False).asks_again is False
    assert loads(browser)
    EmbeddedContent.objects.update(frame_url="https://new.example/embed/1")
    assert not loads(browser) and "Always allow Video Ltd" in visit(browser)[1]
    decide("allow", browser, providers=["video"])
    assert loads(browser)


def test_an_answer_to_an_older_notice_holds_after_a_small_change(decide, video):
    browser = Client()
    decide("accept", browser)
    Purpose.objects.filter(key="necessary").update(description_en="For you.")
    assert put_in_force(asks_again=False).asks_again is False
    assert loads(browser)


@pytest.mark.parametrize("model", [Purpose, Provider, EmbeddedContent])
def test_what_is_switched_off_stops_at_once_for_everyone(decide, video, model):
    browser, other = Client(), Client()
    decide("accept", browser)
    assert loads(browser)
    model.objects.exclude(key="necessary").update(is_published=False)
    assert not loads(browser)
    assert '<a href="https://video.example/watch?v=1&amp;t=2">The film</a>' in visit(other)[1]


def test_a_script_that_is_switched_off_stops_at_once_for_everyone(decide, counter):
    browser = Client()
    decide("accept", browser)
    assert "stats.example" in visit(browser)[1]
    Script.objects.update(is_published=False)
    response, html = visit(browser)
    assert "stats.example" not in html and "stats.example" not in response["Content-Security-Policy"]


def test_a_host_that_is_removed_from_its_provider_stops_at_once_for_everyone(decide, video):
    browser = Client()
    decide("accept", browser)
    assert loads(browser)
    Provider.objects.filter(key="video").update(hosts="https://other.example")
    assert not loads(browser)


def test_allowing_a_map_never_lets_in_a_video(decide, video):
    browser = Client()
    decide("allow", browser, providers=["openstreetmap"])
    assert not loads(browser)


def test_embedded_content_that_the_notice_in_force_does_not_name_is_a_link(video):
    Provider.objects.filter(pk=video.provider_id).update(hosts="https://new.example")
    EmbeddedContent.objects.update(frame_url="https://new.example/1")
    html = visit(Client())[1]
    assert '<a href="https://video.example/watch?v=1&amp;t=2">The film</a>' in html and "embed-title" not in html


REMARK = "Visitors see “A walk through Lodz” as a link: the notice in force does not name Video Ltd"


def save_page(editor, body: str) -> str:
    """Save the form of the page, and return the page that follows."""
    page = Page.objects.get(key="about")
    address = f"/admin/pages/page/{page.pk}/change/"
    form = filled_in(editor.get(address), body_en=body)
    return editor.post(address, form, follow=True).content.decode()


def test_an_editor_who_embeds_what_the_notice_in_force_does_not_name_is_told(client, staff):
    make_video(publish=False)
    client.force_login(staff("Editors"))
    link = f'<a href="{LINK.replace("&", "&amp;")}">The film</a>'
    assert REMARK not in save_page(client, f"<p>See {link}.</p>")
    assert f"{REMARK} with https://frames.video.example." in save_page(client, f"<p>See:</p><p>{link}</p>")
    put_in_force()
    assert REMARK not in save_page(client, f"<p>Look:</p><p>{link}</p>")


@pytest.mark.nightly
@pytest.mark.parametrize("model", [PartnerUniversity, Event])
def test_an_editor_who_chooses_a_map_that_the_notice_in_force_does_not_name_is_told(client, staff, model):
    video = make_video(publish=False)
    client.force_login(staff("Editors"))
    item = model.objects.exclude(map=None).first() or model.objects.first()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[item.pk])
    for chosen, is_told in ((item.map_id or "", False), (video.pk, True)):
        form = filled_in(client.get(address), map=chosen)
        assert (REMARK in client.post(address, form, follow=True).content.decode()) == is_told


def test_an_officer_who_declares_what_the_notice_in_force_does_not_name_is_told(client, staff):
    video = make_video(publish=False)
    client.force_login(staff("Privacy officers"))
    address = f"/admin/consent/embeddedcontent/{video.pk}/change/"
    saved = client.post(address, filled_in(client.get(address), shape="square"), follow=True).content.decode()
    assert REMARK in saved
    listed = client.get("/admin/consent/embeddedcontent/").content.decode()
    assert "does not name it, so visitors see a link" in listed
    put_in_force()
    assert "names it" in client.get("/admin/consent/embeddedcontent/").content.decode()


def test_a_page_on_which_nothing_would_load_can_be_shared(decide, video):
    browser = Client()
    decide("accept", browser)
    assert visit(browser, "/en/vision/")[0]["Cache-Control"] == "no-cache"
    assert visit(Client())[0]["Cache-Control"] == "no-cache"


def test_the_record_is_looked_up_once_and_only_if_something_would_load(decide, video, counter):
    browser = Client()
    decide("choose", browser, providers=["openstreetmap"])
    visit(browser)
    with CaptureQueriesContext(connection) as before:
        assert not loads(browser)
    assert not [query for query in before if "consent_decision" in query["sql"]]
    decide("accept", browser)
    visit(browser)
    with CaptureQueriesContext(connection) as after:
        assert loads(browser)
    [lookup] = [query["sql"] for query in after if "consent_decision" in query["sql"]]
    assert len(after) == len(before) + 1
    assert "wording" not in lookup and '"html"' not in lookup and '"style"' not in lookup


def test_the_admin_never_loads_third_party_content(client, staff, decide, counter, video):
    decide("accept", client)
    client.force_login(staff())
    response = client.get("/admin/consent/embeddedcontent/")
    assert "example" not in response["Content-Security-Policy"]
    assert "<iframe" not in response.content.decode()


def test_texts_without_third_party_content_need_no_query_for_it(client, decide):
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
