"""“Show it this once”: one embed on one page, recorded without a receipt, and without a cookie."""

import re
from datetime import timedelta
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from consent.export import FORMATS
from consent.models import Decision, EmbeddedContent, Leaf, NoticeVersion, Provider, Seal
from consent.record_check import check_record
from consent.statistics import Statistics
from consent.views import DECISIONS
from pages.models import Page
from tests.consent.factories import make_provider, make_video, put_in_force
from tests.consent.visitors import FORM

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = "/en/about/"
WALK, MAP = "https://frames.video.example/embed/1", "https://maps.example/embed/1"
LATER = "https://frames.video.example/embed/2"


@pytest.fixture
def embeds():
    """Two videos of one provider and a map of another, on one page. The keys are walk, later and map."""
    walk = make_video(publish=False)
    later = EmbeddedContent.objects.create(
        key="later", title_en="Later", provider=walk.provider, page_url="https://video.example/2", frame_url=LATER
    )
    city = EmbeddedContent.objects.create(
        key="map",
        title_en="Map",
        provider=make_provider("maps", "functional", "Map Ltd", "https://maps.example"),
        page_url="https://maps.example/1",
        frame_url=MAP,
    )
    put_in_force()
    page = Page.objects.get(key="about")
    page.body_en = "".join(
        f'<p><a href="{embed.page_url.replace("&", "&amp;")}">x</a></p>' for embed in (walk, later, city)
    )
    page.save()
    return walk, later, city


def ask_once(browser, embed, path=PAGE, headers=FORM, **data):
    notice = NoticeVersion.objects.current().number
    return send(browser, path, {"show_once": embed.key, "notice": notice} | data, headers)


def send(browser, path, fields, headers=FORM):
    """Send a form as a browser does."""
    return browser.post(path, urlencode(fields), "application/x-www-form-urlencoded", headers=headers)


def frames(response) -> list[str]:
    return re.findall(r'<iframe[^>]*?src="([^"]+)"', response.content.decode())


def test_the_placeholder_has_a_form_that_shows_this_embed_once(client, embeds):
    html = client.get(PAGE).content.decode()
    key, notice = embeds[0].key, NoticeVersion.objects.current().number
    button = f'name="show_once"\\s+value="{key}"\\s+formaction="{PAGE}#embed-{key}"'
    assert re.search(button, html) and f'<input type="hidden" name="notice" value="{notice}">' in html
    assert f'id="embed-{key}"' in html


@pytest.mark.parametrize(("number", "address"), [(0, WALK), (1, LATER), (2, MAP)])
def test_only_the_embed_that_was_pressed_is_shown_and_only_on_this_page(client, embeds, number, address):
    response = ask_once(client, embeds[number])
    assert response.status_code == 200 and frames(response) == [address]
    assert "this once" in response.content.decode().partition("<iframe")[2]
    assert response["Cache-Control"] == "private, no-store" and not response.cookies
    assert f"frame-src {address.partition('/embed')[0]};" in f"{response['Content-Security-Policy']};"
    assert frames(client.get(PAGE)) == []


def test_it_is_recorded_without_a_receipt(client, embeds):
    ask_once(client, embeds[0], f"{PAGE}?utm_source=letter", FORM | {"sec-gpc": "1"})
    record = Decision.objects.get()
    notice = NoticeVersion.objects.current()
    version = next(purpose["version"] for purpose in notice.purposes if purpose["key"] == "functional")
    assert record.answers == {
        "video": {"granted": True, "purpose": "functional", "version": version, "embed": embeds[0].key}
    }
    assert (record.receipt, record.predecessor, record.action) == ("", "", "shown_once")
    assert (record.notice, record.language, record.path) == (notice, "en", PAGE)
    assert record.has_objection_signal and record.expires_at == record.decided_at


def test_it_changes_no_decision(client, embeds, decide):
    decision = decide("refuse", client)
    before = client.cookies.output()
    assert frames(ask_once(client, embeds[0])) == [WALK]
    assert client.cookies.output() == before
    assert Decision.objects.latest_of(decision.receipt) == decision
    assert list(Decision.objects.valid()) == [decision]


def test_an_embed_of_an_allowed_provider_is_shown_without_another_record(client, embeds, decide):
    decide("allow", client, providers=["video"])
    assert frames(ask_once(client, embeds[0])) == [WALK, LATER]
    assert Decision.objects.count() == 1


def test_a_link_shows_nothing(client, embeds):
    response = client.get(f"{PAGE}?show_once={embeds[0].key}&notice={NoticeVersion.objects.current().number}")
    assert frames(response) == [] and not Decision.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_a_form_of_another_site_shows_nothing(client, embeds, headers):
    response = ask_once(client, embeds[0], headers=headers)
    assert response.status_code == 403 and frames(response) == []
    assert not Decision.objects.exists()


def test_a_page_that_does_not_contain_the_embed_records_nothing(client, embeds):
    for path, status in (("/en/vision/", 200), ("/en/nothing/", 404)):
        response = ask_once(client, embeds[0], path)
        assert response.status_code == status and frames(response) == []
    assert not Decision.objects.exists()


@pytest.mark.parametrize("model", [EmbeddedContent, Provider])
def test_what_was_switched_off_is_not_shown(client, embeds, model):
    model.objects.update(is_published=False)
    assert frames(ask_once(client, embeds[0])) == [] and not Decision.objects.exists()


def test_what_the_notice_in_force_does_not_name_is_not_shown(client, embeds):
    Provider.objects.filter(key="video").update(hosts="https://frames.video.example\nhttps://new.example")
    EmbeddedContent.objects.filter(pk=embeds[0].pk).update(frame_url="https://new.example/embed/1")
    assert frames(ask_once(client, embeds[0])) == [] and not Decision.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "1", "99"])
def test_a_form_with_an_old_or_unknown_notice_shows_the_new_question_first(client, embeds, number):
    assert NoticeVersion.objects.current().asked_since == 2
    response = ask_once(client, embeds[0], notice=number)
    assert frames(response) == [] and "Show it this once" in response.content.decode()
    assert not Decision.objects.exists()


def test_a_form_from_before_a_small_change_is_recorded_with_its_own_notice(client, embeds):
    NoticeVersion.objects.current()
    Provider.objects.filter(key="video").update(policy_url="https://video.example/privacy")
    assert put_in_force(asks_again=False).asks_again is False
    assert frames(ask_once(client, embeds[0], notice="2")) == [WALK]
    assert Decision.objects.get().notice.number == 2


@pytest.mark.parametrize("failing", ["record_shown_once", "page"])
def test_nothing_loads_if_it_cannot_be_recorded(client, embeds, monkeypatch, failing):
    def fail(*args, **kwargs):
        raise OperationalError("the database is away")

    client.raise_request_exception = False
    if failing == "page":
        monkeypatch.setattr("consent.cached.notice_in_force", fail)
    else:
        monkeypatch.setattr("consent.models.record.DecisionQuerySet.record_shown_once", fail)
    response = ask_once(client, embeds[0])
    html = response.content.decode()
    assert response.status_code == 503 and response["Retry-After"] == "30"
    assert "The content could not be shown" in html and "Nothing was loaded." in html
    assert frames(response) == [] and "video.example" not in response["Content-Security-Policy"]
    assert not response.cookies and response["Cache-Control"] == "private, no-store"
    monkeypatch.undo()
    action, again = re.search(r'<form action="([^"]+)" method="post">(.*?)</form>', html, re.DOTALL).groups()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', again))
    response = send(client, action.partition("#")[0], fields)
    assert frames(response) == [WALK] and Decision.objects.count() == 1


def test_too_many_requests_from_one_network_show_nothing(client, embeds, monkeypatch):
    monkeypatch.setattr(DECISIONS, "limit", 1)
    DECISIONS.clear()
    assert frames(ask_once(client, embeds[0])) == [WALK]
    response = ask_once(client, embeds[0])
    assert response.status_code == 429 and frames(response) == [] and Decision.objects.count() == 1
    assert "Try again in ten minutes." in response.content.decode()


def test_other_forms_sent_to_a_page_are_refused_as_before(client, embeds):
    assert send(client, PAGE, {"notice": "2"}).status_code == 405
    assert client.post(PAGE, "show_once=later", "text/plain", headers=FORM).status_code == 405


def test_the_record_counts_neither_as_a_visitor_nor_as_an_answer(client, embeds, decide):
    decide("refuse")
    ask_once(client, embeds[0])
    statistics = Statistics(None, None)
    assert statistics.total == 1 and sum(value for _day, value in statistics.decisions.values) == 1
    assert ("shown once", 1) in statistics.by_action()
    assert {row.answers for row in statistics.acceptance(NoticeVersion.objects.all())} == {1}


def test_the_record_is_sealed_checked_and_exported_like_any_other(client, embeds, tmp_path):
    ask_once(client, embeds[0])
    record = Decision.objects.get()
    Seal.objects.seal_waiting()
    assert check_record(record).faults == [] and check_record(record).seal
    output = StringIO()
    call_command("verify_consents", stdout=output)
    for name in ("csv", "jsonl"):
        text = "".join(FORMATS[name].lines(Decision.objects.all()))
        assert "shown_once" in text and record.digest in text
    assert embeds[0].key in text


def test_the_record_is_kept_as_long_as_a_consent(client, embeds, settings, monkeypatch):
    ask_once(client, embeds[0])
    Seal.objects.seal_waiting()
    for months, erased in ((settings.CONSENT_RETENTION_MONTHS - 1, 0), (settings.CONSENT_RETENTION_MONTHS + 1, 1)):
        now = timezone.now() + timedelta(days=months * 31)
        with monkeypatch.context() as later:
            later.setattr(timezone, "now", lambda now=now: now)
            assert Leaf.objects.erase_outdated() == erased


def test_no_receipt_number_finds_it(client, embeds, staff):
    for embed in embeds:
        ask_once(client, embed)
    officer = Client()
    officer.force_login(staff("Privacy officers"))
    listed = officer.get("/admin/consent/decision/", {"q": "-"}).content.decode()
    assert "shown once" not in listed.partition('id="result_list"')[2]
    form = {"receipt": "-", "remark": "letter", "is_sure": "on"}
    assert (
        "There is no record with this number." in officer.post("/admin/consent/decision/erase/", form).content.decode()
    )
    assert Leaf.objects.erase_receipt("", staff="officer", remark="") == 0 and Decision.objects.count() == 3


def test_officers_see_what_was_shown(client, embeds, staff):
    ask_once(client, embeds[0])
    officer = Client()
    officer.force_login(staff("Privacy officers"))
    listed = officer.get("/admin/consent/decision/").content.decode()
    assert re.search(r'field-receipt_number"><a [^>]*>shown once</a>', listed)
    html = officer.get(f"/admin/consent/decision/{Decision.objects.get().pk}/change/").content.decode()
    assert f"<code>{embeds[0].key}</code>" in html and "All decisions under this receipt number" not in html
