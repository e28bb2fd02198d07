"""The list of events, the page of one, and the events on other pages."""

import json
import re
from datetime import date, time
from email.utils import parsedate_to_datetime

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.blocks import home_block, partner_block
from events.models import Event
from pagecache.models import ContentVersion
from pages.models import Page
from partners.models import PartnerUniversity
from tests.consent.factories import make_video
from tests.events.factories import days_from_now, fill_with_events, make_event
from topics.models import Audience

pytestmark = pytest.mark.django_db


def main_of(response) -> str:
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def titles(response) -> list[str]:
    return re.findall(r"<h3>\s*<a[^>]*>([^<]+)</a>", main_of(response))


def headings(response) -> list[str]:
    return re.findall(r"<h2[^>]*>\s*([^<]*?)\s*</h2>", main_of(response))


def structured_data(response) -> dict:
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL)
    return next(data for data in map(json.loads, scripts) if data["@type"] == "Event")


def test_announced_events_are_grouped_by_month_the_next_first(client):
    year = timezone.now().year + 1
    make_event("later", starts_on=date(year, 5, 9))
    make_event("cancelled", starts_on=date(year, 3, 20), is_cancelled=True)
    make_event("next", starts_on=date(year, 3, 2), starts_at_time=time(9, 30), time_zone="Europe/Helsinki")
    make_event("hidden", starts_on=date(year, 3, 3), is_published=False)
    make_event("past", starts_on=days_from_now(-9))
    response = client.get("/en/events/")
    assert titles(response) == ["The next", "The cancelled", "The later"]
    assert headings(response)[:2] == [f"March {year}", f"May {year}"]
    html = main_of(response).replace("\N{NO-BREAK SPACE}", " ")
    assert f'<time datetime="{year}-03-02T09:30+02:00" data-relative>2 March {year}</time>' in html
    assert "09:30 EET" in html and html.count(">Cancelled<") == 1


def test_without_an_announced_event_the_list_says_so_and_shows_the_latest_reports(client):
    make_event("latest", starts_on=days_from_now(-3), report_en="<p>Much.</p>")
    make_event("without-report", starts_on=days_from_now(-2))
    response = client.get("/en/events/")
    assert "No event is announced." in main_of(response) and "the latest ones" in main_of(response)
    assert titles(response)[0] == "The latest" and len(titles(response)) == 6
    assert "The without-report" not in titles(response)
    assert "Expires" not in response


def test_without_any_report_the_list_does_not_promise_one(client):
    Event.objects.all().delete()
    ContentVersion.objects.update(name="without events")
    html = main_of(client.get("/en/events/"))
    assert "No event is announced." in html and "the latest ones" not in html


def test_a_year_has_its_events_the_latest_first_with_links_to_the_others(client):
    response = client.get("/en/events/?year=2023")
    starts = re.findall('<time datetime="([^"]*)"', main_of(response))
    assert len(starts) == 5 and starts == sorted(starts, reverse=True)
    assert {start[:4] for start in starts} == {"2023"}
    assert "Expires" not in response
    assert re.search(r'href="/en/events/\?year=2023" aria-current="page">2023<', main_of(response))
    assert 'href="/en/events/?year=2020"' in main_of(response)
    filtered = main_of(client.get("/en/events/?year=2023&topic=citylabs"))
    assert 'href="/en/events/?topic=citylabs&amp;year=2020"' in filtered
    assert '<input type="hidden" name="year" value="2023"' in filtered


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"talk", "fair", "whole"}),
        ("audience=doctoral", {"talk"}),
        ("topic=cities", {"talk", "fair"}),
        ("topic=cities&audience=staff", {"fair"}),
        # Those of the whole alliance concern each university.
        ("member=university-of-oulu", {"talk", "fair", "whole"}),
        ("member=university-of-zagreb", {"whole"}),
        ("format=online", {"whole"}),
        ("topic=nonsense&format=round", {"talk", "fair", "whole"}),
    ],
)
def test_filters(client, query, found):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    make_event("talk", audiences=["doctoral", "master"], topics=["cities", "culture"], members=["university-of-oulu"])
    make_event("fair", audiences=["staff"], topics=["cities"], members=["university-of-lodz"], host=oulu)
    make_event("whole", format="online")
    response = client.get(f"/en/events/?{query}")
    assert {title.removeprefix("The ") for title in titles(response)} == found
    html = response.content.decode()
    if query and "nonsense" not in query:
        suffix = query.replace("&", "&amp;") if "audience=staff" not in query else "audience=staff&amp;topic=cities"
        for path in ("calendar.ics", "feed.xml", "feed.json"):
            assert html.count(f'href="/en/events/{path}?{suffix}"') == 2
        assert re.search(rf'href="/pl/[^"?]*\?{suffix}"', html)
    if "nonsense" in query:
        assert html.count("There is no such choice.") == 2


def test_filters_offer_only_audiences_and_topics_that_events_have(client):
    Audience.objects.create(key="poets", name_en="Poets")
    html = main_of(client.get("/en/events/"))
    assert '<option value="doctoral">' in html and '<option value="poets">' not in html


def test_the_list_expires_when_the_first_announced_event_ends(client):
    make_event("long", starts_on=days_from_now(1), ends_on=days_from_now(30))
    short = make_event("short", starts_on=days_from_now(2))
    assert parsedate_to_datetime(client.get("/en/events/")["Expires"]) == short.ends_at


def test_the_list_of_a_year_expires_when_the_first_of_its_announced_events_ends(client):
    event = make_event(starts_on=date(2031, 6, 17), report_en="<p>Written before.</p>")
    make_event("earlier", starts_on=date(2030, 6, 17))
    response = client.get("/en/events/?year=2031")
    assert titles(response) == ["The meeting"] and "With report" not in main_of(response)
    assert parsedate_to_datetime(response["Expires"]) == event.ends_at
    assert "Expires" not in client.get("/en/events/?year=2023")


def test_the_page_of_an_event_expires_when_a_related_one_ends(client):
    past = make_event("past", starts_on=date(2023, 6, 17), topics=["culture"])
    coming = make_event("coming", topics=["culture"])
    response = client.get(past.get_absolute_url())
    assert "The coming" in titles(response)
    assert parsedate_to_datetime(response["Expires"]) == coming.ends_at


def test_the_page_of_an_event_before_it_starts(client):
    host = PartnerUniversity.objects.get(key="university-of-oulu")
    event = make_event(
        "talk",
        starts_at_time=time(18),
        ends_at_time=time(20),
        time_zone="Europe/Helsinki",
        host=host,
        format="hybrid",
        audiences=["doctoral"],
        topics=["cities"],
        body_en="<p>The plan.</p>",
        report_en="<p>Written too early.</p>",
        registration_url="https://example.org/register",
        source="Puhe",
        source_url="https://example.org/source",
        source_language="fi",
        latitude="65.0121",
        longitude="25.4651",
    )
    response = client.get(event.get_absolute_url())
    html = main_of(response)
    assert re.search("18:00–20:00\N{NO-BREAK SPACE}(EET|EEST)", html)
    assert 'href="https://example.org/register"' in html and "The plan." in html
    assert "Written too early" not in html
    assert 'href="https://example.org/source" hreflang="fi" lang="fi">Puhe</a>' in re.sub(r"\s+", " ", html)
    assert 'href="/en/events/?topic=cities"' in html and "Doctoral candidates" in html
    assert f'href="{event.get_absolute_url()}event.ics"' in html
    assert parsedate_to_datetime(response["Expires"]) == event.starts_at
    data = structured_data(response)
    assert data["startDate"] == event.local_start.isoformat(timespec="minutes")
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert data["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    place, online = data["location"]
    assert (place["@type"], place["geo"]["latitude"]) == ("Place", 65.0121)
    assert online == {"@type": "VirtualLocation", "url": "https://example.org/register"}
    assert data["organizer"]["name"] == "University of Oulu"
    assert data["url"] == f"http://testserver{event.get_absolute_url()}"


def test_a_cancelled_event_says_so_and_takes_no_registration(client):
    event = make_event(registration_url="https://example.org/register", is_cancelled=True)
    response = client.get(event.get_absolute_url())
    assert "This event is cancelled." in main_of(response)
    assert "https://example.org/register" not in main_of(response) and "data-relative" not in main_of(response)
    assert "Add to calendar" not in main_of(response)
    assert structured_data(response)["eventStatus"] == "https://schema.org/EventCancelled"


def test_an_event_that_has_begun_takes_no_registration_and_expires_at_its_end(client):
    event = make_event(
        starts_on=days_from_now(-1), ends_on=days_from_now(1), registration_url="https://example.org/register"
    )
    response = client.get(event.get_absolute_url())
    assert "https://example.org/register" not in main_of(response)
    assert parsedate_to_datetime(response["Expires"]) == event.ends_at


def test_a_past_event_shows_its_report_and_no_reminder(client):
    event = make_event(starts_on=days_from_now(-2), report_en="<p>Two hundred came.</p>")
    response = client.get(event.get_absolute_url())
    assert "What happened" in headings(response) and "Two hundred came." in main_of(response)
    assert "Add to calendar" not in main_of(response) and "Expires" not in response


def test_an_event_of_a_month_shows_the_month_alone(client):
    event = make_event(starts_on=date(2031, 8, 1), ends_on=date(2031, 9, 1), precision="month")
    response = client.get(event.get_absolute_url())
    assert '<time datetime="2031-08">August' in main_of(response)
    assert structured_data(response)["startDate"] == "2031-08"
    assert ".ics" not in response.content.decode()


def test_a_map_loads_only_with_consent(client):
    event = make_event(map=make_video())
    html = main_of(client.get(event.get_absolute_url()))
    assert "<iframe" not in html and "Show it this once" in html


def test_a_former_address_leads_to_the_event(client):
    event = make_event("talk")
    event.slug_en = "speech"
    event.save()
    assert client.get("/en/events/the-talk/")["Location"] == "/en/events/speech/"
    assert client.get("/en/events/the-talk/event.ics")["Location"] == "/en/events/speech/event.ics"


@pytest.mark.nightly
def test_without_the_page_of_the_section_there_are_no_events(client):
    event = make_event()
    assert "/en/events/the-meeting/" in client.get("/sitemap.xml").content.decode()
    Page.objects.filter(kind="events").update(is_published=False)
    for path in ("/en/events/", event.get_absolute_url(), "/en/events/calendar.ics", "/en/events/feed.xml"):
        assert client.get(path).status_code == 404
    assert "/en/events/" not in client.get("/sitemap.xml").content.decode()
    assert home_block(RequestFactory().get("/en/"), None) is None


@pytest.fixture
def request_of_page():
    return RequestFactory().get("/en/")


def test_the_home_page_shows_the_next_events_or_else_the_latest_reports(request_of_page):
    block = home_block(request_of_page, None)
    assert not block.context["are_announced"] and len(block.context["events"]) == 3
    assert all(event.report for event in block.context["events"]) and block.expires_at is None
    made = [make_event(f"event-{number}", starts_on=days_from_now(number)) for number in (4, 3, 2, 1)]
    block = home_block(request_of_page, None)
    assert block.context["events"] == made[:0:-1] and block.context["are_announced"]
    assert block.expires_at == made[-1].ends_at


def test_a_university_shows_up_to_three_of_its_events_the_next_ones_first(request_of_page):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    hosted = make_event("hosted", host=oulu)
    sooner = make_event("sooner", starts_on=days_from_now(5), members=["university-of-oulu"])
    make_event("whole")
    make_event("elsewhere", members=["university-of-lodz"])
    block = partner_block(request_of_page, oulu)
    shown = block.context["events"]
    assert shown[:2] == [sooner, hosted] and len(shown) == 3
    assert shown[2] == Event.objects.published().at_or_with(oulu).past().first()
    assert block.expires_at == sooner.ends_at
    assert partner_block(request_of_page, PartnerUniversity(pk=0)) is None


def test_the_search_finds_an_event_by_its_place_and_month(client):
    assert "/en/events/second-thematic-conference" in main_of(client.get("/en/search/?q=Istanbul+June+2026"))


PATHS = [
    "/en/events/",
    "/en/events/?topic=cities",
    "/en/events/?member=university-of-oulu&page=2",
    "/en/events/?year=2026",
    "/en/events/feed.xml?topic=cities",
    "/en/events/feed.json",
    "/en/events/calendar.ics?member=university-of-oulu",
]


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.nightly
@pytest.mark.once
def test_pages_take_the_same_queries_at_any_number_of_events(client):
    event = make_event(topics=["cities"])
    paths = [*PATHS, event.get_absolute_url()]
    fill_with_events(100, days_from_now(1))

    def cost() -> dict[str, int]:
        for path in paths:
            client.get(path)
        return {path: queries_of(client, path) for path in paths}

    few = cost()
    fill_with_events(1000, days_from_now(1))
    assert cost() == few
    assert max(few.values()) <= 9
    first, second = client.get("/en/events/"), client.get("/en/events/?page=2")
    assert len(titles(first)) == 24 and not set(titles(first)) & set(titles(second))
    assert all(len(client.get(path).content) < 300_000 for path in paths)
    assert parsedate_to_datetime(first["Expires"]) == event.ends_at
