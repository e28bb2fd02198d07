"""What one query reads for many is what each of them would have read for itself."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from alliance import search
from alliance.models import Figure, Initiative, InitiativePart, Milestone
from consent.models import EmbeddedContent, Purpose, Script
from delivery.shared import shared
from delivery.together import Together
from pages.models import Page

pytestmark = pytest.mark.django_db


def rows(instances) -> list[dict]:
    """Everything that was read of them; what was deferred is missing."""
    return [
        {name: value for name, value in vars(instance).items() if name not in ("_state", "_prefetched_objects_cache")}
        for instance in instances
    ]


@pytest.fixture
def third_parties(db):
    purpose = Purpose.objects.filter(is_necessary=False).first()
    EmbeddedContent.objects.create(
        title="Film", purpose=purpose, page_url="https://a.example/1", frame_url="https://a.example/2"
    )
    Script.objects.create(name="Counter", purpose=purpose, source="https://b.example/count.js", key="counter")


def test_all_that_is_shared_is_what_a_query_of_its_own_finds(third_parties):
    found = Together(one.queryset() for one in shared.every).read()
    assert [rows(instances) for instances in found] == [rows(one.queryset()) for one in shared.every]
    # A queryset that finds nothing would say nothing here.
    assert all(found)


def test_what_search_reads_is_what_queries_of_its_own_find():
    assert [rows(found) for found in search.everything().read()] == [rows(queryset) for queryset in search.querysets()]


def test_it_takes_one_query_and_one_for_each_prefetch():
    together = Together([Page.objects.all(), Initiative.objects.with_parts(), Milestone.objects.all()])
    with CaptureQueriesContext(connection) as queries:
        _pages, initiatives, _milestones = together.read()
    assert len(queries) == 2
    parts = [part for initiative in initiatives for part in initiative.published_parts]
    assert sorted(part.pk for part in parts) == list(InitiativePart.objects.published().values_list("pk", flat=True))


def test_each_keeps_its_order_and_its_limit():
    backwards, first, none = Together(
        [Figure.objects.order_by("-order", "-pk"), Figure.objects.all()[:2], Figure.objects.filter(pk=0)]
    ).read()
    assert backwards == list(Figure.objects.order_by("-order", "-pk"))
    assert first == list(Figure.objects.all()[:2])
    assert none == []


def test_it_finds_what_there_is_when_it_is_read():
    together = Together([Page.objects.filter(kind="vision"), Figure.objects.all()])
    Page.objects.filter(kind="vision").update(title_en="First")
    assert together.read()[0][0].title_en == "First"
    Page.objects.filter(kind="vision").update(title_en="Second")
    assert together.read()[0][0].title_en == "Second"


def test_a_form_reads_what_is_shared_for_itself():
    vision = next(one for one in shared.every if one.queryset.__name__ == "frame_pages")
    request = RequestFactory().post("/")
    for title in ("Before", "After"):
        Page.objects.filter(kind="vision").update(title_en=title)
        assert title in [page.title_en for page in vision(request)]
