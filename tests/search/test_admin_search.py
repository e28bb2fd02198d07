"""The search of lists in the admin behaves as the search of the site."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import URLField
from django.urls import reverse
from django.utils import translation

from alliance.models import Deliverable, Milestone, Task
from editorial.admin import ContentAdmin
from editorial.content_files import translated_fields
from pages.models import Page
from partners.models import PartnerUniversity
from search.indexing import index_changed_items
from search.models import Synonyms
from tests.consent.factories import make_video
from tests.pictures.factories import make_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(client, staff):
    """A function that returns the keys in the list of a model for a query, in their order."""
    client.force_login(staff())

    def keys(model, query: str, **parameters: str) -> list[str]:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return [item.key for item in client.get(path, {"q": query} | parameters).context["cl"].result_list]

    return keys


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("model", "query", "key"),
    [
        (PartnerUniversity, "malmo", "malmo-university"),
        (PartnerUniversity, "Uniwersytet Lodzki", "university-of-lodz"),
        (PartnerUniversity, "oulun yliopisto", "university-of-oulu"),
        (PartnerUniversity, "Zagrebb", "university-of-zagreb"),
        (Milestone, "creathno", "2021-creathon"),
        (Milestone, "stypendium", "2020-grant"),
        (Deliverable, "postindustrielle Städte", "post-industrial-cities"),
        (Page, "l'alliance", "home"),
        (Synonyms, "doctorate", "doctoral-students"),
    ],
)
def test_staff_find_items_by_words_of_any_language_as_visitors_do(listed, model, query, key):
    assert key in listed(model, query)


def named_fields():
    for model_admin in admin.site._registry.values():
        if isinstance(model_admin, ContentAdmin):
            for name in model_admin.search_fields:
                yield pytest.param(model_admin.model, name, id=f"{model_admin.model._meta.label} {name}")


@pytest.mark.nightly
@pytest.mark.parametrize(("model", "name"), named_fields())
def test_each_field_that_a_list_names_as_searched_finds_its_item(listed, model, name):
    """A word in the field, which may be one of a related item, finds the item."""
    path, _separator, last = name.rpartition("__")
    make_video(publish=False)
    make_picture()
    item = model.objects.exclude(**{path: None}).first() if path else model.objects.first()
    item = item or model.objects.create(key="new")
    field = get_fields_from_path(model, name)[-1]
    word = "https://xyzzyplugh.example/" if isinstance(field, URLField) else "xyzzyplugh"
    owner = item if not path else field.model.objects.filter(pk=model.objects.filter(pk=item.pk).values(path)[:1]).get()
    is_translated = last in translated_fields(field.model)
    columns = [f"{last}_{code}" for code in settings.CONTENT_LANGUAGES] if is_translated else [last]
    field.model.objects.filter(pk=owner.pk).update(**dict.fromkeys(columns, word))
    index_changed_items()
    assert item.key in listed(model, "xyzzyplugh")


def test_the_section_of_the_synonyms_is_a_noun():
    with translation.override("de"):
        assert str(apps.get_app_config("search").verbose_name) == "Suche"


def test_staff_find_what_is_not_published(listed):
    Deliverable.objects.filter(key="seamless-mobility").update(body_pl="<p>Xyzzy</p>", is_published=False)
    assert listed(Deliverable, "xyzzy") == ["seamless-mobility"]
    assert listed(Deliverable, "xyzzy", is_published__exact="1") == []


def test_a_word_is_not_found_by_its_middle(listed):
    Deliverable.objects.filter(key="collaborative-structure").update(body_en="<p>Superxyzzy</p>")
    assert "collaborative-structure" in listed(Deliverable, "superxyzzy")
    assert "collaborative-structure" not in listed(Deliverable, "xyzzy")


def test_an_item_is_found_by_its_words_and_those_of_the_items_that_its_list_names(listed):
    Task.objects.filter(key="lodz-promote").update(body_en="<p>Xyzzy</p>")
    assert listed(Task, "xyzzy lodz") == ["lodz-promote"]
    assert len(listed(Task, "Lodz")) == Task.objects.count()
    assert listed(Task, "xyzzy helsinki") == []


def test_the_best_matches_come_first_unless_the_list_is_sorted(listed):
    Deliverable.objects.filter(key="post-industrial-cities").update(title_en="Xyzzy")
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>xyzzy</p>")
    Deliverable.objects.filter(key="social-inclusion").update(summary_en="xyzzy")
    assert listed(Deliverable, "xyzzy") == ["post-industrial-cities", "social-inclusion", "seamless-mobility"]
    by_order = list(Deliverable.objects.order_by("order").values_list("key", flat=True))
    assert listed(Deliverable, "xyzzy", o="3") == [key for key in by_order if key in listed(Deliverable, "xyzzy")]


@pytest.mark.parametrize("query", ["%", "'", '"a phrase"', "\x00ab", "\\", "a" * 500, "x " * 200, "🙂", "-"])
def test_special_characters_are_no_error_in_a_list(client, staff, query):
    client.force_login(staff())
    response = client.get(reverse("admin:alliance_deliverable_changelist"), {"q": query})
    assert response.status_code in (200, 302)
