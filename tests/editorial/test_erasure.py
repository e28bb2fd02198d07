"""Erasing of personal data: from the stored item, drafts, revisions, bin, translations, input, logs and files."""

import json
import re
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.models import Deliverable, Initiative, InitiativePart
from consent.models import EmbeddedContent
from editorial.admin.erasure import ErasureMixin
from editorial.admin_urls import text_url
from editorial.models import (
    ApprovalRequest,
    ContentErasure,
    DeletedItem,
    ImportState,
    PastSlug,
    PreviewedForm,
    Revision,
    RevisionFile,
    StoredInput,
)
from editorial.revisions.erasing import ErasedField
from editorial.revisions.restoring import restore_deleted
from editorial.revisions.snapshots import take
from pages.models import KINDS_OF_OFFICERS, Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_video
from tests.editorial.test_history import change, draft, history, words
from tests.pictures.factories import make_picture, photo
from translations.status.models import SourceText, Translation

pytestmark = pytest.mark.django_db
State = Revision.State
# No real person. A text that nothing else contains.
PERSON = "Zyxwina Qwertz"
MAIL = "zyxwina.qwertz@unic.example"
RECORD = "/admin/editorial/contenterasure/"
FIND = "/admin/editorial/contenterasure/find/"


@pytest.fixture
def officer(client, staff):
    client.force_login(staff("Privacy officers"))
    return client


@pytest.fixture
def oulu() -> PartnerUniversity:
    return PartnerUniversity.objects.get(key="university-of-oulu")


def erase_url(item) -> str:
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_erase", args=[item.pk])


def erase(client, item, *fields: str, reason: str = "Request of 12 May", **replacements: str):
    """Erase fields such as ":contact" in the admin. Return the page after it, or the one with errors."""
    data = {"fields": fields, "reason": reason}
    data |= {f"replacement:{name.replace('__', ':')}": text for name, text in replacements.items()}
    page = client.post(erase_url(item), data)
    if not page.context["is_confirmation"]:
        return page
    return client.post(erase_url(item), data | {"confirmed": "1"}, follow=True)


def everything() -> str:
    """Return the contents of all tables, as a person with access to the database reads them."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [json.dumps(row, default=str, ensure_ascii=False) for row in cursor.fetchall()]
    return "\n".join(found)


def input_of(user, path: str, *entries: dict) -> None:
    StoredInput.objects.store(user, path, {"at": 1, "entries": list(entries)})


# Places


@pytest.mark.nightly
def test_no_table_contains_the_erased_texts_of_a_live_item_with_drafts_and_translations(officer, staff, oulu):
    change(oulu, f"Asked by {PERSON}", description_en=f"<p>{PERSON}</p>", description_pl=f"<p>Pani {PERSON}</p>")
    change(oulu, contact=MAIL, description_en=f"<p>Ask {PERSON}</p>")
    Translation.objects.of_items([oulu]).into("pl").get(field="description").propose(f"<p>Szkic: {PERSON}</p>")
    change(oulu, description_de=f"<p>Frau {PERSON}</p>")
    draft(oulu, contact=f"draft.{MAIL}", description_fi=f"<p>{PERSON} auttaa</p>")
    editor = staff("Editors")
    LogEntry.objects.log_actions(editor.pk, [oulu], CHANGE, change_message=f"Set to {MAIL}", single_object=True)
    text = Translation.objects.of_items([oulu]).into("pl").get(field="description")
    asked = ApprovalRequest.objects.ask(Revision.objects.draft_of(oulu), editor, f"Please check {PERSON}", "")
    asked.decide(ApprovalRequest.Decision.RETURNED, editor, f"Ask {MAIL} first, and Ms Q.")
    PreviewedForm.objects.keep(editor.pk, oulu, Revision.objects.draft_of(oulu).data)
    entry = {"name": "contact", "base": [MAIL], "now": [f"x{MAIL}"], "row": None}
    other = {"name": "website", "base": [""], "now": ["https://unic.example/typed"], "row": None}
    input_of(editor, f"/admin/partners/partneruniversity/{oulu.pk}/change/", entry, other)
    input_of(editor, f"/admin/translations/texttotranslate/{text.pk}/change/", entry)
    assert everything().count(PERSON) > 8

    response = erase(officer, oulu, ":contact", ":description", ":revision_comments")
    assert "Erased: Contact, Description, Comments in the history." in " ".join(map(str, response.context["messages"]))
    assert PERSON not in everything()
    assert "qwertz" not in everything().lower()
    oulu.refresh_from_db()
    assert not (oulu.contact or oulu.description_en or oulu.description_pl)
    assert not SourceText.objects.filter(model="partners.partneruniversity", object_id=oulu.pk, field="description")
    # The rest of the draft and of the unsaved input is kept.
    assert Revision.objects.draft_of(oulu).base.data == Revision.objects.of(oulu).live().get().data
    assert [entry["name"] for entry in StoredInput.objects.get().data["entries"]] == ["website"]
    assert "Ms Q." not in everything()


def test_comments_and_logs_lose_the_texts_of_erased_fields_and_keep_the_rest(officer, staff, oulu):
    change(oulu, f"Set to {MAIL} for now", contact=MAIL)
    LogEntry.objects.log_actions(staff("Editors").pk, [oulu], CHANGE, change_message=f"Now {MAIL}", single_object=True)
    erase(officer, oulu, ":contact")
    assert Revision.objects.of(oulu).filter(comment="Set to … for now").count() == 1
    assert LogEntry.objects.filter(change_message="Now …").count() == 1


def test_messages_of_approvals_lose_the_texts_and_are_shown_with_the_comments(officer, staff, oulu):
    change(oulu, contact=MAIL)
    asked = ApprovalRequest.objects.ask(draft(oulu, short_name="Oulu 2"), staff("Editors"), f"Is {MAIL} right?", "")
    assert f"Is {MAIL} right?" in words(officer.get(erase_url(oulu)))
    erase(officer, oulu, ":contact")
    asked.refresh_from_db()
    assert asked.message == "Is … right?"


@pytest.mark.nightly
def test_unsaved_input_in_the_rows_of_a_long_inline_is_erased(officer, staff):
    item = Initiative.objects.get(key="campus")
    part = InitiativePart.objects.filter(initiative=item).first()
    Revision.objects.record()
    entry = {
        "name": "parts-0-title_en",
        "base": [""],
        "now": [PERSON],
        "row": {"id": str(part.pk), "field": "title_en"},
    }
    input_of(staff("Editors"), f"/admin/alliance/initiative/{item.pk}/change/?inline=initiativepart&p=2", entry)
    erase(officer, item, f"initiative_parts.{part.pk}:title", **{f"initiative_parts.{part.pk}__title": "A part"})
    assert PERSON not in everything()


def test_unsaved_input_for_a_part_that_only_a_draft_has_is_erased_at_the_desk(officer, staff):
    item = Initiative.objects.get(key="campus")
    data = take(Initiative, [item.pk])[item.pk]
    data["initiative_parts.999"] = {"key": "labs", "title_en": PERSON, "is_published": True}
    Revision.objects.save_draft(item, data)
    entry = {"name": "text", "base": [""], "now": [PERSON], "row": None}
    input_of(staff("Editors"), text_url(Initiative, item.pk, "initiative_parts.999", "title_pl"), entry)
    input_of(staff("Translators"), text_url(Initiative, item.pk, "initiative_parts.999", "body_pl"), entry)
    erase(officer, item, "initiative_parts.999:title", **{"initiative_parts.999__title": "A part"})
    assert [stored.user.username for stored in StoredInput.objects.all()] == ["Translators"]


def test_unsaved_input_for_a_text_that_a_draft_added_to_a_stored_item_is_erased_at_the_desk(officer, staff):
    item = Deliverable.objects.create(key="new", title_en="New")
    data = take(Deliverable, [item.pk])[item.pk]
    data[""]["summary_en"] = PERSON
    Revision.objects.save_draft(item, data)
    entry = {"name": "text", "base": [""], "now": [PERSON], "row": None}
    input_of(staff("Editors"), text_url(Deliverable, item.pk, "", "summary_pl"), entry)
    erase(officer, item, ":summary", __summary="A summary")
    assert not StoredInput.objects.exists()


@pytest.mark.nightly
def test_the_language_of_the_officer_does_not_matter(officer, oulu):
    change(oulu, name_en=PERSON, name_pl=PERSON)
    data = {"fields": ":name", "replacement::name": "A university", "reason": "x", "confirmed": "1"}
    assert officer.post(erase_url(oulu), data, headers={"accept-language": "pl"}).status_code == 302
    assert PERSON not in everything()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, name_en FROM partners_partneruniversity WHERE id = %s", [oulu.pk])
        assert cursor.fetchone() == ("A university", "A university")


def test_the_history_says_what_was_erased_by_whom_and_why_without_the_data(officer, oulu):
    change(oulu, contact=MAIL)
    erase(officer, oulu, ":contact")
    last = Revision.objects.of(oulu).first()
    assert last.state == State.LIVE
    assert last.comment.startswith("Personal data erased:")
    assert last.comment.endswith("Reason: Request of 12 May")
    assert last.author_name == "Privacy officers"
    assert last.data == take(PartnerUniversity, [oulu.pk])[oulu.pk]
    erasure = ContentErasure.objects.get()
    assert (erasure.model, erasure.object_id, erasure.fields) == (
        "partners.partneruniversity",
        oulu.pk,
        [["", "contact", ""]],
    )
    assert (erasure.staff, erasure.reason) == ("Privacy officers", "Request of 12 May")
    assert "Request of 12 May" in officer.get(RECORD).content.decode()
    assert "Personal data erased: Contact." in LogEntry.objects.get(object_id=oulu.pk).change_message


@pytest.mark.nightly
def test_data_that_only_an_earlier_revision_has_is_erased_and_the_draft_goes_live_without_conflict(officer, oulu):
    before = oulu.contact
    change(oulu, contact=MAIL)
    change(oulu, contact=before)
    draft(oulu, short_name="Oulu 2")
    assert MAIL in words(officer.get(erase_url(oulu)))
    erase(officer, oulu, ":contact")
    assert MAIL not in everything()
    own = Revision.objects.draft_of(oulu)
    assert own.conflicts() == []
    own.publish()
    oulu.refresh_from_db()
    assert (oulu.short_name, oulu.contact) == ("Oulu 2", "")


@pytest.mark.nightly
def test_a_part_is_erased_also_after_it_was_deleted(officer):
    item = Initiative.objects.get(key="campus")
    part = InitiativePart.objects.filter(initiative=item).first()
    row = f"initiative_parts.{part.pk}"
    name = next(each.name for each in InitiativePart._meta.fields if each.name.endswith("_en")).removesuffix("_en")
    with Revision.objects.recorded():
        InitiativePart.objects.filter(pk=part.pk).update(**{f"{name}_en": PERSON, name: PERSON})
    with Revision.objects.recorded():
        part.delete()
    erase(officer, item, f"{row}:{name}", **{f"{row}__{name}": "A member of staff"})
    assert PERSON not in everything()
    kept = [revision.data[row][f"{name}_en"] for revision in Revision.objects.of(item) if row in revision.data]
    assert set(kept) == {"A member of staff"}
    assert Revision.objects.of(item).first().comment.startswith("Personal data erased: ")


@pytest.mark.nightly
def test_an_item_in_the_bin_is_erased_and_the_bin_still_says_who_deleted_it(officer, oulu):
    change(oulu, contact=MAIL)
    item = PartnerUniversity(pk=oulu.pk)
    with Revision.objects.recorded("No longer a member"):
        oulu.delete()
    deletion = DeletedItem.objects.get(content_type__model="partneruniversity")
    erase(officer, item, ":contact")
    assert MAIL not in everything()
    deleted = DeletedItem.objects.get(content_type__model="partneruniversity")
    assert (deleted.created_at, deleted.author_name) == (deletion.created_at, deletion.author_name)
    assert deleted.comment == deletion.comment
    # The bin also knows which items linked to it.
    assert deleted.links == deletion.links != []
    assert Revision.objects.of(item).filter(author_name="Privacy officers", state=State.PAST).count() == 1
    # It can still be restored.
    assert restore_deleted(deleted, "Back")[0].contact == ""


@pytest.mark.nightly
def test_a_kind_without_drafts_is_erased_too(officer):
    video = make_video()
    change(video, title_en=PERSON, title_pl=f"{PERSON} mówi")
    assert "published versions of the cookie notice" in words(officer.get(erase_url(video)))
    erase(officer, video, ":title", __title="A talk")
    assert PERSON not in everything()
    assert EmbeddedContent.objects.get(pk=video.pk).title_en == "A talk"
    assert Revision.objects.of(video).first().heading == "A talk"


@pytest.mark.nightly
def test_names_in_addresses_keys_and_headings_are_erased(officer, oulu):
    change(oulu, name_en=PERSON, slug_en="zyxwina-qwertz")
    change(oulu, slug_en="qwertz-two")
    erase(officer, oulu, ":name", ":slug", __name="University of the North")
    assert "qwertz" not in everything().lower()
    oulu.refresh_from_db()
    assert oulu.slug_en == "university-of-the-north"
    assert not PastSlug.objects.filter(slug__contains="qwertz").exists()
    picture = make_picture(name=PERSON)
    ImportState.objects.create(section="pictures", key=picture.key)
    Revision.objects.record()
    erase(officer, picture, ":name", ":key", __name="Portrait", __key="portrait-1")
    assert "qwertz" not in everything().lower()
    assert Picture.objects.get(pk=picture.pk).key == "portrait-1"


# Files


@pytest.mark.nightly
def test_a_picture_is_deleted_with_its_renditions_and_a_grey_one_takes_its_place(
    officer, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        picture = make_picture()
    Revision.objects.record()
    name, folder = picture.file.name, picture.renditions_path
    assert folder.exists()
    with django_capture_on_commit_callbacks(execute=True):
        erase(officer, picture, ":file")
    assert not default_storage.exists(name)
    assert not folder.exists()
    picture = Picture.objects.get(pk=picture.pk)
    assert (picture.width, picture.height) == (1728, 1152)
    assert default_storage.exists(picture.file.name)
    assert set(RevisionFile.objects.values_list("file", flat=True)) >= {picture.file.name}
    assert name not in everything()


def test_a_file_that_another_item_names_stays(officer, oulu, django_capture_on_commit_callbacks):
    change(oulu, logo=photo((40, 30), "PNG"))
    other = PartnerUniversity.objects.exclude(pk=oulu.pk).first()
    PartnerUniversity.objects.filter(pk=other.pk).update(logo=oulu.logo.name)
    with django_capture_on_commit_callbacks(execute=True):
        erase(officer, oulu, ":logo")
    assert default_storage.exists(oulu.logo.name)
    oulu.refresh_from_db()
    assert not oulu.logo


# Search and exports


@pytest.mark.nightly
@pytest.mark.usefixtures("without_pictures")
def test_the_search_and_the_content_files_follow(officer, client, oulu, tmp_path):
    change(oulu, summary_en=f"{PERSON} teaches here.")
    assert oulu.get_absolute_url() in client.get("/en/search/", {"q": "zyxwina"}).content.decode()
    erase(officer, oulu, ":summary", __summary="A university in the north.")
    assert oulu.get_absolute_url() not in client.get("/en/search/", {"q": "zyxwina"}).content.decode()
    call_command("dump_content", str(tmp_path), stdout=StringIO())
    files = "".join(path.read_text() for path in tmp_path.rglob("*.toml"))
    assert "A university in the north." in files
    assert PERSON not in files


# The form


def test_the_page_says_what_it_does_not_reach_and_asks_for_confirmation(officer, oulu):
    change(oulu, contact=MAIL)
    text = words(officer.get(erase_url(oulu)))
    for place in ("backups, until they are deleted", "prints", "caches and archives of search engines"):
        assert place in text
    page = officer.post(erase_url(oulu), {"fields": ":contact", "reason": "Request"})
    assert "This cannot be undone." in words(page)
    oulu.refresh_from_db()
    assert oulu.contact == MAIL


def test_errors_name_the_field_and_keep_what_was_typed(officer, oulu):
    change(oulu, contact=MAIL)
    page = erase(officer, oulu, reason="")
    assert "Tick at least one field." in words(page)
    assert "Enter a reason" in words(page)
    page = erase(officer, oulu, ":contact", ":name", ":website", __website="no address")
    assert "This field cannot be blank." in words(page)
    assert "Enter a valid URL." in words(page)
    assert 'value="no address"' in page.content.decode()
    page = erase(officer, oulu, ":contact", reason=f"{MAIL} asked")
    assert "The reason contains a text that you erase." in words(page)
    assert f"{MAIL} asked" in page.content.decode()
    page = erase(officer, oulu, ":name", __name=f"{oulu.name_en} 2")
    assert "The replacement contains a text that you erase." in words(page)
    assert not ContentErasure.objects.exists()


@pytest.mark.once
def test_a_key_that_another_item_has_is_refused(officer):
    first, second = make_picture(name="First"), make_picture(name="Second")
    Revision.objects.record()
    page = erase(officer, first, ":key", __key=second.key)
    assert "Nothing was erased: another item has one of the replacement texts." in words(page)
    assert Picture.objects.get(pk=first.pk).key == "first"


@pytest.mark.parametrize(("group", "status"), [("Privacy officers", 200), ("Publishers", 200), ("Editors", 403)])
def test_privacy_officers_and_publishers_may_erase(client, staff, oulu, group, status):
    client.force_login(staff(group))
    for path in (erase_url(oulu), FIND, RECORD):
        assert client.get(path).status_code == status
    if group != "Privacy officers":
        assert ("Erase personal data" in words(client.get(history(oulu)))) == (status == 200)


def of_officers() -> list:
    """Items that only privacy officers change: one of each kind of consent, and their two pages."""
    make_video()
    Revision.objects.record()
    models = [model for model in admin.site._registry if model._meta.app_label == "consent"]
    kinds = [model for model in models if isinstance(admin.site.get_model_admin(model), ErasureMixin)]
    return [*(kind._base_manager.first() for kind in kinds), *Page.objects.filter(kind__in=KINDS_OF_OFFICERS)]


@pytest.mark.once
def test_publishers_cannot_erase_what_only_privacy_officers_change(client, staff):
    items = of_officers()
    assert {type(item).__name__ for item in items} == {
        "Notice",
        "Purpose",
        "Provider",
        "EmbeddedContent",
        "PrivacyPolicy",
        "Page",
    }
    page = items[-1]
    choice = {"fields": ":title", "reason": "Request of 12 May", "replacement::title": "All clear", "confirmed": "1"}
    for groups, status in ((["Publishers"], 403), (["Publishers", "Translators"], 403), (["Privacy officers"], 200)):
        client.force_login(staff(*groups))
        assert {client.get(erase_url(item)).status_code for item in items} == {status}
        found = client.post(FIND, {"text": page.title_en}).context["found"]
        assert [bool(each["url"]) for each in found if each["heading"] == page.title_en] == [status == 200]
        if status == 403:
            assert client.post(erase_url(page), choice).status_code == 403
            assert "Erase personal data" not in words(client.get(history(page)))
            # Other pages stay theirs.
            assert client.get(erase_url(Page.objects.get(kind="accessibility"))).status_code == 200
    page.refresh_from_db()
    assert page.title_en != "All clear"


@pytest.mark.once
def test_an_item_that_never_existed_has_no_page(officer, oulu):
    for number in ("0", "x", "9" * 30):
        assert officer.get(erase_url(oulu).replace(str(oulu.pk), number)).status_code == 404


# Finding a person


def test_a_person_is_found_in_all_kinds_in_revisions_and_in_the_bin_with_constant_queries(officer, oulu):
    change(oulu, summary_pl="Żółwina Ćma uczy tu")
    change(oulu, summary_pl="Nikt")
    video = make_video()
    change(video, title_en="A talk by Żółwina Ćma")
    picture = make_picture(credit_en="Photo: Żółwina Ćma")
    Revision.objects.record()
    with Revision.objects.recorded():
        picture.delete()
    with CaptureQueriesContext(connection) as queries:
        page = officer.post(FIND, {"text": "Żółwina Ćma"})
    text = words(page)
    assert oulu.name_en in text
    assert "A talk by Żółwina Ćma" in text
    assert "Harbour (in the bin)" in text.replace(" )", ")")
    assert page.content.decode().count("/erase/") == 3
    assert len(queries) < 15
    assert "No item contains this text." in words(officer.post(FIND, {"text": "Xyxyxyxyx"}))


def name_in_draft_of_desk(oulu, staff):
    Translation.objects.of_items([oulu]).into("pl").get(field="summary").propose(f"Uczy tu {PERSON}")


def name_in_draft_of_desk_of_part(oulu, staff):
    part = InitiativePart.objects.first()
    Translation.objects.of_items([part]).into("pl").get(field="title").propose(PERSON)


def name_in_draft_of_desk_of_deleted_item(oulu, staff):
    name_in_draft_of_desk(oulu, staff)
    with Revision.objects.recorded():
        oulu.delete()


def name_in_source_text(oulu, staff):
    SourceText.objects.filter(model="partners.partneruniversity", object_id=oulu.pk, field="summary").update(
        text=PERSON
    )


def name_in_comment(oulu, staff):
    change(oulu, f"Asked by {PERSON}", contact="new@unic.example")


def name_in_approval(oulu, staff):
    ApprovalRequest.objects.ask(draft(oulu, short_name="Oulu 2"), staff("Editors"), f"{PERSON} asked for it", "")


@pytest.mark.nightly
@pytest.mark.parametrize(
    "place",
    [
        name_in_draft_of_desk,
        name_in_draft_of_desk_of_part,
        name_in_draft_of_desk_of_deleted_item,
        name_in_source_text,
        name_in_comment,
        name_in_approval,
    ],
)
def test_a_person_is_found_and_can_be_erased_where_no_stored_value_has_the_name(officer, staff, oulu, place):
    Revision.objects.record()
    place(oulu, staff)
    html = officer.post(FIND, {"text": PERSON}).content.decode()
    (url,) = set(re.findall(r'href="(/admin/[^"]+/erase/)"', html))
    # The page lists the first texts of each field.
    assert PERSON in str(officer.get(url).context["rows"])


# The record


@pytest.mark.parametrize(
    "query", ["UPDATE editorial_contenterasure SET staff = 'x'", "DELETE FROM editorial_contenterasure"]
)
def test_the_record_of_erasures_is_append_only(officer, oulu, query):
    change(oulu, contact=MAIL)
    erase(officer, oulu, ":contact")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query)


@pytest.mark.nightly
def test_a_repeated_erasure_is_recorded_with_its_time_also_if_the_item_does_not_exist(oulu):
    change(oulu, contact=MAIL)
    fields = [ErasedField("", "contact")]
    first = ContentErasure.objects.erase(PartnerUniversity, oulu.pk, fields, "Request", "officer")
    facts = ContentErasure.objects.facts_since(first.erased_at)
    # As after a restore.
    change(oulu, contact=MAIL)
    ContentErasure.objects.repeat(facts[0])
    ContentErasure.objects.repeat(facts[0] | {"object_id": 10**6})
    ContentErasure.objects.repeat(facts[0] | {"model": "partners.former"})
    assert MAIL not in everything()
    assert set(ContentErasure.objects.values_list("erased_at", flat=True)) == {first.erased_at}
    assert ContentErasure.objects.count() == 4
