"""News: the list and its filters, the page of an item, feeds, and blocks on other pages."""

import json
import re
from datetime import date
from html import unescape
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from news.forms import NewsFilterForm
from news.models import NewsItem
from pages.models import Page
from partners.models import PartnerUniversity
from tests.news.factories import fill_with_news, make_news
from tests.partners.factories import make_partner
from topics.models import MAX_RELATED, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ATOM = "{http://www.w3.org/2005/Atom}"


def main_of(response) -> str:
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def titles(response) -> list[str]:
    entries = re.search(r'<ol class="entries".*?</ol>', main_of(response), re.DOTALL)
    return [unescape(title) for title in re.findall(r"<h2>\s*<a[^>]*>([^<]+)", entries[0])] if entries else []


def cards(response) -> list[str]:
    return re.findall(r'<li class="card">.*?<a href="/en/news/([^"/]+)/', main_of(response), re.DOTALL)


@pytest.fixture
def lodz() -> PartnerUniversity:
    return PartnerUniversity.objects.get(key="university-of-lodz")


@pytest.fixture
def three_items(lodz) -> list[NewsItem]:
    """The only news: of Lodz in 2021 on culture, of Malmö in 2022 on culture, of the alliance in 2022 on research."""
    NewsItem.objects.all().delete()
    made = [
        make_news(1, date=date(2021, 5, 1)),
        make_news(2, date=date(2022, 5, 1)),
        make_news(3, date=date(2022, 6, 1)),
    ]
    culture, research = (Topic.objects.get(key=key) for key in ("culture", "research"))
    made[0].topics.add(culture)
    made[1].topics.add(culture)
    made[2].topics.add(research)
    made[0].members.add(lodz)
    made[1].members.add(PartnerUniversity.objects.get(key="malmo-university"))
    return made


# List


def test_the_list_shows_published_news_the_newest_first(client, three_items):
    make_news(4, is_published=False)
    response = client.get("/en/news/")
    assert titles(response) == ["Item 3", "Item 2", "Item 1"]
    shown = main_of(response)
    assert '<time datetime="2022-06-01">1 June 2022</time>' in shown and "What happened in item 3." in shown
    assert "<li>Research</li>" in shown


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=culture", ["Item 2", "Item 1"]),
        # News of the whole alliance concern each university.
        ("member=university-of-lodz", ["Item 3", "Item 1"]),
        ("year=2022", ["Item 3", "Item 2"]),
        ("topic=culture&member=malmo-university&year=2022", ["Item 2"]),
        ("topic=research&year=2021", []),
        # What is not offered does not filter.
        ("topic=mobility", ["Item 3", "Item 2", "Item 1"]),
        ("year=MMXXII", ["Item 3", "Item 2", "Item 1"]),
    ],
)
def test_the_list_and_the_feeds_are_filtered_by_topic_university_and_year(client, three_items, query, expected):
    assert titles(client.get(f"/en/news/?{query}")) == expected
    atom = ElementTree.fromstring(client.get(f"/en/news/feed.xml?{query}").content)
    assert [entry.find(f"{ATOM}title").text for entry in atom.iter(f"{ATOM}entry")] == expected
    feed = json.loads(client.get(f"/en/news/feed.json?{query}").content)
    assert [item["title"] for item in feed["items"]] == expected


def test_an_invalid_filter_is_explained(client, three_items):
    assert "No news of that year" not in main_of(client.get("/en/news/?year=2022"))
    html = main_of(client.get("/en/news/?year=1999"))
    assert "There is no news of that year." in html
    assert '<details class="filter-box" open>' in html and 'class="filter-box" open' not in main_of(
        client.get("/en/news/")
    )


def test_the_filters_offer_what_published_news_have(client, three_items):
    make_news(4, date=date(1999, 1, 1), is_published=False).topics.add(Topic.objects.get(key="mobility"))
    form = NewsFilterForm(None)
    assert [topic.key for topic in form.fields["topic"].queryset] == ["research", "culture"]
    assert form.years == [2022, 2021]
    archive = re.search(r'<nav class="archive".*?</nav>', main_of(client.get("/en/news/?year=2021")), re.DOTALL)[0]
    assert re.findall(r'href="([^"]+)"', archive) == ["?year=2022", "?year=2021"]
    assert archive.count('aria-current="true"') == 1


def test_pages_languages_and_feeds_keep_the_filters(client):
    fill_with_news(80)
    html = client.get("/en/news/?topic=cities&page=2").content.decode()
    assert "topic=cities&amp;page=3" in html or "topic=cities&page=3" in html
    path = Page.objects.get(kind="news")
    with translation.override("pl"):
        assert f'href="{path.get_absolute_url()}?topic=cities&amp;page=2"' in html.replace(
            "cities&page", "cities&amp;page"
        )
    feeds = re.findall(r'<link rel="alternate"\s+type="application/(?:atom|feed)\+[^>]*href="([^"]+)"', html)
    assert feeds == ["/en/news/feed.xml?topic=cities", "/en/news/feed.json?topic=cities"]


def test_an_empty_list_says_why(client, three_items):
    assert "No news matches your filters." in main_of(client.get("/en/news/?topic=research&year=2021"))
    NewsItem.objects.all().delete()
    assert "No news has been published yet." in main_of(client.get("/en/news/"))


# Page of an item


def test_the_page_of_an_item_links_to_its_topics_universities_and_source(client, three_items):
    item = three_items[0]
    item.source, item.source_url, item.source_language = "Źródło", "https://example.org/pl", "pl"
    item.body_en = "<p>The whole story.</p>"
    item.save()
    shown = main_of(client.get(item.get_absolute_url()))
    assert '<time datetime="2021-05-01">1 May 2021</time>' in shown
    assert "What happened in item 1." in shown and "<p>The whole story.</p>" in shown
    assert '<a href="/en/news/?topic=culture">Culture</a>' in shown
    assert '<a href="/en/partners/university-of-lodz/">University of Lodz</a>' in shown
    assert '<a href="https://example.org/pl" hreflang="pl" lang="pl">Źródło</a>' in shown


@pytest.mark.parametrize(
    ("precision", "attribute", "words"), [("month", "2021-05", "May 2021"), ("year", "2021", "2021")]
)
def test_a_date_is_as_precise_as_it_is_known(client, three_items, precision, attribute, words):
    NewsItem.objects.filter(key="item-1").update(precision=precision)
    assert f'<time datetime="{attribute}">{words}</time>' in main_of(client.get("/en/news/item-1/"))


def test_related_news_share_topics_the_most_first(client, three_items):
    first, second, third = three_items
    both = make_news(4, date=date(2000, 1, 1))
    both.topics.set([*first.topics.all(), *third.topics.all()])
    first.topics.add(*third.topics.all())
    hidden = make_news(5, is_published=False)
    hidden.topics.set(first.topics.all())
    assert NewsItem.objects.published().related_to(first) == [both, third, second]
    assert cards(client.get(first.get_absolute_url())) == ["item-4", "item-3", "item-2"]
    Topic.objects.filter(key="culture").update(is_published=False)
    assert NewsItem.objects.published().related_to(first) == [third, both]
    fill_with_news(20)
    assert len(NewsItem.objects.published().related_to(NewsItem.objects.get(key="item-20"))) == MAX_RELATED


def test_structured_data_describes_a_news_article(client):
    item = NewsItem.objects.get(key="university-of-lodz-joins-unic")
    scripts = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', client.get(item.get_absolute_url()).content.decode()
    )
    data = next(data for data in map(json.loads, scripts) if data["@type"] == "NewsArticle")
    assert (data["headline"], data["datePublished"], data["inLanguage"]) == (item.title, "2022-05-27", "en")
    assert data["url"] == f"http://testserver{item.get_absolute_url()}"
    assert data["isBasedOn"]["url"] == item.source_url
    assert {member["name"] for member in data["about"]} == {"University of Lodz", "Malmö University"}


@pytest.mark.nightly
def test_an_item_is_found_listed_in_the_sitemap_and_has_a_share_card(client):
    item = NewsItem.objects.get(key="university-of-lodz-joins-unic")
    path = item.get_absolute_url()
    assert path in client.get("/sitemap.xml").content.decode()
    assert path in main_of(client.get(f"/en/search/?q={quote(item.title)}"))
    assert f"/share/en/newsitem/{item.key}." in client.get(path).content.decode()


@pytest.mark.nightly
def test_without_the_page_of_the_section_no_item_has_a_page_or_is_in_the_sitemap(client):
    path = NewsItem.objects.get(key="university-of-lodz-joins-unic").get_absolute_url()
    Page.objects.filter(kind="news").update(is_published=False)
    assert client.get(path).status_code == 404
    assert "/en/news/" not in client.get("/sitemap.xml").content.decode()


# Feeds


def test_feeds_have_a_permanent_id_a_date_and_the_topics(client, three_items):
    atom = ElementTree.fromstring(client.get("/en/news/feed.xml?topic=culture").content)
    assert atom.find(f'{ATOM}link[@rel="self"]').get("href") == "http://testserver/en/news/feed.xml?topic=culture"
    assert atom.find(f'{ATOM}link[@rel="alternate"]').get("href") == "http://testserver/en/news/?topic=culture"
    entry = atom.find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}published").text.startswith("2022-05-01T00:00:00+02:00")
    assert entry.find(f"{ATOM}category").get("term") == "Culture"
    assert "What happened in item 2." in entry.find(f"{ATOM}summary").text
    json_feed = json.loads(client.get("/en/news/feed.json?topic=culture").content)
    assert json_feed["feed_url"] == "http://testserver/en/news/feed.json?topic=culture"
    assert json_feed["items"][0]["id"] == entry.find(f"{ATOM}id").text
    NewsItem.objects.filter(key="item-2").update(slug_en="another", title_en="Another")
    again = json.loads(client.get("/en/news/feed.json").content)
    assert json_feed["items"][0]["id"] in {item["id"] for item in again["items"]}


# Other pages


def test_the_home_page_shows_the_three_newest_news(client, three_items):
    make_news(4)
    assert cards(client.get("/en/")) == ["item-4", "item-3", "item-2"]


def test_the_page_of_a_university_shows_the_news_that_concern_it(client, three_items, lodz):
    assert cards(client.get(lodz.get_absolute_url())) == ["item-3", "item-1"]
    fill_with_news(20)
    assert len(cards(client.get(lodz.get_absolute_url()))) == 3


def test_the_page_of_a_university_that_no_news_names_links_to_the_news_of_the_whole_alliance(client, three_items):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    link = "/en/news/?member=university-of-oulu"
    assert f'href="{link}"' in main_of(client.get(oulu.get_absolute_url()))
    assert titles(client.get(link)) == ["Item 3"]


def test_other_pages_do_not_link_to_an_unpublished_section(client, lodz):
    Page.objects.filter(kind="news").update(is_published=False)
    for path in ("/en/", lodz.get_absolute_url()):
        assert 'href="/en/news/' not in main_of(client.get(path))


# Cost


@pytest.mark.nightly
@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/en/news/",
        "/en/news/?topic=cities&member=university-of-lodz&page=2",
        "/en/news/item-60/",
        "/en/news/feed.xml",
        "/en/partners/university-of-lodz/",
    ],
)
def test_a_page_takes_the_same_queries_at_any_number_of_news(client, path):
    def queries_of() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    fill_with_news(80)
    few = queries_of()
    fill_with_news(2000)
    for number in range(1, 6):
        partner = make_partner(number)
        partner.save()
        NewsItem.objects.last().members.add(partner)
    assert queries_of() == few
    assert few <= 20
    assert len(client.get(path).content) < 120_000
