"""The layout links only to pages that exist, and loading content names the pages that visitors will miss."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import RequestFactory

from alliance.models import Alliance
from consent import cached as consent_cached
from consent.context_processors import consent
from consent.models import EmbeddedContent, Notice
from consent.templatetags.consent import third_party
from feedback.models import FeedbackPage
from pagecache.models import ContentVersion
from pages.models import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def no_notice(monkeypatch):
    monkeypatch.setattr(consent_cached, "notice_in_force", lambda request: None)
    ContentVersion.objects.update(name="without a notice")


def page(client, path: str) -> str:
    return client.get(path).content.decode()


def unpublish(kind: str):
    Page.objects.filter(kind=kind).update(is_published=False)
    ContentVersion.objects.update(name=f"without {kind}")


def warnings() -> str:
    errors = StringIO()
    call_command("load_content", stdout=StringIO(), stderr=errors)
    return errors.getvalue()


@pytest.mark.parametrize("path", ["/en/", "/en/sitemap/"])
def test_cookie_settings_are_linked_while_a_notice_is_in_force(client, path):
    assert 'href="/en/cookies/settings/"' in page(client, path).split("<main", 1)[1]


@pytest.mark.usefixtures("no_notice")
@pytest.mark.parametrize("path", ["/en/", "/en/sitemap/"])
def test_nothing_links_to_cookie_settings_without_a_notice(client, path):
    assert client.get("/en/cookies/settings/").status_code == 404
    assert "/cookies/settings/" not in page(client, path)


@pytest.mark.usefixtures("no_notice")
def test_embedded_content_is_a_link_without_cookie_settings_without_a_notice():
    request = RequestFactory().get("/en/")
    embed = EmbeddedContent.objects.first()
    html = third_party({"request": request, **consent(request)}, embed)
    assert embed.page_url.replace("&", "&amp;") in html and "/cookies/settings/" not in html


@pytest.mark.parametrize("path", ["/en/", "/en/sitemap/"])
def test_the_form_for_barriers_is_linked_while_it_exists(client, path):
    assert "Report a barrier" in page(client, path)
    FeedbackPage.objects.all().delete()
    ContentVersion.objects.update(name="without the form")
    assert "Report a barrier" not in page(client, path)


def test_the_header_offers_the_search_while_its_page_exists(client):
    assert 'action="/en/search/"' in page(client, "/en/")
    unpublish("search")
    assert "/en/search/" not in page(client, "/en/").split("</header>")[0]


@pytest.mark.nightly
def test_complete_content_loads_without_a_warning():
    assert warnings() == ""


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["home", "search", "privacy", "cookies", "accessibility"])
def test_loading_content_names_a_missing_page_with_the_consequence(kind):
    unpublish(kind)
    (line,) = warnings().splitlines()
    assert f'kind = "{kind}"' in line and "Without it, " in line


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("model", "name"), [(FeedbackPage, "feedback.feedback"), (Notice, "notice.notice"), (Alliance, "alliance.alliance")]
)
def test_loading_content_names_a_missing_item_with_the_consequence(model, name):
    model.objects.all().delete()
    (line,) = warnings().splitlines()
    assert line.startswith(f"Missing: {name}. Without it, ")
