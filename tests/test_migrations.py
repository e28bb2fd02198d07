"""Migrations run back and forward on a full database."""

import pytest

pytestmark = pytest.mark.once
# In the order in which one app's tables depend on those of others.
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


def test_migrations_run_back_to_nothing_and_forward_to_a_full_site(server):
    pages = server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout
    for app in APPS:
        server.manage("migrate", app, "zero", "-v", "0", check=True)
    server.manage("prepare", check=True)
    assert server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout == pages
    assert "no issues" in server.manage("check", "--database", "default", check=True).stdout
