"""The pages whose content the site draws: privacy policy, Cookies and accessibility statement."""

import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse

from consent.models import DeclaredCookie, NoticeVersion, PolicyVersion, PrivacyPolicy
from editorial import roles
from editorial.models import ScheduledChange
from feedback.models import FeedbackPage
from pages.models import Page
from tests.consent.factories import put_in_force
from tests.editorial.test_admin import filled_in
from translations.status.models import Translation
from triggers.registry import remove

pytestmark = [pytest.mark.django_db, pytest.mark.once]
COOKIES, STATEMENT = "/en/cookies/", "/en/accessibility/"


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def form_of(kind: str) -> str:
    return reverse("admin:pages_page_change", args=[Page.objects.get(kind=kind).pk])


def main(html: str) -> str:
    return re.sub(r"\s+", " ", html.split("<main")[1].split("</main>")[0])


def test_the_cookies_page_lists_what_the_notice_in_force_declares(client):
    html = main(text(client.get(COOKIES)))
    for purpose in NoticeVersion.objects.current().purposes:
        assert f"<h2>{purpose['name']}</h2>" in html
        for cookie in purpose["cookies"]:
            assert f"<code>{cookie['name']}</code>" in html and cookie["duration"] in html
    cookie = DeclaredCookie.objects.get(key="theme")
    cookie.name = "colour-scheme"
    cookie.save()
    assert "colour-scheme" not in text(client.get(COOKIES))
    put_in_force()
    assert "<code>colour-scheme</code>" in text(client.get(COOKIES))


def test_a_purpose_without_a_declaration_is_said_not_to_be_used(client):
    html = main(text(client.get(COOKIES)))
    assert "Not used: nothing is loaded or stored for this purpose." in html.split("<h2>Advertising</h2>")[1]
    assert "This site does not use it" not in html.split("<h2>Necessary</h2>")[1].split("<h2>")[0]


def test_the_introduction_of_the_cookies_page_names_no_cookie():
    page = Page.objects.get(kind="cookies")
    names = DeclaredCookie.objects.values_list("name", flat=True)
    bodies = [getattr(page, field.name) for field in page._meta.fields if field.name.startswith("body_")]
    assert len(bodies) == 10
    assert not [name for name in names for body in bodies if f">{name}<" in body]


def test_the_law_of_the_country_on_cookies_is_on_both_pages(client):
    assert "Article\xa0399" in text(client.get(COOKIES))
    assert "Article\xa0399" in text(client.get("/en/privacy-policy/"))
    assert "art.\xa0399 ustawy" in text(client.get("/pl/pliki-cookie/"))


def test_the_policy_in_force_is_found_by_the_search(client):
    assert '<a href="/en/privacy-policy/">' in main(text(client.get("/en/search/", {"q": "portability"})))
    assert '<a href="/en/cookies/">' in main(text(client.get("/en/search/", {"q": "csrftoken"})))


@pytest.mark.nightly
def test_the_drawn_pages_work_before_anything_is_in_force(client, without_versions):
    for path in (COOKIES, "/en/privacy-policy/", STATEMENT, "/sitemap.xml", "/en/search/?q=data"):
        assert client.get(path).status_code == 200


@pytest.fixture
def without_versions():
    connection.check_constraints()
    remove(connection, {"consent"})
    PolicyVersion.objects.all().delete()
    NoticeVersion.objects.all().delete()
    PrivacyPolicy.objects.all().delete()
    FeedbackPage.objects.all().delete()


@pytest.mark.parametrize("group", [roles.EDITORS, roles.PUBLISHERS])
@pytest.mark.parametrize("kind", ["privacy", "cookies"])
def test_editors_and_publishers_cannot_change_the_pages_of_privacy_officers_and_see_why(client, staff, group, kind):
    client.force_login(staff(group))
    html = text(client.get(form_of(kind)))
    assert "Only privacy officers change this page" in html and 'name="title_en"' not in html
    assert client.post(form_of(kind), {"title_en": "All clear"}).status_code == 403
    # Other pages stay theirs.
    assert 'name="title_en"' in text(client.get(form_of("accessibility")))


def test_a_publisher_cannot_reorder_the_pages_of_privacy_officers(client, staff):
    client.force_login(staff(roles.PUBLISHERS))
    formset = client.get("/admin/pages/page/").context["cl"].formset
    bounds = [bound for form in [formset.management_form, *formset.forms] for bound in form]
    values = {bound.html_name: bound.value() for bound in bounds}
    values |= {name: 77 for name in values if name.endswith("-order")}
    assert client.post("/admin/pages/page/", values | {"_save": ""}).status_code == 302
    moved = set(Page.objects.filter(order=77).values_list("kind", flat=True))
    assert "accessibility" in moved and moved.isdisjoint({"privacy", "cookies"})


def test_a_publisher_who_may_translate_cannot_schedule_the_pages_of_privacy_officers(client, staff):
    client.force_login(staff(roles.PUBLISHERS, roles.TRANSLATORS))
    response = client.get(form_of("privacy"))
    assert 'name="title_pl"' in text(response)
    schedule = form_of("privacy").replace("/change/", "/schedule/")
    assert schedule not in text(response)
    assert client.post(schedule, {"plan": "take-off", "at": "2100-01-01T10:00", "reminder": ""}).status_code == 403
    assert not ScheduledChange.objects.exists()


def test_an_editor_cannot_translate_the_pages_of_privacy_officers_and_a_translator_can(client, staff):
    title = Translation.objects.of_items([Page.objects.get(kind="privacy")]).into("pl").get(field="title")
    for group, may_write in ((roles.EDITORS, False), (roles.TRANSLATORS, True)):
        client.force_login(staff(group))
        assert ('name="text"' in text(client.get(title.desk_url))) == may_write
        assert ('name="title_pl"' in text(client.get(form_of("privacy")))) == may_write
        assert 'name="title_en"' not in text(client.get(form_of("privacy")))


def test_a_privacy_officer_changes_their_two_pages_and_no_other(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    listed = text(client.get("/admin/pages/page/"))
    assert set(re.findall(r"/admin/pages/page/(\d+)/change/", listed)) == {
        str(pk) for pk in Page.objects.filter(kind__in=["privacy", "cookies"]).values_list("pk", flat=True)
    }
    response = client.get(form_of("cookies"))
    assert client.post(form_of("cookies"), filled_in(response, title_en="Cookies here")).status_code == 302
    assert "<h1>Cookies here</h1>" in text(client.get(COOKIES))
    assert client.get(form_of("accessibility")).status_code == 302


def test_an_empty_detail_of_the_accessibility_statement_shows_nothing_and_is_listed(client, staff):
    assert "Telephone" not in text(client.get(STATEMENT))
    client.force_login(staff(roles.PUBLISHERS))
    form = reverse("admin:feedback_feedbackpage_change", args=[FeedbackPage.objects.get().pk])
    assert "Responsible for accessibility, Telephone, Accessibility of the buildings" in text(client.get(form))
    response = client.post(form, filled_in(client.get(form), telephone="ask us"))
    assert "Use digits and spaces" in text(response)
    filled = {"telephone": "+48 12 345 67 89", "building_access_en": "<p>The entrance has a ramp.</p>"}
    assert client.post(form, filled_in(client.get(form), **filled)).status_code == 302
    html = main(text(client.get(STATEMENT)))
    assert '<a href="tel:+48123456789">+48 12 345 67 89</a>' in html and "The entrance has a ramp." in html
    assert "Responsible for accessibility" not in html


def test_no_language_claims_legitimate_interests_or_article_7_as_a_legal_basis():
    version = PolicyVersion.objects.current()
    assert len(version.wording) == 10
    for code in version.wording:
        (purposes,) = (part["text"] for part in version.texts(code) if part["key"] == "purposes")
        text = purposes.replace("\xa0", " ")
        # Point (f) of Article 6(1), as each language cites it.
        assert not re.search(
            r"6(\(1\)\(f\)|\.1 f|\W[^<]{0,22}\b(lit\.|onder|Buchstabe|letra|point|kohdan|točka) ?\(?f\b)", text
        )
        # Point (c) of Article 6(1), with Article 7(1).
        assert re.search(r"6[^<]{0,32}\bc\b", text) and re.search(r"7[^<]{0,16}1", text)


def test_a_provider_is_shown_with_everything_that_the_law_asks_for():
    cookie = {"name": "_osm", "kind": "cookie", "description": "Counts tiles.", "duration": "a week"}
    provider = {
        "name": "Maps Ltd",
        "address": "1 High Street, Cambridge",
        "country": "United Kingdom",
        "hosts": ["https://maps.example", "https://tiles.example"],
        "data": "Your IP address.",
        "retention": "180 days",
        "transfer": "United Kingdom: adequacy decision.",
        "policy_url": "https://maps.example/privacy",
        "cookies": [cookie],
    }
    purpose = {"name": "Functional", "description": "Maps.", "cookies": [], "providers": [provider]}
    html = render_to_string("consent/declared_purpose.html", {"purpose": purpose})
    shown = [*provider.values(), *provider["hosts"], *cookie.values()]
    assert not [value for value in shown if isinstance(value, str) and value not in html]
    assert '<a href="https://maps.example/privacy" rel="noreferrer">' in html and "Not used" not in html
