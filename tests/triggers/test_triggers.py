"""The database has the triggers that apps register, and a difference is noticed and mended."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

import triggers
from pagecache.models import ContentVersion
from triggers import Trigger
from triggers.registry import declarations, installed, registered, remove

pytestmark = pytest.mark.django_db
DELETION = "managed_record_consent_decision_delete"


def run(*statements: str):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def definitions() -> dict[str, str | None]:
    with connection.cursor() as cursor:
        return installed(cursor, connection.vendor)


def drop(name: str, table: str):
    run(f"DROP TRIGGER {name} ON {table}" if connection.vendor == "postgresql" else f"DROP TRIGGER {name}")


def alter(name: str):
    """Take away what the trigger does, and keep its name."""
    if connection.vendor == "postgresql":
        run(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$",
        )
    else:
        definition = definitions()[name]
        run(f"DROP TRIGGER {name}", definition.replace("RAISE(ABORT, ", "NULLIF(1, "))


def check() -> str:
    said = StringIO()
    call_command("check", databases=["default"], stdout=said, stderr=said)
    return said.getvalue()


def migrate() -> dict[str, str]:
    """Run migrate, and return the faults that are left."""
    call_command("migrate", verbosity=0)
    return triggers.faults(connection)


@pytest.fixture
def register(monkeypatch):
    """A function that has the test's own triggers registered, in place of those it registered before."""
    others = list(declarations)

    def register(*declared: Trigger):
        monkeypatch.setattr("triggers.registry.declarations", [*others, lambda vendor: declared])

    return register


def note(text: str, **options) -> Trigger:
    return Trigger("test", "alliance_figure", "DELETE", f"UPDATE jobs_job SET last_error = '{text}';", **options)


def test_after_migrate_the_database_has_the_registered_triggers():
    assert triggers.faults(connection) == {}
    assert definitions().keys() == registered(connection.vendor).keys()
    assert "The database trigger" not in check()


def test_a_missing_trigger_is_reported_and_created():
    drop(DELETION, "consent_decision")
    assert triggers.faults(connection) == {DELETION: "missing"}
    assert f"The database trigger {DELETION} is missing." in check()
    assert migrate() == {}


def test_a_trigger_that_was_altered_under_its_name_is_reported_and_replaced():
    alter(DELETION)
    assert triggers.faults(connection) == {DELETION: "altered"}
    assert f"The database trigger {DELETION} is altered." in check()
    assert migrate() == {}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite disables no trigger")
def test_a_disabled_trigger_is_reported_and_replaced():
    run(f"ALTER TABLE consent_decision DISABLE TRIGGER {DELETION}")
    assert triggers.faults(connection) == {DELETION: "altered"}
    assert migrate() == {}


def test_a_superfluous_trigger_is_dropped_and_another_programs_is_kept(register):
    register(note("one"))
    assert migrate() == {}
    name = note("one").name
    foreign = "AFTER DELETE ON alliance_figure FOR EACH ROW"
    if connection.vendor == "postgresql":
        run(
            f"CREATE TRIGGER another_program {foreign} EXECUTE FUNCTION {name}()",
            "DROP TRIGGER another_program ON alliance_figure",
        )
    else:
        run(f"CREATE TRIGGER another_program {foreign} BEGIN SELECT 1; END")
    register()
    assert triggers.faults(connection) == {name: "superfluous"}
    assert migrate() == {}
    assert name not in definitions()
    if connection.vendor == "sqlite":
        run("DROP TRIGGER another_program")


def test_a_changed_body_reaches_an_existing_database(register):
    register(note("one"))
    assert migrate() == {}
    register(note("two"))
    assert triggers.faults(connection) == {note("two").name: "altered"}
    assert migrate() == {}
    assert "'two'" in definitions()[note("two").name]


def test_a_new_trigger_makes_up_once_for_what_it_did_not_see(register):
    register(note("one", on_install="UPDATE pagecache_contentversion SET name = 'made up';"))
    migrate()
    assert ContentVersion.objects.current() == "made up"
    run("UPDATE pagecache_contentversion SET name = 'later'")
    migrate()
    assert ContentVersion.objects.current() == "later"


@pytest.mark.parametrize("needs", [{"columns": ("not_yet",)}, {"tables": ("not_yet",)}])
def test_a_trigger_waits_for_the_tables_and_columns_that_it_needs(register, needs):
    register(note("one", **needs))
    assert migrate() == {}
    assert note("one").name not in definitions()


def test_two_triggers_of_one_name_are_refused(register):
    register(note("one"), note("two"))
    with pytest.raises(ValueError, match="two triggers with the name managed_test_alliance_figure_delete"):
        registered(connection.vendor)


def test_migrations_of_one_app_leave_the_triggers_of_others_in_place():
    before = definitions().keys()
    remove(connection, {"alliance"})
    gone = before - definitions().keys()
    assert gone == {name for name in before if "_alliance_" in name}
    # What writes into a table stands in the way of its migrations too.
    remove(connection, {"pagecache"})
    assert not [name for name in definitions() if "_version_" in name]
    assert DELETION in definitions()
    assert migrate() == {}


FAULTS = "import triggers; from django.db import connection; print(sorted(triggers.faults(connection).items()))"
REBUILD = f"""
from django.db import connection
with connection.schema_editor() as editor:
    editor._remake_table(Figure)
{FAULTS}
"""


@pytest.mark.once
@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_table_that_sqlite_rebuilds_gets_its_triggers_back(server):
    lost = server.manage("shell", "-v", "0", "-c", REBUILD, check=True).stdout
    assert "('managed_version_alliance_figure_update', 'missing')" in lost
    server.manage("migrate", "-v", "0", check=True)
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"


@pytest.mark.once
def test_prepare_installs_what_changed_without_a_migration_and_says_so(server):
    drop_one = (
        "from django.db import connection; table = ' ON pages_page' if connection.vendor == 'postgresql' else ''; "
        "connection.cursor().execute('DROP TRIGGER managed_slugs_pages_page_update' + table)"
    )
    server.manage("shell", "-v", "0", "-c", drop_one, check=True)
    assert "managed_slugs_pages_page_update is missing" in server.manage("check", "--database", "default").stderr
    assert "managed_slugs_pages_page_update was missing" in server.manage("prepare", check=True).stdout
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"


@pytest.mark.once
def test_triggers_go_with_the_tables_of_an_app_and_come_back_with_them(server):
    count = (
        "from triggers.registry import installed; from django.db import connection; "
        "print(len(installed(connection.cursor(), connection.vendor)))"
    )
    every = int(server.manage("shell", "-v", "0", "-c", count, check=True).stdout)
    server.manage("migrate", "pagecache", "zero", "-v", "0", check=True)
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"
    fewer = int(server.manage("shell", "-v", "0", "-c", count, check=True).stdout)
    server.manage("migrate", "-v", "0", check=True)
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"
    assert fewer < int(server.manage("shell", "-v", "0", "-c", count, check=True).stdout) == every
