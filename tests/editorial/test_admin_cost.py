"""The queries and bytes of a page of the admin do not depend on the amount of data."""

import copy
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from alliance.models import InitiativePart
from consent.models import Decision, DeclaredCookie, EmbeddedContent, NoticeVersion, Script
from editorial.admin.lists import MAX_INLINE_ROWS
from editorial.formsets import EditFormSet
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_counter, make_video
from tests.editorial.test_admin import address, filled_in, list_address
from tests.partners.factories import fill_with_partners
from tests.pictures.factories import make_picture
from translations.status.changed_items import ChangedItem

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Queries of every page for a superuser: session, user, content version.
BASE_QUERIES = 3
# Queries of a list: for most models the rows, their number, pending translation states, the states, drafts, plans,
# filter choices.
LIST_QUERIES = 8
# The list of notice versions also compares the draft with the version in force.
DRAFT_QUERIES = 5
# Links to years and months above a list: the first and the last date, and the years or months between them.
DATE_QUERIES = 2
# The index page: work of several kinds, see editorial/dashboard.py.
DASHBOARD_QUERIES = 16
# Models with exactly one row.
SINGLETONS = {"alliance.alliance", "consent.notice", "consent.privacypolicy", "feedback.feedbackpage"}
FACTORIES = {EmbeddedContent: make_video, Script: make_counter, Picture: make_picture}
DEFAULTS = {
    models.BooleanField: False,
    models.DateTimeField: timezone.now(),
    models.IntegerField: 1,
    models.JSONField: {},
    models.ForeignKey: 1,
}


def value_for(field: models.Field):
    """Return a valid value for the column."""
    if field.choices:
        return field.choices[0][0]
    return next((value for kind, value in DEFAULTS.items() if isinstance(field, kind)), "x")


def make_one(model):
    """Add a row for a model without rows on a new site."""
    if model in FACTORIES:
        FACTORIES[model]()
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.has_default()]
    values = {field.attname: value_for(field) for field in fields if not (field.null or field.blank)}
    if model is Decision:
        values["expires_at"] = timezone.now() + timedelta(days=1)
    model.objects.bulk_create([model(**values)])


def multiply(model, total: int):
    """Copy the last row until there are `total` rows, with different values in unique and indexed columns."""
    # Each other kind of page exists once.
    rows = model.objects.filter(kind="text") if model is Page else model.objects
    last = rows.order_by("pk").last()
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    distinct = [
        field
        for field in columns
        if field.unique or field.name == "object_id" or (field.db_index and isinstance(field, models.CharField))
    ]
    copies = []
    for number in range(model.objects.count(), total):
        row = copy.copy(last)
        row.pk = None
        for field in distinct:
            setattr(row, field.attname, number + 1 if isinstance(field, models.IntegerField) else f"copy-{number}")
        copies.append(row)
    model.objects.bulk_create(copies, batch_size=500)


def fill():
    """Fill all tables in the admin: 150 rows, and 300 pictures.

    Lists and choices are limited to 100 items, those of pictures to 250.
    """
    fill_with_partners(150)
    for model in (*admin.site._registry, LogEntry):
        if model._meta.label_lower not in SINGLETONS and not model._meta.proxy:
            multiply(model, 300 if model is Picture else 150)
    ChangedItem.objects.process()


def addresses(*actions: str) -> list[str]:
    """Return the URLs of the given actions for every registered model, with the first item."""
    found = []
    for model, model_admin in admin.site._registry.items():
        first = model.objects.order_by("pk").values_list("pk", flat=True).first()
        for action in actions:
            name = f"{model_admin.admin_site.name}:{model._meta.app_label}_{model._meta.model_name}_{action}"
            with suppress(NoReverseMatch):
                found.append(reverse(name, args=[first] if action in ("change", "history") else []))
    return found


def cost(client, path: str) -> tuple[int, int]:
    """Return the number of queries and bytes of a page."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200, path
    return len(queries), len(response.content)


@pytest.mark.nightly
@pytest.mark.usefixtures("without_pictures")
def test_the_cost_of_a_page_does_not_grow_with_the_data(client, staff):
    user = staff()
    client.force_login(user)
    for model in admin.site._registry:
        if not model.objects.exists():
            make_one(model)
    LogEntry.objects.log_actions(user.pk, [PartnerUniversity.objects.first()], CHANGE, single_object=True)
    # The list of the bin's settings leads to their form.
    lists = ["/admin/", *(path for path in addresses("changelist") if client.get(path).status_code == 200)]
    # Some models have no form for adding. The first requests also fill caches.
    forms = [path for path in addresses("add", "change", "history") if client.get(path).status_code == 200]
    for path in lists:
        client.get(path)
    before = {path: cost(client, path) for path in (*lists, *forms)}
    fill()
    client.get("/admin/")
    after = {path: cost(client, path) for path in (*lists, *forms)}
    assert {path: queries for path, (queries, _bytes) in after.items()} == {
        path: queries for path, (queries, _bytes) in before.items()
    }
    limits = dict.fromkeys(lists, BASE_QUERIES + LIST_QUERIES)
    limits[list_address(NoticeVersion)] += DRAFT_QUERIES
    for model, model_admin in admin.site._registry.items():
        if model_admin.date_hierarchy:
            limits[list_address(model)] += DATE_QUERIES
    limits["/admin/"] += DASHBOARD_QUERIES
    assert {path: after[path][0] for path in lists if after[path][0] > limits[path]} == {}
    # A list shows at most 100 rows, and a field offers at most 100 items.
    assert {path: after[path][1] for path in lists if after[path][1] > 200_000} == {}
    grown = {path: after[path][1] - before[path][1] for path in forms}
    assert {path: more for path, more in grown.items() if more > 25_000} == {}


@pytest.mark.nightly
@pytest.mark.parametrize("model", [InitiativePart, DeclaredCookie])
def test_the_number_of_queries_of_a_form_does_not_depend_on_its_rows(client, staff, model):
    client.force_login(staff())
    row = model.objects.order_by("pk").last()
    # A cookie belongs to a purpose or to a provider.
    owner = next(filter(None, (getattr(row, field.name) for field in model._meta.fields if field.many_to_one)))
    path = reverse(f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change", args=[owner.pk])
    client.get(path)
    before, _bytes = cost(client, path)
    multiply(model, model.objects.count() + MAX_INLINE_ROWS // 2)
    client.get(path)
    assert cost(client, path)[0] == before
    # More rows are shown in pages of their own.
    multiply(model, model.objects.count() + MAX_INLINE_ROWS)
    client.get(path)
    assert cost(client, path)[0] < before


@pytest.fixture
def rows_made(monkeypatch):
    """The rows that formsets constructed."""
    made, construct = [], EditFormSet._construct_form
    monkeypatch.setattr(
        EditFormSet, "_construct_form", lambda *args, **kwargs: made.append(args) or construct(*args, **kwargs)
    )
    return made


@pytest.mark.parametrize("initial", ["0", "2000"])
def test_more_rows_than_a_list_shows_are_refused_before_they_are_constructed(admin_client, rows_made, initial):
    form, rows = address(PartnerUniversity.objects.first()), list_address(PartnerUniversity)
    values = filled_in(admin_client.get(form))
    rows_made.clear()
    for total in ("201", "2000"):
        counts = {"own_names-TOTAL_FORMS": total, "own_names-INITIAL_FORMS": initial}
        assert admin_client.post(form, values | counts).status_code == 400
        counts = {"form-TOTAL_FORMS": total, "form-INITIAL_FORMS": initial, "_save": "Save"}
        assert admin_client.post(rows, counts).status_code == 400
    assert rows_made == []


def test_as_many_rows_as_a_list_shows_are_accepted(admin_client, rows_made):
    counts = {"form-TOTAL_FORMS": "200", "form-INITIAL_FORMS": "200", "_save": "Save"}
    assert admin_client.post(list_address(PartnerUniversity), counts).status_code == 302
    assert len(rows_made) == 200
