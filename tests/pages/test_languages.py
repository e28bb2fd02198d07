"""The language that a browser prefers, from Accept-Language."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.languages import language_ranges

pytestmark = pytest.mark.once


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("fr-FR,fr;q=0.97,en-EN;q=0.47,-BE;q=0.43", "/fr/"),
        ("de_AT,de;q=0.9", "/de/"),
        ("de_AT", "/de/"),
        ("en;q=0.9;q=0.8,pl", "/pl/"),
        ("pl;q=0.9;q=0.1,en;q=0.5", "/pl/"),
        ("sv;q=.9,en;q=.5", "/sv/"),
        ("-BE;q=.9,;q=.8,tr;q=.1", "/tr/"),
        ("pl-PL , pl ; q = 0.9", "/pl/"),
        ("*", "/en/"),
        ("en;q=0, *", "/pl/"),
        ("*, pl", "/pl/"),
        ("*;q=0, fi;q=0.1", "/fi/"),
        ("ja, *;q=0.5, de;q=0.3", "/en/"),
        ("de;q=0,8,en;q=0,5", "/de/"),
        ("de;q=0,08,es;q=0,1", "/es/"),
        ("de;q=0,es;q=0.1", "/es/"),
        ("bs,hr;q=0.4", "/hr/"),
        ("de;q=0, en;q=0.1", "/en/"),
        ("de;q=1.5,nl;q=0.2", "/nl/"),
        ("de;q=-1,nl;q=0.2", "/nl/"),
        ("de;q=nan,fi;q=0.1", "/fi/"),
        ("de;q=٠.٩,fi;q=0.1", "/fi/"),
        ("dé,es", "/es/"),
        ("de;level=1,es", "/es/"),
        (",,,es,,", "/es/"),
    ],
)
def test_a_part_that_is_not_valid_is_skipped_and_the_others_count(client, header, path):
    assert client.get("/", headers={"accept-language": header})["Location"] == path


@pytest.mark.django_db
def test_the_admin_and_error_pages_read_it_in_the_same_way(client):
    for path in ("/admin/login/", "/nowhere/"):
        response = client.get(path, headers={"accept-language": "-BE,de_AT;q=.9"})
        assert response["Content-Language"] == "de" and b'<html lang="de"' in response.content
    client.cookies["django_language"] = "fi"
    assert client.get("/admin/login/", headers={"accept-language": "de"})["Content-Language"] == "fi"
    client.cookies["django_language"] = "../x"
    assert client.get("/admin/login/", headers={"accept-language": "de"})["Content-Language"] == "de"


@given(some.text(max_size=600))
def test_any_header_gives_languages_with_weights_from_0_to_1_best_first(header):
    weights = [weight for _language, weight in language_ranges(header)]
    assert weights == sorted(weights, reverse=True) and all(0 <= weight <= 1 for weight in weights)
