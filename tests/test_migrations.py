"""All migrations can be reversed and applied again on a database with content."""

import pytest

pytestmark = pytest.mark.once
# One process for each step, because each start of Django costs a second.
TRIGGERS = """
from django.core.management import call_command
from django.db import connection
from triggers.registry import faults, installed
def triggers():
    assert not list(faults(connection))
    return len(installed(connection.cursor(), connection.vendor))
"""
# Apps whose tables refer to others come first. Triggers of the remaining apps have no fault while tables are missing.
REVERSE = """
print(triggers())
apps = "search alliance topics partners pages feedback consent pictures translations jobs pagecache editorial"
for app in apps.split():
    call_command("migrate", app, "zero", verbosity=0)
    assert not list(faults(connection))
assert triggers() == 0
"""
# The last line prints the number of triggers, and of the texts that are open after a change of the English title.
APPLY = """
from django.conf import settings
from pages.models import Page
from translations.status.models import Translation
call_command("migrate", verbosity=0)
texts = {f"title_{language}": f"Title {language}" for language in settings.CONTENT_LANGUAGES}
Page.objects.create(key="home", kind=Page.Kind.HOME, **texts)
def open_titles():
    return Translation.objects.filter(model="pages.page", field="title").open().count()
assert open_titles() == 0
Page.objects.update(title_en="New")
print(triggers(), open_titles())
"""


@pytest.mark.nightly
def test_migrations_can_be_reversed_and_applied_again(server):
    def run(code: str) -> list[int]:
        return [
            int(number)
            for number in server.manage("shell", "-v", "0", "-c", TRIGGERS + code, check=True).stdout.split()
        ]

    (triggers,) = run(REVERSE)
    assert triggers
    assert run(APPLY) == [triggers, 9]
    assert "no issues" in server.manage("check", "--database", "default", check=True).stdout
