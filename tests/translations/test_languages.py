"""Columns, permissions and groups of the languages of the site."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations import RenameField
from django.db.migrations.loader import MigrationLoader
from modeltranslation.translator import translator

from editorial.models import PastSlug
from partners.models import PartnerUniversity
from translations.columns.sync import missing_columns, outdated_columns
from translations.status.permissions import create_permissions

TABLE = PartnerUniversity._meta.db_table


@pytest.fixture
def former_language(db) -> Group:
    """The group and the permission of a language that the site no longer has."""
    translate_into_polish = Permission.objects.get(codename="translate_into_pl")
    permission = Permission.objects.create(
        content_type=translate_into_polish.content_type, codename="translate_into_cs", name="Can translate into Čeština"
    )
    group = Group.objects.create(name="Translators: Čeština")
    group.permissions.add(permission)
    return group


def warnings(capsys) -> str:
    call_command("check", databases=["default"])
    return capsys.readouterr().err


def test_the_group_of_a_former_language_is_deleted_with_its_permission(former_language):
    create_permissions("default", apps)
    assert not Group.objects.filter(name="Translators: Čeština").exists()
    assert not Permission.objects.filter(codename="translate_into_cs").exists()
    assert Group.objects.filter(name="Translators: Polski").exists()


def test_the_group_of_a_former_language_stays_while_it_has_members(former_language, django_user_model, capsys):
    django_user_model.objects.create_user("translator").groups.add(former_language)
    create_permissions("default", apps)
    assert former_language.permissions.get().codename == "translate_into_cs"
    assert "“Translators: Čeština”" in warnings(capsys)


def test_the_group_of_a_former_language_stays_if_it_has_other_permissions(former_language):
    former_language.permissions.add(Permission.objects.get(codename="translate_into_pl"))
    create_permissions("default", apps)
    assert former_language.permissions.count() == 2


@pytest.mark.django_db
def test_a_new_language_gets_a_group_that_may_translate_into_it():
    Group.objects.filter(name="Translators: Polski").delete()
    Permission.objects.filter(codename="translate_into_pl").delete()
    create_permissions("default", apps)
    group = Group.objects.get(name="Translators: Polski")
    assert [permission.codename for permission in group.permissions.all()] == ["translate_into_pl"]


@pytest.mark.django_db
def test_a_missing_column_is_reported(client, capsys):
    assert not missing_columns(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN city_past_sv")
    assert missing_columns(connection) == outdated_columns(connection) == [f"{TABLE}.city_past_sv"]
    assert f"{TABLE}.city_past_sv" in warnings(capsys)


@pytest.mark.once
def test_migrations_on_sqlite_keep_columns_that_they_do_not_know(tmp_path, django_db_blocker):
    settings = connections["default"].settings_dict | {"NAME": tmp_path / "db.sqlite3", "OPTIONS": {}}
    connections["other"] = sqlite = DatabaseWrapper(settings, alias="other")
    field = PastSlug._meta.get_field("key")
    longer = field.clone()
    longer.max_length = 200
    longer.set_attributes_from_name("key")
    with django_db_blocker.unblock():
        with sqlite.schema_editor() as editor:
            editor.create_model(PastSlug)
        with sqlite.cursor() as cursor:
            cursor.execute("ALTER TABLE editorial_pastslug ADD COLUMN title_cs varchar(9)")
            cursor.execute("CREATE UNIQUE INDEX title_cs_once ON editorial_pastslug (title_cs)")
            for number, title in enumerate(("První", None, "Třetí")):
                row = [number, str(number), title]
                cursor.execute("INSERT INTO editorial_pastslug VALUES (%s, 'pages', 'cs', %s, 'key', %s)", row)
        with sqlite.schema_editor() as editor:
            editor.alter_field(PastSlug, field, longer)
        with sqlite.cursor() as cursor:
            cursor.execute("SELECT name, type FROM pragma_table_info('editorial_pastslug')")
            types = dict(cursor.fetchall())
            cursor.execute("SELECT title_cs FROM editorial_pastslug ORDER BY id")
            titles = [title for (title,) in cursor.fetchall()]
            unique = sqlite.introspection.get_constraints(cursor, "editorial_pastslug")["title_cs_once"]["unique"]
        sqlite.close()
        del connections["other"]
    assert (types["key"], types["title_cs"]) == ("varchar(200)", "varchar(9)")
    assert titles == ["První", None, "Třetí"]
    assert unique


def test_no_migration_renames_a_translated_field():
    translated = {
        (model._meta.app_label, model._meta.model_name, name)
        for model in translator.get_registered_models(abstract=False)
        for name in translator.get_options_for_model(model).all_fields
    }
    renamed = {
        (migration.app_label, operation.model_name_lower, operation.new_name)
        for migration in MigrationLoader(None).disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, RenameField)
    }
    # The columns of an installation with other languages would keep the old name.
    assert not translated & renamed
