"""Publishing the notice in the admin and with the command."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from consent.models import AccessEntry, Notice, NoticeVersion, Purpose
from editorial import roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def change_heading():
    notice = Notice.objects.get()
    notice.heading_en = "Cookies, and what they are for"
    notice.save()


def test_the_page_to_publish_shows_the_changes_and_the_number_of_visitors_to_ask_again(officer, decide):
    browser = Client()
    decide("accept", browser)
    decide("withdraw", browser)
    decide("refuse")
    assert "nothing to publish" in text(officer.get("/admin/consent/noticeversion/publish/"))
    change_heading()
    html = text(officer.get("/admin/consent/noticeversion/publish/"))
    assert "<del>Cookies on this site</del>" in html and "<ins>Cookies, and what they are for</ins>" in html
    assert "2 visitors who have decided are asked again." in html
    assert NoticeVersion.objects.count() == 1
    draft = re.search(r'name="draft" value="(\w+)"', html)[1]
    officer.post("/admin/consent/noticeversion/publish/", {"change": "slip", "draft": draft})
    assert NoticeVersion.objects.current().asks_again is False
    assert AccessEntry.objects.get(action="publish").details == "2"


def test_a_draft_that_changed_since_the_review_is_not_published(officer):
    change_heading()
    html = text(officer.get("/admin/consent/noticeversion/publish/"))
    reviewed = {"change": "slip", "draft": re.search(r'name="draft" value="(\w+)"', html)[1]}
    Purpose.objects.filter(key="statistics").update(description_en="We sell it.")
    html = text(officer.post("/admin/consent/noticeversion/publish/", reviewed))
    assert "nothing was published" in html and "We sell it." in html
    assert NoticeVersion.objects.count() == 1


def test_a_purpose_that_becomes_necessary_is_shown_as_a_change(officer):
    Purpose.objects.filter(key="statistics").update(is_necessary=True)
    html = text(officer.get("/admin/consent/noticeversion/publish/"))
    assert "statistics · necessary" in html and "<ins>✓</ins>" in html


def test_a_new_purpose_cannot_be_published_as_a_small_correction(officer):
    Purpose.objects.create(key="research", name_en="Research", description_en="We study how the site is used.")
    html = text(officer.get("/admin/consent/noticeversion/publish/"))
    assert "There is a new purpose" in html and 'value="slip"' not in html


def test_each_purpose_has_a_version_of_its_own(decide):
    purpose = Purpose.objects.get(key="statistics")
    purpose.description_en = "Counts pages."
    purpose.save()
    NoticeVersion.objects.publish()
    versions = {key: answer["version"] for key, answer in decide().answers.items()}
    assert versions == {"functional": 1, "statistics": 2, "advertising": 1}


def test_the_same_answer_to_a_notice_that_asks_again_is_a_renewal(decide):
    browser = Client()
    decide("accept", browser)
    change_heading()
    NoticeVersion.objects.publish()
    assert decide("accept", browser).action == "renewed"
    assert decide("refuse", browser).action == "withdrawn"


def test_a_refresh_publishes_the_new_style_and_no_draft(monkeypatch):
    change_heading()
    call_command("publish_notice", refresh=True)
    assert NoticeVersion.objects.count() == 1
    monkeypatch.setattr("consent.models.version.dialog_style", lambda: "body { color: red }")
    call_command("publish_notice", refresh=True)
    version = NoticeVersion.objects.current()
    assert (version.number, version.asks_again, version.style) == (2, False, "body { color: red }")
    assert version.wording_in("en")["heading"] == "Cookies on this site"


def test_a_refresh_publishes_new_languages(settings):
    offered = settings.LANGUAGES
    settings.LANGUAGES = [(code, name) for code, name in offered if code != "sv"]
    assert "sv" not in NoticeVersion.objects.publish().wording
    settings.LANGUAGES = offered
    Purpose.objects.filter(key="statistics").update(description_sv="")
    call_command("publish_notice", refresh=True)
    version = NoticeVersion.objects.current()
    assert set(version.wording) == {code for code, _name in offered}
    swedish = version.wording["sv"]["purposes"]
    assert [purpose["version"] for purpose in swedish] == [purpose["version"] for purpose in version.purposes]
    assert '<span lang="en" data-untranslated>' in version.html["sv"]
