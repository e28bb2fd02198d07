"""Search finds pages by their words in the language of the page."""

import pytest

from editorial.alphabet import fold
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page(client, query: str, language: str = "en") -> str:
    path = {"en": "/en/search/", "pl": "/pl/szukaj/"}[language]
    return client.get(path, {"q": query}).content.decode()


def test_a_word_of_a_title_is_found(client):
    assert "/en/partners/malmo-university/" in page(client, "malmö")


def test_a_word_in_polish_is_found_on_polish_pages(client):
    assert "/pl/partnerzy/uniwersytet-lodzki/" in page(client, "łódzki", "pl")


@pytest.mark.parametrize("query", ["LODZ", "Łódź", "łódź", "lódź"])
def test_search_ignores_case_and_accents(client, query):
    assert "/en/partners/university-of-lodz/" in page(client, query)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("Creathon", "/en/timeline/"),
        ("Student Charter", "/en/tasks/"),
        ("doctoral", "/en/vision/"),
        ("superdiversity", "/en/"),
        ("mobility hubs", "/en/transformation/unic-inter-university-campus/"),
    ],
)
def test_words_in_lists_find_the_page_of_the_list(client, query, path):
    assert f'<a href="{path}">' in page(client, query)


def test_search_ignores_html_tags(client):
    assert "No page found" in page(client, "blockquote")
    assert "No page found" in page(client, "</p>")


def test_an_unpublished_page_is_not_found(client):
    PartnerUniversity.objects.filter(key="malmo-university").update(is_published=False)
    assert "/en/partners/malmo-university/" not in page(client, "malmö")


def test_a_page_must_contain_every_word(client):
    assert "No page found" in page(client, "malmö zzzz")


def test_a_university_is_found_by_the_name_in_its_own_language(client):
    assert "/en/partners/university-of-oulu/" in page(client, "Oulun yliopisto")


def test_a_word_that_is_too_short_is_reported_and_kept_in_the_form(client):
    html = page(client, "x")
    assert "Enter at least two letters." in html
    assert 'value="x"' in html


def test_an_empty_search_asks_for_a_search_term(client):
    assert "Enter a search term." in page(client, "")


def test_the_query_is_escaped(client):
    html = page(client, "<script>alert(1)</script>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_the_canonical_url_of_results_is_the_search_page(client):
    assert '<link rel="canonical" href="http://testserver/en/search/">' in page(client, "city")


@pytest.mark.parametrize("query", ["%", "_", "'", '"', "\\", "a" * 100, "é" * 50, "\x00ab"])
def test_special_characters_are_no_error(client, query):
    assert client.get("/en/search/", {"q": query * 2}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("istanbul", "İstanbul"),
        ("İSTANBUL", "istanbul"),
        ("İstanbul", "I\u0307stanbul"),
        ("STRASSE", "Straße"),
        ("strasse", "STRAẞE"),
        ("field", "ﬁeld"),
        ("ʼn", "ŉ"),
        ("orsted", "Ǿrsted"),
        ("mhz", "㎒"),
    ],
)
def test_search_ignores_case_of_letters_whose_lower_case_has_another_length(typed, written):
    assert fold(typed) == fold(written)


def test_search_ignores_a_final_vowel_and_ranks_exact_words_first(client):
    found = page(client, "miasto", "pl").partition('class="results"')[2]
    # The vision page contains "miastom"; the other page only contains "miast".
    assert 0 < found.index("UNIC: wizja przyszłości") < found.index("Rozwój miast postindustrialnych")
