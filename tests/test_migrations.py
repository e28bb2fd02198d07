"""All migrations can be reversed and applied again on a database with content."""

import pytest

pytestmark = pytest.mark.once
# Prints the numbers of pages, of their translation statuses, of those that are open, and of the triggers.
STATE = """
from django.db import connection
from pages.models import Page
from translations.status.models import Translation
from triggers.registry import faults, installed
texts = Translation.objects.filter(model="pages.page")
assert not list(faults(connection))
print(Page.objects.count(), texts.count(), texts.open().count(), len(installed(connection.cursor(), connection.vendor)))
"""
# Apps whose tables refer to others come first. One process, because each start of Django costs a second. The triggers
# of the remaining apps have no fault while tables are missing.
REVERSE = """
from django.core.management import call_command
from django.db import connection
from triggers.registry import faults, installed
apps = "search alliance topics partners pages feedback consent pictures translations jobs pagecache editorial"
for app in apps.split():
    call_command("migrate", app, "zero", verbosity=0)
    assert not list(faults(connection))
assert not installed(connection.cursor(), connection.vendor)
"""
CHANGE_A_TITLE = "from pages.models import Page; Page.objects.filter(kind='home').update(title_en='New')\n"


def test_migrations_can_be_reversed_and_applied_again(server):
    def state(change: str = "") -> list[int]:
        output = server.manage("shell", "-v", "0", "-c", change + STATE, check=True).stdout
        return [int(number) for number in output.split()]

    before = pages, texts, _open, triggers = state()
    assert pages and texts and triggers
    server.manage("shell", "-v", "0", "-c", REVERSE, check=True)
    server.manage("prepare", check=True)
    assert state() == before
    # The triggers work: the title is open in each of the nine other languages.
    assert state(CHANGE_A_TITLE) == [pages, texts, 9, triggers]
    assert "no issues" in server.manage("check", "--database", "default", check=True).stdout
