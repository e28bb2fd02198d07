"""Versions of the notice: published texts, and which changes ask visitors again."""

import re

import pytest

from consent.cookie import OWN_COOKIES
from consent.models import Decision, Notice, NoticeVersion, Purpose
from pagecache.models import ContentVersion
from tests.consent.factories import make_provider, put_in_force
from tests.consent.visitors import SETTINGS, asks, press

pytestmark = pytest.mark.django_db


def change_heading(text: str, *, asks_again: bool) -> NoticeVersion:
    notice = Notice.objects.get()
    notice.heading_en = text
    notice.save()
    return put_in_force(asks_again=asks_again)


def test_visitors_see_the_published_notice_and_not_the_draft(client):
    notice = Notice.objects.get()
    notice.heading_en = "A draft"
    notice.save()
    assert "A draft" not in client.get("/en/").content.decode()
    put_in_force()
    assert "A draft" in client.get("/en/").content.decode()


def test_publishing_without_changes_makes_no_new_version():
    assert put_in_force() == put_in_force()
    assert NoticeVersion.objects.count() == 1


@pytest.mark.nightly
@pytest.mark.parametrize("action", ["accept", "refuse"])
def test_a_substantial_change_asks_again_and_a_small_correction_does_not(client, action):
    press(client, action)
    change_heading("Cookies on our site", asks_again=False)
    assert not asks(client)
    change_heading("Cookies and more on our site", asks_again=True)
    assert asks(client)
    change_heading("Cookies, and more, on our site", asks_again=False)
    assert asks(client)


def test_a_new_purpose_always_asks_again(client):
    press(client, "refuse")
    Purpose.objects.create(key="research", name_en="Research", description_en="We study how the site is used.")
    make_provider("studies", "research", "Study Ltd", "https://studies.example")
    put_in_force(asks_again=False)
    assert asks(client)
    assert "Research" in client.get("/en/").content.decode()


def test_a_record_keeps_the_wording_that_was_shown(client):
    press(client, "accept")
    shown = NoticeVersion.objects.current()
    change_heading("Something else", asks_again=True)
    decision = Decision.objects.get()
    assert decision.notice == shown
    assert "Cookies on this site" in decision.notice.html_in("en")


def test_an_answer_refers_to_the_notice_that_was_shown_even_if_a_newer_one_is_in_force(client):
    shown = re.search(r'name="notice" value="(\d+)"', client.get("/en/").content.decode())[1]
    Notice.objects.update(introduction_en="<p>We sell all of it.</p>")
    put_in_force()
    press(client, "accept", notice=shown)
    assert Decision.objects.get().notice.number == int(shown) == 1
    assert asks(client)


def test_without_a_published_notice_nothing_is_asked(client, monkeypatch):
    monkeypatch.setattr("consent.cached.notice_in_force", lambda request: None)
    # A content version of its own, so that no cached notice of another test is used.
    ContentVersion.objects.update(name="before the first notice")
    assert not asks(client)
    assert client.get(SETTINGS).status_code == 404


def test_with_https_the_notice_names_the_cookies_of_the_site_with_their_prefix(settings):
    def own_cookies() -> set[str]:
        necessary = NoticeVersion.objects.draft().purposes[0]
        return {cookie["name"] for cookie in necessary["cookies"] if cookie["kind_code"] == "cookie"}

    before = own_cookies()
    assert before >= {*OWN_COOKIES, "messages"}
    settings.COOKIE_PREFIX = "__Host-"
    # Django gives the cookie of its messages no prefix; it is signed.
    assert own_cookies() == {"messages", *(f"__Host-{name}" for name in before - {"messages"})}
