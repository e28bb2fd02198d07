"""What is read once for each state of the content is never older than the content."""

import pytest
from django.db import transaction
from django.test import RequestFactory

from delivery.snapshot import snapshot
from pages.models import Page

pytestmark = pytest.mark.django_db


@snapshot
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
