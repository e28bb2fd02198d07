"""Keys, languages, past slugs of content, and rows that change during their deletion."""

import pytest
from django.test import Client
from django.utils import translation

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.formsets import EditFormSet
from editorial.models import PastSlug
from editorial.models.slugs import Gone
from pages.models import Page
from tests.editorial.test_admin import address, filled_in

pytestmark = pytest.mark.django_db


def make_deliverable(title: str, **fields) -> Deliverable:
    return Deliverable.objects.create(title_en=title, summary_en="A summary.", **fields)


# Keys


def test_a_key_is_made_from_the_heading_once():
    item = make_deliverable("A Title")
    assert item.key == "a-title"
    item.title_en = "Another title"
    item.save()
    assert item.key == "a-title"
    assert make_deliverable("A title").key == "a-title-2"
    assert make_deliverable("…").key == "deliverable"


def test_a_key_has_at_most_80_characters_of_the_heading_and_no_hyphen_at_its_end():
    assert make_deliverable(f"{'a' * 79} b").key == "a" * 79
    assert make_deliverable(f"{'b' * 80}c").key == "b" * 80


def test_a_missing_key_is_saved_together_with_the_given_fields():
    item = make_deliverable("A title")
    item.key = ""
    item.title_en = "Another title"
    item.save(update_fields=["title_en"])
    item.refresh_from_db()
    assert item.key == "another-title"


def test_saving_some_fields_leaves_the_slugs_as_they_are():
    item = make_deliverable("A title")
    item.slug_en, item.slug_pl, item.title_pl = "Typed", "", "Tytuł"
    item.save(update_fields=["title_pl"])
    assert (item.slug_en, item.slug_pl) == ("Typed", "")
    item.save()
    assert (item.slug_en, item.slug_pl) == ("typed", "tytul")


# Languages


def test_a_language_needs_all_texts_that_the_source_language_has():
    items = Deliverable.objects.filter(pk__in=Deliverable.objects.values("pk")[:2])
    items.update(title_en="Title", title_pl="Tytuł", title_de="Titel", title_fr=None, title_tr="")
    assert {"en", "pl", "de"} <= items.languages("title")
    assert not {"fr", "tr"} & items.languages("title")
    Deliverable.objects.filter(pk=items[0].pk).update(title_de="")
    assert "de" not in items.languages("title") and "pl" in items.languages("title")
    Deliverable.objects.filter(pk=items[0].pk).update(title_en="")
    assert "de" in items.languages("title")


# Past slugs


def test_a_past_slug_in_the_active_language_precedes_one_in_another_language():
    first, second = Page.objects.order_by("pk")[:2]
    PastSlug.objects.create(section="pages", language="pl", slug="old", key=second.key)
    PastSlug.objects.create(section="pages", language="de", slug="old", key=first.key)
    for language, found in (("pl", second), ("de", first)):
        with translation.override(language):
            assert Page.objects.get_by_slug("old") == found


def test_a_current_slug_precedes_a_past_one():
    first, second = Page.objects.order_by("pk")[:2]
    PastSlug.objects.create(section="pages", language="pl", slug="now", key=first.key)
    Page.objects.filter(pk=second.pk).update(slug_pl="now")
    with translation.override("pl"):
        assert Page.objects.get_by_slug("now") == second


def test_a_slug_of_a_deleted_item_is_gone():
    PastSlug.objects.create(section="pages", language="pl", slug="old", key="deleted")
    with pytest.raises(Gone):
        Page.objects.get_by_slug("old")


# Rows


def test_a_deletion_starts_again_if_the_row_changes_during_it(staff, monkeypatch):
    client = Client()
    client.force_login(staff())
    part = InitiativePart.objects.first()
    initiative = Initiative.objects.get(pk=part.initiative_id)
    values, clean, attempts = filled_in(client.get(address(initiative))), EditFormSet.clean, []

    def clean_and_change(formset):
        clean(formset)
        if formset.model is InitiativePart:
            attempts.append(formset)
            if len(attempts) == 1:
                InitiativePart.objects.filter(pk=part.pk).update(title_pl="Nowy")

    monkeypatch.setattr(EditFormSet, "clean", clean_and_change)
    index = next(name for name, value in values.items() if name.endswith("-id") and str(value) == str(part.pk))
    client.post(address(initiative), values | {index.replace("-id", "-DELETE"): "on"})
    assert len(attempts) == 2
