"""What a process keeps of the content is never older than the content, and nothing changes it."""

import pytest
from django.db import transaction
from django.test import RequestFactory

from alliance import cached as alliance
from consent import cached as consent
from consent.models import EmbeddedContent, Purpose, Script
from pagecache.per_version import cached_per_version
from pages import cached as pages
from pages.models import Page
from partners import cached as partners

pytestmark = pytest.mark.django_db


@cached_per_version
def title() -> str:
    return Page.objects.get(key="vision").title_en


def ask(method: str = "GET") -> str:
    return title(RequestFactory().generic(method, "/"))


def rename(title: str):
    Page.objects.filter(key="vision").update(title_en=title)


def test_it_is_read_once_until_the_content_changes(django_assert_num_queries):
    rename("First")
    assert ask() == "First"
    with django_assert_num_queries(1):
        assert ask() == "First"
    rename("Second")
    assert ask() == "Second"


def test_what_was_rolled_back_is_not_kept():
    rename("Good")
    assert ask() == "Good"
    with pytest.raises(InterruptedError), transaction.atomic():
        rename("Rolled back")
        assert ask() == "Rolled back"
        raise InterruptedError
    assert ask() == "Good"


def test_a_request_that_may_change_content_reads_for_itself():
    request = RequestFactory().post("/")
    rename("Before")
    assert title(request) == "Before"
    rename("After")
    assert title(request) == "After"
    assert ask() == "After"


def state(item) -> dict:
    """Fields and related objects of a model instance as they are loaded now."""
    fields = {name: value for name, value in vars(item).items() if name not in ("_state", "words")}
    return fields | {f"object of {name}": id(value) for name, value in item._state.fields_cache.items()}


def test_pages_do_not_change_what_they_share(client):
    purpose = Purpose.objects.filter(is_necessary=False).first()
    EmbeddedContent.objects.create(
        title="Film", purpose=purpose, page_url="https://a.example/1", frame_url="https://a.example/2"
    )
    Script.objects.create(name="Counter", purpose=purpose, source="https://b.example/count.js", key="counter")

    def shared() -> list[dict]:
        request = RequestFactory().get("/")
        groups = (
            pages.layout_pages(request),
            partners.universities(request),
            [alliance.alliance(request), consent.notice_in_force(request)],
            consent.embeds(request).values(),
            consent.optional_scripts(request),
        )
        assert all(groups)
        return [state(item) for group in groups for item in group]

    before = shared()
    for path in ("/en/", "/pl/", "/en/partners/", "/en/search/?q=campus", "/en/accessibility/"):
        assert client.get(path).status_code == 200, path
    assert shared() == before
