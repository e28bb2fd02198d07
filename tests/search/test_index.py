"""The index follows the content, whoever changes it."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import translation

from alliance.models import Deliverable
from consent.models import PolicyVersion, PrivacyPolicy
from jobs.registry import definitions
from pages.models import Page
from partners.models import PartnerUniversity
from search import indexing
from search.models import IndexItem, IndexWord, ItemToIndex, Occurrence
from search.results import find

pytestmark = pytest.mark.django_db


def paths(query: str, language: str = "en") -> list[str]:
    with translation.override(language):
        found = find(RequestFactory().get("/"), query, language)
        return [result.url for result in found.results(found.pages)]


def save():
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    deliverable.body_en = "<p>Xyzzy</p>"
    deliverable.save()


def update():
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Xyzzy</p>")


def write_sql():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alliance_deliverable SET body_en = '<p>Xyzzy</p>' WHERE key = 'seamless-mobility'")


@pytest.mark.nightly
@pytest.mark.parametrize("change", [save, update, write_sql])
def test_a_changed_text_is_found_at_once(change):
    assert paths("xyzzy") == []
    change()
    assert paths("xyzzy") == ["/en/deliverables/seamless-mobility/"]
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Plugh</p>")
    assert paths("xyzzy") == []


def test_a_deleted_item_leaves_the_index():
    Deliverable.objects.create(key="new", title_en="Xyzzy")
    assert paths("xyzzy") == ["/en/deliverables/xyzzy/"]
    Deliverable.objects.filter(key="new").delete()
    assert paths("xyzzy") == []
    indexing.delete_unused_words()
    assert not IndexWord.objects.filter(word="xyzzy").exists()


def test_an_untranslated_text_is_found_in_english():
    Deliverable.objects.create(key="new", title_en="Xyzzy laboratories", slug_en="new")
    assert paths("xyzzy laboratory", "pl") == ["/pl/rezultaty/new/"]


@pytest.mark.nightly
def test_the_text_that_the_site_draws_on_a_page_is_found_when_it_changes():
    PrivacyPolicy.objects.update(**{f"controller_{code}": "Xyzzy" for code in settings.CONTENT_LANGUAGES})
    assert paths("xyzzy") == []
    PolicyVersion.objects.put_in_force()
    assert paths("xyzzy") == [Page.objects.get(kind="privacy").get_absolute_url()]


@pytest.mark.nightly
def test_many_changes_wait_for_the_job_and_what_was_hidden_is_not_found_meanwhile(monkeypatch):
    monkeypatch.setattr(indexing, "FEW", 5)
    assert paths("malmo")[0] == "/en/partners/malmo-university/"
    PartnerUniversity.objects.update(is_published=False, city_past_en="Xyzzy")
    assert "/en/partners/malmo-university/" not in paths("malmo")
    PartnerUniversity.objects.update(is_published=True)
    assert paths("xyzzy") == []
    # Each run of the job ends within seconds, so a slow machine needs several.
    while ItemToIndex.objects.exists():
        definitions["search-index"].function()
    assert len(paths("xyzzy")) == PartnerUniversity.objects.count()


def test_a_search_works_while_the_index_cannot_be_written(monkeypatch):
    def fail(*arguments):
        raise OperationalError("database is locked")

    update()
    monkeypatch.setattr(indexing, "index_items", fail)
    assert paths("malmo")[0] == "/en/partners/malmo-university/"
    monkeypatch.undo()
    assert paths("xyzzy") == ["/en/deliverables/seamless-mobility/"]


@pytest.mark.nightly
def test_all_content_can_be_indexed_again(capsys):
    before = set(Occurrence.objects.values_list("word__word", "word__language", "item__page", "weight"))
    IndexItem.objects.all().delete()
    assert paths("malmo") == []
    call_command("update_search", "--all")
    assert "changes indexed" in capsys.readouterr().out
    assert set(Occurrence.objects.values_list("word__word", "word__language", "item__page", "weight")) == before
    assert not ItemToIndex.objects.exists()


def test_equal_matches_are_in_the_same_order_on_each_database():
    for key in ("b-2", "a-2", "a1", "B-1", "a-10"):
        Deliverable.objects.create(key=key.lower(), title_en="Xyzzy", slug_en=f"s-{key}")
    assert paths("xyzzy") == [f"/en/deliverables/s-{key}/" for key in ("a-10", "a-2", "a1", "b-1", "b-2")]
