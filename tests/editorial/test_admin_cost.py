"""What a page of the admin costs: the same queries and no more bytes, however much there is."""

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

from alliance.models import InitiativePart, Task
from consent.models import Decision, DeclaredCookie, EmbeddedContent, NoticeVersion, Script
from editorial.forms import EditFormSetMixin
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_counter, make_video
from tests.editorial.test_admin import address, filled_in, list_address
from tests.partners.factories import fill_with_partners
from tests.pictures.factories import make_picture
from translations.status.changed_items import ChangedItem
from translations.status.fields import translated_models

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What comes with every page: the session, its user, and which generation the frame is of. The rights of staff who are
# no superusers take two more.
FRAME = 3
# Of the list itself: for most kinds the rows, their number, whether translations are up to date, their states, and the
# choices of a filter.
OWN = 6
# The database allows one row of these.
SINGLE = {"alliance.alliance", "consent.notice", "feedback.feedbackpage"}
MADE = {EmbeddedContent: make_video, Script: make_counter, Picture: make_picture}
PLAIN = {
    models.BooleanField: False,
    models.DateTimeField: timezone.now(),
    models.IntegerField: 1,
    models.JSONField: {},
    models.ForeignKey: 1,
}


def value_for(field: models.Field):
    """Something that the column takes."""
    if field.choices:
        return field.choices[0][0]
    return next((value for kind, value in PLAIN.items() if isinstance(field, kind)), "x")


def make_one(model):
    """Make a row where a fresh site has none."""
    if model in MADE:
        MADE[model]()
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.has_default()]
    values = {field.attname: value_for(field) for field in fields if not (field.null or field.blank)}
    if model is Decision:
        values["expires_at"] = timezone.now() + timedelta(days=1)
    model.objects.bulk_create([model(**values)])


def multiply(model, total: int):
    """Copy the last row until there are `total`, with other values where rows are told apart."""
    last = model.objects.order_by("pk").last()
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    telling = [field for field in columns if field.unique or (field.db_index and isinstance(field, models.CharField))]
    copies = []
    for number in range(model.objects.count(), total):
        row = copy.copy(last)
        row.pk = None
        for field in telling:
            setattr(row, field.attname, number + 1 if isinstance(field, models.IntegerField) else f"copy-{number}")
        copies.append(row)
    model.objects.bulk_create(copies, batch_size=500)


def fill():
    """Very many rows of all that staff see: 2,000, or 300 where each text has a status or a row is large."""
    fill_with_partners(2_000)
    for model in (*admin.site._registry, LogEntry):
        if model._meta.label_lower not in SINGLE and not model._meta.proxy:
            multiply(model, 300 if model in (*translated_models(), NoticeVersion) else 2_000)
    ChangedItem.objects.process()


def addresses(*actions: str) -> list[str]:
    """The pages of every registered kind, those of one item for the first."""
    found = []
    for model, model_admin in admin.site._registry.items():
        first = model.objects.order_by("pk").values_list("pk", flat=True).first()
        for action in actions:
            name = f"{model_admin.admin_site.name}:{model._meta.app_label}_{model._meta.model_name}_{action}"
            with suppress(NoReverseMatch):
                found.append(reverse(name, args=[first] if action in ("change", "history") else []))
    return found


def cost(client, path: str) -> tuple[int, int]:
    """The queries and bytes of a page."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200, path
    return len(queries), len(response.content)


def test_no_page_of_the_admin_costs_more_however_much_there_is(client, staff):
    user = staff()
    client.force_login(user)
    for model in admin.site._registry:
        if not model.objects.exists():
            make_one(model)
    LogEntry.objects.log_actions(user.pk, [PartnerUniversity.objects.first()], CHANGE, single_object=True)
    lists = ["/admin/", *addresses("changelist")]
    # Of some kinds, nobody adds one by hand; and what is asked first reads what all pages show.
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
    assert {path: after[path][0] for path in lists if after[path][0] > FRAME + OWN} == {}
    # A list is 100 rows at most, and a choice has 100 items at most: the others are searched.
    assert {path: after[path][1] for path in lists if after[path][1] > 200_000} == {}
    grown = {path: after[path][1] - before[path][1] for path in forms}
    assert {path: more for path, more in grown.items() if more > 20_000} == {}


@pytest.mark.parametrize("model", [Task, InitiativePart, DeclaredCookie])
def test_a_form_costs_the_same_queries_however_many_rows_it_has(client, staff, model):
    client.force_login(staff())
    owner = next(field for field in model._meta.fields if field.many_to_one)
    owner = getattr(model.objects.order_by("pk").last(), owner.name)
    path = reverse(f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change", args=[owner.pk])
    client.get(path)
    before, _bytes = cost(client, path)
    multiply(model, model.objects.count() + 30)
    client.get(path)
    assert cost(client, path)[0] == before


@pytest.fixture
def rows_made(monkeypatch):
    """The rows that form sets have made."""
    made, construct = [], EditFormSetMixin._construct_form
    monkeypatch.setattr(
        EditFormSetMixin, "_construct_form", lambda *args, **kwargs: made.append(args) or construct(*args, **kwargs)
    )
    return made


@pytest.mark.parametrize("initial", ["0", "2000"])
def test_more_rows_than_a_list_shows_are_refused_and_not_made(admin_client, rows_made, initial):
    form, rows = address(PartnerUniversity.objects.first()), list_address(PartnerUniversity)
    values = filled_in(admin_client.get(form))
    rows_made.clear()
    for total in ("201", "2000"):
        counts = {"own_names-TOTAL_FORMS": total, "own_names-INITIAL_FORMS": initial}
        assert admin_client.post(form, values | counts).status_code == 400
        counts = {"form-TOTAL_FORMS": total, "form-INITIAL_FORMS": initial, "_save": "Save"}
        assert admin_client.post(rows, counts).status_code == 400
    assert rows_made == []


def test_as_many_rows_as_a_list_shows_are_taken(admin_client, rows_made):
    counts = {"form-TOTAL_FORMS": "200", "form-INITIAL_FORMS": "200", "_save": "Save"}
    assert admin_client.post(list_address(PartnerUniversity), counts).status_code == 302
    assert len(rows_made) == 200
