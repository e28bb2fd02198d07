"""The notice that is shipped: it asks about the maps of OpenStreetMap, in each language."""

import pytest
from django.conf import settings

from consent.models import DeclaredCookie, EmbeddedContent, Notice, NoticeVersion, Provider
from consent.wording import TEXTS
from tests.editorial.test_admin import save

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def notice() -> NoticeVersion:
    return NoticeVersion.objects.current()


def parts_of(wording: dict):
    """Yield a wording and all parts within it."""
    yield wording
    for value in wording.values():
        for part in value if isinstance(value, list) else ():
            if isinstance(part, dict):
                yield from parts_of(part)


def test_it_asks_about_openstreetmap_only_and_lists_statistics_and_advertising_as_not_used(notice):
    assert list(notice.optional_providers) == ["openstreetmap"]
    providers = {purpose["key"]: len(purpose["providers"]) for purpose in notice.purposes}
    assert providers == {"necessary": 0, "functional": 1, "statistics": 0, "advertising": 0}
    html = notice.html_in("en")
    assert html.count("Not used: nothing is loaded or stored for this purpose.") == 2


def test_every_text_is_in_each_language(notice):
    assert set(notice.wording) == set(settings.CONTENT_LANGUAGES)
    for code, wording in notice.wording.items():
        assert [part["languages"] for part in parts_of(wording) if "languages" in part] == [], code
        empty = {name for part in parts_of(wording) for name, text in part.items() if name in TEXTS and not text}
        assert not empty, code


@pytest.mark.parametrize("code", settings.CONTENT_LANGUAGES)
def test_the_introduction_links_to_the_privacy_policy_and_names_no_provider(notice, client, code):
    introduction = notice.wording_in(code)["introduction"]
    # It would deny a purpose or provider that is declared later.
    assert "OpenStreetMap" not in introduction
    link = introduction.partition('href="')[2].partition('"')[0]
    assert link.startswith(f"/{code}/") and client.get(link).status_code == 200


def test_the_provider_is_named_with_all_that_article_13_asks_for(notice):
    named = notice.optional_providers["openstreetmap"]
    assert named["name"] == "OpenStreetMap Foundation" and named["country_code"] == "GB"
    assert named["address"] and named["data"] and named["retention"] and "Article 45" in named["transfer"]
    assert {cookie["name"] for cookie in named["cookies"]} == {"_osm_totp_token", "_osm_session"}
    assert named["hosts"] == ["https://www.openstreetmap.org", "https://tile.openstreetmap.org"]
    for embed in EmbeddedContent.objects.all():
        assert notice.names("openstreetmap", embed.origins), embed


def test_the_shipped_provider_and_its_cookies_are_valid():
    for item in [*Provider.objects.all(), *DeclaredCookie.objects.all()]:
        item.full_clean()


def test_staff_get_only_cookies_that_it_names(notice, client, staff):
    form = {"username": staff().username, "password": "a-long-pass-phrase"}
    assert client.post("/admin/login/", form).status_code == 302
    save(client, Notice.objects.get(), heading_en="Cookies, and what they are for")
    assert set(client.cookies) == {"sessionid", "csrftoken", "messages"}
    assert set(client.cookies) <= {cookie["name"] for cookie in notice.purposes[0]["cookies"]}
