"""Opportunities for tests."""

import copy
from datetime import datetime
from itertools import count

from opportunities.models import Opportunity
from pages.models import Page
from topics.models import Audience, Topic

numbers = count(1)


def make_opportunity(**fields) -> Opportunity:
    """A saved, valid opportunity. `fields` replace the defaults; audiences, topics and members are lists of items."""
    links = {name: fields.pop(name) for name in ("audiences", "topics", "members") if name in fields}
    number = next(numbers)
    defaults = {"title_en": f"Opportunity {number}", "summary_en": "For tests.", "kind": "grant"}
    opportunity = Opportunity(**defaults | {"key": f"test-{number}"} | fields)
    opportunity.full_clean()
    opportunity.save()
    for name, items in links.items():
        getattr(opportunity, name).set(items)
    return opportunity


def make_section() -> Page:
    """The page of the section."""
    page = Page.objects.filter(kind="opportunities").first()
    if page is None:
        texts = {"title_en": "Opportunities", "short_title_en": "Opportunities", "description_en": "Calls and offers."}
        page = Page(kind="opportunities", place="menu", **texts)
        page.save()
    return page


def fill_with_opportunities(total: int):
    """Copy a test opportunity, with all audiences and topics, until there are `total`; a third of them are open."""
    original = make_opportunity(opens_on="2026-01-01", closes_on="2026-02-01", recurs=True)
    original.refresh_from_db()
    copies = []
    for number in range(Opportunity.objects.count(), total):
        copied = copy.copy(original)
        copied.pk, copied.key, copied.slug_en = None, f"copy-{number}", f"copy-{number}"
        copied.title_en = f"Copy {number}"
        if number % 3 == 0:
            copied.closes_at = datetime.fromisoformat("2099-01-01T00:00Z")
        copies.append(copied)
    created = Opportunity.objects.bulk_create(copies, batch_size=500)
    audiences, topics = Opportunity.audiences.through, Opportunity.topics.through
    audience, topic = Audience.objects.first(), Topic.objects.first()
    audiences.objects.bulk_create([audiences(opportunity=item, audience=audience) for item in created], batch_size=500)
    topics.objects.bulk_create([topics(opportunity=item, topic=topic) for item in created], batch_size=500)
