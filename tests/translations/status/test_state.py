"""How each translation stands is known, whichever way its source or its words were saved."""

import tomllib

import pytest
import tomli_w
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import connection, transaction

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.content_files import ContentFiles, dump
from jobs.registry import definitions
from pages.models import Page
from tests.editorial.test_admin import save as save_in_admin
from translations.status.locks import StaleReadError
from translations.status.models import ChangedItem, SourceText, Translation
from triggers.registry import install, remove

pytestmark = pytest.mark.django_db
TITLE, TYTUL = "Studying across borders", "Studia bez granic"


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def of(item, field="title", language="pl") -> Translation:
    return Translation.objects.of(item).into(language).get(field=field)


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
    for name, value in values.items():
        field, _, code = name.rpartition("_")
        path = next(path for path in dump(folder) if path.stem == code)
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        document["deliverables"][item.key][field] = value
        path.write_text(tomli_w.dumps(document), encoding="utf-8")
    ContentFiles(folder).load()


def by_fixture(client, item, *, folder, **values):
    for name, value in values.items():
        setattr(item, name, value)
    (folder / "deliverable.json").write_text(serialize("json", [item]))
    call_command("loaddata", str(folder / "deliverable.json"), verbosity=0)


def by_sql(client, item, **values):
    assignments = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE alliance_deliverable SET {assignments} WHERE id = %s", [*values.values(), item.pk])


WAYS = [in_admin, on_the_model, by_update, by_bulk_update, by_bulk_create, by_content_files, by_fixture, by_sql]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def change(request, client, staff, tmp_path):
    """A function that changes fields of an item in one of the ways that there are."""
    client.force_login(staff())
    way = request.param
    needs = {"folder": tmp_path} if way in (by_content_files, by_fixture) else {}
    return lambda item, **values: way(client, item, **needs, **values)


def test_a_new_source_makes_its_translations_stale_and_a_new_translation_is_current(change, deliverable):
    was = deliverable.title_en
    assert of(deliverable).status == "current"
    change(deliverable, title_en=TITLE)
    stale = of(deliverable)
    assert (stale.status, stale.source_text, stale.earlier_source) == ("stale", TITLE, was)
    change(deliverable, title_pl=TYTUL)
    renewed = of(deliverable)
    assert (renewed.status, renewed.target, renewed.earlier_source) == ("current", TYTUL, TITLE)


def test_a_source_that_comes_back_to_an_old_wording_finds_its_translation_current(deliverable):
    was = deliverable.title_en
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=was)
    assert of(deliverable).status == "current"
    assert SourceText.objects.filter(model="alliance.deliverable", object_id=deliverable.pk, text=was).count() == 1


def test_source_and_translation_saved_at_once_are_current(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE, title_pl=TYTUL)
    assert of(deliverable).status == "current"
    assert of(deliverable, language="de").status == "stale"


def test_an_emptied_translation_is_missing_and_its_words_are_to_do(deliverable):
    for empty in ("", None):
        Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Two  words", title_pl=empty)
        assert (of(deliverable).status, of(deliverable).target) == ("missing", "")
    assert of(deliverable).words in (2, 3)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl=TYTUL)
    assert of(deliverable).status == "current"


def test_a_translation_of_an_emptied_source_is_stale_until_it_is_emptied_too():
    page = Page.objects.get(kind="vision")
    Page.objects.filter(pk=page.pk).update(lead_en="Lead", lead_pl="Wstęp")
    assert of(page, "lead").status == "current"
    Page.objects.filter(pk=page.pk).update(lead_en="")
    assert (of(page, "lead").status, of(page, "lead").words) == ("stale", 0)
    Page.objects.filter(pk=page.pk).update(lead_pl="")
    assert not Translation.objects.of(page).into("pl").filter(field="lead").exists()


def test_a_new_item_has_a_translation_of_each_text_in_each_language(settings):
    initiative = Initiative.objects.first()
    parts = InitiativePart.objects.bulk_create(
        InitiativePart(initiative=initiative, key=f"part-{n}", title_en="Part", title_pl="Część", body_en="")
        for n in (1, 2)
    )
    for part in parts:
        rows = Translation.objects.of(part)
        assert {row.language for row in rows} == set(settings.CONTENT_LANGUAGES) - {"en"}
        assert {row.field for row in rows} == {"title"}
        assert {row.status for row in rows.into("pl")} == {"current"}
        assert {row.status for row in rows.into("de")} == {"missing"}


@pytest.mark.parametrize("way", ["item", "queryset", "sql"])
def test_a_deleted_item_leaves_no_trace(deliverable, way):

    def traces() -> list[bool]:
        rows = Translation.objects.filter(model="alliance.deliverable", object_id=pk)
        return [rows.exists(), SourceText.objects.filter(model="alliance.deliverable", object_id=pk).exists()]

    pk = deliverable.pk
    assert traces() == [True, True]
    if way == "item":
        Deliverable.objects.get(pk=deliverable.pk).delete()
    elif way == "queryset":
        Deliverable.objects.filter(pk=deliverable.pk).delete()
    else:
        with connection.cursor() as cursor:
            for table in ("alliance_entrypoint_deliverables", "alliance_deliverable"):
                column = "id" if table == "alliance_deliverable" else "deliverable_id"
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [deliverable.pk])
    assert traces() == [False, False]


def test_what_is_taken_back_changes_no_state(deliverable):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
        1 / 0  # noqa: B018
    assert of(deliverable).status == "current"


def test_addresses_and_files_are_no_texts_to_translate():
    assert not Translation.objects.filter(field__in=["slug", "file", "logo"]).exists()


def test_a_written_translation_is_on_the_site_and_current(client, deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    row = of(deliverable)
    row.propose("Studia za granicą")
    assert (row.status, of(deliverable).draft) == ("draft", "Studia za granicą")
    assert "Studia za granicą" not in client.get("/pl/rezultaty/").content.decode()
    row.write(TYTUL)
    assert (row.status, row.draft, row.earlier_source) == ("current", "", TITLE)
    assert TYTUL in client.get("/pl/rezultaty/").content.decode()


def test_the_same_words_written_once_more_fit_the_new_source(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    row = of(deliverable)
    row.write(row.target)
    assert of(deliverable).status == "current"


def test_a_translation_that_the_form_would_refuse_is_not_written(deliverable):
    row = of(deliverable)
    was = row.target
    with pytest.raises(ValidationError) as refusal:
        row.write("x" * 1000)
    assert list(refusal.value.message_dict) == ["title_pl"]
    assert of(deliverable).target == was


@pytest.mark.parametrize("changed", [{"title_en": "Another source"}, {"title_pl": "Inny przekład"}])
def test_a_translation_that_changed_since_it_was_read_is_neither_written_nor_drafted(deliverable, changed):
    row = of(deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(**changed)
    now = of(deliverable).target
    for write in (row.write, row.propose):
        with pytest.raises(StaleReadError):
            write(TYTUL)
    assert (of(deliverable).target, of(deliverable).draft) == (now, "")


def test_formatted_text_is_cleaned_before_it_is_written(deliverable):
    row = of(deliverable, "body")
    row.write("<p>Tekst</p><script>alert(1)</script>")
    assert row.target == "<p>Tekst</p>"
    assert row.status == "current"


def test_items_of_a_list_are_loaded_in_one_query_for_each_model(django_assert_num_queries):
    rows = Translation.objects.into("pl").filter(model__in=["alliance.deliverable", "pages.page"]).with_items()
    with django_assert_num_queries(3):
        assert {type(row.item) for row in rows} == {Deliverable, Page}


def test_content_that_changed_while_nobody_watched_is_noted_by_the_next_migration(deliverable, settings):
    remove(connection, {"translations"})
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE, summary_pl="Nowe streszczenie")
    Page.objects.filter(kind="vision").update(lead_pl="Wstęp")
    assert of(deliverable).status == "current"
    install(connection)
    assert of(deliverable).status == "stale"
    assert of(deliverable, "summary").target == "Nowe streszczenie"


def test_saving_an_item_keeps_the_order_of_translation_and_source(deliverable):
    deliverable.title_pl = TYTUL
    deliverable.save()
    deliverable.title_en = TITLE
    deliverable.save()
    assert of(deliverable).status == "stale"


def test_a_draft_outlives_a_new_source_and_not_a_new_translation(deliverable):
    of(deliverable).propose("Studia")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    assert (of(deliverable).status, of(deliverable).draft) == ("draft", "Studia")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl=TYTUL)
    assert (of(deliverable).status, of(deliverable).draft) == ("current", "")


def test_the_status_of_unchanged_texts_is_read_without_looking_at_items(django_assert_num_queries):
    Translation.objects.exists()
    with django_assert_num_queries(2):
        Translation.objects.exists()


def test_changes_in_bulk_are_settled_in_chunks(monkeypatch):
    monkeypatch.setattr("translations.status.models.CHUNK", 2)
    Deliverable.objects.update(title_en=TITLE)
    assert Translation.objects.into("pl").filter(model="alliance.deliverable", field="title", status="stale").count()
    assert not Translation.objects.filter(model="alliance.deliverable", field="title", status="current").exists()
    assert not ChangedItem.objects.exists()


def test_the_job_settles_what_was_changed_in_bulk(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=TITLE)
    assert ChangedItem.objects.exists()
    definitions["translation-status"].function()
    assert not ChangedItem.objects.exists()


@pytest.mark.once
def test_the_desk_can_be_migrated_away_and_back(server):
    def run(script: str) -> str:
        models = "from pages.models import Page; from translations.status.models import Translation"
        texts = "Translation.objects.filter(model='pages.page')"
        script = f"{models}; {script}; print({texts}.count(), {texts}.open().count())"
        return server.manage("shell", "-v", "0", "-c", script, check=True).stdout.strip()

    count, _ = before = run("pass").split()
    server.manage("migrate", "translations", "zero", "-v", "0", check=True)
    # The table is made anew, and with it what watches it.
    server.manage("migrate", "pages", "0002", "-v", "0", check=True)
    server.manage("migrate", "-v", "0", check=True)
    assert run("pass").split() == before == [count, "0"]
    assert run("Page.objects.filter(kind='home').update(title_en='New')").split() == [count, "9"]
