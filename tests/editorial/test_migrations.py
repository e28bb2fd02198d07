"""The schema, changed under full content."""

import pytest

pytestmark = pytest.mark.once
MOVE = """
from pages.models import Page
print(Page.objects.filter(kind="text").update(slug_pl=None))
"""
COUNT = """
from editorial.models import PastSlug
print(PastSlug.objects.filter(section="pages", language="pl").count())
"""


def test_keeping_old_addresses_can_be_taken_back_and_taken_up_again(server):
    def run(code: str) -> int:
        return int(server.manage("shell", "-v", "0", "-c", code, check=True).stdout)

    server.manage("migrate", "editorial", "0002", "-v", "0", check=True)
    moved = run(MOVE)
    server.manage("migrate", "-v", "0", check=True)
    assert run(COUNT) == 0
    server.manage("shell", "-v", "0", "-c", "from pages.models import Page; [p.save() for p in Page.objects.all()]")
    assert run(MOVE) == run(COUNT) == moved
