"""Conflicts between a draft and changes of the live item since it was begun."""

import pytest
from django.urls import reverse

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.models import DraftConflictError, Revision
from editorial.models.revision import InvalidDraftError
from editorial.revisions import snapshots
from pages.models import Page, Redirect
from tests.editorial.test_admin import address, filled_in, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliverable(client, staff):
    """A live deliverable with an editor's draft that changes its title and summary in English."""
    item = Deliverable.objects.get(key="seamless-mobility")
    client.force_login(staff("Editors"))
    save(client, item, title_en="Title of the draft", summary_en="Summary of the draft")
    return item


def correct(item, **values):
    """Change the live item, as a publisher or translator does beside the draft."""
    with Revision.objects.recorded():
        stored = type(item).objects.get(pk=item.pk)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.save()


def conflicts_page(item) -> str:
    return reverse("admin:alliance_deliverable_conflicts", args=[item.pk])


def test_a_correction_made_beside_a_draft_survives_its_publication(deliverable):
    correct(deliverable, title_pl="Poprawiony tytuł")
    Revision.objects.draft_of(deliverable).publish()
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.title_pl) == ("Title of the draft", "Poprawiony tytuł")


def test_the_form_of_a_draft_shows_later_corrections_of_the_live_item(client, deliverable):
    correct(deliverable, title_pl="Poprawiony tytuł")
    values = filled_in(client.get(address(deliverable)))
    assert (values["title_en"], values["title_pl"]) == ("Title of the draft", "Poprawiony tytuł")


def test_a_draft_that_contradicts_the_live_item_is_not_published(deliverable):
    correct(deliverable, title_en="Corrected title")
    with pytest.raises(DraftConflictError) as error:
        Revision.objects.draft_of(deliverable).publish()
    (conflict,) = error.value.conflicts
    assert (conflict.field, conflict.live, conflict.draft) == ("title_en", "Corrected title", "Title of the draft")
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.summary_en != "Summary of the draft") == ("Corrected title", True)


def draft_with(item, **values) -> Revision:
    """Save a draft of a live item with other values."""
    Revision.objects.record()
    data = snapshots.take(type(item), [item.pk])[item.pk]
    data[snapshots.ITEM] |= values
    return Revision.objects.save_draft(item, data)


def test_a_redirect_that_would_now_lead_back_through_another_is_not_published():
    redirect = Redirect.objects.create(old_path="/aa", new_path="/en/vision/")
    draft = draft_with(redirect, old_path="/cc", new_path="/dd")
    Redirect.objects.create(old_path="/dd", new_path="/cc")
    with pytest.raises(InvalidDraftError, match="itself redirected"):
        draft.publish()
    redirect.refresh_from_db()
    assert (redirect.old_path, redirect.new_path) == ("/aa", "/en/vision/")


def test_a_draft_with_an_address_that_another_page_took_is_not_published():
    page = Page.objects.get(kind="accessibility")
    draft = draft_with(page, slug_de="semester")
    texts = {"title_en": "Semester", "short_title_en": "Semester", "description_en": "When it begins."}
    other = Page.objects.create(**texts)
    assert other.slug_en == "semester"
    with pytest.raises(InvalidDraftError, match="belongs to another page"):
        draft.publish()
    page.refresh_from_db()
    assert page.slug_de != "semester"


def test_a_part_that_became_invalid_is_not_published():
    draft = draft_with(Initiative.objects.filter(parts__isnull=False).first())
    part = next(row for row in draft.data if row != snapshots.ITEM)
    draft.data[part] |= {"title_en": ""}
    with pytest.raises(InvalidDraftError, match="cannot be blank"):
        draft.publish()


def test_a_publisher_sees_three_texts_and_chooses(client, staff, deliverable):
    before = deliverable.title_en
    correct(deliverable, title_en="Corrected title")
    client.force_login(staff("Publishers"))
    response = save(client, deliverable, summary_en="Better summary")
    assert response.redirect_chain[-1][0] == conflicts_page(deliverable)
    html = response.content.decode()
    assert before in html and "Corrected title" in html and "Title of the draft" in html
    response = client.post(conflicts_page(deliverable), {"c0": "live"}, follow=True)
    assert filled_in(response)["title_en"] == "Corrected title"
    # The text that was typed while the conflict was found is in the draft too.
    assert filled_in(response)["summary_en"] == "Better summary"
    save(client, deliverable)
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.summary_en) == ("Corrected title", "Better summary")


def test_the_texts_can_be_merged_by_hand_and_bad_input_is_named(client, deliverable):
    correct(deliverable, title_en="Corrected title")
    page = conflicts_page(deliverable)
    assert "Choose one of the texts." in client.post(page, {}).content.decode()
    response = client.post(page, {"c0": "own", "c0-text": "x" * 151})
    assert "x" * 151 in response.content.decode() and response.context["choices"][0].errors
    client.post(page, {"c0": "own", "c0-text": "Both titles"})
    Revision.objects.draft_of(deliverable).publish()
    deliverable.refresh_from_db()
    assert deliverable.title_en == "Both titles"


def test_a_draft_saved_with_an_open_conflict_keeps_it(client, deliverable):
    correct(deliverable, title_en="Corrected title")
    save(client, deliverable, summary_de="Neu", _draft="")
    (conflict,) = Revision.objects.draft_of(deliverable).conflicts()
    assert conflict.field == "title_en"


def test_the_same_change_on_both_sides_is_no_conflict(deliverable):
    correct(deliverable, title_en="Title of the draft")
    assert Revision.objects.draft_of(deliverable).conflicts() == []


@pytest.mark.nightly
def test_a_part_that_was_deleted_on_the_site_and_changed_in_the_draft_is_a_conflict(client, staff):
    campus = Initiative.objects.get(key="campus")
    client.force_login(staff("Editors"))
    save(client, campus, **{"parts-0-title_en": "Changed part"})
    part = campus.parts.first()
    with Revision.objects.recorded():
        part.delete()
    draft = Revision.objects.draft_of(campus)
    (conflict,) = draft.conflicts()
    assert conflict.field == ""
    page = reverse("admin:alliance_initiative_conflicts", args=[campus.pk])
    response = client.get(page)
    assert "Changed part" in response.content.decode()
    (choice,) = response.context["choices"]
    assert (choice.base, choice.live, choice.draft) == ("kept", "deleted", "kept")
    client.post(page, {"c0": "draft"})
    Revision.objects.draft_of(campus).publish()
    assert campus.parts.filter(title_en="Changed part").exists()


@pytest.mark.once
@pytest.mark.parametrize("side", ["live", "draft"])
def test_a_part_that_one_side_deleted_and_the_other_left_alone_is_deleted_without_conflict(side):
    without = {snapshots.ITEM: {"title_en": "Campus"}}
    base = without | {"initiative_parts.1": {"title_en": "Part"}}
    assert snapshots.merge(base, **{"live": base, "draft": base, side: without}) == (without, [])


def test_a_part_that_both_sides_brought_back_with_other_texts_is_a_conflict(client, staff):
    campus = Initiative.objects.get(key="campus")
    part, before = campus.parts.first(), Revision.objects.of(campus).live().get()
    key, row = part.pk, f"initiative_parts.{part.pk}"
    with Revision.objects.recorded():
        part.delete()
    # The draft starts without the part, and so does its base.
    data = snapshots.take(Initiative, [campus.pk])[campus.pk]
    Revision.objects.save_draft(campus, data | {row: before.data[row] | {"title_en": "In the draft"}})
    with Revision.objects.recorded():
        live = before.data[row] | {"title_en": "Live"}
        snapshots.write_row(InitiativePart, key, live, {"initiative_id": campus.pk})
    draft = Revision.objects.draft_of(campus)
    (conflict,) = draft.conflicts()
    assert (conflict.row, conflict.field, conflict.base) == (row, "title_en", None)
    assert (conflict.live, conflict.draft) == ("Live", "In the draft")
    page = reverse("admin:alliance_initiative_conflicts", args=[campus.pk])
    client.force_login(staff("Editors"))
    assert "In the draft" in client.get(page).content.decode()
    client.post(page, {"c0": "live"})
    Revision.objects.draft_of(campus).publish()
    assert campus.parts.get(pk=key).title_en == "Live"


def test_a_reader_cannot_resolve_conflicts(client, staff, deliverable):
    correct(deliverable, title_en="Corrected title")
    client.force_login(staff("Translators"))
    assert client.get(conflicts_page(deliverable)).status_code == 403
