"""Queries of the admin that no link of it has: they get a page, never an error of the server."""

from itertools import product
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.test import Client

from editorial.lookups import LookupsMixin

pytestmark = pytest.mark.django_db
# PostgreSQL accepts no NUL. No column holds a number of so many digits.
ODD_VALUES = ["a\0b", "9" * 25]


def parameters(model_admin: admin.ModelAdmin) -> list[str]:
    """Return the names of query parameters that a list reads."""
    filters = [entry[0] if isinstance(entry, tuple) else entry for entry in model_admin.list_filter]
    own = [
        f"{entry}__exact" if isinstance(entry, str) else getattr(entry, "parameter_name", "from") for entry in filters
    ]
    return [SEARCH_VAR, PAGE_VAR, "id__exact", *own]


@pytest.mark.nightly
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_a_list_of_the_admin_answers_any_query(staff, model):
    client = Client(raise_request_exception=False)
    client.force_login(staff())
    start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    queries = product(parameters(admin.site._registry[model]), ODD_VALUES)
    addresses = [f"{start}?{name}={quote(value)}" for name, value in queries]
    addresses += [f"{start}{quote(value)}/change/" for value in ODD_VALUES]
    key = model._meta.pk.name
    addresses += [f"{start}?{key}__in={ODD_VALUES[1]}", f"{start}?{key}__regex=(", f"{start}?{key}__iregex=("]
    addresses += [f"{start}?{key}__range=1", f"{start}?{key}__range=1,2,3"]
    statuses = {address: client.get(address).status_code for address in addresses}
    assert {address: status for address, status in statuses.items() if status >= 500} == {}


def test_each_admin_ignores_lookups_that_no_row_can_match():
    assert [admin_ for admin_ in admin.site._registry.values() if not isinstance(admin_, LookupsMixin)] == []


@pytest.mark.nightly
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_a_list_of_the_admin_answers_any_selection(staff, model):
    client = Client(raise_request_exception=False)
    client.force_login(staff())
    start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    data = {"action": "delete_selected", "_selected_action": [*ODD_VALUES, "x", "-1"], "index": "0"}
    assert client.post(start, data).status_code < 500


@pytest.mark.nightly
@pytest.mark.parametrize("value", ODD_VALUES)
@pytest.mark.parametrize(
    "path",
    ["/en/search/?q=", "/admin/files/", "/media/", "/admin/login/?next=", "/en/?page=", "/en/partners/?country="],
)
def test_other_pages_answer_any_query(client, staff, path, value):
    client.force_login(staff())
    assert client.get(path + quote(value)).status_code in (200, 302, 403, 404)
