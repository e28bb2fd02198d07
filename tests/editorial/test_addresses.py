"""A URL that was published once always leads to its item, however its slug was changed."""

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
# Model → the Polish URL before the slug.
PATHS = {
    Deliverable: "/pl/rezultaty/",
    Initiative: "/pl/transformacja/",
    PartnerUniversity: "/pl/partnerzy/",
    Page: "/pl/",
}


def first_item(model):
    return model.objects.filter(kind="text").first() if model is Page else model.objects.first()


def get(client, path: str) -> tuple[int, str]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.once
@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("İstanbul", "istanbul"),
        ("Straße, STRAẞE", "strasse-strasse"),
        ("Œuvre et œuvre", "oeuvre-et-oeuvre"),
        ("ﬁeld", "field"),
        ("ŉ", "n"),
        ("Þingvellir, Ðorđe, Løvås, Æble, ẞ, ħ", "thingvellir-dorde-lovas-aeble-ss-h"),
        ("Ispartalı kılıç", "ispartali-kilic"),
        ("2024–2025", "2024-2025"),
        ("Łódź—Lodz − a‒b", "lodz-lodz-a-b"),
        ("Education/Research\\Service", "education-research-service"),
        ("½ year", "1-2-year"),
        ("Education⧸Research╱Service➖a˗b", "education-research-service-a-b"),
        ("Álttáŋ, Ŋ, Əliyev, Ɛʋɛ, Ɗan Ƙasa, Hauƴa", "alttan-n-eliyev-eve-dan-kasa-hauya"),
        ("snake_case", "snake-case"),
        ("Kraków•Łódź|Bochum…Cork→Lublin～Oulu", "krakow-lodz-bochum-cork-lublin-oulu"),
        ("10:30, uni.lodz.pl, R&D\u2028news", "10-30-uni-lodz-pl-r-d-news"),
        ("Col·laboració, coŀlegi", "collaboracio-collegi"),
        ("l’économie de l'eau, l´art, rock ʼnʼ roll", "leconomie-de-leau-lart-rock-n-roll"),
        ("co\u00adop\u200berate", "cooperate"),
        ("– / –", ""),
    ],
)
def test_a_slug_keeps_the_letters_of_its_heading_without_accents(heading, slug):
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


def from_content_files(item, slug, tmp_path, without_pictures):
    dump(tmp_path)
    path = tmp_path / "pl.toml"
    path.write_text(path.read_text().replace(f'slug = "{item.slug_pl}"', f'slug = "{slug}"'))
    load(tmp_path)


@pytest.mark.parametrize("model", PATHS, ids=lambda model: model.__name__)
def test_a_past_slug_redirects_to_the_current_one(client, model):
    item, start = first_item(model), PATHS[model]
    old = f"{start}{item.slug_pl}/"
    assert get(client, old)[0] == 200
    for slug in ("nowy-adres", "jeszcze-nowszy"):
        in_bulk(item, slug)
    assert get(client, old) == get(client, f"{start}nowy-adres/") == (301, f"{start}jeszcze-nowszy/")
    assert get(client, f"{start}jeszcze-nowszy/")[0] == 200


@pytest.mark.nightly
@pytest.mark.parametrize("change", [in_admin, by_saving, by_sql, from_content_files])
def test_a_past_slug_redirects_after_any_kind_of_change(change, request):
    item = first_item(Deliverable)
    wanted = inspect.signature(change).parameters.keys() - {"item", "slug"}
    change(item, "nowy-adres", **{name: request.getfixturevalue(name) for name in wanted})
    path = f"/pl/rezultaty/{item.slug_pl}/"
    assert get(request.getfixturevalue("client"), path) == (301, "/pl/rezultaty/nowy-adres/")


def test_a_past_slug_redirects_within_its_language(client):
    deliverable = first_item(Deliverable)
    old = {code: getattr(deliverable, f"slug_{code}") for code in ("en", "pl", "de")}
    Deliverable.objects.filter(pk=deliverable.pk).update(slug_en="new", slug_pl="nowy", slug_de="neu")
    assert get(client, f"/en/deliverables/{old['en']}/") == (301, "/en/deliverables/new/")
    assert get(client, f"/pl/rezultaty/{old['pl']}/") == (301, "/pl/rezultaty/nowy/")
    # The slug of another language.
    assert get(client, f"/pl/rezultaty/{old['en']}/") == (301, "/pl/rezultaty/nowy/")


def test_a_slug_that_was_changed_back_works_again(client):
    deliverable = first_item(Deliverable)
    first = deliverable.slug_pl
    for slug in ("a", "b", first):
        by_saving(deliverable, slug)
    assert get(client, f"/pl/rezultaty/{first}/")[0] == 200
    for slug in ("a", "b"):
        assert get(client, f"/pl/rezultaty/{slug}/") == (301, f"/pl/rezultaty/{first}/")


def test_two_items_can_exchange_their_slugs(client):
    first, second = Deliverable.objects.all()[:2]
    a, b = first.slug_pl, second.slug_pl
    for item, slug in ((first, "between"), (second, a), (first, b)):
        by_saving(item, slug)
    for item, slug in ((first, b), (second, a)):
        response = client.get(f"/pl/rezultaty/{slug}/")
        assert (response.status_code, response.context["activity"]) == (200, item)


def test_an_item_can_take_the_past_slug_of_another_item(client):
    first, second = Deliverable.objects.all()[:2]
    old = first.slug_pl
    by_saving(first, "nowy")
    by_saving(second, old)
    response = client.get(f"/pl/rezultaty/{old}/")
    assert (response.status_code, response.context["activity"]) == (200, second)
    # A past slug of both redirects to the item that had it last.
    by_saving(second, "inny")
    assert get(client, f"/pl/rezultaty/{old}/") == (301, "/pl/rezultaty/inny/")


def test_an_item_without_a_slug_in_a_language_uses_that_of_the_source_language(client):
    first, second = Deliverable.objects.all()[:2]
    Deliverable.objects.filter(pk=first.pk).update(slug_de="shared")
    Deliverable.objects.filter(pk=second.pk).update(slug_en="shared", slug_pl=None)
    response = client.get("/pl/rezultaty/shared/")
    assert (response.status_code, response.context["activity"]) == (200, second)


def test_a_past_slug_of_an_unpublished_item_is_not_found(client):
    deliverable = first_item(Deliverable)
    old = deliverable.slug_pl
    Deliverable.objects.filter(pk=deliverable.pk).update(slug_pl="nowy", is_published=False)
    assert get(client, f"/pl/rezultaty/{old}/")[0] == 404


@pytest.mark.nightly
def test_a_restored_item_is_found_by_its_past_slugs(client):
    page = first_item(Page)
    for slug in ("nowy", "jeszcze-nowszy"):
        by_saving(page, slug)
    page.delete()
    assert get(client, "/pl/nowy/")[0] == 410
    call_command("load_content", restore=True, verbosity=0)
    assert get(client, "/pl/nowy/") == (301, f"/pl/{page.slug_pl}/")


@pytest.mark.nightly
@pytest.mark.parametrize("model", PATHS, ids=lambda model: model.__name__)
def test_a_deleted_item_is_gone_and_an_unpublished_one_is_not_found(client, model):
    item = first_item(model)
    path = f"{PATHS[model]}{item.slug_pl}/"
    model.objects.filter(pk=item.pk).update(is_published=False)
    assert get(client, path)[0] == 404
    model.objects.filter(pk=item.pk).delete()
    assert get(client, path)[0] == 404
    call_command("load_content", restore=True, verbosity=0)
    assert get(client, path)[0] == 200
    model.objects.filter(key=item.key).delete()
    assert get(client, path)[0] == 410


def test_staff_can_redirect_the_url_of_a_deleted_item(client):
    deliverable = first_item(Deliverable)
    path = f"/pl/rezultaty/{deliverable.slug_pl}/"
    deliverable.delete()
    Redirect.objects.create(old_path=path.rstrip("/"), new_path="/pl/rezultaty/")
    assert get(client, path) == (301, "/pl/rezultaty/")


def test_a_past_slug_takes_one_query(client, django_assert_max_num_queries):
    PastSlug.objects.bulk_create(
        PastSlug(section="pages", language="pl", slug=f"old-{n}", key=first_item(Page).key) for n in range(500)
    )
    with django_assert_max_num_queries(1):
        assert get(client, "/pl/old-250/")[0] == 301
