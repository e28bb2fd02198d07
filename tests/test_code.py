"""Automatic code review: style, migrations, templates, requirements and imports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.management import call_command

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
pytestmark = pytest.mark.once


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("djlint", "templates", "--lint", "--check", "--quiet"),
        ("mypy", "."),
    ],
    ids=" ".join,
)
def test_code_and_templates_pass_the_linters(command):
    outcome = run(TOOLS / command[0], *command[1:])
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_templates_hold_no_inline_script_style_or_handler():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:")
    found = [path.name for path in ROOT.glob("templates/**/*.html") if inline.search(path.read_text())]
    assert not found


def test_every_rule_of_a_style_sheet_is_closed():
    sheets = [*ROOT.glob("static/css/*.css"), *ROOT.glob("*/static/**/*.css")]
    texts = {str(sheet): re.sub(r'/\*.*?\*/|"[^"\n]*"', "", sheet.read_text(), flags=re.DOTALL) for sheet in sheets}
    assert texts
    # A rule at the beginning of a line inside of another one is one whose predecessor was not closed.
    nested = re.compile(r"^[^\s@}][^{}]*\{[^{}]*^[^\s@}][^{}]*\{", re.MULTILINE)
    assert not [name for name, text in texts.items() if text.count("{") != text.count("}") or nested.search(text)]


def test_each_class_in_a_template_is_used_by_a_style_sheet_or_a_script():
    folders = [ROOT / "static", *ROOT.glob("*/static"), Path(admin.__file__).parent / "static"]
    used = {
        name
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".css", ".js")
        for name in re.findall(r"[a-zA-Z][\w-]*", path.read_text())
    }
    for template in ROOT.glob("templates/**/*.html"):
        values = re.findall(r'\sclass="((?:[^"{]|{%.*?%}|{{.*?}})*)"', template.read_text())
        names = {name for value in values for name in re.sub(r"{%.*?%}|{{.*?}}", " ", value).split()}
        # A name such as “thread-” is completed by a variable.
        assert not {name for name in names if not name.endswith("-")} - used, template


def test_requirements_are_pinned_and_hashed():
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / name).read_text()).strip())
        assert blocks
        assert not [block for block in blocks if "==" not in block or "--hash=sha256:" not in block]


def test_only_content_and_tests_name_the_alliance_and_its_host():
    name = re.compile(r"\bUNIC\b|unic\.eu|(?i:\bLodz\b|Łódź|Łódzki|uni\.lodz)")
    kinds = ("*.py", "*.html", "*.js", "*.css")
    apps = {name.partition(".")[0] for name in MAY_IMPORT} | {"unic_site", "templates", "static"}
    sources = [path for app in apps for kind in kinds for path in (ROOT / app).rglob(kind)]
    found = {path.relative_to(ROOT).as_posix() for path in sources if name.search(path.read_text())}
    examples_in_help_texts = {
        "partners/models.py",
        "partners/migrations/0001_initial.py",
        "editorial/models/slugs.py",
        "editorial/models/content.py",
    }
    assert found <= examples_in_help_texts


# App or subpackage → the apps and subpackages that it imports.
MAY_IMPORT = {
    "triggers": set(),
    "security": set(),
    "assets": set(),
    "jobs": set(),
    "health": {"jobs", "security", "translations.columns"},
    "pagecache": {"security", "triggers"},
    "translations.columns": {"triggers"},
    "translations.status": {"triggers"},
    "translations.desk": {"editorial", "translations.status", "triggers"},
    "translations.exchange": {"editorial", "translations", "translations.status", "triggers"},
    "translations": {
        "editorial",
        "jobs",
        "security",
        "triggers",
        "translations.columns",
        "translations.desk",
        "translations.exchange",
        "translations.status",
    },
    "editorial": {"health", "jobs", "pagecache", "security", "translations.status", "triggers"},
    "accounts": {"editorial", "health", "jobs", "security"},
    "pictures": {"editorial", "health", "jobs"},
    "consent": {"assets", "editorial", "health", "jobs", "pagecache", "security", "translations.status", "triggers"},
    "feedback": {"editorial", "health", "jobs", "pagecache", "security", "translations.status"},
    "pages": {"consent", "editorial", "feedback", "health", "pagecache", "pictures", "translations.status"},
    "search": {"consent", "editorial", "feedback", "jobs", "pagecache", "pages", "triggers"},
    "partners": {"consent", "editorial", "pagecache", "pages", "pictures", "search"},
    "topics": {"editorial", "partners", "pictures"},
    "opendata": {"editorial", "pages"},
    "alliance": {"editorial", "opendata", "pagecache", "pages", "partners", "pictures", "search", "topics"},
    "opportunities": {
        "alliance",
        "editorial",
        "opendata",
        "pagecache",
        "pages",
        "partners",
        "pictures",
        "search",
        "topics",
    },
    "events": {
        "alliance",
        "consent",
        "editorial",
        "opendata",
        "pagecache",
        "pages",
        "partners",
        "pictures",
        "search",
        "topics",
    },
    "news": {"alliance", "editorial", "opendata", "pagecache", "pages", "partners", "pictures", "search", "topics"},
    "social": {"alliance", "consent", "editorial", "pagecache", "pages", "partners", "security", "topics"},
    "server": {"health", "pagecache", "security"},
    "staticexport": {"editorial", "health", "pagecache", "pages"},
    "operations": {"consent", "editorial", "security", "server", "translations.columns", "triggers"},
    "tools": {"partners", "social"},
}


def package_of(module: str) -> str | None:
    """The app or subpackage in MAY_IMPORT that contains the module."""
    names = module.split(".")
    candidates = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((name for name in candidates if name in MAY_IMPORT), None)


def test_apps_import_only_the_apps_that_they_may_import():
    found = {}
    for path in ROOT.glob("*/**/*.py"):
        importing = package_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if importing:
            imported = re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE)
            assert "unic_site" not in {name.split(".")[0] for name in imported}, path
            found.setdefault(importing, set()).update(filter(None, map(package_of, imported)))
    assert {name: imports - {name} for name, imports in found.items()} == MAY_IMPORT


def test_the_privacy_checklist_names_existing_tests():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/privacy.md").read_text()))
    defined = {name for path in ROOT.glob("tests/**/*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert named
    assert not named - defined
