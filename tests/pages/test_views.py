"""Every page in every language: status, metadata, links to other languages, redirects and sitemap."""

import json
import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation

from alliance.models import Alliance, Deliverable, Initiative, Line, Milestone, Project
from events.models import Event
from news.models import NewsItem
from opportunities.models import Opportunity
from pages.models import Page, Redirect
from pages.templatetags.layout import open_graph_locale
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def body(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def sitemap(client) -> ElementTree.Element:
    return ElementTree.fromstring(client.get("/sitemap.xml").content)


def addresses(client) -> list[str]:
    return [location.text.removeprefix("http://testserver") for location in sitemap(client).iter(f"{SITEMAP}loc")]


def only_match(pattern: str, html: str) -> str:
    found = re.findall(pattern, html)
    assert len(found) == 1, (pattern, found)
    return found[0]


@pytest.mark.nightly
def test_the_sitemap_lists_every_published_page_in_every_language(client):
    pages = Page.objects.published().exclude(kind="search").count()
    models = (Deliverable, Initiative, PartnerUniversity, Project, NewsItem, Event, Opportunity)
    items = sum(model.objects.published().count() for model in models) + Line.objects.published().with_page().count()
    listed = addresses(client)
    assert len(listed) == len(set(listed)) == (pages + items) * len(settings.LANGUAGES)
    assert pages + items >= 10 + 4 + 4 + 10 + 32


@pytest.mark.nightly
def test_each_url_in_the_sitemap_has_alternates_and_a_default(client):
    for url in sitemap(client).iter(f"{SITEMAP}url"):
        links = {link.get("hreflang"): link.get("href") for link in url.iter(f"{XHTML}link")}
        assert set(links) == {"x-default", *(code for code, _ in settings.LANGUAGES)}
        assert links["x-default"] == links["en"]
        assert url.find(f"{SITEMAP}loc").text in links.values()


NOINDEX = '<meta name="robots" content="noindex">'


@pytest.mark.once
def test_each_linked_page_is_either_in_the_sitemap_or_noindex(client, every_page):
    linked = set()
    for path, response in every_page.items():
        assert NOINDEX not in body(response), path
        linked |= {address.split("?")[0] for address in re.findall(r'<a [^>]*?href="(/[^"#]*)', body(response))}
    languages = {path.split("/")[1] for path in every_page}
    others = {}
    for path in {path for path in linked - set(every_page) if path.split("/")[1] in languages}:
        response = client.get(path)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            others[path] = response
    assert {path for path in others if path.startswith("/en/")} == {
        "/en/search/",
        "/en/cookies/settings/",
        "/en/cookies/receipt/",
        "/en/cookies/seals/",
        "/en/accessibility/feedback/",
        "/en/privacy-policy/1/",
    }
    assert [path for path, response in others.items() if NOINDEX not in body(response)] == []


def test_search_results_are_noindex(client):
    assert body(client.get("/en/search/?q=city")).count(NOINDEX) == 1


@pytest.mark.once
def test_every_page_has_its_own_title_description_canonical_and_heading(every_page):
    seen = {}
    for path, response in every_page.items():
        html = body(response)
        language = path.split("/")[1]
        assert only_match(r'<html lang="([^"]+)"', html) == language
        assert only_match(r'<link rel="canonical" href="([^"]+)"', html) == f"http://testserver{path}"
        title, description = (
            only_match(r"<title>([^<]+)</title>", html),
            only_match(r'<meta name="description" content="([^"]+)"', html),
        )
        assert len(re.findall(r"<h1[ >]", html)) == 1
        assert title.strip() and description.strip()
        for text in ((language, title), (language, description)):
            assert seen.setdefault(text, path) == path, f"{path} has the same text as {seen[text]}: {text}"


@pytest.mark.nightly
@pytest.mark.once
def test_every_page_links_to_its_versions_in_other_languages(every_page):
    for path, response in every_page.items():
        html = body(response)
        alternates = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="http://testserver([^"]+)"', html))
        assert alternates.pop("x-default") == alternates["en"]
        assert alternates[path.split("/")[1]] == path
        for language, other in alternates.items():
            assert f'href="{other}" lang="{language}"' in re.sub(r"\s+", " ", html), (path, other)


@pytest.mark.nightly
def test_urls_are_translated(client):
    assert "/pl/partnerzy/uniwersytet-lodzki/" in addresses(client)
    assert "/en/partners/university-of-lodz/" in addresses(client)


def test_the_slug_of_another_language_redirects_to_the_right_url(client):
    response = client.get("/pl/partnerzy/university-of-lodz/")
    assert (response.status_code, response["Location"]) == (301, "/pl/partnerzy/uniwersytet-lodzki/")


@pytest.mark.once
def test_the_locale_for_link_previews_has_a_territory(client):
    pattern = r'<meta property="og:locale" content="([^"]+)">'
    found = {code: only_match(pattern, body(client.get(f"/{code}/"))) for code in settings.CONTENT_LANGUAGES}
    territories = "en_GB pl_PL nl_NL es_ES de_DE tr_TR fr_FR fi_FI hr_HR sv_SE"
    assert sorted(found.values()) == sorted(territories.split())
    assert all(locale.startswith(f"{code}_") for code, locale in found.items())


@pytest.mark.parametrize(
    ("language", "locale"), [("sr-latn", "sr_RS"), ("zh-hant", "zh_TW"), ("pt-br", "pt_BR"), ("en-ie", "en_IE")]
)
def test_the_locale_of_a_language_with_a_script_or_a_territory(language, locale):
    with translation.override(language):
        assert open_graph_locale() == locale


def test_the_menu_marks_the_current_page(client):
    html = body(client.get("/en/partners/"))
    assert only_match(r'<a href="([^"]+)"\s+aria-current="page"', html) == "/en/partners/"


def test_the_menu_marks_the_section_of_the_current_page(client):
    html = body(client.get("/en/partners/university-of-lodz/"))
    assert only_match(r'<a href="([^"]+)"\s+aria-current="true">[^<]*Universities', html) == "/en/partners/"


def test_structured_data_is_valid_json_and_names_the_university(client):
    html = body(client.get("/en/partners/university-of-lodz/"))
    blocks = [json.loads(block) for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]
    by_type = {block["@type"]: block for block in blocks}
    assert by_type["CollegeOrUniversity"]["name"] == "University of Lodz"
    assert by_type["CollegeOrUniversity"]["alternateName"] == ["Uniwersytet Łódzki"]
    assert [crumb["name"] for crumb in by_type["BreadcrumbList"]["itemListElement"]][-1] == "University of Lodz"


def test_structured_data_escapes_html(client):
    PartnerUniversity.objects.filter(key="university-of-lodz").update(name_en="</script><script>alert(1)</script>")
    html = body(client.get("/en/partners/university-of-lodz/"))
    assert "<script>alert" not in html


def test_the_root_redirects_to_the_preferred_language_of_the_browser(client):
    for header, path in (
        ("pl", "/pl/"),
        ("en-GB,en;q=0.9,pl;q=0.8", "/en/"),
        ("cs,pl;q=0.7,en;q=0.3", "/pl/"),
        ("ja", "/en/"),
        ("", "/en/"),
        # A regional variant falls back to its language.
        ("de-AT", "/de/"),
        ("PT-br", "/en/"),
        ("zh-Hant-TW,hr-Latn-HR;q=0.3", "/hr/"),
        ("de;q=0.5, fr;q=0.8", "/fr/"),
        # q=0 means not acceptable; * means any language.
        ("pl;q=0", "/en/"),
        ("en;q=0, pl;q=0.1", "/pl/"),
        ("pl;q=0, *", "/en/"),
        ("de-AT, de;q=0, fr;q=0.2", "/fr/"),
        ("*;q=0", "/en/"),
        # An invalid header is ignored.
        ("de;q=2", "/en/"),
        ("de;;,q=x,\x00", "/en/"),
        # A very long header is only read in part.
        ("de," * 20_000, "/de/"),
        ("d" * 20_000, "/en/"),
    ):
        response = client.get("/", headers={"accept-language": header})
        assert (response.status_code, response["Location"]) == (302, path), header[:80]
        assert "Accept-Language" in response["Vary"]


def test_an_unknown_language_has_no_pages(client):
    assert client.get("/uk/", follow=True).status_code == 404
    assert client.get("/uk/partners/", follow=True).status_code == 404


def test_old_urls_redirect_to_the_home_pages(client):
    for old, new in (("/unic", "/"), ("/unic/", "/"), ("/en/unic", "/en/"), ("/en/unic/", "/en/")):
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, new), old


def test_a_redirect_keeps_the_query(client):
    assert client.get("/en/unic?from=poster")["Location"] == "/en/?from=poster"


def test_a_redirect_without_a_target_answers_410(client):
    Redirect.objects.create(old_path="/en/old-news", new_path="")
    response = client.get("/en/old-news")
    assert response.status_code == 410
    assert "Page removed" in response.content.decode()


CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]


@pytest.mark.parametrize("field", ["old_path", "new_path"])
def test_a_redirect_never_contains_a_control_character(field):
    for number in CONTROLS:
        redirect = Redirect(key="odd", old_path="/old", new_path="/en/")
        setattr(redirect, field, f"/en/{chr(number)}Set-Cookie: a=b")
        if chr(number) == "\t":
            with pytest.raises(ValidationError, match="no line breaks, tabs or other control characters") as caught:
                redirect.full_clean()
            assert list(caught.value.message_dict) == [field]
        else:
            redirect.full_clean()
            assert chr(number) not in getattr(redirect, field)
    Redirect(key="odd", old_path="/en/ö¡ \u2028", new_path="/pl/Łódź~").full_clean()


def test_the_form_reports_a_tab_and_keeps_the_input(client, staff):
    client.force_login(staff())
    data = {"old_path": "/poster", "new_path": "/en/\tSet-Cookie: a=b", "is_published": "on"}
    response = client.post("/admin/pages/redirect/add/", data)
    assert list(response.context["adminform"].errors) == ["new_path"]
    html = response.content.decode()
    assert "An address has no line breaks" in html and 'value="/poster"' in html
    assert not Redirect.objects.filter(old_path="/poster").exists()


def test_a_stored_control_character_is_not_sent_in_the_location(client):
    stored = Redirect.objects.create(old_path="/poster", new_path="/en/")
    for number in CONTROLS[1:]:
        # Plain SQL goes round the model, which stores no control characters.
        Redirect.objects.filter(pk=stored.pk).update(new_path=f"/en/{chr(number)}X: y")
        response = client.get("/poster?a=b")
        assert response.status_code == 301
        assert response["Location"] in (f"/en/{quote(chr(number))}X:%20y?a=b", "/en/%20X:%20y?a=b")


@pytest.mark.parametrize("path", ["/poster%0d%0aX:%20y", "/poster%00", "/poster%c2%85"])
def test_a_path_with_a_control_character_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_redirect_does_not_hide_a_page(client):
    Redirect.objects.create(old_path="/en/partners", new_path="/en/")
    assert client.get("/en/partners/").status_code == 200


@pytest.mark.nightly
def test_an_unpublished_page_is_not_found_linked_or_in_the_sitemap(client):
    page = Page.objects.get(key="about")
    path = page.get_absolute_url()
    Page.objects.filter(pk=page.pk).update(is_published=False)
    assert client.get(path).status_code == 404
    assert path not in client.get("/en/").content.decode()
    assert path not in addresses(client)


def test_a_new_text_page_can_appear_in_the_footer(client):
    Page.objects.create(
        key="library",
        title_en="Library",
        short_title_en="Library",
        description_en="What to read.",
        place="footer",
        body_en="<p>Books</p>",
    )
    assert "/en/library/" in client.get("/en/partners/").content.decode()
    assert "<p>Books</p>" in body(client.get("/en/library/"))


def test_robots_txt_names_the_sitemap_and_excludes_the_admin(client):
    text = body(client.get("/robots.txt"))
    assert "Disallow: /admin/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text


@pytest.mark.once
def test_public_pages_set_no_cookie(every_page):
    assert not [path for path, response in every_page.items() if response.cookies]


def test_a_site_without_content_does_not_fail(client):
    for model in (Milestone, Deliverable):
        model.objects.all().delete()
    assert "No milestone has been published yet." in body(client.get("/en/timeline/"))
    assert "No deliverable has been published yet." in body(client.get("/en/deliverables/"))
    Alliance.objects.all().delete()
    assert client.get("/en/").status_code == 404
    assert client.get("/en/partners/").status_code == 200


def test_a_post_to_a_page_is_not_allowed(client):
    assert client.post("/en/partners/").status_code == 405
