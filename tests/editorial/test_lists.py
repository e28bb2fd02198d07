"""Forms stay short: many rows have lists of their own."""

import pytest

from alliance.models import Initiative, InitiativePart, Task
from editorial import roles
from editorial.admin.lists import MAX_INLINE_ROWS
from editorial.models import Revision
from partners.models import PartnerUniversity
from tests.editorial.test_admin import address, filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def initiative():
    """An initiative with 31 parts."""
    initiative = Initiative.objects.first()
    with Revision.objects.recorded():
        for number in range(initiative.parts.count(), MAX_INLINE_ROWS + 1):
            InitiativePart.objects.create(initiative=initiative, title_en=f"Part {number}", order=number)
    return initiative


def test_the_form_of_a_university_links_to_its_tasks(client, staff):
    client.force_login(staff(roles.EDITORS))
    university = PartnerUniversity.objects.filter(tasks__isnull=False).first()
    count = Task.objects.filter(partner=university).count()
    html = client.get(address(university)).content.decode()
    url = f"/admin/alliance/task/?partner__id__exact={university.pk}"
    assert f'<a href="{url}">Tasks ({count})</a>' in " ".join(html.split())
    assert client.get(url).context["cl"].result_count == count


def test_an_inline_with_more_than_thirty_rows_is_a_link(client, staff, initiative):
    client.force_login(staff(roles.EDITORS))
    response = client.get(address(initiative))
    assert response.context["inline_admin_formsets"] == []
    assert '<a href="?inline=initiativepart">' in response.content.decode()


def test_saving_a_form_without_its_many_rows_keeps_them(client, staff, initiative):
    client.force_login(staff())
    path = address(initiative)
    client.post(path, filled_in(client.get(path), title_en="New title", _save="Publish"))
    assert Initiative.objects.get(pk=initiative.pk).title_en == "New title"
    assert initiative.parts.count() == MAX_INLINE_ROWS + 1


def test_the_rows_are_edited_thirty_on_a_page(client, staff, initiative):
    client.force_login(staff())
    path = f"{address(initiative)}?inline=initiativepart&p=2"
    response = client.get(path)
    assert "Page 2 of 2" in response.content.decode()
    (formset,) = response.context["inline_admin_formsets"]
    (row,) = formset.formset.initial_forms
    values = filled_in(response, **{"parts-0-title_en": "New name", "_save": "Publish"})
    assert client.post(path, values).status_code == 302
    assert InitiativePart.objects.get(pk=row.instance.pk).title_en == "New name"
    assert initiative.parts.count() == MAX_INLINE_ROWS + 1


def test_a_row_added_by_somebody_else_does_not_move_the_rows_that_are_saved(client, staff, initiative):
    client.force_login(staff())
    path = f"{address(initiative)}?inline=initiativepart"
    response = client.get(path)
    shown = response.context["inline_admin_formsets"][0].formset.initial_forms[-1].instance
    values = filled_in(response, **{f"parts-{MAX_INLINE_ROWS - 1}-title_en": "New name", "_save": "Publish"})
    with Revision.objects.recorded():
        InitiativePart.objects.create(initiative=initiative, title_en="First", order=0)
    client.post(path, values)
    assert InitiativePart.objects.get(pk=shown.pk).title_en == "New name"


def test_rows_that_became_too_many_while_the_form_was_open_are_saved(client, staff):
    client.force_login(staff())
    initiative = Initiative.objects.filter(parts__isnull=False).first()
    path = address(initiative)
    values = filled_in(client.get(path), **{"parts-0-title_en": "New name", "_save": "Publish"})
    with Revision.objects.recorded():
        for number in range(MAX_INLINE_ROWS + 1):
            InitiativePart.objects.create(initiative=initiative, title_en=f"Part {number}", order=100 + number)
    client.post(path, values)
    assert initiative.parts.filter(title_en="New name").exists()
