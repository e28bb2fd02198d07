"""Exchange files with texts of items that have a draft beside the live item."""

from xml.etree import ElementTree

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.models import Revision
from tests.translations.exchange.test_desk import APPLY, confirmation, upload
from tests.translations.exchange.test_import import XLIFF, export, import_file, translate, units
from translations.exchange.models import ContentTexts
from translations.exchange.units import Scope, Unit
from translations.status.models import Translation
from translations.status.permissions import group_for

pytestmark = pytest.mark.django_db


# The texts of a draft are the same in each format.
@pytest.fixture(params=["pl.xlf", pytest.param("pl.po", marks=pytest.mark.nightly)])
def file(request, tmp_path):
    """The path to export to, for each format."""
    return tmp_path / request.param


def change_draft(item, row: str = "", **values):
    """Save a draft of `item` with `values`, as an editor would."""
    draft = Revision.objects.draft_of(item)
    data = draft.merged()[0] if draft else Revision.objects.of(item).live().get().data
    data[row] = data.get(row, {}) | values
    return Revision.objects.save_draft(item, data)


@pytest.fixture
def deliverable():
    """A live deliverable with a draft that changed its title in English."""
    Revision.objects.record()
    item = Deliverable.objects.get(key="seamless-mobility")
    change_draft(item, title_en="Mobility for everyone")
    return item


TITLE_ID = "deliverables.seamless-mobility.title"
PART_ID = "initiative_parts.labs.title"


@pytest.fixture
def campus():
    """A live initiative with a draft that added a part."""
    Revision.objects.record()
    item = Initiative.objects.get(key="campus")
    change_draft(item, "initiative_parts.999", key="labs", title_en="Labs", body_en="", is_published=True)
    return item


def exported(unit_id: str, scope: Scope = Scope.ALL) -> Unit | None:
    return next((unit for unit in ContentTexts("pl").units(scope) if unit.id == unit_id), None)


def draft_values(item, row: str = "") -> dict:
    return Revision.objects.draft_of(item).data[row]


def test_the_file_has_the_source_of_the_draft_and_says_so(deliverable, tmp_path):
    live = deliverable.title_en, deliverable.title_pl
    file = export(tmp_path / "pl.xlf", "--open", "--site", "https://unic.example")
    assert units(file) == [TITLE_ID]
    unit = ElementTree.parse(file).find(f".//{XLIFF}unit")
    notes = {note.get("category"): note.text for note in unit.iter(f"{XLIFF}note")}
    assert unit.find(f".//{XLIFF}source").text == "Mobility for everyone"
    assert notes["description"].endswith("title. The text is in a draft, and its translation goes live with it.")
    assert notes["earlier-source"] == f"Translated from: {live[0]}"
    desk = Translation.objects.of_items([deliverable]).into("pl").get(field="title").desk_url
    assert exported(TITLE_ID, Scope.OPEN) == Unit(
        TITLE_ID,
        ("Mobility for everyone",),
        (live[1],),
        is_final=False,
        context=TITLE_ID,
        earlier_source=live[0],
        description=notes["description"],
        url=desk,
        limit=Deliverable._meta.get_field("title").max_length,
    )


def test_a_text_whose_translation_the_draft_emptied_is_missing(deliverable):
    change_draft(deliverable, title_pl="")
    unit = exported(TITLE_ID, Scope.OPEN)
    assert (unit.targets, unit.earlier_source) == ((), "")


def test_a_text_that_the_draft_did_not_change_is_as_stored(deliverable):
    unit = exported("deliverables.seamless-mobility.summary")
    assert unit.is_final and unit.targets == (deliverable.summary_pl,)
    # The site got this source while an editor was working on the draft.
    Deliverable.objects.filter(pk=deliverable.pk).update(summary_en="Another summary")
    unit = exported("deliverables.seamless-mobility.summary", Scope.OPEN)
    assert unit.sources == ("Another summary",)


def test_a_translation_of_the_source_of_the_draft_is_saved_in_the_draft(deliverable, file):
    before = deliverable.title_pl
    translate(export(file, "--open"), TITLE_ID, "Mobilność dla wszystkich")
    assert f"{TITLE_ID}: saved in the draft of the item" in import_file(file)
    assert Deliverable.objects.get(pk=deliverable.pk).title_pl == before
    assert exported(TITLE_ID).is_final and not exported(TITLE_ID, Scope.OPEN)
    assert "saved" not in import_file(file)
    Revision.objects.draft_of(deliverable).publish()
    text = Translation.objects.of_items([deliverable]).into("pl").get(field="title")
    assert (text.target, text.status) == ("Mobilność dla wszystkich", Translation.Status.CURRENT)


def test_a_file_that_confirms_the_translation_confirms_it_in_the_draft(deliverable, file):
    before = deliverable.title_pl
    translate(export(file, "--open"), TITLE_ID, before)
    assert "saved in the draft of the item" in import_file(file)
    assert exported(TITLE_ID).is_final and not exported(TITLE_ID, Scope.OPEN)
    Revision.objects.draft_of(deliverable).publish()
    text = Translation.objects.of_items([deliverable]).into("pl").get(field="title")
    assert (text.target, text.status) == (before, Translation.Status.CURRENT)


def test_a_confirmed_translation_is_stale_when_the_draft_changes_the_source_again(deliverable, file):
    translate(export(file, "--open"), TITLE_ID, deliverable.title_pl)
    import_file(file)
    change_draft(deliverable, title_en="Mobility without obstacles")
    assert exported(TITLE_ID, Scope.OPEN).sources == ("Mobility without obstacles",)


def test_a_file_from_before_the_draft_changed_the_source_is_outdated(file):
    Revision.objects.record()
    translate(export(file), TITLE_ID, "Mobilność")
    change_draft(Deliverable.objects.get(key="seamless-mobility"), title_en="Mobility for everyone")
    assert f"{TITLE_ID}: left out: the source has changed since the export" in import_file(file)


def test_an_unfinished_translation_is_a_draft_beside_the_draft_of_the_item(deliverable, file):
    translate(export(file, "--open"), TITLE_ID, "Jeszcze nie", state="initial")
    assert "saved as a draft" in import_file(file)
    assert exported(TITLE_ID, Scope.DRAFT).targets == ("Jeszcze nie",)
    assert draft_values(deliverable)["title_pl"] == deliverable.title_pl
    translate(export(file, "--open"), TITLE_ID, "Już tak")
    import_file(file)
    assert not exported(TITLE_ID, Scope.OPEN)
    assert not Translation.objects.of_items([deliverable]).into("pl").get(field="title").draft


def test_a_part_that_only_a_draft_has_is_exported_and_its_translation_goes_live_with_the_draft(campus, file):
    export(file, "--open")
    unit = exported(PART_ID, Scope.OPEN)
    place = ["alliance", "initiative", campus.pk, "initiative_parts.999", "title_pl"]
    assert unit.url == reverse("admin:translations_texttotranslate_in_draft", args=place)
    assert (unit.sources, unit.targets, unit.is_final) == (("Labs",), (), False)
    assert "Labs" in unit.description and "is in a draft" in unit.description
    translate(file, PART_ID, "Laboratoria")
    assert f"{PART_ID}: saved in the draft of the item" in import_file(file)
    assert not InitiativePart.objects.filter(pk=999).exists()
    assert draft_values(campus, "initiative_parts.999")["title_pl"] == "Laboratoria"
    assert exported(PART_ID).is_final and not exported(PART_ID, Scope.OPEN)
    Revision.objects.draft_of(campus).publish()
    text = Translation.objects.of_items([InitiativePart.objects.get(pk=999)]).into("pl").get(field="title")
    assert (text.target, text.status) == ("Laboratoria", Translation.Status.CURRENT)


def test_several_texts_of_one_draft_are_saved_together(campus, file):
    change_draft(campus, title_en="Campus for all")
    change_draft(campus, "initiative_parts.999", body_en="<p>Places to learn.</p>")
    export(file, "--open")
    texts = {"initiatives.campus.title": "Kampus", PART_ID: "Laboratoria", "initiative_parts.labs.body": "<p>Tu.</p>"}
    for unit_id, text in texts.items():
        translate(file, unit_id, text)
    assert "Saved in the draft of the item: 3" in import_file(file)
    part = draft_values(campus, "initiative_parts.999")
    assert (draft_values(campus)["title_pl"], part["title_pl"], part["body_pl"]) == tuple(texts.values())


def test_an_unfinished_translation_of_a_text_that_only_a_draft_has_is_left_out(campus, file):
    translate(export(file, "--open"), PART_ID, "Labo", state="initial")
    assert f"{PART_ID}: left out: only a draft of the item has the text" in import_file(file)
    translate(file, PART_ID, "Labo")
    assert f"{PART_ID}: left out: only a draft of the item has the text" in import_file(file, "--as-draft")


def test_a_text_that_only_the_draft_has_of_a_stored_item_is_exported(file):
    Revision.objects.record()
    item = Deliverable.objects.create(key="new", title_en="New")
    Revision.objects.record()
    change_draft(item, summary_en="A summary")
    assert exported("deliverables.new.summary", Scope.OPEN).sources == ("A summary",)
    translate(export(file, "--open"), "deliverables.new.summary", "Streszczenie")
    import_file(file)
    assert draft_values(item)["summary_pl"] == "Streszczenie"


def test_a_part_that_the_draft_deletes_is_not_in_the_file_and_unknown(file):
    Revision.objects.record()
    item = Initiative.objects.get(key="campus")
    part = item.parts.first()
    part_id = f"initiative_parts.{part.key}.title"
    translate(export(file), part_id, "Część")
    data = Revision.objects.of(item).live().get().data
    del data[f"initiative_parts.{part.pk}"]
    Revision.objects.save_draft(item, data)
    assert not exported(part_id)
    with pytest.raises(CommandError, match="this site has no such text"):
        import_file(file)


def test_new_parts_of_two_drafts_with_the_same_key_have_ids_of_their_own(campus, file):
    other = Initiative.objects.exclude(pk=campus.pk).first()
    change_draft(other, "initiative_parts.1000", key="labs", title_en="More labs", body_en="", is_published=True)
    second_id = "initiative_parts.labs-1000.title"
    assert exported(PART_ID).sources == ("Labs",)
    assert exported(second_id).sources == ("More labs",)
    translate(export(file, "--open"), second_id, "Więcej")
    import_file(file)
    assert draft_values(other, "initiative_parts.1000")["title_pl"] == "Więcej"


def test_an_unchanged_file_with_texts_of_drafts_changes_nothing(deliverable, campus, file):
    before = Revision.objects.count()
    report = import_file(export(file))
    assert "put on the site" not in report and "saved" not in report
    assert Revision.objects.count() == before


@pytest.mark.nightly
def test_the_number_of_queries_does_not_depend_on_the_number_of_drafts_and_texts(campus, tmp_path):
    def query_counts() -> list[int]:
        # The first export after a change also processes it.
        export(tmp_path / "pl.xlf")
        counts = []
        for command in (lambda: export(tmp_path / "pl.xlf"), lambda: import_file(tmp_path / "pl.xlf", "--dry-run")):
            with CaptureQueriesContext(connection) as captured:
                command()
            counts.append(len(captured))
        return counts

    few = query_counts()
    for number, item in enumerate(Initiative.objects.all()):
        key = 1000 + number
        values = {"key": f"labs-{key}", "title_en": "Labs", "body_en": "<p>Text</p>", "is_published": True}
        change_draft(item, f"initiative_parts.{key}", **values)
        change_draft(item, title_en=f"New: {item.title_en}")
    assert query_counts() == few


def test_a_translator_uploads_the_translation_of_a_part_that_only_a_draft_has(client, staff, campus, file):
    translate(export(file, "--open"), PART_ID, "Laboratoria")
    client.force_login(staff(group_for("pl")))
    preview = upload(client, file)
    assert "Will be saved in the draft of the item: 1" in preview.text
    assert exported(PART_ID).url in preview.text
    client.post(APPLY, confirmation(preview))
    assert draft_values(campus, "initiative_parts.999")["title_pl"] == "Laboratoria"
    client.force_login(staff(group_for("de")))
    assert "You may not translate into “Polski”" in upload(client, file).text
