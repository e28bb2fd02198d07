"""All migrations can be reversed and applied again on a database with content."""

import pytest

pytestmark = pytest.mark.once
COUNT = "from pages.models import Page; print(Page.objects.count())"
# Apps whose tables refer to others come first. One process, because each start of Django costs a second.
REVERSE = """
from django.core.management import call_command
for app in "alliance partners pages feedback consent pictures translations jobs pagecache editorial".split():
    call_command("migrate", app, "zero", verbosity=0)
"""


def test_migrations_can_be_reversed_and_applied_again(server):
    pages = server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout
    server.manage("shell", "-v", "0", "-c", REVERSE, check=True)
    server.manage("prepare", check=True)
    assert server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout == pages
    assert "no issues" in server.manage("check", "--database", "default", check=True).stdout
