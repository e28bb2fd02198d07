"""The bin: deleted items come back whole, are not public, and are erased when their time is over."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape

from alliance.models import Deliverable, Initiative, InitiativePart, Task
from consent.models import EmbeddedContent
from editorial.files import delete_orphans
from editorial.models import BinSettings, DeletedItem, Revision, RevisionFile
from editorial.revisions import restoring, snapshots
from events.models import Event
from jobs.registry import definitions
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_video
from tests.editorial.test_admin import address, list_address
from tests.editorial.test_history import change, draft, words
from tests.pictures.factories import make_picture, photo
from translations.status.models import Translation

pytestmark = pytest.mark.django_db
State = Revision.State
BIN = "/admin/editorial/deleteditem/"


@pytest.fixture
def root(client, staff):
    client.force_login(staff())
    return client


@pytest.fixture
def deliverable() -> Deliverable:
    return Deliverable.objects.get(key="seamless-mobility")


def delete(client, item):
    """Delete an item in the admin, and return the page after it."""
    return client.post(address(item, "delete"), {"post": "yes"}, follow=True)


def remove(item) -> DeletedItem:
    """Delete an item, and return its row in the bin."""
    key = item.pk
    with Revision.objects.recorded():
        item.delete()
    return DeletedItem.objects.of_key(type(item), key).get()


def restore(client, deleted: DeletedItem, **data):
    return client.post(f"{BIN}{deleted.pk}/change/", data, follow=True)


def messages(response) -> str:
    return " ".join(map(str, response.context["messages"]))


# Deleting


def test_the_confirmation_and_the_message_of_a_deletion_name_the_bin(root, deliverable):
    page = root.get(address(deliverable, "delete")).content.decode()
    assert "It moves to the bin, where it can be restored for 90 days." in page
    response = delete(root, deliverable)
    assert "“Seamless mobility” was moved to the bin, where it can be restored." in messages(response)
    assert not Deliverable.objects.filter(pk=deliverable.pk).exists()


def test_several_items_move_to_the_bin_at_once(root):
    keys = list(Deliverable.objects.values_list("pk", flat=True)[:2])
    data = {"action": "delete_selected", "_selected_action": keys}
    page = root.post(list_address(Deliverable), data).content.decode()
    assert "It moves to the bin" in page
    response = root.post(list_address(Deliverable), data | {"post": "yes"}, follow=True)
    assert "Moved to the bin: 2 deliverables." in messages(response)
    assert set(DeletedItem.objects.values_list("object_id", flat=True)) == set(keys)


@pytest.mark.once
def test_an_item_that_others_need_is_not_deleted_and_the_page_does_not_speak_of_the_bin(root):
    picture = make_picture()
    Page.objects.filter(key="about").update(cover=picture)
    page = root.get(address(picture, "delete")).content.decode()
    assert "protected related objects" in page
    assert "It moves to the bin" not in page


# The list


def test_the_bin_lists_and_searches_deleted_items_by_name(root, deliverable):
    other = Deliverable.objects.exclude(pk=deliverable.pk).first()
    for item in (deliverable, other):
        remove(item)
    text = words(root.get(BIN))
    assert "Seamless mobility" in text
    assert other.title_en in text
    assert text.count(date_format(timezone.localtime(), "DATE_FORMAT")) >= 2
    found = root.get(BIN, {"q": "seamless"})
    assert [row.heading for row in found.context["cl"].result_list] == ["Seamless mobility"]


def test_the_bin_takes_as_many_queries_with_many_items_as_with_one(root, deliverable):
    deleted = remove(deliverable)
    root.get(BIN)
    with CaptureQueriesContext(connection) as few:
        root.get(BIN)
    kept = {name: getattr(deleted, name) for name in ("content_type", "heading", "data", "created_at", "author_name")}
    Revision.objects.bulk_create(
        Revision(**kept, state=State.DELETED, object_id=10_000 + number) for number in range(200)
    )
    with CaptureQueriesContext(connection) as many:
        root.get(BIN)
    assert len(many) == len(few)


@pytest.mark.once
def test_staff_see_the_kinds_that_they_may_delete_or_add(client, staff, deliverable):
    deleted, embed = remove(deliverable), remove(make_video())
    client.force_login(staff("Editors"))
    assert [row.pk for row in client.get(BIN).context["cl"].result_list] == [deleted.pk]
    response = client.get(f"{BIN}{embed.pk}/change/", follow=True)
    assert "This is no longer in the bin." in messages(response)
    restore(client, embed)
    assert not EmbeddedContent.objects.filter(pk=embed.object_id).exists()
    client.force_login(staff("Translators"))
    assert client.get(BIN).status_code == 403
    assert client.post(f"{BIN}{deleted.pk}/change/").status_code == 403
    assert Deliverable.objects.filter(pk=deliverable.pk).exists() is False


# Restoring


def test_a_restored_item_has_its_key_history_addresses_and_texts_but_is_not_on_the_site(root, client, deliverable):
    change(deliverable, title_pl="Mobilność")
    before = {field.attname: getattr(deliverable, field.attname) for field in deliverable._meta.concrete_fields}
    url = deliverable.get_absolute_url()
    delete(root, deliverable)
    deleted = DeletedItem.objects.get()
    assert "Mobilność" in words(root.get(f"{BIN}{deleted.pk}/change/"))
    response = restore(root, deleted, comment="Deleted by mistake")
    assert "is back. It is not on the site until somebody publishes it." in messages(response)
    after = Deliverable.objects.get(key="seamless-mobility")
    changed = {name for name, value in before.items() if getattr(after, name) != value}
    assert changed == {"is_published", "updated_at"}
    assert LogEntry.objects.filter(object_id=after.pk, action_flag=ADDITION).exists()
    assert client.get(url).status_code == 404
    states = [revision.state for revision in Revision.objects.of(after)]
    assert states == [State.DRAFT, State.PAST, State.PAST, State.PAST]
    assert Revision.objects.of(after).first().comment == "Deleted by mistake"
    assert not DeletedItem.objects.exists()


def test_the_comment_of_a_restored_item_is_in_the_language_of_each_reader(root, deliverable):
    deleted = remove(deliverable)
    root.post(f"{BIN}{deleted.pk}/change/", headers={"accept-language": "pl"})
    history = address(Deliverable.objects.get(key="seamless-mobility"), "history")
    assert "Restored from the bin" in words(root.get(history))
    assert "Aus dem Papierkorb wiederhergestellt" in words(root.get(history, headers={"accept-language": "de"}))
    assert "Przywrócono z kosza" in words(root.get(history, headers={"accept-language": "pl"}))


def test_a_restored_item_has_the_addresses_that_it_had_before(root, client, deliverable):
    url = deliverable.get_absolute_url()
    change(deliverable, slug_en="moves")
    restore(root, remove(deliverable))
    Deliverable.objects.update(is_published=True)
    assert client.get(url).status_code == 301
    assert client.get(url).url.endswith("/moves/")


def test_a_restored_item_has_its_parts_and_links(root):
    part = InitiativePart.objects.first()
    initiative = part.initiative
    keys = set(initiative.parts.values_list("pk", flat=True))
    restore(root, remove(initiative))
    assert (
        set(InitiativePart.objects.filter(initiative=initiative.pk or part.initiative_id).values_list("pk", flat=True))
        == keys
    )


def linked_initiative() -> tuple[Initiative, list[int]]:
    """Return an initiative with the primary keys of the tasks that link to it."""
    initiative = Initiative.objects.filter(tasks__isnull=False).first()
    return initiative, sorted(initiative.tasks.values_list("pk", flat=True))


def test_a_restored_item_has_the_links_of_other_items_to_it(root):
    initiative, tasks = linked_initiative()
    name, task = str(initiative), Task.objects.get(pk=tasks[0])
    page = root.get(address(initiative, "delete")).content.decode()
    assert "These items link to it." in page and f"<li>Task: {escape(task)}</li>" in page
    deleted = remove(initiative)
    assert not Task.objects.filter(initiatives=deleted.object_id).exists()
    page = root.get(f"{BIN}{deleted.pk}/change/").content.decode()
    assert "These items link to it again after the restoration:" in page and f"<li>Task: {escape(task)}</li>" in page
    restore(root, deleted)
    assert sorted(Initiative.objects.get(title_en=name).tasks.values_list("pk", flat=True)) == tasks
    # The history of the tasks has it too.
    assert (
        Revision.objects.of(task).first().data[""]["initiatives"]
        == snapshots.take(Task, tasks)[task.pk][""]["initiatives"]
    )


def test_a_restored_item_is_the_map_of_an_event_again_unless_the_event_has_another_one(root):
    video = make_video()
    other = EmbeddedContent.objects.get(pk=video.pk)
    other.pk, other.key, other.page_url = None, "", f"{other.page_url}2"
    other.save()
    first, second = Event.objects.all()[:2]
    for event in (first, second):
        change(event, map=video)
    deleted = remove(video)
    second.refresh_from_db()
    change(second, map=other)
    restore(root, deleted)
    assert [Event.objects.get(pk=event.pk).map_id for event in (first, second)] == [deleted.object_id, other.pk]


def test_a_draft_keeps_its_link_to_an_item_that_was_deleted_and_restored(root):
    initiative, tasks = linked_initiative()
    task = Task.objects.get(pk=tasks[0])
    draft(task, title_en="Draft")
    restore(root, remove(initiative))
    data, conflicts = Revision.objects.draft_of(task).merged()
    assert conflicts == [] and data[""]["initiatives"] == snapshots.take(Task, [task.pk])[task.pk][""]["initiatives"]
    assert data[""]["initiatives"]


@pytest.mark.once
def test_links_between_items_that_are_deleted_together_come_back_with_the_second(root):
    initiative, tasks = linked_initiative()
    task = Task.objects.get(pk=tasks[0])
    key, task_key = initiative.pk, task.pk
    with Revision.objects.recorded():
        task.delete()
        initiative.delete()
    response = restore(root, DeletedItem.objects.of_key(Task, task_key).get())
    assert "was deleted." in messages(response)
    restore(root, DeletedItem.objects.of_key(Initiative, key).get())
    assert Initiative.objects.get(pk=key).tasks.filter(pk=task_key).exists()


@pytest.mark.once
def test_deleting_and_restoring_takes_as_many_queries_with_many_links_as_with_few(root):
    counts = []
    for links in (1, 5):
        initiative = Initiative.objects.create(title_en=f"With {links} links")
        initiative.tasks.set(Task.objects.all()[:links])
        Revision.objects.record()
        with CaptureQueriesContext(connection) as shown:
            assert len(snapshots.links_to(Initiative, [initiative.pk])) == links
        key = initiative.pk
        initiative.delete()
        with CaptureQueriesContext(connection) as recorded:
            Revision.objects.record()
        deleted = DeletedItem.objects.of_key(Initiative, key).get()
        with CaptureQueriesContext(connection) as in_bin:
            root.get(f"{BIN}{deleted.pk}/change/")
        with CaptureQueriesContext(connection) as restored:
            restoring.restore_deleted(deleted, "")
        counts.append([len(shown), len(recorded), len(in_bin), len(restored)])
    assert counts[0] == counts[1]


def test_stale_translations_and_drafts_of_translators_are_as_before(root, deliverable):
    texts = Translation.objects.of_items([deliverable])
    change(deliverable, title_en="Easier mobility")
    texts.get(field="title", language="nl").propose("Makkelijker")
    before = set(texts.values_list("field", "language", "status", "draft", "translated_from__text", "target"))
    assert {"stale", "draft"} <= {status for _field, _language, status, *_rest in before}
    deleted = remove(deliverable)
    assert not Translation.objects.filter(model="alliance.deliverable", object_id=deleted.object_id).exists()
    restore(root, deleted)
    restored = Deliverable.objects.get(pk=deleted.object_id)
    texts = Translation.objects.of_items([restored])
    assert set(texts.values_list("field", "language", "status", "draft", "translated_from__text", "target")) == before


def test_a_picture_comes_back_with_its_file(root, client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), Revision.objects.recorded():
        picture = make_picture(file=photo((400, 300)))
    name = picture.file.name
    with django_capture_on_commit_callbacks(execute=True):
        deleted = remove(picture)
    assert default_storage.exists(name)
    assert root.get(f"/admin/files/{name}").status_code == 200
    assert client.get(f"/media/{name}").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        restore(root, deleted)
    restored = Picture.objects.get(name="Harbour")
    assert (restored.file.name, restored.width, restored.height) == (name, 400, 300)
    assert restored.has_renditions


def test_an_item_whose_address_was_taken_is_not_restored_and_the_page_names_the_other_item(root, deliverable):
    slug = deliverable.slug_en
    deleted = remove(deliverable)
    other = Deliverable.objects.first()
    change(other, slug_en=slug)
    response = restore(root, deleted)
    text = words(response)
    assert "Nothing was restored." in text
    assert f"Address [en]: “{slug}” now belongs to deliverable “{other.title_en}”. Change it there first." in text
    assert not Deliverable.objects.filter(pk=deleted.object_id).exists()
    assert DeletedItem.objects.filter(pk=deleted.pk).exists()


def test_an_item_that_was_loaded_again_from_the_content_files_is_named(root, deliverable):
    deleted = remove(deliverable)
    Deliverable.objects.create(key=deliverable.key, title_en="The same again")
    assert "“The same again” took its place. Delete that first." in words(restore(root, deleted))


def test_an_item_that_needs_a_deleted_one_is_not_restored_before_that_one(root):
    embed = make_video()
    provider = embed.provider
    deleted = remove(embed)
    with Revision.objects.recorded():
        provider.delete()
    text = words(restore(root, deleted))
    assert f"“{provider.name}” was deleted." in text
    restore(root, DeletedItem.objects.get(heading=provider.name))
    restore(root, deleted)
    assert EmbeddedContent.objects.get(pk=deleted.object_id).provider_id == deleted.data[""]["provider"]


def test_a_link_to_a_deleted_picture_is_left_out_and_named(root, deliverable):
    with Revision.objects.recorded():
        picture = make_picture()
    change(deliverable, cover=picture)
    deleted = remove(deliverable)
    remove(picture)
    response = restore(root, deleted)
    assert "Left out: Cover picture: “Harbour” was deleted." in messages(response)
    assert Deliverable.objects.get(pk=deleted.object_id).cover is None


def test_values_that_the_database_refuses_are_a_clear_message(root):
    about = Page.objects.exclude(kind="text").first()
    deleted = remove(about)
    Page.objects.filter(pk=Page.objects.first().pk).update(kind=deleted.data[""]["kind"])
    text = words(restore(root, deleted))
    assert "These values contradict those of another item." in text
    assert not Page.objects.filter(pk=deleted.object_id).exists()


def test_an_item_that_was_taken_off_the_site_beside_a_draft_is_in_the_bin(root, deliverable):
    draft(deliverable, title_en="Draft title")
    change(deliverable, is_published=False)
    deleted = remove(deliverable)
    assert deleted.data[""]["title_en"] == "Seamless mobility"
    assert not Revision.objects.open().filter(object_id=deleted.object_id, content_type=deleted.content_type).exists()


def test_the_history_of_a_deleted_item_can_be_read(root, deliverable):
    number = deliverable.pk
    deleted = remove(deliverable)
    path = reverse("admin:alliance_deliverable_history", args=[number])
    text = words(root.get(path))
    assert "This was deleted. See it in the bin" in text
    assert f'href="{BIN}{deleted.pk}/change/"' in root.get(path).content.decode()
    assert root.get(reverse("admin:alliance_deliverable_restore", args=[number, deleted.pk])).status_code == 302


@pytest.mark.once
def test_an_item_that_was_restored_meanwhile_is_a_message(root, deliverable):
    deleted = remove(deliverable)
    restore(root, deleted)
    assert "This is no longer in the bin." in messages(restore(root, deleted))
    assert root.get(f"{BIN}add/").status_code == 403


# Emptying


def empty(days: int) -> int:
    """Run the job after so many days."""
    Revision.objects.filter(state=State.DELETED).update(created_at=timezone.now() - timedelta(days=days, minutes=1))
    return definitions["empty-bin"].function()


def test_after_the_period_items_are_erased_with_their_history_and_files(root, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), Revision.objects.recorded():
        picture = make_picture(file=photo((40, 30)))
    first = picture.file.name
    with django_capture_on_commit_callbacks(execute=True):
        change(picture, file=photo((20, 30)))
    second = picture.file.name
    deleted = remove(picture)
    assert empty(days=89) == 0
    assert default_storage.exists(first)
    assert default_storage.exists(second)
    with django_capture_on_commit_callbacks(execute=True):
        assert empty(days=90) == 3
    assert not Revision.objects.filter(content_type=deleted.content_type, object_id=deleted.object_id).exists()
    assert not RevisionFile.objects.filter(file__in=[first, second]).exists()
    assert not default_storage.exists(first)
    assert not default_storage.exists(second)


def test_staff_set_the_period_and_others_do_not(client, staff, deliverable):
    path = reverse("admin:editorial_binsettings_change", args=[1])
    client.force_login(staff("Editors"))
    assert client.get(path).status_code == 403
    assert path not in client.get(BIN).content.decode()
    client.force_login(staff("Publishers"))
    assert path in client.get(BIN).content.decode()
    assert "Ensure this value is greater than or equal to 1." in client.post(path, {"days": "0"}).content.decode()
    response = client.post(path, {"days": "7"}, follow=True)
    assert "Deleted items are kept for 7 days." in response.content.decode()
    remove(deliverable)
    assert empty(days=6) == 0
    assert empty(days=7) == 2
    assert BinSettings.objects.count() == 1


@pytest.mark.once
def test_the_bin_is_emptied_in_parts_that_the_next_run_continues(monkeypatch, deliverable):
    monkeypatch.setattr("editorial.models.deleted.CHUNK", 1)
    monkeypatch.setattr("editorial.models.deleted.RUN_TIMEOUT", -1)
    remove(deliverable)
    assert [empty(days=90), empty(days=90), empty(days=90)] == [1, 1, 0]


@pytest.mark.once
def test_the_deletion_of_orphaned_files_keeps_those_of_revisions_and_of_the_bin(
    monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("editorial.files.ORPHAN_AGE", timedelta(days=-1))
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    with django_capture_on_commit_callbacks(execute=True):
        change(university, logo=photo((40, 30), "PNG", name="first.png"))
        first = university.logo.name
        change(university, logo=photo((20, 30), "PNG", name="second.png"))
    default_storage.save("partners/unused.png", photo((10, 10), "PNG"))
    assert delete_orphans() == 1
    assert default_storage.exists(first)
