"""Slugs that no page may take, redirects of staff, and addresses that people type."""

import re
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import LocalePrefixPattern, URLResolver, get_resolver, reverse
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from alliance.models import Deliverable
from pages.addresses import reserved_words
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from tests.editorial.test_admin import filled_in

pytestmark = pytest.mark.django_db


def text_page(**values) -> Page:
    texts = {"title_en": "T", "short_title_en": "New", "description_en": "D", "body_en": "<p>Text of the page</p>"}
    return Page(**texts | values)


def ask(client, address: str, **headers):
    """Send a GET request. The test client takes what follows two slashes for a host."""
    path, _, query = address.partition("?")
    wsgi = {"PATH_INFO": unquote_to_bytes(path), "QUERY_STRING": query.encode(errors="surrogatepass")}
    return client.get("/", headers=headers, **{name: value.decode("latin-1") for name, value in wsgi.items()})


# Slugs


@pytest.mark.parametrize(
    ("field", "heading", "slug"),
    [
        ("short_title_en", "Partners", "partners-2"),
        ("short_title_en", "Search", "search-2"),
        ("short_title_en", "Timeline", "timeline-2"),
        ("short_title_pl", "Partnerzy", "partnerzy-2"),
        # Words of another language lead on to the section.
        ("short_title_de", "Partnerzy", "partnerzy-2"),
        ("short_title_en", "Privacy policy", "privacy-policy-2"),
        ("short_title_fi", "Cookies", "cookies-2"),
        ("short_title_en", "Admin", "admin-2"),
        ("short_title_en", "Static", "static-2"),
        ("short_title_en", "PL", "pl-2"),
    ],
)
def test_a_page_gets_no_address_of_a_section_another_page_or_a_reserved_word(client, field, heading, slug):
    page = text_page(**{field: heading})
    page.save()
    language = field[-2:]
    assert getattr(page, f"slug_{language}") == slug
    assert b"Text of the page" in client.get(f"/{language}/{slug}/").content


@pytest.mark.parametrize("slug", ["partners", "Partners", "partnerzy", "search", "privacy-policy", "admin", "en"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_staff_cannot_enter_such_an_address_and_the_form_names_a_free_one(language, slug):
    with pytest.raises(ValidationError) as caught:
        text_page(**{f"slug_{language}": slug}).full_clean(exclude=["key"])
    messages = caught.value.message_dict
    (message,) = messages.pop(f"slug_{language}")
    assert f"“{slug.lower()}” belongs to another page" in message and f"such as “{slug.lower()}-2”" in message
    assert not messages.keys() & {f"slug_{code}" for code in settings.CONTENT_LANGUAGES}


def test_the_shipped_pages_keep_their_addresses():
    for page in Page.objects.exclude(slug_en=None):
        page.full_clean()
    assert {"partners", "partnerzy", "suche", "admin", "share", "static", "hr"} <= reserved_words()
    assert not {"cookies", "privacy-policy", "accessibility"} & reserved_words()


def test_the_form_of_a_page_says_which_address_it_got(client, staff):
    client.force_login(staff())
    url = reverse("admin:pages_page_add")
    texts = {"title_en": "T", "short_title_en": "Partners", "description_en": "D"}
    response = client.post(url, filled_in(client.get(url), **texts), follow=True)
    message = "The address of this page in the language “English” ends in “partners-2”, because “partners” belongs"
    assert any(message in str(shown) for shown in response.context["messages"])


def test_an_address_is_stored_in_small_letters(client):
    text_page(slug_en="About-Us").save()
    assert client.get("/en/about-us/").status_code == 200
    assert client.get("/en/About-Us/")["Location"] == "/en/about-us/"


def test_two_items_never_share_a_slug_in_any_language():
    first, second = Deliverable.objects.all()[:2]
    second.slug_de = first.slug_en
    with pytest.raises(ValidationError, match="belongs to another page"):
        second.full_clean()
    second.slug_de = second.slug_en
    second.full_clean()


def test_the_address_of_an_item_is_never_that_of_a_file_of_its_section():
    localized = next(entry for entry in get_resolver().url_patterns if isinstance(entry.pattern, LocalePrefixPattern))
    sections = [entry for entry in localized.url_patterns if isinstance(entry, URLResolver)]
    routes = [str(entry.pattern) for section in sections for entry in section.url_patterns]
    # A slug has no dot. So each item has a directory, and the files of the section stand beside the directories.
    assert [route for route in routes if re.search("<slug:slug>[^/]", route)] == []
    with_items = [
        section for section in sections if any(str(e.pattern) == "<slug:slug>/" for e in section.url_patterns)
    ]
    words = {str(e.pattern).partition("/")[0] for section in with_items for e in section.url_patterns} - {
        "<slug:slug>",
        "",
    }
    assert {word for word in words if "." not in word} <= {"privacy-policy"}
    assert {"calendar.ics", "feed.xml", "feed.json"} <= words


# Redirects


def enter(old: str, new: str) -> Redirect:
    """Return the stored redirect, as a form would clean it. Raises ValidationError."""
    redirect = Redirect(old_path=old, new_path=new)
    redirect.full_clean(exclude=["key"])
    redirect.save()
    return redirect


@pytest.mark.parametrize("field", ["old_path", "new_path"])
def test_an_address_with_half_of_a_pair_is_refused(field):
    with pytest.raises(ValidationError, match="not a character"):
        enter(**{"old": "/old", "new": "/en/", field.removesuffix("_path"): "/a\ud800"})


@pytest.mark.parametrize(
    ("old", "asked"),
    [
        ("/zdj%C4%99cie", "/zdj%C4%99cie"),
        ("/zdjęcie", "/zdj%C4%99cie"),
        ("/zdje\u0328cie", "/zdj%c4%99cie/"),
        ("/ZDJĘCIE/", "/zdj%C4%99cie"),
        ("/zdjęcie", "/ZDJ%C4%98CIE/"),
        ("/a%20b", "/a%20b"),
        ("/a b", "/a%20b/"),
        ("/100%25", "/100%25"),
        ("/a%2541", "/a%2541"),
        ("/%ff", "/%FF"),
        ("/%66oo", "/foo"),
        ("/Old//News/", "/old/news"),
        ("/a/../old", "/old"),
        ("/./old/x/%2E%2e/", "/old"),
        ("/../old", "/old"),
        ("/old", "/OLD/"),
        ("/old", "//old"),
        ("/old", "/old)."),
        ("/old", "/old&gt;"),
        ("/old/x", "/old/%20x%23part"),
        ("/old", "/old%C2%A0%E2%80%BA"),
        ("/index.php?id=5", "/index.php?id=5"),
        ("/index.php?b=2&a=1", "/index.php?a=1&b=2"),
        ("/?page_id=7", "/?page_id=7"),
        ("/index.php?id=5", "/index.php?id=5)."),
        ("/index.php?id=5", "/index.php?id=5%20"),
        ("/index.php?id=5", "/index.php?id=5%E2%80%9D"),
        ("/index.php?a=1&b=2", "/index.php?a=1&amp;b=2"),
        ("/index.php?q=why?", "/index.php?q=why?"),
        ("/index.php?q=za\u0301", "/index.php?q=za%CC%81"),
        ("/index.php?q=zá", "/index.php?q=za%CC%81"),
        ("/index.php?q=za%CC%81", "/index.php?q=z%C3%A1"),
        ("/s?q=za%C5%BC%C3%B3%C5%82%C4%87", "/s?q=zażółć"),
    ],
)
def test_a_redirect_matches_its_address_however_it_is_written(client, old, asked):
    entered = enter(old, "/en/vision/")
    assert ask(client, asked).headers.get("Location") == "/en/vision/"
    # Saving it again changes nothing.
    before = entered.old_path
    entered.full_clean()
    assert entered.old_path == before


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("old", "field", "reason"),
    [
        ("/old#part", "old_path", "browsers do not send it"),
        ("//old.example/x", "old_path", "cannot lead to another site"),
        ("https://old.example/x", "old_path", "cannot lead to another site"),
        ("/a%00b", "old_path", "no line breaks"),
        ("/a%c2%85", "old_path", "no line breaks"),
        ("/", "old_path", "pages have priority"),
        ("/en/", "old_path", "pages have priority"),
        ("/PL", "old_path", "pages have priority"),
        ("/en/?a=b", "old_path", "pages have priority"),
        ("/admin/x", "old_path", "pages have priority"),
        ("/en/partners/", "old_path", "pages have priority"),
        ("/pl/Partnerzy", "old_path", "pages have priority"),
        ("/en/partners/university-of-lodz", "old_path", "pages have priority"),
        ("/en/partners/uniwersytet-lodzki/", "old_path", "pages have priority"),
        ("/en/accessibility/", "old_path", "pages have priority"),
        ("/en/x/../partners/", "old_path", "pages have priority"),
        ("/en/search/?q=x", "old_path", "pages have priority"),
        ("/en/timeline/feed.xml", "old_path", "pages have priority"),
        ("/robots.txt", "old_path", "pages have priority"),
        ("/sitemap.xml", "old_path", "pages have priority"),
        ("/healthz", "old_path", "pages have priority"),
        ("/en/cookies/decide/", "old_path", "pages have priority"),
        ("/preview/", "old_path", "pages have priority"),
        ("/favicon.ico", "old_path", "pages have priority"),
        ("/.well-known/security.txt", "old_path", "pages have priority"),
        ("/" + "€ " * 140, "old_path", "too long"),
    ],
)
def test_a_redirect_that_can_never_match_is_refused_with_the_reason(old, field, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        enter(old, "/en/vision/")
    assert list(caught.value.message_dict) == [field]


def routes(patterns, prefix="/"):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        yield from routes(entry.url_patterns, route) if isinstance(entry, URLResolver) else [route]


def test_every_address_of_the_site_is_accepted_or_refused_as_an_old_address():
    refused = set()
    for route in {re.sub("<[^>]*>", "1", route) for route in routes(get_resolver().url_patterns)}:
        try:
            Redirect(old_path=route, new_path="/en/vision/").clean()
        except ValidationError as error:
            refused |= {route} if "old_path" in error.message_dict else set()
    assert {"/en/search/", "/robots.txt"} <= refused
    # The style guide is only for staff, and visitors find nothing there.
    assert "/styleguide/" not in refused


@pytest.mark.parametrize(
    "new",
    [
        "/week/",
        "/week",
        "/WEEK",
        "/week#part",
        "/week?a=1",
        "/w%65ek",
        "/week/.",
        "/week?b=2#c",
        "/en/../week",
        "/./week",
        "/%2e/x/.%2E/week",
    ],
)
def test_a_redirect_that_leads_back_to_itself_is_refused(new):
    with pytest.raises(ValidationError, match=r"same|leads back") as caught:
        enter("/week", new)
    assert {"new_path"} >= set(caught.value.message_dict) - {"__all__"}


def test_the_address_of_a_page_that_was_taken_off_the_site_is_free_for_a_redirect(client):
    PartnerUniversity.objects.filter(key="university-of-lodz").update(is_published=False)
    enter("/en/partners/university-of-lodz/", "/en/partners/")
    assert client.get("/en/partners/university-of-lodz/")["Location"] == "/en/partners/"


def test_redirects_that_lead_back_through_others_are_refused():
    enter("/b", "/c")
    with pytest.raises(ValidationError, match="itself redirected"):
        enter("/c", "/b")
    with pytest.raises(ValidationError, match="itself redirected"):
        enter("/c", "/B/?x=1#y")
    # A request with the parameter would go round and round.
    enter("/p?x=1", "/q?x=1")
    with pytest.raises(ValidationError, match=r"leads back to the old one through /p\?x=1"):
        enter("/q", "/p")
    Redirect.objects.filter(old_path="/b").update(new_path="/d", is_published=False)
    enter("/c", "/e")


def test_the_form_shows_the_reason_and_keeps_what_was_typed(client, staff):
    client.force_login(staff())
    response = client.post(
        "/admin/pages/redirect/add/", {"old_path": "/Week", "new_path": "/week/#x", "is_published": "on"}
    )
    html = response.content.decode()
    assert "The new address leads back to the old one" in html
    assert 'value="/Week"' in html and 'value="/week/#x"' in html


@pytest.mark.parametrize(
    ("new", "asked", "location"),
    [
        ("/en/#part", "/week?utm_source=mail", "/en/?utm_source=mail#part"),
        ("/en/?a=1", "/week?b=2", "/en/?a=1&b=2"),
        ("/en/?a=1#part", "/week?b=2&c", "/en/?a=1&b=2&c#part"),
        ("/en/?", "/week?b=2", "/en/?b=2"),
        ("/en/", "/week?b=%C4%99+%26", "/en/?b=%C4%99+%26"),
    ],
)
def test_the_query_of_a_request_goes_before_the_fragment(client, new, asked, location):
    enter("/week", new)
    assert client.get(asked)["Location"] == location


def test_the_root_keeps_the_query(client):
    assert client.get("/?utm_source=mail")["Location"] == "/en/?utm_source=mail"


def test_parameters_that_are_part_of_the_old_address_are_not_added_to_the_new_one(client):
    enter("/index.php?id=5", "/en/vision/")
    enter("/index.php", "/en/partners/")
    assert client.get("/index.php?utm=a&id=5&utm=b")["Location"] == "/en/vision/?utm=a&utm=b"
    assert client.get("/index.php?id=6")["Location"] == "/en/partners/?id=6"
    assert client.get("/index.php?ID=5")["Location"] == "/en/partners/?ID=5"


def test_a_request_with_many_parameters_takes_one_query(client, django_assert_max_num_queries):
    enter("/week?a=1", "/en/")
    query = "&".join(f"p{number}=x" for number in range(300))
    with django_assert_max_num_queries(12):
        assert client.get(f"/week?{query}&a=1")["Location"] == f"/en/?{query}"


def test_browsers_ask_again_after_a_redirect(client):
    enter("/week", "/en/")
    for path in ("/week", "/EN/", "/pl/partnerzy/university-of-lodz/"):
        response = client.get(path)
        assert (response.status_code, response["Cache-Control"]) == (301, "no-cache"), path
        assert response["Content-Security-Policy"] and response["Permissions-Policy"]


def test_a_redirect_to_https_has_the_headers_of_the_site(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    from django.test import Client

    response = Client().get("/en/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/en/")
    assert response["Cache-Control"] == "no-cache" and response["Content-Security-Policy"]


# Typed addresses


@pytest.fixture(scope="module")
def answered() -> dict[str, int]:
    """Address → status, because many typed addresses lead to the same page."""
    return {}


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/EN/", "/en/"),
        ("/EN", "/en/"),
        ("/en", "/en/"),
        ("/en-GB/partners", "/en/partners/"),
        ("/en_GB/", "/en/"),
        ("/en/Partners/", "/en/partners/"),
        ("/En/PARTNERS", "/en/partners/"),
        ("/en/partners", "/en/partners/"),
        ("/de/partnerzy/", "/de/partner/"),
        ("/de/partnerzy", "/de/partner/"),
        ("/de/Partners/University-of-Lodz", "/de/partner/universitaet-lodz/"),
        ("/pl/partners/uniwersytet-lodzki/", "/pl/partnerzy/uniwersytet-lodzki/"),
        ("/fi/timeline/feed.xml", "/fi/aikajana/feed.xml"),
        ("/pl/cookies/settings/", "/pl/pliki-cookie/ustawienia/"),
        ("//en//partners//", "/en/partners/"),
        ("/en///partners/university-of-lodz", "/en/partners/university-of-lodz/"),
        ("//", "/"),
        ("/en/partners/.", "/en/partners/"),
        ("/en/partners/)", "/en/partners/"),
        ("/en/partners).", "/en/partners/"),
        ("/en/partners/%3E", "/en/partners/"),
        ("/en/partners/,", "/en/partners/"),
        ("/en/partners/%E2%80%9D", "/en/partners/"),
        ("/en/partners/%20", "/en/partners/"),
        ("/en/partners%C2%A0", "/en/partners/"),
        ("/en/partners/%E2%80%8B", "/en/partners/"),
        ("/en/partners/%EF%BC%89", "/en/partners/"),
        ("/en/partners/%60", "/en/partners/"),
        ("/en/partners/%E2%80%BA", "/en/partners/"),
        ("/en/partners/%E2%80%9A", "/en/partners/"),
        ("/en/partners/%E2%80%9F", "/en/partners/"),
        ("/en/partners/%C2%B4", "/en/partners/"),
        ("/en/partners/%E3%80%82", "/en/partners/"),
        ("/en/partners/%E3%80%8D%EF%BC%8C", "/en/partners/"),
        ("/en/partners/&gt;", "/en/partners/"),
        ("/en/partners/%26quot%3B", "/en/partners/"),
        ("/en/partners/=20", "/en/partners/"),
        ("/en/partners=", "/en/partners/"),
        ("/en/partners/%7C", "/en/partners/"),
        ("/en/partners/_~", "/en/partners/"),
        ("/en/partners/%E2%80%94", "/en/partners/"),
        ("/en/partners/-", "/en/partners/"),
        ("/en/partners/%5C%22", "/en/partners/"),
        ("/en/%20partners/", "/en/partners/"),
        ("/%20/en/partners/", "/en/partners/"),
        ("/en/partners/%23map", "/en/partners/"),
        ("/en/partners%3Fpage=2", "/en/partners/"),
        ("/pl/o%C5%9B-czasu/", "/pl/os-czasu/"),
        ("/en/Partners/?utm_source=mail&a=%C4%99", "/en/partners/?utm_source=mail&a=%C4%99"),
        ("/en/partners/uniwersytet-lodzki/?utm_source=mail", "/en/partners/university-of-lodz/?utm_source=mail"),
        ("/Robots.txt", "/robots.txt"),
        ("/sitemap.xml/", "/sitemap.xml"),
        ("/Admin", "/admin/"),
    ],
)
def test_a_typed_address_leads_to_the_canonical_one_at_once(client, answered, asked, location):
    response = ask(client, asked)
    assert (response.status_code, response.headers.get("Location")) == (301, location)
    if location not in answered:
        answered[location] = client.get(location).status_code
    assert answered[location] in (200, 302)


@pytest.mark.parametrize(
    ("asked", "location"),
    [("/partners/", "/en/partners/"), ("/partnerzy", "/en/partners/"), ("/Vision?a=b", "/en/vision/?a=b")],
)
def test_an_address_without_a_language_leads_to_the_preferred_language(client, asked, location):
    response = client.get(asked)
    assert (response.status_code, response.headers.get("Location")) == (302, location)
    assert "Accept-Language" in response["Vary"]
    polish = client.get(asked, headers={"accept-language": "pl"})["Location"]
    assert polish.startswith("/pl/")


@pytest.mark.parametrize(
    "asked",
    [
        "/nowhere",
        "/nowhere/",
        "/en/nowhere",
        "/EN/nowhere",
        "/en//nowhere",
        "/en/nowhere).",
        "/de/nirgends/partner/",
        "/en/partners/nowhere",
        "/en/Partners/nowhere/",
        "/uk/",
        "/uk/partners/",
        "/static/nowhere",
        "/media/nowhere",
        "/media/NoWhere.png",
        "/wp-login.php",
        "/en/cookies/decide",
        "/en/privacy-policy/999/",
        "/EN/privacy-policy/999",
        "/" + "a/" * 900,
        "/\\example.org/",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found_at_once(client, asked):
    assert ask(client, asked).status_code in (404, 405)


def test_an_unpublished_section_is_not_found_at_once_in_any_spelling(client):
    Page.objects.filter(kind="partners").update(is_published=False)
    for path in ("/en/partners", "/EN/partners/", "/en/partnerzy/"):
        assert client.get(path).status_code == 404, path
    PartnerUniversity.objects.filter(key="university-of-lodz").update(is_published=False)
    assert client.get("/EN/partners/university-of-lodz").status_code == 404


def test_the_redirect_of_staff_comes_before_a_guess(client):
    enter("/en/Vision-2030", "/en/partners/")
    enter("/de/partnerzy", "/de/")
    assert client.get("/en/vision-2030")["Location"] == "/en/partners/"
    assert client.get("/de/partnerzy/")["Location"] == "/de/"


@pytest.mark.nightly
def test_every_section_is_found_by_its_word_of_every_language(client):
    for kind in ("vision", "partners", "milestones"):
        page = Page.objects.get(kind=kind)
        paths = {}
        for code in settings.CONTENT_LANGUAGES:
            with translation.override(code):
                paths[code] = page.get_absolute_url()
        for code, path in paths.items():
            for word in {other.split("/")[2] for other in paths.values()} - {path.split("/")[2]}:
                assert client.get(f"/{code}/{word}/").headers.get("Location") == path, (code, word)


def test_a_form_that_is_sent_to_a_typed_address_is_not_redirected(client):
    assert client.post("/EN/partners").status_code == 404


PATHS = some.lists(some.text(max_size=8) | some.sampled_from(["en", "PL", "Partners", "partnerzy", "media", "admin"]))
HEADERS = some.dictionaries(
    some.sampled_from(["Accept-Language", "Accept-Encoding", "Cookie", "Range", "If-Range", "If-None-Match", "Accept"]),
    some.text(some.characters(codec="latin-1"), max_size=30),
)


@pytest.mark.nightly
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATHS, some.text(max_size=20) | some.text("%0123456789abcdef?=&+", max_size=20), HEADERS)
def test_any_address_and_headers_lead_to_a_page_within_one_redirect_or_to_an_error_of_the_client(
    client, pieces, query, headers
):
    path = quote("/" + "/".join(pieces), errors="surrogatepass").replace("?", "%3F")
    response = ask(client, f"{path}?{query}", **headers)
    # 410: a preview whose link has expired.
    assert response.status_code in (200, 206, 301, 302, 304, 400, 404, 405, 410, 416)
    if response.status_code == 301:
        target, _, tail = response["Location"].partition("?")
        assert target.startswith("/") and not target.startswith("//")
        assert ask(client, f"{target}?{tail}").status_code in (200, 302)
