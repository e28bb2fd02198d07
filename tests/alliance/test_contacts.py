"""Whom to ask: the page of contacts, its filters, and the contacts of a university."""

import re

import pytest

from alliance.models import Contact
from partners.models import PartnerUniversity
from tests.alliance.factories import fill
from topics.models import Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def contacts():
    """Three contacts: one of Cork about students, one of Liège about research, and one of the whole alliance."""
    Contact.objects.all().delete()
    cork, liege = (PartnerUniversity.objects.get(key=key) for key in ("university-college-cork", "university-of-liege"))
    for order, (name, partner, topic) in enumerate(
        [("Cork office", cork, "students"), ("Liège office", liege, "research"), ("Campus guide", None, "students")]
    ):
        contact = Contact.objects.create(
            name_en=name, purpose_en="Ask here.", email="office@example.org", partner=partner, order=order
        )
        contact.topics.add(Topic.objects.get(key=topic))


def names(response) -> list[str]:
    return re.findall(r'<li id="[^"]+"[^>]*>\s*<h3>([^<]+)</h3>', response.content.decode())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Cork office", "Liège office", "Campus guide"]),
        ("?member=university-college-cork", ["Cork office", "Campus guide"]),
        ("?topic=students", ["Cork office", "Campus guide"]),
        ("?member=university-of-liege&topic=students", ["Campus guide"]),
    ],
)
def test_contacts_are_found_by_university_and_topic(client, contacts, query, found):
    assert names(client.get(f"/en/contact/{query}")) == found


def test_the_filters_offer_the_universities_and_topics_that_have_contacts(client, contacts):
    html = client.get("/en/contact/").content.decode()
    options = re.findall(r'<option value="([^"]+)"', html)
    assert options == ["university-college-cork", "university-of-liege", "research", "students"]
    html = client.get("/en/contact/?topic=dragons").content.decode()
    assert "No contact has that topic." in html and names(client.get("/en/contact/?topic=dragons"))


def test_a_contact_without_a_match_shows_a_message(client, contacts):
    Contact.objects.filter(partner=None).delete()
    html = client.get("/en/contact/?member=university-of-liege&topic=students").content.decode()
    assert "No contact matches." in html
    Contact.objects.all().delete()
    assert "No contact has been published yet." in client.get("/en/contact/").content.decode()


def test_a_contact_shows_how_to_reach_it_and_where_this_is_written(client):
    html = client.get("/en/contact/").content.decode()
    entry = html.partition('<li id="unic-office-lodz"')[2].partition("</li>")[0]
    assert 'href="mailto:unic@uni.lodz.pl"' in entry and 'href="https://www.uni.lodz.pl/en/unic"' in entry
    assert 'href="https://unic.eu/en/mobility-staff" hreflang="en"' in entry
    assert 'href="/en/partners/university-of-lodz/"' in entry


def test_every_page_links_to_the_contacts(client):
    assert 'href="/en/contact/"' in client.get("/en/vision/").content.decode().partition("<footer")[2]


def test_the_page_of_a_university_shows_six_contacts_of_its_own(client, contacts):
    html = client.get("/en/partners/university-college-cork/").content.decode()
    assert "Cork office" in html and "Liège office" not in html and "Campus guide" not in html
    cork = PartnerUniversity.objects.get(key="university-college-cork")
    for number in range(6):
        Contact.objects.create(name_en=f"Unit {number}", purpose_en="Ask.", url="https://example.org/", partner=cork)
    main = client.get("/en/partners/university-college-cork/").content.decode().partition("<footer")[0]
    assert main.count("Unit ") - main.count('visually-hidden">Unit ') == 5
    assert re.search(r'<a href="/en/contact/">', main)


def test_a_long_list_of_contacts_has_pages_that_keep_the_filters(client):
    fill(Contact, 60)
    first = client.get("/en/contact/")
    assert len(names(first)) == 48 and "?page=2" in first.content.decode()
    assert names(client.get("/en/contact/?page=2"))[-1].startswith("Item ")
    filtered = client.get("/en/contact/?member=university-of-lodz").content.decode()
    assert not re.search(r'rel="next" href="(?!\?member=university-of-lodz)', filtered)
