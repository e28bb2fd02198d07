"""Migrations of the app while pages have covers."""

import pytest

from tests.serving import Server

pytestmark = pytest.mark.once
COVER = """
from pages.models import Page
from tests.pictures.factories import make_picture
Page.objects.filter(key="about").update(cover=make_picture())
"""
TITLES = """
from pages.models import Page
print(list(Page.objects.order_by("pk").values_list("key", "title_en", "title_pl", "body_en")))
"""
RIGHTS = """
from django.contrib.auth.models import Permission
print(sorted(Permission.objects.filter(group__name="Editors").values_list("codename", flat=True)))
"""


def test_migrations_can_be_reversed_and_repeated_without_changes_to_pages(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {})
    server.manage("shell", "-v", "0", "-c", COVER, check=True)
    before = [server.manage("shell", "-v", "0", "-c", script, check=True).stdout for script in (TITLES, RIGHTS)]
    assert "view_picture" in before[1]
    for app, migration in (("alliance", "0002"), ("partners", "0002"), ("pages", "0002"), ("pictures", "zero")):
        server.manage("migrate", app, migration, "-v", "0", check=True)
    server.manage("migrate", "-v", "0", check=True)
    assert [server.manage("shell", "-v", "0", "-c", script, check=True).stdout for script in (TITLES, RIGHTS)] == before
