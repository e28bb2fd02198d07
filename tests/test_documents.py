"""Links, paths, commands and jobs in the documentation exist."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from editorial.content_files.schema import content_fields, models_by_section, required_fields, translated_fields
from jobs.registry import definitions

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.once
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Without the changelog, which also names removed files and commands.
CURRENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]


def relative_path(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(markdown: str) -> set[str]:
    """The anchors that GitHub generates for headings."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative_path)
def test_links_lead_to_existing_files_and_headings(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        file, _, anchor = link.partition("#")
        if file.startswith(("http:", "https:")):
            continue
        target = document.parent / file if file else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("document", CURRENT, ids=relative_path)
def test_commands_and_their_options_exist(document):
    commands = get_commands()
    lines = re.findall(r"(?:manage\.py|\bunic) ([a-z_]+\b[^`\n#]*)", document.read_text())
    for name, *words in (line.split() for line in lines):
        # The match may include an ellipsis or prose after the command.
        if name not in commands:
            assert "_" not in name, name
            continue
        app = commands[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        options = command.create_parser("manage.py", name)._option_string_actions
        for word in words:
            assert not word.startswith("--") or word.partition("=")[0] in options, f"{name} {word}"


@pytest.mark.parametrize("document", CURRENT, ids=relative_path)
def test_paths_exist(document):
    for path in re.findall(r"`((?:\.?[\w-]+/)+[\w.-]+\.(?:py|sh|js|css|conf|timer))`", document.read_text()):
        # A page about an app may use paths relative to it.
        assert (ROOT / path).exists() or any(ROOT.glob(f"*/{path}")), path


def test_the_deployment_guide_lists_all_recurring_jobs():
    table = (ROOT / "docs/deployment.md").read_text().partition("## Recurring work")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(definitions)


def test_the_paths_in_the_table_of_changes_exist():
    table = (ROOT / "docs/architecture.md").read_text().partition("## I want to change …")[2]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    for row in rows:
        paths = re.findall(r"`([\w./-]+/[\w./-]*)`", row)
        assert paths, row
        assert not [path for path in paths if not (ROOT / path).exists()], row


def test_the_sections_and_fields_of_content_files_are_documented():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", (ROOT / "docs/content.md").read_text(), re.MULTILINE)
    documented = {section: [re.findall(r"`(\w+)`(°?)", cell) for cell in cells] for section, *cells in rows}
    for section, model in models_by_section().items():
        required, translated = required_fields(model), translated_fields(model)
        fields = [name for name in content_fields(model) if name not in ("is_published", "order")]
        marked = [(name, "°" if name in translated else "") for name in fields]
        expected = [[pair for pair in marked if (pair[0] in required) is is_required] for is_required in (True, False)]
        assert documented.pop(section) == expected, section
    assert not documented
