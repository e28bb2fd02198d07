"""How many links lead from the home page to each other page."""

import re
from html import unescape

import pytest

from alliance.models import Contact, Deliverable, Initiative, Line, Project

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MAX_LINKS = 3
# Links to further pages of a list, and to the years of its archive. Others only filter.
FURTHER = re.compile(r"\?(page|year)=\d+$")


def links(html: str, path: str) -> set[str]:
    """The links of a page to English pages, with the address of the page for those that only have a query."""
    found = {unescape(link).split("#")[0] for link in re.findall(r'<a [^>]*?href="([^"]+)"', html)}
    found = {path.split("?")[0] + link if link.startswith("?") else link for link in found}
    return {link for link in found if link.startswith("/en/") and ("?" not in link or FURTHER.search(link))}


@pytest.mark.nightly
def test_at_most_three_links_lead_from_the_home_page_to_each_page(client):
    listed = re.findall(r"<loc>http://testserver(/en/[^<]*)</loc>", client.get("/sitemap.xml").content.decode())
    known = latest = {"/en/"}
    for _ in range(MAX_LINKS):
        latest = {link for path in latest for link in links(client.get(path).content.decode(), path)} - known
        known = known | latest
    assert len(listed) > 100
    assert set(listed) <= known
    # Items with a page of their own, which the sitemap has to list.
    for items in (Deliverable, Initiative, Project):
        assert {item.get_absolute_url() for item in items.objects.published()} <= set(listed)
    lines = Line.objects.published()
    assert {line.get_absolute_url() for line in lines if line.has_own_page} <= set(listed)
    # The others are entries of a list.
    contacts = client.get("/en/contact/").content.decode()
    assert all(f'<li id="{contact.key}"' in contacts for contact in Contact.objects.published())
    entries = client.get("/en/lines/").content.decode()
    assert all(line.translated["title"] in unescape(entries) for line in lines)
