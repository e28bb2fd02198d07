"""The translation status is correct after any kind of change."""

import tomllib

import pytest
import tomli_w
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import connection, transaction

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.content_files import dump, load
from jobs.registry import definitions
from pages.models import Page
from tests.editorial.test_admin import save as save_in_admin
from translations.status.changed_items import ChangedItem
from translations.status.models import SourceText, Translation
from triggers.locks import StaleReadError
from triggers.registry import install, remove

pytestmark = pytest.mark.django_db
TITLE, TYTUL = "Studying across borders", "Studia bez granic"


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def translation_of(item, field="title", language="pl") -> Translation:
    return Translation.objects.of_items([item]).into(language).get(field=field)


def in_admin(client, item, **values):
    assert save_in_admin(client, item, **values).redirect_chain


def on_the_model(client, item, **values):
    for name, value in values.items():
        setattr(item, name, value)
    item.save()


def by_update(client, item, **values):
    Deliverable.objects.filter(pk=item.pk).update(**values)


def by_bulk_update(client, item, **values):
    for name, value in values.items():
        setattr(item, name, value)
    Deliverable.objects.bulk_update([item], list(values))


def by_bulk_create(client, item, **values):
    for name, value in values.items():
        setattr(item, name, value)
    Deliverable.objects.bulk_create([item], update_conflicts=True, update_fields=list(values), unique_fields=["key"])


def by_content_files(client, item, *, folder, **values):
    for path in dump(folder):
        # Without the other items, which would take most of the time.
        written = tomllib.loads(path.read_text(encoding="utf-8"))["deliverables"][item.key]
        changed = {name.removesuffix(f"_{path.stem}"): value for name, value in values.items()}
        written |= {name: value for name, value in changed.items() if name not in values}
        path.write_text(tomli_w.dumps({"deliverables": {item.key: written}}), encoding="utf-8")
    load(folder)


def by_fixture(client, item, *, folder, **values):
    for name, value in values.items():
        setattr(item, name, value)
    (folder / "deliverable.json").write_text(serialize("json", [item]))
    call_command("loaddata", str(folder / "deliverable.json"), verbosity=0)


def by_sql(client, item, **values):
    assignments = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE alliance_deliverable SET {assignments} WHERE id = %s", [*values.values(), item.pk])


CHANGES = [in_admin, on_the_model, by_update, by_bulk_update, by_bulk_create, by_content_files, by_fixture, by_sql]


@pytest.fixture(params=CHANGES, ids=lambda change: change.__name__)
def change(request, client, staff, tmp_path, without_pictures):
    """A function that changes fields of an item, once for each kind of change."""
    client.force_login(staff())
    function = request.param
    options = {"folder": tmp_path} if function in (by_content_files, by_fixture) else {}
    return lambda item, **values: function(client, item, **options, **values)


def test_a_new_source_makes_translations_stale_and_a_new_translation_is_current(change, deliverable):
    old_title = deliverable.title_en
    assert translation_of(deliverable).status == "current"
    change(deliverable, title_en=TITLE)
    stale = translation_of(deliverable)
    assert (stale.status, stale.source_text, stale.earlier_source) == ("stale", TITLE, old_title)
    change(deliverable, title_pl=TYTUL)
    renewed = translation_of(deliverable)
    assert (renewed.status, renewed.target, renewed.earlier_source) == ("current", TYTUL, TITLE)


def test_restoring_an_earlier_source_makes_its_translation_current(deliverable):
    old_title = deliverable.title_en
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=old_title)
    assert translation_of(deliverable).status == "current"
    assert (
        SourceText.objects.filter(model="alliance.deliverable", object_id=deliverable.pk, text=old_title).count() == 1
    )


def test_a_translation_saved_together_with_its_source_is_current(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE, title_pl=TYTUL)
    assert translation_of(deliverable).status == "current"
    assert translation_of(deliverable, language="de").status == "stale"


def test_an_emptied_translation_is_missing(deliverable):
    for empty in ("", None):
        Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Two  words", title_pl=empty)
        assert (translation_of(deliverable).status, translation_of(deliverable).target) == ("missing", "")
    assert translation_of(deliverable).words in (2, 3)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl=TYTUL)
    assert translation_of(deliverable).status == "current"


def test_a_translation_of_an_emptied_source_is_stale_until_it_is_emptied():
    page = Page.objects.get(kind="vision")
    Page.objects.filter(pk=page.pk).update(lead_en="Lead", lead_pl="Wstęp")
    assert translation_of(page, "lead").status == "current"
    Page.objects.filter(pk=page.pk).update(lead_en="")
    assert (translation_of(page, "lead").status, translation_of(page, "lead").words) == ("stale", 0)
    Page.objects.filter(pk=page.pk).update(lead_pl="")
    assert not Translation.objects.of_items([page]).into("pl").filter(field="lead").exists()


def test_a_new_item_gets_translation_rows_for_each_text_and_language(settings):
    initiative = Initiative.objects.first()
    parts = InitiativePart.objects.bulk_create(
        InitiativePart(initiative=initiative, key=f"part-{n}", title_en="Part", title_pl="Część", body_en="")
        for n in (1, 2)
    )
    for part in parts:
        rows = Translation.objects.of_items([part])
        assert {row.language for row in rows} == set(settings.CONTENT_LANGUAGES) - {"en"}
        assert {row.field for row in rows} == {"title"}
        assert {row.status for row in rows.into("pl")} == {"current"}
        assert {row.status for row in rows.into("de")} == {"missing"}


@pytest.mark.parametrize("deletion", ["item", "queryset", "sql"])
def test_a_deleted_item_leaves_no_rows(deliverable, deletion):
    def rows_exist() -> list[bool]:
        rows = Translation.objects.filter(model="alliance.deliverable", object_id=pk)
        return [rows.exists(), SourceText.objects.filter(model="alliance.deliverable", object_id=pk).exists()]

    pk = deliverable.pk
    assert rows_exist() == [True, True]
    if deletion == "item":
        Deliverable.objects.get(pk=deliverable.pk).delete()
    elif deletion == "queryset":
        Deliverable.objects.filter(pk=deliverable.pk).delete()
    else:
        with connection.cursor() as cursor:
            for table in ("alliance_entrypoint_deliverables", "alliance_deliverable"):
                column = "id" if table == "alliance_deliverable" else "deliverable_id"
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [deliverable.pk])
    assert rows_exist() == [False, False]


def test_a_rolled_back_change_does_not_change_the_status(deliverable):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
        1 / 0  # noqa: B018
    assert translation_of(deliverable).status == "current"


def test_slugs_and_files_are_not_translated():
    assert not Translation.objects.filter(field__in=["slug", "file", "logo"]).exists()


def test_write_publishes_the_translation_and_makes_it_current(client, deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    row = translation_of(deliverable)
    row.propose("Studia za granicą")
    assert (row.status, translation_of(deliverable).draft) == ("draft", "Studia za granicą")
    assert "Studia za granicą" not in client.get("/pl/rezultaty/").content.decode()
    row.write(TYTUL)
    assert (row.status, row.draft, row.earlier_source) == ("current", "", TITLE)
    assert TYTUL in client.get("/pl/rezultaty/").content.decode()


def test_writing_an_unchanged_translation_confirms_it_for_the_new_source(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    row = translation_of(deliverable)
    row.write(row.target)
    assert translation_of(deliverable).status == "current"


def test_write_refuses_an_invalid_translation(deliverable):
    row = translation_of(deliverable)
    old_target = row.target
    with pytest.raises(ValidationError) as error:
        row.write("x" * 1000)
    assert list(error.value.message_dict) == ["title_pl"]
    assert translation_of(deliverable).target == old_target


@pytest.mark.parametrize("changed", [{"title_en": "Another source"}, {"title_pl": "Inny przekład"}])
def test_write_and_propose_refuse_a_translation_that_changed_since_it_was_read(deliverable, changed):
    row = translation_of(deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(**changed)
    now = translation_of(deliverable).target
    for write in (row.write, row.propose):
        with pytest.raises(StaleReadError):
            write(TYTUL)
    assert (translation_of(deliverable).target, translation_of(deliverable).draft) == (now, "")


def test_write_sanitises_rich_text(deliverable):
    row = translation_of(deliverable, "body")
    row.write("<p>Tekst</p><script>alert(1)</script>")
    assert row.target == "<p>Tekst</p>"
    assert row.status == "current"


def test_with_items_loads_items_in_one_query_for_each_model(django_assert_num_queries):
    rows = Translation.objects.into("pl").filter(model__in=["alliance.deliverable", "pages.page"])
    with django_assert_num_queries(3):
        assert {type(row.item) for row in rows.with_items()} == {Deliverable, Page}


def test_installing_the_triggers_processes_changes_made_without_them(deliverable, settings):
    remove(connection, {"translations"})
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE, summary_pl="Nowe streszczenie")
    Page.objects.filter(kind="vision").update(lead_pl="Wstęp")
    assert translation_of(deliverable).status == "current"
    install(connection)
    assert translation_of(deliverable).status == "stale"
    assert translation_of(deliverable, "summary").target == "Nowe streszczenie"


def test_saving_an_item_updates_the_status_at_once(deliverable):
    deliverable.title_pl = TYTUL
    deliverable.save()
    deliverable.title_en = TITLE
    deliverable.save()
    assert translation_of(deliverable).status == "stale"


def test_a_new_source_keeps_a_draft_and_a_new_translation_deletes_it(deliverable):
    translation_of(deliverable).propose("Studia")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    assert (translation_of(deliverable).status, translation_of(deliverable).draft) == ("draft", "Studia")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl=TYTUL)
    assert (translation_of(deliverable).status, translation_of(deliverable).draft) == ("current", "")


def test_reading_the_status_of_unchanged_texts_does_not_load_items(django_assert_num_queries):
    Translation.objects.exists()
    with django_assert_num_queries(2):
        Translation.objects.exists()


def test_bulk_changes_are_processed_in_chunks(monkeypatch):
    monkeypatch.setattr("translations.status.changed_items.CHUNK", 2)
    Deliverable.objects.update(title_en=TITLE)
    assert Translation.objects.into("pl").filter(model="alliance.deliverable", field="title", status="stale").count()
    assert not Translation.objects.filter(model="alliance.deliverable", field="title", status="current").exists()
    assert not ChangedItem.objects.exists()


def test_the_job_processes_bulk_changes(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    assert ChangedItem.objects.exists()
    definitions["translation-status"].function()
    assert not ChangedItem.objects.exists()
