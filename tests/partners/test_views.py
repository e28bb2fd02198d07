"""The list of universities, its filters, and constant numbers of queries."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pagecache.models import ContentVersion
from partners.models import PartnerUniversity
from tests.partners.factories import fill_with_partners

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return re.findall(r'<li class="card.*?<h3>\s*<a[^>]*>([^<]+)</a>', response.content.decode(), re.DOTALL)


def test_the_list_can_be_filtered_by_country(client):
    assert names(client.get("/en/partners/?country=SE")) == ["Malmö University"]


def test_the_list_can_be_filtered_by_role(client):
    assert names(client.get("/en/partners/?role=coordinator")) == ["Erasmus University Rotterdam"]


@pytest.mark.once
def test_filters_without_a_match_show_a_message(client):
    response = client.get("/en/partners/?role=coordinator&country=SE")
    assert names(response) == []
    assert "No university matches your filters." in response.content.decode()


@pytest.mark.once
def test_an_invalid_filter_shows_an_error_and_the_whole_list(client):
    response = client.get("/en/partners/?country=XX")
    assert len(names(response)) == 10
    assert "No university of the alliance is in that country." in response.content.decode()


def test_the_country_filter_offers_the_countries_of_the_partners(client):
    offered = re.findall(r'<option value="([A-Z]{2})"', client.get("/en/partners/").content.decode())
    assert sorted(offered) == ["BE", "DE", "ES", "FI", "HR", "IE", "NL", "PL", "SE", "TR"]


@pytest.mark.once
def test_links_to_other_languages_keep_the_filter(client):
    assert 'href="/pl/partnerzy/?country=SE"' in client.get("/en/partners/?country=SE").content.decode()


def test_a_long_list_has_pages(client):
    fill_with_partners(60)
    first = client.get("/en/partners/")
    assert len(names(first)) == 24
    assert "Page 1 of 3" in first.content.decode()
    assert names(client.get("/en/partners/?page=3"))[-1] == "Test University 49"
    assert names(client.get("/en/partners/?page=nonsense")) == names(first)


def test_a_former_partner_is_listed_last_with_its_years(client):
    PartnerUniversity.objects.filter(key="malmo-university").update(left=2026)
    response = client.get("/en/partners/")
    assert names(response)[-1] == "Malmö University"
    assert "Member from 2022 to 2026" in response.content.decode()


PAGES = [
    "/en/",
    "/en/alliance/",
    "/en/vision/",
    "/en/deliverables/",
    "/en/deliverables/seamless-mobility/",
    "/en/transformation/",
    "/en/transformation/unic-inter-university-campus/",
    "/en/tasks/",
    "/en/partners/",
    "/en/partners/?role=member",
    "/en/partners/university-of-lodz/",
    "/en/timeline/",
    "/en/sitemap/",
    "/en/search/?q=university",
    "/en/about/",
    "/en/accessibility/",
    "/en/accessibility/feedback/",
    "/en/timeline/feed.xml",
    "/en/cookies/",
    "/en/cookies/settings/",
    "/en/cookies/receipt/",
    "/en/cookies/seals/",
]


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.nightly
@pytest.mark.once
def test_a_page_takes_the_same_queries_at_10_and_10000_partners(client):
    first, again = {}, {}
    for path in PAGES:
        # The first request after a change also fills the cache of shared content.
        ContentVersion.objects.update(name=str(uuid4()))
        first[path], again[path] = queries_of(client, path), queries_of(client, path)
    fill_with_partners(10_000, with_statuses=False)
    for path in PAGES:
        ContentVersion.objects.update(name=str(uuid4()))
        assert (queries_of(client, path), queries_of(client, path)) == (first[path], again[path])
    client.get("/en/partners/")
    assert queries_of(client, "/en/partners/?role=member&page=2") == again["/en/partners/?role=member"]
    # A page shows some of them and links to the rest.
    for path in ("/en/", "/en/partners/", "/en/partners/test-university-9000/", "/en/sitemap/"):
        html = client.get(path).content.decode()
        assert html.count("test-university-") < 400
        assert "?page=2" in html or html.count('href="/en/partners/"') > 1


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize("total", [60, 1_000])
def test_the_sitemap_and_each_of_its_files_take_the_same_queries_at_any_size(client, monkeypatch, total):
    monkeypatch.setattr("pages.sitemaps.ContentSitemap.limit", 500)
    client.get("/sitemap.xml")
    at_ten = queries_of(client, "/sitemap.xml")
    fill_with_partners(total, with_statuses=False)
    client.get("/sitemap.xml")
    assert queries_of(client, "/sitemap.xml") == at_ten
    files = re.findall(r"<loc>http://testserver(/sitemap-[^<]*)</loc>", client.get("/sitemap.xml").content.decode())
    assert bool(files) == (total > 60)
    for path in files:
        assert queries_of(client, path) <= at_ten, path


@pytest.mark.nightly
@pytest.mark.parametrize("number", ["٣", "01", "+1", " 1", "9" * 25, "last", "0"])
def test_a_file_of_the_sitemap_has_one_address(client, number):
    assert client.get("/sitemap-pages.xml").status_code == client.get("/sitemap-pages.xml?p=1").status_code == 200
    assert client.get("/sitemap-pages.xml", {"p": number}).status_code == 404


@pytest.mark.nightly
@pytest.mark.once
def test_a_long_sitemap_becomes_an_index_of_several_files(client, monkeypatch):
    whole = re.findall("<loc>([^<]*)</loc>", client.get("/sitemap.xml").content.decode())
    monkeypatch.setattr("pages.sitemaps.ContentSitemap.limit", 40)
    listed = re.findall("<loc>([^<]*)</loc>", client.get("/sitemap.xml").content.decode())
    assert "http://testserver/sitemap-partners.xml" in listed
    assert "http://testserver/sitemap-partners.xml?p=2" in listed
    files = [client.get(address.removeprefix("http://testserver")).content.decode() for address in listed]
    assert sorted(re.findall("<loc>([^<]*)</loc>", "".join(files))) == sorted(whole)
    assert client.get("/sitemap-partners.xml?p=99").status_code == 404
    assert client.get("/sitemap-nothing.xml").status_code == 404


def test_a_partner_links_to_its_neighbours_among_many(client):
    fill_with_partners(200)
    html = client.get("/en/partners/test-university-100/").content.decode()
    assert re.search(r'rel="prev"\s+href="/en/partners/test-university-99/"', html)
    assert re.search(r'rel="next"\s+href="/en/partners/test-university-101/"', html)


def test_the_first_and_the_last_partner_have_one_neighbour(client):
    first, *_, last = PartnerUniversity.objects.published().current()
    for partner, link in ((first, "next"), (last, "prev")):
        html = client.get(partner.get_absolute_url()).content.decode()
        assert re.findall(r'rel="(prev|next)"', html) == [link]


def test_a_former_partner_is_not_a_neighbour_and_has_none(client):
    before, left, after = PartnerUniversity.objects.published().current()[:3]
    PartnerUniversity.objects.filter(pk=left.pk).update(left=2026)
    assert not re.search(r'rel="(prev|next)"', client.get(left.get_absolute_url()).content.decode())
    html = client.get(before.get_absolute_url()).content.decode()
    assert re.search(rf'rel="next"\s+href="{after.get_absolute_url()}"', html)


def test_partners_of_equal_order_are_sorted_by_age(client):
    PartnerUniversity.objects.update(order=1)
    before, middle, after = PartnerUniversity.objects.published().current()[:3]
    html = client.get(middle.get_absolute_url()).content.decode()
    assert re.search(rf'rel="prev"\s+href="{before.get_absolute_url()}"', html)
    assert re.search(rf'rel="next"\s+href="{after.get_absolute_url()}"', html)
