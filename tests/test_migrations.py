"""All migrations can be reversed and applied again on a database with content."""

import pytest

pytestmark = pytest.mark.once
# Apps whose tables refer to others come first.
APPS = (
    "alliance",
    "partners",
    "pages",
    "feedback",
    "consent",
    "pictures",
    "translations",
    "jobs",
    "pagecache",
    "editorial",
)
COUNT = "from pages.models import Page; print(Page.objects.count())"


def test_migrations_can_be_reversed_and_applied_again(server):
    pages = server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout
    for app in APPS:
        server.manage("migrate", app, "zero", "-v", "0", check=True)
    server.manage("prepare", check=True)
    assert server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout == pages
    assert "no issues" in server.manage("check", "--database", "default", check=True).stdout
