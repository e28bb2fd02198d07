"""Nothing goes live by accident, and nothing that was saved is lost."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from alliance.models import Deliverable, Initiative, InitiativePart, Task
from editorial import roles
from editorial.acting import acting_as
from editorial.admin.approval import ASK
from editorial.admin.previews import PREVIEW
from editorial.admin.revisions import DISCARD_DRAFT, SAVE_DRAFT, TAKE_OFF
from editorial.files import delete_orphans
from editorial.models import DeletedItem, Revision, ScheduledChange
from editorial.revisions import snapshots
from pages.models import Page, Redirect
from partners.models import PartnerOwnName, PartnerUniversity
from pictures.models import Picture
from tests.editorial.test_admin import address, changed_in_draft, filled_in, list_address, save
from tests.pictures.factories import make_picture, photo
from translations.status.models import Translation

pytestmark = pytest.mark.django_db
BUTTONS = (
    "_save",
    "_continue",
    "_addanother",
    "_saveasnew",
    "_publish",
    "_approve",
    "_popup",
    SAVE_DRAFT,
    ASK,
    PREVIEW,
    TAKE_OFF,
)
FORGED = {
    "is_published": "on",
    "state": "live",
    "publish": "1",
    "revision_comment": "forged",
    "form-0-is_published": "on",
}


@pytest.fixture
def deliverable():
    Revision.objects.record()
    return Deliverable.objects.get(key="seamless-mobility")


@pytest.fixture
def sign_in(client, staff):
    def sign(*groups):
        client.force_login(staff(*groups))
        return client

    return sign


def stored(item) -> snapshots.Snapshot:
    return snapshots.take(type(item), [item.pk])[item.pk]


@pytest.mark.once
@pytest.mark.parametrize("group", [roles.EDITORS, roles.TRANSLATORS])
def test_no_button_of_the_form_changes_a_live_item_without_the_permission_to_publish(sign_in, deliverable, group):
    client, live = sign_in(group), stored(deliverable)
    for query in ("", "?_popup=1"):
        path = address(deliverable) + query
        form = client.get(path)
        for button in BUTTONS:
            client.post(path, filled_in(form, title_pl=f"Tytuł {button}{query}", **FORGED | {button: "1"}))
            assert stored(deliverable) == live, button


@pytest.mark.once
@pytest.mark.parametrize("button", BUTTONS)
def test_no_button_puts_a_new_item_on_the_site_without_the_permission_to_publish(sign_in, button):
    client = sign_in(roles.EDITORS)
    for query in ("", "?_popup=1"):
        client.post(
            f"/admin/alliance/deliverable/add/{query}",
            FORGED | {"title_en": "Forged", "summary_en": "Forged", "body_en": "Forged", "order": "1", button: "1"},
        )
        client.post("/admin/pages/redirect/add/", FORGED | {"old_path": "/old/", "new_path": "/en/", button: "1"})
    assert not Deliverable.objects.filter(title_en="Forged", is_published=True).exists()
    assert not Redirect.objects.filter(old_path="/old/", is_published=True).exists()


@pytest.mark.nightly
@pytest.mark.once
def test_an_unpublished_item_stays_unpublished_whatever_an_editor_presses(sign_in, deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(is_published=False)
    client = sign_in(roles.EDITORS)
    for number, button in enumerate(BUTTONS):
        client.post(
            address(deliverable),
            filled_in(client.get(address(deliverable)), title_en=f"T{number}", **FORGED | {button: "1"}),
        )
        assert not Deliverable.objects.get(pk=deliverable.pk).is_published, button


@pytest.mark.once
def test_lists_and_their_actions_change_nothing_without_permission(sign_in, deliverable):
    for group in (roles.EDITORS, roles.TRANSLATORS):
        client, before = sign_in(group), list(Deliverable.objects.values())
        rows = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": deliverable.pk, "form-0-order": "77"}
        client.post(list_address(Deliverable), rows | FORGED | {"_save": "Save"})
        chosen = {"action": "delete_selected", "_selected_action": deliverable.pk, "post": "yes", "index": "0"}
        client.post(list_address(Deliverable), chosen)
        assert list(Deliverable.objects.values()) == before


@pytest.mark.once
def test_a_translator_does_not_discard_the_draft_of_an_editor(sign_in, deliverable):
    save(sign_in(roles.EDITORS), deliverable, title_en="Draft")
    client = sign_in(roles.TRANSLATORS)
    response = client.get(address(deliverable))
    assert "_discard" not in response.content.decode()
    client.post(address(deliverable), filled_in(response, **{DISCARD_DRAFT: "1"}))
    assert Revision.objects.draft_of(deliverable).data[""]["title_en"] == "Draft"


def test_a_draft_that_a_user_did_not_see_is_not_discarded(sign_in, deliverable, django_user_model):
    client = sign_in(roles.PUBLISHERS)
    save(client, deliverable, title_en="First draft", **{SAVE_DRAFT: ""})
    response = client.get(address(deliverable))
    opened = filled_in(response, shown_draft=response.context["shown_draft"]) | {DISCARD_DRAFT: ""}
    save(sign_in(roles.EDITORS), deliverable, title_en="Draft that the publisher did not see")
    client.force_login(django_user_model.objects.get(username=roles.PUBLISHERS))
    response = client.post(address(deliverable), opened, follow=True)
    assert "Nothing was discarded: Editors changed the draft after you opened the form." in response.content.decode()
    assert changed_in_draft(deliverable) == {"title_en": "Draft that the publisher did not see"}
    client.post(address(deliverable), opened | {"shown_draft": response.context["shown_draft"]})
    assert Revision.objects.draft_of(deliverable) is None


@pytest.mark.once
def test_pages_of_privacy_officers_are_not_restored_by_others(sign_in):
    Revision.objects.record()
    page = Page.objects.get(kind=Page.Kind.PRIVACY)
    revision = Revision.objects.of(page).first()
    path = f"/admin/pages/page/{page.pk}/history/{revision.pk}/restore/"
    assert sign_in(roles.PUBLISHERS).post(path, {"values": ":title_en"}).status_code == 403
    assert sign_in(roles.PRIVACY_OFFICERS).get(path).status_code == 200


def test_what_a_publisher_did_not_see_is_not_published(sign_in, deliverable, django_user_model):
    client = sign_in(roles.PUBLISHERS)
    opened = filled_in(client.get(address(deliverable)), shown_draft="", summary_en="Summary of the publisher")
    save(sign_in(roles.EDITORS), deliverable, title_en="Title that the publisher did not see")
    client.force_login(django_user_model.objects.get(username=roles.PUBLISHERS))
    response = client.post(address(deliverable), opened | {"_save": ""}, follow=True)
    assert "Editors changed it after you opened the form" in response.content.decode()
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == deliverable.title_en
    assert set(changed_in_draft(deliverable)) == {"title_en", "summary_en"}
    shown = response.context["shown_draft"]
    assert f'name="shown_draft" value="{shown}"' in response.content.decode()
    client.post(address(deliverable), filled_in(response, shown_draft=shown, _save=""))
    deliverable.refresh_from_db()
    assert deliverable.summary_en == "Summary of the publisher"
    assert deliverable.title_en == "Title that the publisher did not see"


def test_an_unpublished_item_that_changed_since_is_not_published_unseen(sign_in, deliverable, django_user_model):
    with Revision.objects.recorded():
        Deliverable.objects.filter(pk=deliverable.pk).update(is_published=False)
    client = sign_in(roles.PUBLISHERS)
    response = client.get(address(deliverable))
    opened = filled_in(response, shown_draft=response.context["shown_draft"])
    save(sign_in(roles.EDITORS), deliverable, title_en="Unseen")
    client.force_login(django_user_model.objects.get(username=roles.PUBLISHERS))
    client.post(address(deliverable), opened | {"_save": ""})
    assert not Deliverable.objects.get(pk=deliverable.pk).is_published


@pytest.mark.once
def test_what_a_publisher_saves_in_a_popup_is_saved(sign_in, deliverable):
    client = sign_in(roles.PUBLISHERS)
    path = f"{address(deliverable)}?_popup=1"
    response = client.post(path, filled_in(client.get(path), title_en="From a popup", _popup="1", _save=""))
    assert "popup_response" in response.template_name[0]
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == "From a popup"


def test_a_draft_whose_address_was_taken_meanwhile_can_be_opened_corrected_and_published(sign_in, deliverable):
    client, other = sign_in(roles.PUBLISHERS), Deliverable.objects.exclude(pk=deliverable.pk).first()
    save(client, deliverable, slug_en="wanted", summary_en="New summary", **{SAVE_DRAFT: ""})
    save(client, other, slug_en="wanted")
    assert Deliverable.objects.get(pk=other.pk).slug_en == "wanted"
    response = client.get(address(deliverable))
    assert response.status_code == 200 and "now belongs to" in response.content.decode()
    values = filled_in(response)
    assert values["summary_en"] == "New summary" and values["slug_en"] == deliverable.slug_en
    # Publishing now would drop the address silently.
    save(client, deliverable, _save="")
    assert Deliverable.objects.get(pk=deliverable.pk).summary_en != "New summary"
    save(client, deliverable, _save="")
    assert Deliverable.objects.get(pk=deliverable.pk).summary_en == "New summary"


def own_name(response, language: str, name: str) -> dict:
    """Return the values of a form with one more name of the university."""
    number = part_rows(response)
    row = {"language": language, "name": name, "order": "0", "is_published": "on"}
    added = {f"own_names-{number}-{field}": value for field, value in row.items()}
    return filled_in(response, **added) | {"own_names-TOTAL_FORMS": number + 1}


def add_live_name(university, language: str, name: str) -> PartnerOwnName:
    with Revision.objects.recorded():
        return PartnerOwnName.objects.create(partner=university, language=language, name=name)


@pytest.mark.nightly
def test_a_part_that_clashes_with_a_live_one_is_left_out_of_a_draft_and_the_rest_stays(sign_in):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    client, path = sign_in(roles.EDITORS), address(university)
    client.post(path, own_name(client.get(path), "la", "Of the draft") | {"summary_en": "Summary of the draft"})
    add_live_name(university, "la", "Of the site")
    response = client.get(path)
    text = response.content.decode()
    assert "“la” now belongs to name in its own language “Of the site”." in text
    assert "You see the draft of" in text and "Summary of the draft" in text
    # A save of this form keeps the rest of the draft.
    client = sign_in(roles.PUBLISHERS)
    save(client, university, city_past_en="Tar", _save="")
    assert {"summary_en", "city_past_en"} <= set(changed_in_draft(university))
    save(client, university, _save="")
    university.refresh_from_db()
    assert (university.summary_en, university.city_past_en) == ("Summary of the draft", "Tar")
    assert list(university.own_names.filter(language="la").values_list("name", flat=True)) == ["Of the site"]


@pytest.mark.once
def test_a_part_that_the_draft_changed_to_a_value_taken_meanwhile_keeps_its_own(sign_in):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    name = add_live_name(university, "la", "First")
    client = sign_in(roles.EDITORS)
    number = [form.instance.pk for form in inline_formset(client.get(address(university))).forms].index(name.pk)
    save(client, university, **{f"own_names-{number}-language": "eo"}, summary_en="Summary of the draft")
    add_live_name(university, "eo", "Second")
    response = client.get(address(university))
    shown = {(form.instance.name, form.instance.language) for form in inline_formset(response).forms}
    assert {("First", "la"), ("Second", "eo")} <= shown
    assert filled_in(response)["summary_en"] == "Summary of the draft"


@pytest.mark.once
def test_a_draft_that_cannot_be_shown_is_not_overwritten(sign_in):
    """The database refuses a value whatever the other rows are."""
    Revision.objects.record()
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    client = sign_in(roles.EDITORS)
    save(client, university, summary_en="Summary of the draft")
    draft = Revision.objects.draft_of(university)
    values = draft.data[""] | {"latitude": "-1000"}
    Revision.objects.filter(pk=draft.pk).update(data=draft.data | {"": values})
    response = save(client, university, city_past_en="Tar")
    assert "Nothing was saved" in response.content.decode()
    assert Revision.objects.draft_of(university).pk == draft.pk


@pytest.mark.once
def test_a_translator_works_in_a_draft_whose_address_was_taken(client, sign_in, deliverable):
    save(sign_in(roles.EDITORS), deliverable, slug_en="wanted", title_en="Draft")
    Deliverable.objects.filter(pk=Deliverable.objects.exclude(pk=deliverable.pk).first().pk).update(slug_en="wanted")
    client = sign_in(roles.TRANSLATORS)
    text = Translation.objects.of_items([deliverable]).into("pl").get(field="title")
    response = client.get(text.desk_url)
    values = {"base_values": response.context["form"]["base_values"].value(), "text": "Szkic", "_save": ""}
    client.post(text.desk_url, values)
    data = Revision.objects.draft_of(deliverable).data[""]
    assert (data["title_pl"], data["slug_en"]) == ("Szkic", "wanted")


def draft_with_cover(client, item) -> Picture:
    with Revision.objects.recorded():
        picture = make_picture()
    save(client, item, cover=picture.pk, title_en="With a cover")
    assert changed_in_draft(item)["cover"] == picture.pk
    return picture


@pytest.mark.once
def test_a_draft_whose_cover_was_deleted_is_not_published_before_somebody_saw_that(sign_in, deliverable):
    picture = draft_with_cover(sign_in(roles.EDITORS), deliverable)
    picture.delete()
    ScheduledChange.objects.plan(deliverable, timezone.now() - timedelta(minutes=1), is_published=True)
    assert ScheduledChange.objects.apply_due() == 0
    assert ScheduledChange.objects.get().state == ScheduledChange.State.REFUSED
    client = sign_in(roles.PUBLISHERS)
    assert "Cover picture: “Harbour” was deleted." in client.get(address(deliverable)).content.decode()
    save(client, deliverable, _save="")
    assert Deliverable.objects.get(pk=deliverable.pk).title_en != "With a cover"
    save(client, deliverable, _save="")
    connection.check_constraints()
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.cover) == ("With a cover", None)


@pytest.mark.once
def test_a_picture_that_only_a_draft_uses_is_not_deleted(sign_in, deliverable):
    picture, client = draft_with_cover(sign_in(roles.EDITORS), deliverable), sign_in(roles.PUBLISHERS)
    chosen = {"action": "delete_selected", "_selected_action": picture.pk, "post": "yes"}
    for path, values in ((address(picture, "delete"), {"post": "yes"}), (list_address(Picture), chosen)):
        assert "Deliverable: With a cover (draft)" in strip_tags(
            client.get(address(picture, "delete")).content.decode()
        )
        client.post(path, values)
        assert Picture.objects.filter(pk=picture.pk).exists()
    assert "Deliverable: With a cover (draft)" in strip_tags(client.get(address(picture)).content.decode())


@pytest.mark.once
def test_the_page_for_deleting_an_item_names_the_drafts_that_link_to_it(sign_in):
    Revision.objects.record()
    task = Task.objects.first()
    initiative = Initiative.objects.exclude(pk__in=task.initiatives.all()).first()
    linked = [*task.initiatives.values_list("pk", flat=True), initiative.pk]
    save(sign_in(roles.EDITORS), task, initiatives=linked, title_en="Draft of a task")
    page = sign_in(roles.PUBLISHERS).get(address(initiative, "delete")).content.decode()
    assert "These items link to it." in page and "Task: Draft of a task (draft)" in strip_tags(page)


@pytest.mark.once
def test_drafts_that_name_an_item_are_found_with_as_many_queries_for_many_as_for_one(deliverable):
    picture, counts = make_picture(), []
    for item in Deliverable.objects.all()[:4]:
        values = stored(item)
        values[""]["cover"] = picture.pk
        Revision.objects.save_draft(item, values)
        with CaptureQueriesContext(connection) as queries:
            found = Revision.objects.drafts_naming(Picture, [picture.pk])
        counts.append((len(found), len(queries)))
    assert counts == [(1, 1), (2, 1), (3, 1), (4, 1)]


def inline_formset(response):
    return response.context["inline_admin_formsets"][0].formset


def part_rows(response) -> int:
    return inline_formset(response).total_form_count()


def with_part(response, title: str, **changes) -> dict:
    number = part_rows(response)
    new = {f"parts-{number}-title_en": title, f"parts-{number}-order": "9", f"parts-{number}-is_published": "on"}
    return filled_in(response, **new | changes) | {"parts-TOTAL_FORMS": number + 1}


def test_new_parts_of_a_draft_keep_their_keys_when_it_is_saved_twice_and_published(sign_in):
    Revision.objects.record()
    initiative, other = Initiative.objects.get(key="campus"), Initiative.objects.exclude(key="campus").first()
    client, path = sign_in(roles.EDITORS), address(initiative)
    client.post(path, with_part(client.get(path), "First"))
    client.post(address(other), with_part(client.get(address(other)), "Of another"))
    client.post(path, with_part(client.get(path), "Second"))
    drafted = {key for key in Revision.objects.draft_of(initiative).data if key} - set(stored(initiative))
    assert len(drafted) == 2
    assert not drafted & set(Revision.objects.draft_of(other).data)
    # Somebody else adds parts meanwhile.
    added = InitiativePart.objects.create(initiative=other, title_en="Live")
    Revision.objects.record()
    Revision.objects.draft_of(initiative).publish()
    Revision.objects.draft_of(other).publish()
    titles = set(initiative.parts.values_list("title_en", flat=True))
    assert {"First", "Second"} <= titles and set(stored(initiative)) >= drafted
    assert {"Of another", "Live"} <= set(other.parts.values_list("title_en", flat=True))
    assert added.pk not in {int(row.partition(".")[2]) for row in drafted}


def test_a_new_part_whose_key_was_taken_gets_another_one(sign_in):
    Revision.objects.record()
    initiative = Initiative.objects.get(key="campus")
    client, path = sign_in(roles.EDITORS), address(initiative)
    client.post(path, with_part(client.get(path), "Introduction"))
    with Revision.objects.recorded():
        InitiativePart.objects.create(initiative=initiative, title_en="Introduction")
    assert client.get(path).status_code == 200
    Revision.objects.draft_of(initiative).publish()
    assert initiative.parts.filter(title_en="Introduction").count() == 2


def rows_of_all_tables() -> dict:
    with connection.cursor() as cursor:
        names = sorted(set(connection.introspection.table_names(cursor)) - {"django_session"})
        found = {}
        for name in names:
            cursor.execute(f'SELECT * FROM "{name}"')
            found[name] = sorted(map(repr, cursor.fetchall()))
    return found


@pytest.mark.nightly
def test_opening_a_draft_its_preview_its_conflicts_and_its_texts_writes_nothing(sign_in, deliverable):
    client = sign_in()
    save(client, deliverable, title_en="Draft", **{SAVE_DRAFT: ""})
    with Revision.objects.recorded():
        Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Contradiction")
    draft = Revision.objects.draft_of(deliverable)
    text = Translation.objects.of_items([deliverable]).into("pl").get(field="title")
    paths = [
        address(deliverable),
        f"{address(deliverable).removesuffix('change/')}conflicts/",
        f"/admin/editorial/previewlink/revision/{draft.pk}/page/",
        f"/admin/alliance/deliverable/{deliverable.pk}/history/{draft.pk}/restore/",
        text.desk_url,
    ]
    before = rows_of_all_tables()
    for path in paths:
        assert client.get(path).status_code == 200, path
        assert rows_of_all_tables() == before, path


@pytest.mark.once
def test_a_what_if_transaction_leaves_no_callbacks(sign_in, django_capture_on_commit_callbacks):
    picture = make_picture()
    Revision.objects.record()
    client = sign_in(roles.EDITORS)
    with django_capture_on_commit_callbacks() as callbacks:
        save(client, picture, focal_x="10", alt_en="New text")
        client.get(address(picture))
    assert Revision.objects.draft_of(picture) and not callbacks


@pytest.mark.once
def test_a_crash_while_a_draft_is_stored_keeps_the_earlier_draft(sign_in, deliverable, monkeypatch):
    client = sign_in(roles.EDITORS)
    save(client, deliverable, title_en="First")
    values = filled_in(client.get(address(deliverable)), title_en="Second")

    def crash(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("editorial.models.revision.RevisionQuerySet.create_revisions", crash)
    before = rows_of_all_tables()
    with pytest.raises(RuntimeError):
        client.post(address(deliverable), values)
    assert rows_of_all_tables() == before


@pytest.mark.once
def test_choices_for_conflicts_that_changed_meanwhile_are_not_saved(sign_in, deliverable):
    client = sign_in(roles.PUBLISHERS)
    save(client, deliverable, title_en="Draft", **{SAVE_DRAFT: ""})
    path = f"{address(deliverable).removesuffix('change/')}conflicts/"
    for title in ("Correction", "Correction of the correction"):
        with Revision.objects.recorded():
            Deliverable.objects.filter(pk=deliverable.pk).update(title_en=title)
        if title == "Correction":
            shown = client.get(path).context["shown"]
    draft = Revision.objects.draft_of(deliverable)
    response = client.post(path, {"c0": "own", "c0-text": "Both", "shown": shown})
    assert "The texts changed after you opened this page." in response.content.decode()
    assert "Both" in response.content.decode() and Revision.objects.draft_of(deliverable) == draft
    client.post(path, {"c0": "own", "c0-text": "Both", "shown": response.context["shown"]})
    assert Revision.objects.draft_of(deliverable).data[""]["title_en"] == "Both"


@pytest.mark.once
def test_a_value_in_a_language_that_the_site_gave_up_does_not_hinder_a_draft(sign_in, deliverable):
    client = sign_in(roles.EDITORS)
    save(client, deliverable, title_en="Draft")
    draft = Revision.objects.draft_of(deliverable)
    Revision.objects.filter(pk=draft.pk).update(data=draft.data | {"": draft.data[""] | {"title_la": "Titulus"}})
    assert client.get(address(deliverable)).status_code == 200
    save(client, deliverable, summary_en="Summary")
    Revision.objects.draft_of(deliverable).publish()
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == "Draft"


@pytest.mark.once
def test_an_item_that_was_deleted_beside_its_draft_is_not_brought_back_by_a_save(sign_in, deliverable):
    client = sign_in(roles.EDITORS)
    save(client, deliverable, title_en="Draft")
    values = filled_in(client.get(address(deliverable)), title_en="Later")
    with Revision.objects.recorded():
        Deliverable.objects.get(pk=deliverable.pk).delete()
    response = client.post(address(deliverable), values)
    assert response.status_code == 410 and "Later" in response.content.decode()
    assert not Deliverable.objects.filter(pk=deliverable.pk).exists()


@pytest.mark.once
def test_a_draft_that_is_saved_among_other_changes_leaves_these_to_their_author(sign_in, deliverable, staff):
    save(sign_in(roles.EDITORS), deliverable, title_en="Draft")
    other, draft = Deliverable.objects.exclude(pk=deliverable.pk).first(), Revision.objects.draft_of(deliverable)
    with acting_as(lambda: roles.EDITORS), Revision.objects.recorded("Exchange file"):
        Deliverable.objects.filter(pk=other.pk).update(title_pl="Z pliku")
        Revision.objects.save_text(draft, deliverable, "title_pl", "Szkic")
    live = Revision.objects.of(other).live().get()
    assert (live.author_name, live.comment) == (roles.EDITORS, "Exchange file")


@pytest.mark.nightly
@pytest.mark.once
def test_uploads_of_drafts_are_kept_as_long_as_a_revision_names_them(sign_in, monkeypatch):
    monkeypatch.setattr("editorial.files.ORPHAN_AGE", timedelta(days=-1))
    monkeypatch.setattr("django.db.transaction.on_commit", lambda run, *args, **kwargs: run())
    item, client = make_picture(), sign_in(roles.EDITORS)
    Revision.objects.record()
    names = [item.file.name]
    for _round in range(2):
        save(client, item, file=photo((400, 300)))
        names.append(Revision.objects.draft_of(item).data[""]["file"])
        assert Picture.objects.get(pk=item.pk).file.name == names[0]
    save(client, item, **{DISCARD_DRAFT: ""})
    delete_orphans(force=True)
    assert len(set(names)) == 3 and all(default_storage.exists(name) for name in names)
    save(client, item, file=photo((400, 300)))
    Revision.objects.draft_of(item).publish()
    names.append(Picture.objects.get(pk=item.pk).file.name)
    delete_orphans(force=True)
    assert all(default_storage.exists(name) for name in names)
    with Revision.objects.recorded():
        Picture.objects.get(pk=item.pk).delete()
    assert all(default_storage.exists(name) for name in names)
    DeletedItem.objects.update(created_at=timezone.now() - timedelta(days=9999))
    DeletedItem.objects.empty()
    delete_orphans(force=True)
    assert not any(default_storage.exists(name) for name in names)


def test_saving_an_unchanged_form_does_not_speak_of_a_draft(sign_in, deliverable):
    client = sign_in(roles.EDITORS)

    def messages(**changes) -> list[str]:
        return [
            str(message) for message in save(client, deliverable, **changes, **{SAVE_DRAFT: ""}).context["messages"]
        ]

    assert messages() == ["You changed nothing, so nothing was saved."]
    assert Revision.objects.draft_of(deliverable) is None
    (text,) = messages(title_en="Draft")
    assert text.startswith("The draft of “Draft” is saved. Visitors see the published text until")
    draft = Revision.objects.draft_of(deliverable)
    assert messages() == ["You changed nothing, so nothing was saved."]
    assert Revision.objects.draft_of(deliverable) == draft


def test_what_was_typed_when_an_item_is_taken_off_is_saved(sign_in, deliverable):
    client = sign_in(roles.PUBLISHERS)
    save(client, deliverable, title_en="Typed", **{TAKE_OFF: ""})
    deliverable.refresh_from_db()
    assert (deliverable.is_published, deliverable.title_en) == (False, "Typed")


def test_what_was_typed_beside_a_draft_when_an_item_is_taken_off_is_in_the_draft(sign_in, deliverable):
    client = sign_in(roles.PUBLISHERS)
    save(client, deliverable, summary_en="Draft", **{SAVE_DRAFT: ""})
    save(client, deliverable, title_en="Typed", **{TAKE_OFF: ""})
    assert not Deliverable.objects.get(pk=deliverable.pk).is_published
    data = Revision.objects.draft_of(deliverable).data[""]
    assert (data["title_en"], data["summary_en"]) == ("Typed", "Draft")
