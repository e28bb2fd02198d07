"""The documents name links, files, commands and jobs that exist."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from jobs.registry import definitions

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.once
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# The changelog also names files and commands of the past.
CURRENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(markdown: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_link_leads_to_a_file_and_a_heading_that_exist(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        file, _, anchor = link.partition("#")
        if file.startswith(("http:", "https:")):
            continue
        target = document.parent / file if file else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("document", CURRENT, ids=named)
def test_a_command_exists_with_the_options_that_are_given(document):
    commands = get_commands()
    lines = re.findall(r"(?:manage\.py|\bunic) ([a-z_]+\b[^`\n#]*)", document.read_text())
    for name, *words in (line.split() for line in lines):
        # An ellipsis and prose after a command are no options.
        if name not in commands:
            assert "_" not in name, name
            continue
        app = commands[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        options = command.create_parser("manage.py", name)._option_string_actions
        for word in words:
            assert not word.startswith("--") or word.partition("=")[0] in options, f"{name} {word}"


@pytest.mark.parametrize("document", CURRENT, ids=named)
def test_a_path_exists(document):
    for path in re.findall(r"`((?:\.?[\w-]+/)+[\w.-]+\.(?:py|sh|js|css|conf|timer))`", document.read_text()):
        # A path may also begin in an app, where the page speaks of that app.
        assert (ROOT / path).exists() or any(ROOT.glob(f"*/{path}")), path


def test_each_recurring_job_is_in_the_table_of_operators():
    table = (ROOT / "docs/deployment.md").read_text().partition("## Recurring work")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(definitions)


def test_each_place_in_the_table_of_changes_exists():
    table = (ROOT / "docs/architecture.md").read_text().partition("## I want to change …")[2]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    for row in rows:
        places = re.findall(r"`([\w./-]+/[\w./-]*)`", row)
        assert places, row
        assert not [place for place in places if not (ROOT / place).exists()], row
