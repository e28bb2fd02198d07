"""The database has the triggers that apps register; differences are reported and corrected."""

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
    """Replace the body of a trigger by one without effect."""
    if connection.vendor == "postgresql":
        run(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$",
        )
    else:
        definition = definitions()[name]
        run(f"DROP TRIGGER {name}", definition.replace("RAISE(ABORT, ", "NULLIF(1, "))


def check() -> str:
    output = StringIO()
    call_command("check", databases=["default"], stdout=output, stderr=output)
    return output.getvalue()


def migrate() -> dict[str, str]:
    """Run migrate and return the remaining faults."""
    call_command("migrate", verbosity=0)
    return triggers.faults(connection)


@pytest.fixture
def register(monkeypatch):
    """A function that registers triggers of the test and replaces those of its earlier call."""
    others = list(declarations)

    def register(*declared: Trigger):
        monkeypatch.setattr("triggers.registry.declarations", [*others, lambda vendor: declared])

    return register


def make_trigger(text: str, **options) -> Trigger:
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


def test_an_altered_trigger_is_reported_and_replaced():
    alter(DELETION)
    assert triggers.faults(connection) == {DELETION: "altered"}
    assert f"The database trigger {DELETION} is altered." in check()
    assert migrate() == {}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite disables no trigger")
def test_a_disabled_trigger_is_reported_and_replaced():
    run(f"ALTER TABLE consent_decision DISABLE TRIGGER {DELETION}")
    assert triggers.faults(connection) == {DELETION: "altered"}
    assert migrate() == {}


def test_a_superfluous_trigger_is_dropped_and_foreign_triggers_are_not(register):
    register(make_trigger("one"))
    assert migrate() == {}
    name = make_trigger("one").name
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
    register(make_trigger("one"))
    assert migrate() == {}
    register(make_trigger("two"))
    assert triggers.faults(connection) == {make_trigger("two").name: "altered"}
    assert migrate() == {}
    assert "'two'" in definitions()[make_trigger("two").name]


def test_on_install_runs_once_when_a_trigger_is_created(register):
    register(make_trigger("one", on_install="UPDATE pagecache_contentversion SET name = 'installed';"))
    migrate()
    assert ContentVersion.objects.current() == "installed"
    run("UPDATE pagecache_contentversion SET name = 'later'")
    migrate()
    assert ContentVersion.objects.current() == "later"


@pytest.mark.parametrize("needs", [{"columns": ("not_yet",)}, {"tables": ("not_yet",)}])
def test_a_trigger_is_not_created_before_its_tables_and_columns_exist(register, needs):
    register(make_trigger("one", **needs))
    assert migrate() == {}
    assert make_trigger("one").name not in definitions()


def test_duplicate_trigger_names_are_refused(register):
    register(make_trigger("one"), make_trigger("two"))
    with pytest.raises(ValueError, match="two triggers with the name managed_test_alliance_figure_delete"):
        registered(connection.vendor)


def test_migrations_of_an_app_only_remove_its_own_triggers():
    before = definitions().keys()
    remove(connection, {"alliance"})
    removed = before - definitions().keys()
    assert removed == {name for name in before if "_alliance_" in name}
    # Triggers that write to a table of the app are removed too.
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


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_migrate_restores_the_triggers_of_a_table_that_sqlite_rebuilt(server):
    faults = server.manage("shell", "-v", "0", "-c", REBUILD, check=True).stdout
    assert "('managed_version_alliance_figure_update', 'missing')" in faults
    server.manage("migrate", "-v", "0", check=True)
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"


@pytest.mark.nightly
@pytest.mark.once
def test_prepare_reports_and_restores_a_missing_trigger(server):
    drop_one = (
        "from django.db import connection; table = ' ON pages_page' if connection.vendor == 'postgresql' else ''; "
        "connection.cursor().execute('DROP TRIGGER managed_slugs_pages_page_update' + table)"
    )
    server.manage("shell", "-v", "0", "-c", drop_one, check=True)
    assert "managed_slugs_pages_page_update is missing" in server.manage("check", "--database", "default").stderr
    assert "managed_slugs_pages_page_update was missing" in server.manage("prepare", check=True).stdout
    assert server.manage("shell", "-v", "0", "-c", FAULTS, check=True).stdout == "[]\n"
