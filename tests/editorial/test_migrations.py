"""Migrations of the app while the tables have content."""

import pytest

pytestmark = pytest.mark.once
CHANGE_SLUGS = """
from pages.models import Page
print(Page.objects.filter(kind="text").update(slug_pl=None))
"""
COUNT = """
from editorial.models import PastSlug
print(PastSlug.objects.filter(section="pages", language="pl").count())
"""


def test_the_triggers_of_the_slug_history_can_be_rechanged_and_added_again(server):
    def run(code: str) -> int:
        return int(server.manage("shell", "-v", "0", "-c", code, check=True).stdout)

    server.manage("migrate", "editorial", "0002", "-v", "0", check=True)
    changed = run(CHANGE_SLUGS)
    server.manage("migrate", "-v", "0", check=True)
    assert run(COUNT) == 0
    server.manage("shell", "-v", "0", "-c", "from pages.models import Page; [p.save() for p in Page.objects.all()]")
    assert run(CHANGE_SLUGS) == run(COUNT) == changed
