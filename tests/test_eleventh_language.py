"""What docs/languages.md says of adding a language, done with Ukrainian in a copy of the project."""

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
LEFT_BEHIND = (
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
city = "Лодзь"
"""
FOLLOW = """
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
    """A function that adds Ukrainian to a copy of the project with a filled database, and returns what it shows."""

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
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*LEFT_BEHIND), symlinks=True)
        settings = project / "unic_site/settings.py"
        settings.write_text(
            settings.read_text().replace('"sv": "Svenska",', '"sv": "Svenska",\n    "uk": "Українська",')
        )
        messages = project / "locale/uk/LC_MESSAGES/django.po"
        messages.parent.mkdir(parents=True)
        messages.write_text(MESSAGES)
        (project / "content/uk.toml").write_text(CONTENT)
        return json.loads(manage("shell", "-v", "0", "-c", FOLLOW))

    return follow


def test_an_eleventh_language_takes_a_line_a_migration_its_messages_and_its_content(follow_the_guide):
    shown = follow_the_guide()
    assert shown["root"] == "/uk/"
    assert shown["moved"] == "/uk/partnery/lodz/"
    assert '<html lang="uk" dir="ltr">' in shown["translated"]
    assert "<h1>Лодзький університет</h1>" in shown["translated"]
    assert '<span lang="en" data-untranslated>' in shown["fallback"]
    assert "Частини цієї сторінки ще не перекладено" in shown["fallback"]
    assert 'data-offer="Читати цю сторінку українською"' in shown["english"]
    assert re.findall(r"<loc>http://testserver(/uk/[^<]*)</loc>", shown["sitemap"]) == ["/uk/partnery/lodz/"]
