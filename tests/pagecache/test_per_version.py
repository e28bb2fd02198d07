"""Results that are cached per content version: never outdated, and never changed."""

import pytest
from django.db import transaction
from django.test import RequestFactory

from alliance import cached as alliance
from consent import cached as consent
from pagecache.models import REQUEST_KEY, ContentVersion
from pagecache.per_version import cached_per_version
from pages import cached as pages
from pages.models import Page
from partners import cached as partners
from tests.consent.factories import make_counter, make_video

pytestmark = pytest.mark.django_db


@cached_per_version
def title() -> str:
    return Page.objects.get(key="vision").title_en


def cached_title(method: str = "GET") -> str:
    return title(RequestFactory().generic(method, "/"))


def rename(title: str):
    Page.objects.filter(key="vision").update(title_en=title)


def test_a_result_is_read_once_until_content_changes(django_assert_num_queries):
    rename("First")
    assert cached_title() == "First"
    with django_assert_num_queries(1) as queries:
        assert cached_title() == "First"
    assert ContentVersion._meta.db_table in queries[0]["sql"]
    rename("Second")
    assert cached_title() == "Second"


def test_a_result_from_a_rolled_back_transaction_is_not_used():
    rename("Good")
    assert cached_title() == "Good"
    with pytest.raises(InterruptedError), transaction.atomic():
        rename("Rolled back")
        assert cached_title() == "Rolled back"
        raise InterruptedError
    assert cached_title() == "Good"


def test_a_request_with_an_unsafe_method_does_not_use_the_cache():
    request = RequestFactory().post("/")
    rename("Before")
    assert title(request) == "Before"
    rename("After")
    assert title(request) == "After"
    assert cached_title() == "After"


def test_a_request_without_a_version_does_not_use_the_cache():
    request = RequestFactory().get("/", **{REQUEST_KEY: ""})
    rename("Committed")
    assert cached_title() == "Committed"
    with pytest.raises(InterruptedError), transaction.atomic():
        rename("Rolled back")
        assert title(request) == "Rolled back"
        raise InterruptedError
    assert title(request) == "Committed"
    assert cached_title() == "Committed"


def state(item) -> dict:
    """Return the loaded fields and related objects of a model instance."""
    fields = {name: value for name, value in vars(item).items() if name not in ("_state", "translated")}
    return fields | {f"object of {name}": id(value) for name, value in item._state.fields_cache.items()}


def test_pages_do_not_change_cached_objects(client):
    make_video()
    make_counter()

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
