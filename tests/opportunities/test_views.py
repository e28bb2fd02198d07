"""The list of opportunities with its filters, the page of one, the deadline for calendars, feeds and blocks."""

import json
import re
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils.http import parse_http_date
from icalendar import Calendar

from opportunities.blocks import home_block, partner_block
from opportunities.models import Opportunity
from pagecache.expiry import expire_at
from partners.models import PartnerUniversity
from tests.opportunities.factories import fill_with_opportunities, make_opportunity
from topics.models import Audience, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("section")]
LIST = "/en/opportunities/"
ATOM = "{http://www.w3.org/2005/Atom}"


def main_of(response) -> str:
    html = response.content.decode()
    return " ".join(html[html.index("<main") : html.index("</main>")].split())


def titles(response) -> list[str]:
    """The titles in the list."""
    return re.findall(r'<li class="opportunity[^>]*>.*?<h3> <a[^>]*>([^<]+)</a>', main_of(response))


def headings(response) -> list[str]:
    return [text.strip() for text in re.findall(r"<h2[^>]*>([^<]+)</h2>", main_of(response))]


def rendered(block, rf) -> str:
    return render_to_string(block.template, {"block": block.context}, rf.get("/en/"))


def expiry(response) -> datetime:
    return datetime.fromtimestamp(parse_http_date(response["Expires"])).astimezone()


def test_the_list_has_a_heading_for_each_state_and_its_deadlines_are_dates(client, at):
    at("2026-03-10T12:00:00+01:00")
    make_opportunity(title_en="Closed", opens_on="2025-01-01", closes_on="2025-02-01")
    make_opportunity(title_en="Ask")
    make_opportunity(title_en="Later", opens_on="2026-04-01", closes_on="2026-05-01")
    make_opportunity(title_en="Open", closes_on="2026-03-16", closes_at_time="23:59")
    make_opportunity(title_en="Any time", no_deadline="ongoing")
    response = client.get(LIST)
    assert headings(response) == ["Open for applications", "Open later", "No fixed deadline", "Closed"]
    assert titles(response) == ["Open", "Any time", "Later", "Ask", "Closed"]
    moment = 'datetime="2026-03-16T22:59:00+00:00" data-relative'
    assert f"Deadline: <time {moment}>16 March 2026, 23:59 CET</time>" in main_of(response)
    assert 'Opens: <time datetime="2026-04-01" data-relative>1 April 2026</time>' in main_of(response)
    # The moment at which it closes.
    assert expiry(response) == datetime.fromisoformat("2026-03-16T23:59+01:00")


def test_where_none_is_open_the_list_says_so_and_shows_those_that_come_back(client, at):
    at("2026-03-10T12:00:00+01:00")
    make_opportunity(title_en="Yearly award", opens_on="2026-01-15", closes_on="2026-02-01", recurs=True)
    make_opportunity(title_en="Fund", opens_on="2025-01-01", opens_precision="year", no_deadline="closed", recurs=True)
    make_opportunity(title_en="Once", opens_on="2026-01-01", closes_on="2026-02-01")
    html = main_of(client.get(LIST))
    notice = re.search('<section class="none-open".*?</section>', html)[0]
    assert "No call with a deadline is open" in notice
    assert re.findall(r"<a [^>]*>([^<]+)</a>", notice) == ["Yearly award", "Fund", "Atom", "JSON Feed"]
    assert re.findall(r"Last opened: <time[^>]*>([^<]+)</time>", notice) == ["January 2026", "2025"]
    make_opportunity(no_deadline="ongoing")
    assert 'class="none-open"' not in main_of(client.get(LIST))
    assert "None of these is open" in main_of(client.get(f"{LIST}?kind=award&state=open"))
    assert "None of these" not in main_of(client.get(f"{LIST}?state=closed"))
    make_opportunity(kind="internship", no_deadline="ask")
    html = main_of(client.get(f"{LIST}?kind=internship"))
    assert "None of these" not in html and "No call with a deadline is open" in html


def test_filters_narrow_the_list_and_work_in_each_language(client, at):
    at("2026-03-10T12:00:00+01:00")
    lodz, oulu = (PartnerUniversity.objects.get(key=f"university-of-{name}") for name in ("lodz", "oulu"))
    research, culture = Topic.objects.get(key="research"), Topic.objects.get(key="culture")
    staff, master = Audience.objects.get(key="staff"), Audience.objects.get(key="master")
    make_opportunity(title_en="A", kind="award", members=[lodz], topics=[research, culture], audiences=[staff, master])
    make_opportunity(title_en="B", kind="study", members=[oulu, lodz], topics=[culture], audiences=[master])
    make_opportunity(title_en="C", kind="study", closes_on="2026-03-12")
    make_opportunity(title_en="D", kind="study", members=[oulu], closes_on="2026-09-12")

    def found(query: str) -> set[str]:
        return set(titles(client.get(f"{LIST}?{query}")))

    assert found("kind=study") == {"B", "C", "D"}
    assert found("audience=master") == {"A", "B"}
    assert found("topic=research") == {"A"}
    # What concerns the whole alliance concerns each university.
    assert found("member=university-of-lodz") == {"A", "B", "C"}
    assert found("state=open") == {"C", "D"}
    assert found("state=closing") == {"C"}
    assert found("state=ask&member=university-of-oulu&audience=master&topic=culture&kind=study") == {"B"}
    assert found("kind=nonsense&state=open&member=nobody") == {"C", "D"}
    assert "There is no such choice." in main_of(client.get(f"{LIST}?kind=nonsense"))
    assert "No opportunity matches." in main_of(client.get(f"{LIST}?kind=internship"))
    html = client.get(f"{LIST}?kind=study&state=open").content.decode()
    assert re.search(r'href="/pl/[^"]+/\?kind=study&amp;state=open"', html)
    assert 'href="/en/opportunities/feed.xml?kind=study&amp;state=open"' in html


def test_the_filters_offer_the_audiences_and_topics_that_published_opportunities_have(client):
    research, staff = Topic.objects.get(key="research"), Audience.objects.get(key="staff")
    make_opportunity(topics=[research], audiences=[staff])
    make_opportunity(topics=[Topic.objects.get(key="culture")], is_published=False)
    html = main_of(client.get(LIST))
    assert re.findall('<option value="(staff|master|research|culture)"', html) == ["staff", "research"]


def test_a_filter_offers_a_limited_number_of_items(client):
    for number in range(120):
        topic = Topic.objects.create(key=f"topic-{number}", name_en=f"Topic {number}")
    make_opportunity(topics=Topic.objects.all())
    assert main_of(client.get(LIST)).count('<option value="topic-') <= 100
    # A link to one that is not offered works.
    assert "There is no such choice." not in main_of(client.get(f"{LIST}?topic={topic.key}"))


def test_a_long_list_has_pages_that_keep_the_filters(client):
    lodz = PartnerUniversity.objects.get(key="university-of-lodz")
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    for number in range(30):
        make_opportunity(title_en=f"Call {number}", members=[lodz, oulu])
    first = client.get(f"{LIST}?member=university-of-lodz")
    assert "Page 1 of 2" in main_of(first)
    assert 'href="?member=university-of-lodz&amp;page=2"' in main_of(first)
    second = client.get(f"{LIST}?member=university-of-lodz&page=2")
    assert len({*titles(first), *titles(second)}) == 30


def test_an_open_one_shows_the_facts_and_the_button(client, at):
    at("2026-03-10T12:00:00+01:00")
    opportunity = make_opportunity(
        title_en="Staff week in Oulu",
        kind="staff-week",
        opens_on="2026-02-01",
        closes_on="2026-03-16",
        closes_at_time="23:59",
        time_zone="Europe/Helsinki",
        starts_on="2026-06-01",
        ends_on="2026-06-05",
        ects=5,
        teaching_language="fi",
        place_en="Oulu",
        format="hybrid",
        funding_en="Travel is paid.",
        eligibility_en="<p>Staff.</p>",
        how_to_apply_en="<p>Fill in the form.</p>",
        apply_url="https://example.org/apply",
        contact_email="unic@example.org",
        source="Tervetuloa",
        source_language="fi",
        source_url="https://example.org/fi",
        audiences=[Audience.objects.get(key="staff")],
        topics=[Topic.objects.get(key="mobility")],
        members=[PartnerUniversity.objects.get(key="university-of-lodz")],
    )
    response = client.get(opportunity.get_absolute_url())
    html = main_of(response)
    assert '<a class="button" href="https://example.org/apply">Apply</a>' in html
    facts = [re.sub(r"<[^>]+>", " ", text).split() for text in re.findall("<dd[^>]*>(.*?)</dd>", html)]
    facts = [" ".join(words) for words in facts]
    for fact in (
        "1 February 2026",
        "16 March 2026, 23:59 EET",
        "staff week or visit",
        "Administrative staff",
        "1–5 June 2026",
        "Oulu",
        "On site and online",
        "Finnish",
        "5",
        "Travel is paid.",
        "University of Lodz",
        "Mobility",
        "unic@example.org",
        "Tervetuloa",
    ):
        assert fact in facts
    assert '<a href="https://example.org/fi" hreflang="fi" lang="fi">Tervetuloa</a>' in html
    assert f'href="{LIST}?topic=mobility"' in html
    data = [json.loads(text) for text in re.findall(r'ld\+json">(.*?)</script>', html)]
    assert data[-1]["applicationDeadline"] == "2026-03-16T23:59:00+02:00"
    assert data[-1]["url"] == f"http://testserver{opportunity.get_absolute_url()}"
    card = urlsplit(re.search('"og:image" content="([^"]+)"', response.content.decode())[1]).path
    assert "/opportunity/" in card and client.get(card)["Content-Type"] == "image/png"
    assert expiry(response) == datetime.fromisoformat("2026-03-16T23:59+02:00")


def test_a_closed_one_says_so_and_links_to_similar_ones_instead_of_the_form(client, at):
    at("2026-03-10T12:00:00+01:00")
    closed = make_opportunity(
        opens_on="2026-01-15", closes_on="2026-02-01", recurs=True, apply_url="https://example.org/apply"
    )
    for number in range(8):
        make_opportunity(title_en=f"Other {number}")
    response = client.get(closed.get_absolute_url())
    html = main_of(response)
    assert "This opportunity is closed." in html and "January 2026</time>. It has taken place more than once" in html
    assert "example.org/apply" not in html and "deadline.ics" not in html
    assert html.count('<li class="card opportunity') == 6
    assert "Expires" not in response


def test_one_without_a_deadline_says_whom_to_ask_and_one_to_come_when_it_opens(client, at):
    at("2026-03-10T12:00:00+01:00")
    ask = make_opportunity(apply_url="https://example.org/apply")
    html = main_of(client.get(ask.get_absolute_url()))
    assert "Ask the contact whether applications are accepted." in html and 'class="button"' not in html
    later = make_opportunity(opens_on="2026-04-01", apply_url="https://example.org/apply")
    response = client.get(later.get_absolute_url())
    assert "1 April 2026" in main_of(response) and "example.org/apply" not in main_of(response)
    assert expiry(response) == datetime.fromisoformat("2026-04-01T00:00+02:00")


def test_a_deadline_that_lies_ahead_can_be_added_to_a_calendar(client, at):
    now = at("2026-03-10T12:00:00+01:00")
    opportunity = make_opportunity(title_en="Grant, and more", closes_on="2026-03-16", closes_at_time="23:59")
    page = opportunity.get_absolute_url()
    assert f'href="{page}deadline.ics"' in main_of(client.get(page))

    def entry():
        response = client.get(f"{page}deadline.ics")
        assert response["Content-Type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(response.content).walk("VEVENT")
        return event

    first = entry()
    assert first["SUMMARY"] == "Deadline: Grant, and more"
    assert first.decoded("DTSTART") == datetime.fromisoformat("2026-03-16T22:59+00:00")
    assert first["URL"] == f"http://testserver{page}"
    assert first["TRANSP"] == "TRANSPARENT"
    (alarm,) = first.walk("VALARM")
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", "Deadline: Grant, and more")
    assert alarm.decoded("TRIGGER") == timedelta(days=-3)
    at("2026-03-11T12:00:00+01:00")
    opportunity.closes_at_time = None
    opportunity.save()
    moved = entry()
    # Without a time, the deadline is the day.
    assert moved.decoded("DTSTART") == date(2026, 3, 16)
    assert moved["UID"] == first["UID"] and moved["SEQUENCE"] > first["SEQUENCE"]
    at("2026-03-17T00:00:00+01:00")
    assert client.get(f"{page}deadline.ics").status_code == 404
    assert "deadline.ics" not in main_of(client.get(page))
    assert now < opportunity.closes_at


def test_feeds_have_the_filters_of_the_list(client, at):
    at("2026-03-10T12:00:00+01:00")
    make_opportunity(title_en="Old grant", closes_on="2025-03-16")
    make_opportunity(title_en="A & B", closes_on="2026-03-16", topics=[Topic.objects.get(key="research")])
    make_opportunity(title_en="An award", kind="award")
    feed = ElementTree.fromstring(client.get(f"{LIST}feed.xml").content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == ["An award", "A & B", "Old grant"]
    response = client.get(f"{LIST}feed.json?kind=grant&state=open&page=2")
    (item,) = response.json()["items"]
    assert item["title"] == "A & B" and item["tags"] == ["grant", "Research"]
    assert "<p>Deadline: 16 March 2026</p><p>For tests.</p>" in item["content_html"]
    assert response.json()["title"].endswith(": Grant, Open")
    assert response.json()["home_page_url"].endswith("/en/opportunities/?kind=grant&state=open")
    assert expiry(response) == datetime.fromisoformat("2026-03-17T00:00+01:00")
    assert "Expires" not in client.get(f"{LIST}feed.json")


def test_the_block_of_the_home_page_shows_what_is_open_or_what_comes_back(rf, at):
    at("2026-03-10T12:00:00+01:00")
    for year in range(2020, 2025):
        make_opportunity(title_en=f"Award {year}", opens_on=f"{year}-01-01", closes_on=f"{year}-02-01", recurs=True)
    block = home_block(rf.get("/en/"), None)
    assert block.context["opportunities"] == [] and block.expires_at is None
    assert [item.title for item in block.context["recurring"]] == ["Award 2024", "Award 2023", "Award 2022"]
    html = rendered(block, rf)
    assert "No call with a deadline is open. These come back:" in html and "January 2024</time>" in html
    for day in range(11, 17):
        make_opportunity(title_en=f"Until {day}", closes_on=f"2026-03-{day}")
    block = home_block(rf.get("/en/"), None)
    assert [item.title for item in block.context["opportunities"]] == ["Until 11", "Until 12", "Until 13"]
    assert block.context["recurring"] == []
    html = rendered(block, rf)
    assert html.count('<li class="card opportunity is-open">') == 3 and "No call" not in html
    assert block.expires_at == datetime.fromisoformat("2026-03-12T00:00+01:00")


def test_the_block_of_a_university_shows_what_concerns_it(rf, at):
    at("2026-03-10T12:00:00+01:00")
    lodz, oulu = (PartnerUniversity.objects.get(key=f"university-of-{name}") for name in ("lodz", "oulu"))
    make_opportunity(title_en="Closed", closes_on="2025-01-01", members=[lodz])
    make_opportunity(title_en="Theirs", closes_on="2026-03-11", members=[oulu])
    make_opportunity(title_en="Open", closes_on="2026-04-11", members=[lodz])
    block = partner_block(rf.get("/en/"), lodz)
    assert [item.title for item in block.context["opportunities"]] == ["Open", "Closed"]
    assert block.expires_at == datetime.fromisoformat("2026-03-28T23:00+01:00")
    assert f'href="{LIST}?member=university-of-lodz"' in rendered(block, rf)
    Opportunity.objects.filter(title_en="Theirs").delete()
    assert partner_block(rf.get("/en/"), oulu) is None


def test_blocks_need_the_page_of_the_section(rf, section):
    make_opportunity()
    section.is_published = False
    section.save()
    assert home_block(rf.get("/en/"), None) is partner_block(rf.get("/en/"), PartnerUniversity.objects.first()) is None


@pytest.mark.nightly
def test_without_the_page_of_the_section_no_opportunity_has_a_page_or_is_in_the_sitemap(client, section):
    path = make_opportunity().get_absolute_url()
    assert path in client.get("/sitemap.xml").content.decode()
    section.is_published = False
    section.save()
    assert client.get(path).status_code == 404
    assert LIST not in client.get("/sitemap.xml").content.decode()


@pytest.mark.nightly
def test_a_page_takes_the_same_queries_at_any_number_of_opportunities(client):
    def costs() -> dict[str, int]:
        found = {}
        for path in (LIST, f"{LIST}?state=open&topic=alliance", f"{LIST}feed.xml", f"{LIST}copy-29/"):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found[path] = len(queries)
        return found

    fill_with_opportunities(40)
    few = costs()
    fill_with_opportunities(1000)
    assert costs() == few
    assert max(few.values()) <= 12
    assert len(client.get(LIST).content) < 100_000


def test_a_moment_that_passed_while_the_page_was_rendered_makes_it_outdated_at_once(at):
    began = at("2026-03-10T12:00:00+01:00")
    at("2026-03-10T12:00:02+01:00")
    response = HttpResponse()
    expire_at(response, [None, datetime.fromisoformat("2026-03-10T12:00:01+01:00")], began)
    assert expiry(response) == datetime.fromisoformat("2026-03-10T12:00:01+01:00")
