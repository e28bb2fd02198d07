"""The history of an item in the admin: its revisions, their comparison, and restoring."""

import re
from html import unescape

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import capfirst

from alliance.models import Deliverable, InitiativePart
from consent.models import Notice, Purpose
from editorial.models import Revision, RevisionFile
from editorial.revisions.snapshots import take
from partners.models import PartnerUniversity
from tests.editorial.test_admin import address, filled_in
from tests.pictures.factories import photo

pytestmark = pytest.mark.django_db
State = Revision.State


@pytest.fixture
def root(client, staff):
    client.force_login(staff())
    return client


def save(client, item, button="_save", **changes):
    response = client.post(address(item), filled_in(client.get(address(item)), **changes, **{button: "1"}), follow=True)
    assert response.status_code == 200
    assert not response.context.get("errors")
    return Revision.objects.of(item).first()


def change(item, comment="", **values) -> Revision:
    """Change a stored item, and return its revision."""
    with Revision.objects.recorded(comment):
        for name, value in values.items():
            setattr(item, name, value)
        item.save()
    return Revision.objects.of(item).first()


def draft(item, **values) -> Revision:
    """Store a draft beside an item."""
    data = take(type(item), [item.pk])[item.pk]
    data[""] |= values
    return Revision.objects.save_draft(item, data)


def history(item, page: str = "history", *args, **query) -> str:
    name = f"admin:{item._meta.app_label}_{item._meta.model_name}_{page}"
    path = reverse(name, args=[item.pk, *args])
    return f"{path}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else path


def words(response) -> str:
    """Return the text of the content of a page, with single spaces."""
    text = response.content.decode().partition('<div id="content-main">')[2]
    return " ".join(unescape(strip_tags(text.replace("<", " <"))).split())


def offered(response) -> list[str]:
    return re.findall(r'name="values" value="([^"]+)"', response.content.decode())


@pytest.fixture
def deliverable() -> Deliverable:
    return Deliverable.objects.get(key="seamless-mobility")


def with_logo() -> PartnerUniversity:
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    change(university, logo_alt_en="The name of the university", logo=photo((40, 30), "PNG", name="first.png"))
    return university


# History


def test_the_history_lists_revisions_newest_first_with_state_author_and_comment(root, deliverable):
    save(root, deliverable, title_en="Second title", revision_comment="A better name")
    save(root, deliverable, button="_draft", title_en="Third title")
    html = root.get(history(deliverable)).content.decode().partition('<div id="content-main">')[2]
    rows = re.findall(r"<tr>.*?</tr>", html, re.DOTALL)[1:]
    texts = [" ".join(strip_tags(row).split()) for row in rows]
    assert len(texts) == 3
    assert "draft root" in texts[0]
    assert "live root A better name" in texts[1]
    assert "past the program" in texts[2]


def test_the_history_is_paged_with_a_constant_number_of_queries(root, deliverable):
    path = history(deliverable)
    root.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        root.get(path)
    first = Revision.objects.of(deliverable).get()
    copies = [Revision(**copied(first), pk=None) for _number in range(300)]
    Revision.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as many:
        page = root.get(path)
    assert len(many) == len(few)
    assert "301 revisions" in words(page)
    assert page.content.decode().count('<th scope="row">') == 50
    assert root.get(f"{path}?p=7").content.decode().count('<th scope="row">') == 1


def copied(revision: Revision) -> dict:
    names = ("content_type", "object_id", "heading", "data", "created_at", "author_name")
    return {name: getattr(revision, name) for name in names} | {"state": State.PAST}


def test_the_history_of_an_item_without_revisions_is_empty(root, deliverable):
    Revision.objects.of(deliverable).delete()
    response = root.get(history(deliverable))
    assert response.status_code == 200 and not response.context["rows"]


def test_kinds_without_drafts_have_a_history_too(root):
    purpose = (
        Purpose.objects.get(key="statistics") if Purpose.objects.filter(key="statistics") else Purpose.objects.last()
    )
    change(purpose, description_en="We count.")
    assert "We count." in words(root.get(history(purpose, "compare", after=Revision.objects.of(purpose).first().pk)))


def test_each_revision_has_a_link_to_its_preview(root, deliverable):
    number = Revision.objects.of(deliverable).get().pk
    assert reverse("admin:editorial_revision_preview", args=[number]) in root.get(history(deliverable)).content.decode()


@pytest.mark.once
def test_who_may_not_view_a_kind_sees_no_revision_of_it(client, staff, deliverable):
    number = Revision.objects.of(deliverable).get().pk
    client.force_login(staff("Privacy officers"))
    paths = [
        history(deliverable),
        history(deliverable, "compare", after=number),
        history(deliverable, "restore", number),
    ]
    assert [client.get(path).status_code for path in paths] == [403, 403, 403]


@pytest.mark.once
def test_who_may_only_translate_can_compare_but_not_restore(client, staff, deliverable):
    number = Revision.objects.of(deliverable).get().pk
    client.force_login(staff("Translators"))
    assert "Restore" not in words(client.get(history(deliverable)))
    assert client.get(history(deliverable, "compare", after=number)).status_code == 200
    assert client.get(history(deliverable, "restore", number)).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("number", ["9" * 30, "x", "0"])
def test_an_address_of_no_revision_or_item_is_no_fault(root, deliverable, number):
    assert root.get(history(deliverable, "compare", after=number)).status_code == 302
    path = history(deliverable).replace(f"/{deliverable.pk}/", f"/{number}/")
    assert root.get(path).status_code == 404


# Comparison


def compare(client, item, **query):
    numbers = {name: revision.pk for name, revision in query.items()}
    return client.get(history(item, "compare", **numbers))


def test_a_text_is_compared_word_by_word_with_the_name_of_its_field_and_language(root, deliverable):
    after = change(deliverable, title_pl="Nowa mobilność")
    html = compare(root, deliverable, after=after).content.decode()
    row = re.search(r'<tr>\s*<th scope="row">\s*Title.*?</tr>', html, re.DOTALL).group()
    assert '<td lang="pl">Polski</td>' in row
    assert '<ins><span class="visually-hidden">added: </span>Nowa' in row


def test_rich_text_is_compared_as_text_and_a_change_of_markup_only_is_named(root, deliverable):
    first = change(deliverable, body_en="<p>One two</p><p>three</p>")
    second = change(deliverable, body_en="<p>One <strong>2</strong></p><p>three</p>")
    third = change(deliverable, body_en="<p>One 2</p><p>three</p>")
    assert "One removed: two added: 2 three" in words(compare(root, deliverable, before=first, after=second))
    assert "Only the formatting, a link or the language of a phrase changed:" in words(
        compare(root, deliverable, before=second, after=third)
    )


def test_the_language_of_a_phrase_is_a_change_that_is_shown(root, deliverable):
    first = change(deliverable, body_en="<p>The veritas</p>")
    second = change(deliverable, body_en='<p>The <span lang="la">veritas</span></p>')
    text = words(compare(root, deliverable, before=first, after=second))
    assert "Only the formatting, a link or the language of a phrase changed:" in text
    assert 'added: <span lang="la">veritas</span></p>' in text


def test_relations_have_names_and_booleans_and_choices_words(root):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    revision = change(university, country="DE", role="coordinator")
    text = words(compare(root, university, after=revision))
    assert "removed: Finland added: Germany" in text
    assert "removed: Member added: Coordinator" in text


def test_parts_are_grouped_and_say_whether_they_were_added_or_deleted(root):
    part = InitiativePart.objects.first()
    initiative = part.initiative
    before = Revision.objects.of(initiative).get()
    with Revision.objects.recorded():
        part.title_en = "A new name"
        part.save()
    changed = Revision.objects.of(initiative).first()
    text = words(compare(root, initiative, before=before, after=changed))
    title = f"{capfirst(InitiativePart._meta.verbose_name)}: A new name"
    assert f"{title} Field Language What changed Title English" in text
    with Revision.objects.recorded():
        part.delete()
    deleted = Revision.objects.of(initiative).first()
    text = words(compare(root, initiative, before=changed, after=deleted))
    assert f"{title} (deleted)" in text
    assert compare(root, initiative, before=deleted, after=changed).content.count(b"(deleted)") == 1


def test_pictures_are_compared_as_pictures_that_staff_can_see(root, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        university = with_logo()
    first = university.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        after = change(university, logo=photo((40, 30), "PNG", name="second.png"))
    university.refresh_from_db()
    html = compare(root, university, after=after).content.decode()
    for name in (first, university.logo.name):
        assert f'src="/admin/files/{name}"' in html
        assert root.get(f"/admin/files/{name}").status_code == 200


def test_any_two_revisions_can_be_chosen_on_different_pages_of_the_history(root, deliverable):
    revision = Revision.objects.of(deliverable).get()
    html = root.get(history(deliverable, before=revision.pk)).content.decode()
    assert f'<input type="hidden" name="before" value="{revision.pk}">' in html
    assert set(re.findall(r'type="radio"\s+name="(\w+)"', html)) == {"after"}


def test_a_draft_is_compared_with_the_live_revision_that_it_started_from(root, deliverable):
    text = words(compare(root, deliverable, after=draft(deliverable, title_en="Third title")))
    assert "removed: Seamless mobility added: Third title" in text
    assert "(live)" in text


def test_a_comparison_takes_as_many_queries_with_many_changed_parts_and_relations_as_with_few(root):
    initiative = InitiativePart.objects.first().initiative
    first = Revision.objects.of(initiative).get()
    with Revision.objects.recorded():
        initiative.parts.filter(pk=initiative.parts.first().pk).update(title_en="One")
    few_parts = Revision.objects.of(initiative).first()
    with Revision.objects.recorded():
        initiative.parts.update(title_en="All")
    many_parts = Revision.objects.of(initiative).first()
    compare(root, initiative, before=first, after=few_parts)
    with CaptureQueriesContext(connection) as few:
        compare(root, initiative, before=first, after=few_parts)
    with CaptureQueriesContext(connection) as many:
        compare(root, initiative, before=first, after=many_parts)
    assert len(many) == len(few)


# Restoring


def restore(client, item, revision, values=None, **data):
    path = history(item, "restore", revision.pk)
    values = offered(client.get(path)) if values is None else values
    return client.post(path, {"values": values, **data}, follow=True)


def test_restoring_a_revision_of_a_live_item_makes_a_draft(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    title = deliverable.title_en
    change(deliverable, title_en="Second title", title_pl="Drugi")
    response = restore(root, deliverable, first)
    assert "in the draft of" in " ".join(map(str, response.context["messages"]))
    deliverable.refresh_from_db()
    assert deliverable.title_en == "Second title"
    restored = Revision.objects.draft_of(deliverable)
    assert restored.data[""] == first.data[""]
    assert "Restored from the revision of" in restored.comment
    restored.publish()
    deliverable.refresh_from_db()
    assert deliverable.title_en == title


def test_single_values_can_be_restored_and_the_others_stay(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    change(deliverable, title_en="Second title", title_pl="Drugi")
    restore(root, deliverable, first, values=[":title_pl"], comment="The Polish was better")
    restored = Revision.objects.draft_of(deliverable)
    assert restored.data[""]["title_pl"] == first.data[""]["title_pl"]
    assert restored.data[""]["title_en"] == "Second title"
    assert restored.comment == "The Polish was better"


def test_restoring_goes_on_top_of_the_present_draft(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    change(deliverable, title_pl="Drugi")
    draft(deliverable, title_en="Third title")
    restore(root, deliverable, first, values=[":title_pl"])
    restored = Revision.objects.draft_of(deliverable)
    assert (restored.data[""]["title_en"], restored.data[""]["title_pl"]) == ("Third title", first.data[""]["title_pl"])


def test_a_draft_that_was_saved_after_the_page_was_opened_is_not_overwritten(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    change(deliverable, title_pl="Drugi")
    draft(deliverable, title_pl="Szkic")
    path = history(deliverable, "restore", first.pk)
    page = root.get(path)
    assert f'name="shown" value="{page.context["shown"]}"' in page.content.decode()
    sent = {"values": [":title_pl"], "shown": page.context["shown"]}
    colleague = draft(deliverable, title_pl="Szkic koleżanki")
    response = root.post(path, sent)
    assert "The texts changed after you opened this page. Nothing was saved." in response.content.decode()
    assert Revision.objects.draft_of(deliverable) == colleague
    root.post(path, sent | {"shown": response.context["shown"]})
    assert Revision.objects.draft_of(deliverable).data[""]["title_pl"] == first.data[""]["title_pl"]


def test_restoring_a_revision_of_an_unpublished_item_writes_the_item(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    title = deliverable.title_en
    change(deliverable, is_published=False)
    draft(deliverable, title_en="Second title")
    restore(root, deliverable, first)
    deliverable.refresh_from_db()
    assert deliverable.title_en == title
    assert not deliverable.is_published
    assert Revision.objects.of(deliverable).first().state == State.DRAFT


def test_restoring_an_item_of_a_kind_without_drafts_writes_the_item(root):
    notice = Notice.objects.get()
    first = Revision.objects.of(notice).get()
    heading = notice.heading_en
    change(notice, heading_en="Other")
    restore(root, notice, first)
    notice.refresh_from_db()
    assert notice.heading_en == heading


def test_a_deleted_part_comes_back_and_a_new_one_can_be_removed(root):
    part = InitiativePart.objects.first()
    initiative, key = part.initiative, part.pk
    first = Revision.objects.of(initiative).get()
    with Revision.objects.recorded():
        part.delete()
    restore(root, initiative, first, values=[f"{InitiativePart.content_section}.{key}"])
    Revision.objects.draft_of(initiative).publish()
    assert initiative.parts.get(pk=key).title_en == part.title_en


def test_a_replaced_picture_is_restored(root, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        university = with_logo()
    first, name = Revision.objects.of(university).first(), university.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        change(university, logo=photo((20, 20), "PNG", name="second.png"))
    assert default_storage.exists(name)
    restore(root, university, first)
    Revision.objects.draft_of(university).publish()
    university.refresh_from_db()
    assert university.logo.name == name


def test_an_item_is_locked_only_while_choices_are_saved(root, deliverable, monkeypatch):
    locked = []
    monkeypatch.setattr("editorial.admin.history.locked", lambda model, key: locked.append(key))
    path = history(deliverable, "restore", change(deliverable, title_en="Second title").pk)
    root.get(path)
    assert not locked
    root.post(path)
    assert locked == [deliverable.pk]


def test_what_can_no_longer_be_restored_is_named(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    slug = deliverable.slug_en
    change(deliverable, slug_en="elsewhere", title_en="Second title")
    other = Deliverable.objects.exclude(pk=deliverable.pk).first()
    change(other, slug_en=slug)
    Revision.objects.filter(pk=first.pk).update(data={"": first.data[""] | {"colour_of_the_past": "red"}})
    path = history(deliverable, "restore", first.pk)
    text = words(root.get(path))
    assert f"Address [en]: “{slug}” now belongs to deliverable “{other.title_en}”. Change it there first." in text
    assert "Colour of the past: This field no longer exists." in text
    restore(root, deliverable, first)
    restored = Revision.objects.draft_of(deliverable)
    assert restored.data[""]["slug_en"] == "elsewhere"
    assert restored.data[""]["title_en"] == first.data[""]["title_en"]


def test_a_lost_file_is_named_and_the_present_one_stays(root, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        university = with_logo()
    first, name = Revision.objects.of(university).first(), university.logo.name
    change(university, logo=photo((20, 20), "PNG", name="second.png"), city_past_en="tar")
    default_storage.delete(name)
    assert "Logo: The file no longer exists." in words(root.get(history(university, "restore", first.pk)))
    restore(root, university, first)
    university.refresh_from_db()
    assert Revision.objects.draft_of(university).data[""]["logo"] == university.logo.name


@pytest.mark.once
def test_restoring_nothing_is_an_error_that_says_so(root, deliverable):
    first = Revision.objects.of(deliverable).get()
    change(deliverable, title_en="Second title")
    response = restore(root, deliverable, first, values=[])
    assert "Tick at least one value to restore." in words(response)
    assert Revision.objects.draft_of(deliverable) is None


def test_a_draft_of_an_item_that_was_taken_off_the_site_keeps_its_values_when_saved_again(root, deliverable):
    draft(deliverable, title_en="Draft title")
    change(deliverable, is_published=False)
    save(root, deliverable, button="_draft", title_pl="Szkic")
    restored = Revision.objects.draft_of(deliverable)
    assert (restored.data[""]["title_en"], restored.data[""]["title_pl"]) == ("Draft title", "Szkic")
    assert restored.base is not None


def test_visitors_never_get_a_file_that_only_a_revision_names(root, client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        university = with_logo()
    name = university.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        change(university, logo=photo((20, 20), "PNG", name="second.png"))
    root.logout()
    assert RevisionFile.objects.filter(file=name).exists()
    assert client.get(f"/media/{name}").status_code == 404
    assert client.get(f"/admin/files/{name}").status_code == 302


def test_a_file_of_a_draft_is_not_for_visitors(root, client):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    revision = save(
        root, university, button="_draft", logo=photo((20, 20), "PNG", name="draft.png"), logo_alt_en="Logo"
    )
    name = revision.data[""]["logo"]
    assert root.get(f"/admin/files/{name}").status_code == 200
    assert client.get(f"/media/{name}").status_code == 404
