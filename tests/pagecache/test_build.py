"""The identifier of the installed program, which changes with everything that pages are rendered from."""

from types import SimpleNamespace

import pytest

from pagecache.build import build_id

pytestmark = pytest.mark.once


@pytest.fixture
def installed(tmp_path, settings, monkeypatch):
    """A folder with a program that has the app `news` and uses an app of a library."""
    settings.BASE_DIR, settings.SITE_DIR = tmp_path / "program", tmp_path / "site"
    settings.LOCALE_PATHS, settings.STATIC_ROOT = [tmp_path / "data/locale"], tmp_path / "data/static"
    paths = [tmp_path / "program/news", tmp_path / "library/admin"]
    apps = SimpleNamespace(get_app_configs=lambda: [SimpleNamespace(path=str(path)) for path in paths])
    monkeypatch.setattr("pagecache.build.apps", apps)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "is_part"),
    [
        ("program/news/admin/lists.py", True),
        ("program/unic_site/settings.py", True),
        ("program/templates/base.html", True),
        ("site/templates/base.html", True),
        ("data/locale/pl/LC_MESSAGES/django.mo", True),
        ("data/static/.built-from", True),
        ("program/news/notes.txt", False),
        ("program/tests/test_news.py", False),
        ("library/admin/lists.py", False),
    ],
)
def test_a_new_file_of_the_program_and_a_change_of_it_change_the_build(installed, name, is_part):
    builds = [build_id()]
    file = installed / name
    file.parent.mkdir(parents=True)
    for content in ("first", "second and longer"):
        file.write_text(content)
        builds.append(build_id())
    assert len(set(builds)) == (3 if is_part else 1)


def test_a_setting_that_pages_depend_on_changes_the_build(installed, settings):
    before = build_id()
    settings.ALLOWED_HOSTS = ["another.example"]
    assert build_id() != before
