"""The site of one university: nothing compares it with others, and its name is there once."""

import pytest

from alliance.models import Alliance
from pagecache.models import ContentVersion
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def university():
    """The host, which is the only university and has the name of the alliance."""
    host = Alliance.objects.get().host
    PartnerUniversity.objects.exclude(pk=host.pk).update(is_published=False)
    Alliance.objects.update(name_en=host.name)
    ContentVersion.objects.update(name="of one university")
    return host


def page(client, path: str) -> str:
    return client.get(path).content.decode()


def test_the_name_of_the_host_is_shown_beside_another_name(client):
    html = page(client, "/en/")
    assert 'class="site-host"' in html and "Publisher: University of Lodz" in html


def test_the_name_of_the_university_is_not_repeated(client, university):
    html = page(client, "/en/")
    header, footer = html.split("<header")[1].split("</header>")[0], html.split("<footer")[1]
    assert header.count(university.name) == 1
    assert footer.count(university.name) == 1 and "Publisher" not in footer


def test_the_home_page_lists_no_cities(client, university):
    html = page(client, "/en/")
    assert "Cities and universities" not in html and 'class="map' not in html
    assert "pattern of the alliance" not in html


def test_the_list_has_neither_filters_nor_a_map_nor_a_host(client, university):
    html = page(client, "/en/partners/")
    assert university.name in html.split("<main")[1]
    assert 'class="filter"' not in html and 'class="map' not in html and "Host of this site" not in html


def test_the_page_of_the_university_has_no_map_and_names_no_host(client, university):
    html = page(client, university.get_absolute_url())
    assert 'class="map' not in html and "host of this site" not in html
