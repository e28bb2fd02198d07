"""Adds Ukrainian to a copy of the project, as described in docs/languages.md."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.once
NOT_COPIED = (
    ".git",
    ".venv",
    "var",
    "node_modules",
    "__pycache__",
    "tests",
    "bench",
    "docs",
    ".pytest_cache",
    ".ruff_cache",
)
MESSAGES = """
msgid ""
msgstr ""
"Language: uk\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "partners/"
msgstr "partnery/"

msgid "Parts of this page are not translated yet. They are shown in English."
msgstr "Частини цієї сторінки ще не перекладено: вони англійською."

msgid "Read this page in English"
msgstr "Читати цю сторінку українською"
"""
CONTENT = """
[partners.university-of-lodz]
name = "Лодзький університет"
summary = "Університет у місті текстилю."
description = "<p>Тут ткали бавовну.</p>"
city_story = "<p>Місто фабрик.</p>"
alliance_role = "<p>Університет у UNIC.</p>"
city = "Лодзь"
"""
SCRIPT = """
import importlib, json
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from partners.models import PartnerUniversity

call_command("makemigrations", name="ukrainian", verbosity=0)
importlib.invalidate_caches()
for command in ("compilemessages", "migrate", "load_content"):
    call_command(command, verbosity=0)
settings.ALLOWED_HOSTS = ["testserver"]
get = lambda path, **headers: Client().get(path, headers=headers)
university = "/uk/partnery/university-of-lodz/"
PartnerUniversity.objects.filter(slug_uk="university-of-lodz").update(slug_uk="lodz")
print(json.dumps({
    "root": get("/", **{"accept-language": "uk-UA"})["Location"],
    "moved": get(university)["Location"],
    "translated": get("/uk/partnery/lodz/").content.decode(),
    "fallback": get("/uk/deliverables/").content.decode(),
    "english": get("/en/partners/university-of-lodz/").content.decode(),
    "sitemap": get("/sitemap.xml").content.decode(),
}))
"""


@pytest.fixture
def follow_the_guide(prepared, tmp_path):
    """A function that adds Ukrainian to a copy of the project and returns responses of the new site."""

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"DATA_DIR": str(tmp_path / "data")}
        outcome = subprocess.run(command, cwd=tmp_path / "project", env=environment, capture_output=True, text=True)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def follow() -> dict[str, str]:
        prepared("sqlite", tmp_path)
        project = tmp_path / "project"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        settings = project / "unic_site/settings.py"
        settings.write_text(
            settings.read_text().replace('"sv": "Svenska",', '"sv": "Svenska",\n    "uk": "Українська",')
        )
        messages = project / "locale/uk/LC_MESSAGES/django.po"
        messages.parent.mkdir(parents=True)
        messages.write_text(MESSAGES)
        (project / "content/uk.toml").write_text(CONTENT)
        return json.loads(manage("shell", "-v", "0", "-c", SCRIPT))

    return follow


@pytest.mark.nightly
def test_a_language_needs_a_line_of_settings_a_migration_messages_and_content(follow_the_guide):
    responses = follow_the_guide()
    assert responses["root"] == "/uk/"
    assert responses["moved"] == "/uk/partnery/lodz/"
    assert '<html lang="uk" dir="ltr">' in responses["translated"]
    assert "<h1>Лодзький університет</h1>" in responses["translated"]
    assert '<span lang="en" data-untranslated>' in responses["fallback"]
    assert "Частини цієї сторінки ще не перекладено" in responses["fallback"]
    assert 'data-offer="Читати цю сторінку українською"' in responses["english"]
    assert re.findall(r"<loc>http://testserver(/uk/[^<]*)</loc>", responses["sitemap"]) == ["/uk/partnery/lodz/"]
