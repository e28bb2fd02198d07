"""An address that was published once leads to its item for good, in whatever way it was changed."""

import inspect

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from alliance.models import Deliverable, Initiative
from editorial.content_files import dump, load
from editorial.models import PastSlug, slug_of
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from tests.editorial.test_admin import filled_in

pytestmark = pytest.mark.django_db
# Model → key, address in Polish before the last part.
ADDRESSED = {
    Deliverable: "/pl/rezultaty/",
    Initiative: "/pl/transformacja/",
    PartnerUniversity: "/pl/partnerzy/",
    Page: "/pl/",
}


def some(model):
    return model.objects.filter(kind="text").first() if model is Page else model.objects.first()


def answer(client, path: str) -> tuple[int, str]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("İstanbul", "istanbul"),
        ("Straße, STRAẞE", "strasse-strasse"),
        ("Œuvre et œuvre", "oeuvre-et-oeuvre"),
        ("ﬁeld", "field"),
        ("ŉ", "n"),
    ],
)
def test_no_letter_of_a_heading_is_lost_in_its_address(heading, slug):
    assert slug_of(heading) == slug


def in_admin(item, slug, client, staff):
    client.force_login(staff())
    url = reverse("admin:alliance_deliverable_change", args=[item.pk])
    response = client.post(url, filled_in(client.get(url), slug_pl=slug))
    assert response.status_code == 302, response.context_data["errors"]


def by_saving(item, slug):
    changed = type(item).objects.get(pk=item.pk)
    changed.slug_pl = slug
    changed.save()


def in_bulk(item, slug):
    type(item).objects.filter(pk=item.pk).update(slug_pl=slug)


def by_sql(item, slug):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {item._meta.db_table} SET slug_pl = %s WHERE id = %s", [slug, item.pk])


def from_content_files(item, slug, tmp_path):
    dump(tmp_path)
    path = tmp_path / "pl.toml"
    path.write_text(path.read_text().replace(f'slug = "{item.slug_pl}"', f'slug = "{slug}"'))
    load(tmp_path)


@pytest.mark.parametrize("model", ADDRESSED, ids=lambda model: model.__name__)
def test_an_old_address_leads_to_the_present_one(client, model):
    item, start = some(model), ADDRESSED[model]
    old = f"{start}{item.slug_pl}/"
    assert answer(client, old)[0] == 200
    for slug in ("nowy-adres", "jeszcze-nowszy"):
        in_bulk(item, slug)
    assert answer(client, old) == answer(client, f"{start}nowy-adres/") == (301, f"{start}jeszcze-nowszy/")
    assert answer(client, f"{start}jeszcze-nowszy/")[0] == 200


@pytest.mark.parametrize("change", [in_admin, by_saving, by_sql, from_content_files])
def test_it_does_in_whatever_way_it_was_changed(change, request):
    item = some(Deliverable)
    wanted = inspect.signature(change).parameters.keys() - {"item", "slug"}
    change(item, "nowy-adres", **{name: request.getfixturevalue(name) for name in wanted})
    path = f"/pl/rezultaty/{item.slug_pl}/"
    assert answer(request.getfixturevalue("client"), path) == (301, "/pl/rezultaty/nowy-adres/")


def test_an_old_address_stays_in_its_language(client):
    deliverable = some(Deliverable)
    old = {code: getattr(deliverable, f"slug_{code}") for code in ("en", "pl", "de")}
    Deliverable.objects.filter(pk=deliverable.pk).update(slug_en="new", slug_pl="nowy", slug_de="neu")
    assert answer(client, f"/en/deliverables/{old['en']}/") == (301, "/en/deliverables/new/")
    assert answer(client, f"/pl/rezultaty/{old['pl']}/") == (301, "/pl/rezultaty/nowy/")
    # A link that was carried over from another language.
    assert answer(client, f"/pl/rezultaty/{old['en']}/") == (301, "/pl/rezultaty/nowy/")


def test_an_address_that_was_changed_back_answers_again(client):
    deliverable = some(Deliverable)
    first = deliverable.slug_pl
    for slug in ("a", "b", first):
        by_saving(deliverable, slug)
    assert answer(client, f"/pl/rezultaty/{first}/")[0] == 200
    for slug in ("a", "b"):
        assert answer(client, f"/pl/rezultaty/{slug}/") == (301, f"/pl/rezultaty/{first}/")


def test_two_items_may_exchange_their_addresses(client):
    one, other = Deliverable.objects.all()[:2]
    a, b = one.slug_pl, other.slug_pl
    for item, slug in ((one, "between"), (other, a), (one, b)):
        by_saving(item, slug)
    for item, slug in ((one, b), (other, a)):
        response = client.get(f"/pl/rezultaty/{slug}/")
        assert (response.status_code, response.context["activity"]) == (200, item)


def test_a_new_item_may_take_an_old_address_and_then_has_it(client):
    one, other = Deliverable.objects.all()[:2]
    old = one.slug_pl
    by_saving(one, "nowy")
    by_saving(other, old)
    response = client.get(f"/pl/rezultaty/{old}/")
    assert (response.status_code, response.context["activity"]) == (200, other)
    # Given up, it leads to the one that had it last.
    by_saving(other, "inny")
    assert answer(client, f"/pl/rezultaty/{old}/") == (301, "/pl/rezultaty/inny/")


def test_an_address_of_the_source_language_is_the_items_own_where_it_has_no_other(client):
    one, other = Deliverable.objects.all()[:2]
    Deliverable.objects.filter(pk=one.pk).update(slug_de="shared")
    Deliverable.objects.filter(pk=other.pk).update(slug_en="shared", slug_pl=None)
    response = client.get("/pl/rezultaty/shared/")
    assert (response.status_code, response.context["activity"]) == (200, other)


def test_an_old_address_of_what_is_not_shown_leads_nowhere(client):
    deliverable = some(Deliverable)
    old = deliverable.slug_pl
    Deliverable.objects.filter(pk=deliverable.pk).update(slug_pl="nowy", is_published=False)
    assert answer(client, f"/pl/rezultaty/{old}/")[0] == 404


def test_an_item_that_was_deleted_and_brought_back_is_found_under_its_old_address(client):
    page = some(Page)
    for slug in ("nowy", "jeszcze-nowszy"):
        by_saving(page, slug)
    page.delete()
    assert answer(client, "/pl/nowy/")[0] == 410
    call_command("load_content", restore=True, verbosity=0)
    assert answer(client, "/pl/nowy/") == (301, f"/pl/{page.slug_pl}/")


@pytest.mark.parametrize("model", ADDRESSED, ids=lambda model: model.__name__)
def test_what_was_deleted_is_gone_and_what_is_not_shown_is_not_here(client, model):
    item = some(model)
    path = f"{ADDRESSED[model]}{item.slug_pl}/"
    model.objects.filter(pk=item.pk).update(is_published=False)
    assert answer(client, path)[0] == 404
    model.objects.filter(pk=item.pk).delete()
    assert answer(client, path)[0] == 404
    call_command("load_content", restore=True, verbosity=0)
    assert answer(client, path)[0] == 200
    model.objects.filter(key=item.key).delete()
    assert answer(client, path)[0] == 410


def test_staff_may_lead_the_address_of_what_was_deleted_elsewhere(client):
    deliverable = some(Deliverable)
    path = f"/pl/rezultaty/{deliverable.slug_pl}/"
    deliverable.delete()
    Redirect.objects.create(old_path=path.rstrip("/"), new_path="/pl/rezultaty/")
    assert answer(client, path) == (301, "/pl/rezultaty/")


def test_finding_an_old_address_takes_no_more_queries_than_a_wrong_one(client, django_assert_max_num_queries):
    PastSlug.objects.bulk_create(
        PastSlug(section="pages", language="pl", slug=f"old-{n}", key=some(Page).key) for n in range(500)
    )
    with django_assert_max_num_queries(1):
        assert answer(client, "/pl/old-250/")[0] == 301
