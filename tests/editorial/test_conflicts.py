"""Two people edit the same item: changes to different fields are merged, and conflicts are shown."""

import json
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.models import Deliverable, Initiative, InitiativePart, Task
from editorial.forms import EditForm
from editorial.models import Revision, content_models
from editorial.revisions import snapshots
from feedback.models import Message
from pages.models import Page, Redirect
from partners.models import PartnerOwnName, PartnerUniversity
from pictures.models import Picture
from tests.editorial import simultaneous_saves
from tests.editorial.test_admin import REGISTERED, address, filled_in, ids, list_address, one_of, picture, warnings
from tests.pictures.factories import make_picture
from translations.desk.models import TextToTranslate
from translations.status.models import Translation

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


@pytest.fixture
def anna(staff):
    user = staff("Editors", "Publishers")
    User.objects.filter(pk=user.pk).update(username="anna", first_name="Anna", last_name="Nowak")
    return signed_in(user)


@pytest.fixture
def ben(staff):
    return signed_in(staff())


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def as_browser(values: dict) -> dict:
    """Return the values with line breaks as browsers submit them, as CR LF."""
    return {name: "\r\n".join(v.splitlines()) if isinstance(v, str) else v for name, v in values.items()}


def open_form(client, item) -> dict:
    return as_browser(filled_in(client.get(address(item))))


def save(client, item, values: dict, **changes):
    return client.post(address(item), values | changes, follow=True)


def errors(response) -> dict:
    return response.context["adminform"].form.errors


def column_values(item) -> dict:
    return {field.attname: getattr(item, field.attname) for field in item._meta.concrete_fields}


def test_changes_to_different_fields_are_both_saved(anna, ben, deliverable):
    form_of_anna, form_of_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    assert save(anna, deliverable, form_of_anna, title_pl="Tytuł Anny", body_de="<p>Annas Text</p>").redirect_chain
    assert save(ben, deliverable, form_of_ben, title_de="Bens Titel").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de, deliverable.body_de) == (
        "Tytuł Anny",
        "Bens Titel",
        "<p>Annas Text</p>",
    )


def test_a_field_that_both_changed_is_a_conflict_and_saving_again_overwrites_it(anna, ben, deliverable):
    form_of_anna, form_of_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    before = deliverable.title_pl
    save(anna, deliverable, form_of_anna, title_pl="Tytuł <Anny>")
    response = save(ben, deliverable, form_of_ben, title_pl="Tytuł Bena", summary_de="Bens Satz")
    assert errors(response).keys() == {"title_pl"}
    html = response.content.decode()
    assert '<div class="stored-value" lang="pl">Tytuł &lt;Anny&gt;</div>' in html
    assert f'Before both changes: <div class="stored-value" lang="pl">{before}</div>' in html
    assert 'value="Tytuł Bena"' in html and "Bens Satz" in html
    deliverable.refresh_from_db()
    assert deliverable.title_pl == "Tytuł <Anny>"
    assert deliverable.summary_de != "Bens Satz"
    assert save(ben, deliverable, as_browser(filled_in(response))).redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.summary_de) == ("Tytuł Bena", "Bens Satz")


@pytest.mark.nightly
def test_saving_again_is_a_conflict_too_if_the_field_changed_once_more(anna, ben, deliverable):
    form_of_anna, form_of_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, form_of_anna, title_pl="Pierwszy")
    response = save(ben, deliverable, form_of_ben, title_pl="Tytuł Bena")
    save(anna, deliverable, open_form(anna, deliverable), title_pl="Drugi")
    response = save(ben, deliverable, filled_in(response))
    assert "Drugi" in errors(response)["title_pl"][0]


def test_a_conflict_names_the_author_if_the_history_has_the_change(anna, ben, deliverable):
    save(anna, deliverable, open_form(anna, deliverable), title_de="Bevor Ben öffnet")
    form_of_anna, form_of_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, form_of_anna, title_pl="Tytuł Anny")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_de="Niemand")
    response = save(ben, deliverable, form_of_ben, title_pl="Tytuł Bena", title_de="Bens Titel")
    assert "Anna Nowak changed this on" in errors(response)["title_pl"][0]
    assert "Somebody changed this" in errors(response)["title_de"][0]


def test_the_same_change_by_both_is_not_a_conflict(anna, ben, deliverable):
    form_of_anna, form_of_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, form_of_anna, title_pl="Jeden tytuł")
    assert save(ben, deliverable, form_of_ben, title_pl="Jeden tytuł").redirect_chain
    assert LogEntry.objects.filter(object_id=deliverable.pk).count() == 1


def test_a_form_with_damaged_base_values_has_conflicts_and_can_be_saved_again(ben, deliverable):
    values = open_form(ben, deliverable) | {"base_values": "damaged", "title_pl": "Tytuł Bena"}
    response = save(ben, deliverable, values)
    assert errors(response).keys() == {"title_pl"}
    assert save(ben, deliverable, filled_in(response)).redirect_chain


def test_a_field_that_was_not_submitted_keeps_its_value(ben, deliverable):
    values = open_form(ben, deliverable) | {"base_values": ""}
    before = values.pop("summary_en")
    assert save(ben, deliverable, values).redirect_chain
    deliverable.refresh_from_db()
    assert deliverable.summary_en == before


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize("model", REGISTERED, ids=ids)
def test_an_unchanged_form_writes_nothing(ben, model):
    item = one_of(model)
    before = column_values(item)
    states = list(Translation.objects.order_by("pk").values())
    values = open_form(ben, item)
    with CaptureQueriesContext(connection) as queries:
        response = save(ben, item, values)
    assert response.redirect_chain and not warnings(response)
    assert column_values(model._base_manager.get(pk=item.pk)) == before
    assert not LogEntry.objects.exists()
    assert list(Translation.objects.order_by("pk").values()) == states
    assert not [q["sql"] for q in queries if q["sql"].startswith("UPDATE") and "session" not in q["sql"]]


def test_the_history_and_the_warnings_name_only_changed_fields(ben):
    page = Page.objects.get(key="about")
    Page.objects.filter(pk=page.pk).update(body_pl="<p>Jeden</p>\n<p>dwa</p>", lead_pl="Jeden\ndwa  trzy")
    values = open_form(ben, page)
    response = save(ben, page, values, title_de="Über uns, neu")
    (entry,) = LogEntry.objects.all()
    assert json.loads(entry.change_message) == [{"changed": {"fields": ["Title [de]"]}}]
    assert not warnings(response)
    page.refresh_from_db()
    assert page.lead_pl == "Jeden\ndwa  trzy"


def test_line_breaks_are_stored_as_one_character(ben):
    page = Page.objects.get(key="about")
    save(ben, page, open_form(ben, page), lead_pl="Jeden\r\ndwa")
    page.refresh_from_db()
    assert page.lead_pl == "Jeden\ndwa"


@pytest.mark.parametrize("text", ["Zdanie. ", "  Zdanie."])
def test_an_unchanged_text_is_stored_exactly_as_before(ben, text):
    page = Page.objects.get(key="about")
    Page.objects.filter(pk=page.pk).update(lead_pl=text)
    save(ben, page, open_form(ben, page), title_de="Neu")
    page.refresh_from_db()
    assert page.lead_pl == text
    assert json.loads(LogEntry.objects.get().change_message) == [{"changed": {"fields": ["Title [de]"]}}]


def test_an_unchanged_field_is_validated_with_its_current_value(anna, ben, deliverable):
    """The form has no error for a cover that was replaced and deleted after the form was opened."""
    old, new = make_picture(name="Old"), make_picture(name="New")
    Deliverable.objects.filter(pk=deliverable.pk).update(cover=old)
    values = open_form(ben, deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(cover=new)
    Picture.objects.filter(pk=old.pk).delete()
    assert save(ben, deliverable, values, title_de="Neu").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.cover, deliverable.title_de) == (new, "Neu")


def test_a_form_with_another_error_shows_the_changes_of_others(anna, ben, deliverable):
    values = open_form(ben, deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="Tytuł Anny")
    response = save(ben, deliverable, values, title_en="", title_de="Bens Titel")
    assert errors(response).keys() == {"title_en"}
    assert 'value="Tytuł Anny"' in response.content.decode()
    save(ben, deliverable, filled_in(response), title_en="Title")
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de) == ("Tytuł Anny", "Bens Titel")


@pytest.mark.once
def test_conflicts_show_choices_and_numbers_as_text(anna, ben):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    values = open_form(ben, oulu)
    PartnerUniversity.objects.filter(pk=oulu.pk).update(country="SE", latitude="60.5", left=2030)
    response = save(ben, oulu, values | {"country": "NO", "latitude": "61", "left": "2031"})
    assert {name: "Sweden" in e[0] or "60.5" in e[0] or "2030" in e[0] for name, e in errors(response).items()} == {
        "country": True,
        "latitude": True,
        "left": True,
    }


@pytest.mark.once
def test_a_file_that_somebody_else_replaced_is_a_conflict(ben):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    values = open_form(ben, oulu) | {"logo_alt_en": "Logo"}
    PartnerUniversity.objects.filter(pk=oulu.pk).update(logo="partners/annas.png", logo_alt_en="Anna's")
    response = save(ben, oulu, values | {"logo": picture(), "logo_alt_en": "Logo"})
    assert "partners/annas.png" in errors(response)["logo"][0]
    assert "choose it again" in errors(response)["logo"][0]
    assert save(ben, oulu, filled_in(response), logo=picture()).redirect_chain
    oulu.refresh_from_db()
    assert oulu.logo.name != "partners/annas.png"


def test_links_that_two_people_add_and_remove_are_merged(anna, ben):
    task = Task.objects.first()
    first, second, third, fourth = Initiative.objects.all()[:4]
    task.initiatives.set([first, second])
    form_of_anna, form_of_ben = open_form(anna, task), open_form(ben, task)
    save(anna, task, form_of_anna, initiatives=[second.pk, third.pk])
    assert save(ben, task, form_of_ben, initiatives=[first.pk, second.pk, fourth.pk], title_de="Neu").redirect_chain
    assert set(task.initiatives.all()) == {second, third, fourth}
    (entry, _) = LogEntry.objects.order_by("-pk")
    assert sorted(json.loads(entry.change_message)[0]["changed"]["fields"]) == ["Initiatives", "Title [de]"]


def test_a_link_that_is_added_during_a_save_is_kept(ben, monkeypatch):
    task = Task.objects.first()
    first, second, third = Initiative.objects.all()[:3]
    task.initiatives.set([first])
    values = open_form(ben, task)
    lock = EditForm.lock
    monkeypatch.setattr(EditForm, "lock", lambda form: (task.initiatives.add(third), lock(form)))
    save(ben, task, values, initiatives=[second.pk])
    assert set(task.initiatives.all()) == {second, third}


def test_two_items_with_the_same_name_can_be_added_at_the_same_time(ben, deliverable, monkeypatch):
    """The key is taken by another item between the check and the save."""
    keys = iter([deliverable.key, "another"])
    monkeypatch.setattr(Deliverable, "_free_key", lambda self: next(keys))
    path = reverse("admin:alliance_deliverable_add")
    values = filled_in(ben.get(path)) | {"title_en": "Same", "summary_en": "S", "body_en": "<p>B</p>"}
    assert ben.post(path, values).status_code == 302
    assert Deliverable.objects.get(key="another").title == "Same"


# Inlines


@pytest.fixture
def campus():
    return Initiative.objects.get(key="campus")


def test_two_people_can_change_and_add_rows_of_one_form(anna, ben, campus):
    parts = list(campus.parts.all())
    form_of_anna, form_of_ben = open_form(anna, campus), open_form(ben, campus)
    index = len(parts)
    added = {"parts-TOTAL_FORMS": index + 1, f"parts-{index}-order": 9, f"parts-{index}-initiative": campus.pk}
    save(anna, campus, form_of_anna, **{"parts-0-title_pl": "Anna", f"parts-{index}-title_en": "By Anna"}, **added)
    saved = save(
        ben,
        campus,
        form_of_ben,
        **{"parts-0-title_de": "Ben", "parts-1-title_de": "Ben", f"parts-{index}-title_en": "By Ben"},
        **added,
    )
    assert saved.redirect_chain
    first, second = (InitiativePart.objects.get(pk=part.pk) for part in parts[:2])
    assert (first.title_pl, first.title_de, second.title_de) == ("Anna", "Ben", "Ben")
    assert campus.parts.filter(title_en__in=["By Anna", "By Ben"]).count() == 2


@pytest.mark.nightly
def test_a_conflict_in_a_row_is_shown_at_its_field_with_the_author(anna, ben, campus):
    form_of_anna, form_of_ben = open_form(anna, campus), open_form(ben, campus)
    save(anna, campus, form_of_anna, **{"parts-1-title_pl": "Anna"})
    campus.parts.filter(pk=campus.parts.first().pk).update(title_pl="Niemand")
    response = save(ben, campus, form_of_ben, **{"parts-0-title_pl": "Ben", "parts-1-title_pl": "Ben"})
    formset = response.context["inline_admin_formsets"][0].formset
    assert [list(row) for row in formset.errors] == [["title_pl"], ["title_pl"], [], []]
    assert "Somebody changed this" in formset.errors[0]["title_pl"][0]
    assert "Anna Nowak changed this" in formset.errors[1]["title_pl"][0]
    assert save(ben, campus, filled_in(response)).redirect_chain
    assert InitiativePart.objects.get(pk=formset.forms[1].instance.pk).title_pl == "Ben"


def test_a_form_with_a_deleted_row_is_saved_and_the_submitted_changes_of_the_row_are_shown(ben, campus):
    _first, second, third, _fourth = campus.parts.all()
    values = open_form(ben, campus)
    second.delete()
    response = save(
        ben,
        campus,
        values,
        **{"parts-1-title_pl": "<b>Na próżno</b>", "parts-2-title_pl": "Zapisane", "title_de": "Neu"},
    )
    assert response.redirect_chain
    (warning,) = [unescape(text) for text in warnings(response)]
    assert second.title_en in warning and "<dt>Title [pl]</dt>" in warning
    assert "&lt;b&gt;Na próżno" in warnings(response)[0]
    assert "[de]" not in warning
    third.refresh_from_db()
    campus.refresh_from_db()
    assert (third.title_pl, campus.title_de) == ("Zapisane", "Neu")
    assert campus.parts.count() == 3


def test_a_form_with_an_error_and_a_deleted_row_shows_the_other_rows_and_can_be_saved(ben, campus):
    first, second, third, fourth = campus.parts.all()
    values = open_form(ben, campus)
    second.delete()
    InitiativePart.objects.filter(pk=fourth.pk).update(order=0)
    response = save(ben, campus, values, **{"title_en": "", "parts-3-title_pl": "Ostatni"})
    shown = response.context["inline_admin_formsets"][0]
    rows = [(row.original, row.form.instance) for row in shown if row.original]
    assert rows == [(first, first), (third, third), (fourth, fourth)]
    assert len(warnings(response)) == 1
    response = save(ben, campus, filled_in(response), title_en="Campus")
    assert response.redirect_chain and not warnings(response)
    fourth.refresh_from_db()
    assert fourth.title_pl == "Ostatni"


def test_deleting_a_row_that_somebody_changed_needs_a_second_save(anna, ben, campus):
    part = campus.parts.first()
    values = open_form(ben, campus)
    InitiativePart.objects.filter(pk=part.pk).update(body_pl="<p>Nowe</p>")
    response = save(ben, campus, values, **{"parts-0-DELETE": "on"})
    assert "was changed after you opened the form" in response.content.decode()
    assert "&lt;p&gt;Nowe&lt;/p&gt;" in response.content.decode()
    assert save(ben, campus, filled_in(response)).redirect_chain
    assert not InitiativePart.objects.filter(pk=part.pk).exists()


def test_rows_are_saved_correctly_if_their_order_changed(ben, campus):
    first, *_others, last = campus.parts.all()
    values = open_form(ben, campus)
    InitiativePart.objects.filter(pk=last.pk).update(order=0)
    save(ben, campus, values, **{"parts-0-title_pl": "Pierwszy", "parts-3-title_pl": "Ostatni"})
    first.refresh_from_db()
    last.refresh_from_db()
    assert (first.title_pl, last.title_pl, last.order) == ("Pierwszy", "Ostatni", 0)


@pytest.mark.nightly
def test_the_number_of_queries_of_a_save_does_not_depend_on_unchanged_rows(ben):
    item = Initiative.objects.get(key="campus")

    def cost(words: str) -> int:
        values = open_form(ben, item)
        with CaptureQueriesContext(connection) as queries:
            assert ben.post(address(item), values | {"summary_de": words}).status_code == 302
        return len(queries)

    cost("Eins")
    before = cost("Zwei")
    for number in range(20):
        InitiativePart.objects.create(initiative=item, title_en=f"Part {number}", order=number)
    cost("Drei")
    assert cost("Vier") == before


# Lists


def open_list(client, model, query: str = "") -> dict:
    formset = client.get(f"{list_address(model)}{query}").context["cl"].formset
    forms = [formset.management_form, *formset.forms]
    return {bound.html_name: bound.value() for form in forms for bound in form} | {"_save": "Save"}


def order_field(values: dict, item) -> str:
    number = next(name for name, value in values.items() if name.endswith("-id") and value == item.pk).split("-")[1]
    return f"form-{number}-order"


def save_list(client, model, values: dict, query: str = ""):
    return client.post(f"{list_address(model)}{query}", values, follow=True)


def orders(*items) -> list[int]:
    return [type(item).objects.get(pk=item.pk).order for item in items]


def test_two_people_can_change_the_order_of_different_rows_in_a_list(anna, ben):
    first, second = Deliverable.objects.all()[:2]
    form_of_anna, form_of_ben = open_list(anna, Deliverable), open_list(ben, Deliverable)
    save_list(anna, Deliverable, form_of_anna | {order_field(form_of_anna, first): 71})
    save_list(ben, Deliverable, form_of_ben | {order_field(form_of_ben, second): 72})
    assert orders(first, second) == [71, 72]


def test_a_conflict_in_a_list_is_shown_in_its_row(anna, ben):
    first, second, *_others, last = Deliverable.objects.all()
    form_of_anna, form_of_ben = open_list(anna, Deliverable), open_list(ben, Deliverable)
    save_list(anna, Deliverable, form_of_anna | {order_field(form_of_anna, first): 900})
    second.delete()
    response = save_list(
        ben, Deliverable, form_of_ben | {order_field(form_of_ben, first): 72, order_field(form_of_ben, last): 73}
    )
    changelist = response.context["cl"]
    assert [item.pk for item in changelist.result_list] == [form.instance.pk for form in changelist.formset.forms]
    (conflict,) = [form for form in changelist.formset.forms if form.errors]
    assert conflict.instance == first and "900" in conflict.errors["order"][0]
    assert orders(first) == [900]
    html = response.content.decode()
    assert html.count('class="states"') == len(changelist.result_list)
    shown = {bound.html_name: bound.value() for form in changelist.formset.forms for bound in form}
    shown |= {bound.html_name: bound.value() for bound in changelist.formset.management_form}
    save_list(ben, Deliverable, shown | {"_save": "Save"})
    assert orders(first, last) == [72, 73]


def test_a_list_with_a_deleted_row_is_saved(anna, ben):
    first, second = Deliverable.objects.all()[:2]
    values = open_list(ben, Deliverable)
    anna.post(address(first, "delete"), {"post": "yes"})
    response = save_list(ben, Deliverable, values | {order_field(values, first): 71, order_field(values, second): 72})
    assert orders(second) == [72]
    (warning,) = warnings(response)
    assert "Anna Nowak deleted this on" in warning and first.title in warning


def test_rows_of_a_page_of_a_list_that_no_longer_exists_are_saved(ben, monkeypatch):
    from alliance.admin import ActivityAdmin

    monkeypatch.setattr(ActivityAdmin, "list_per_page", 1)
    items = list(Deliverable.objects.all())
    last_page = f"?p={len(items)}"
    values = open_list(ben, Deliverable, last_page)
    Deliverable.objects.filter(pk__in=[item.pk for item in items[:2]]).delete()
    save_list(ben, Deliverable, values | {order_field(values, items[-1]): 99}, last_page)
    assert orders(items[-1]) == [99]


# Deleted items


def test_submitted_changes_of_a_deleted_item_are_shown(anna, ben, campus):
    values = open_form(ben, campus)
    assert anna.post(address(campus, "delete"), {"post": "yes"}).status_code == 302
    response = save(ben, campus, values, **{"body_pl": "<p>Długi tekst</p>", "parts-1-title_pl": "Część", "order": 8})
    assert response.status_code == 410
    html = response.content.decode()
    assert "Anna Nowak deleted this on" in html
    assert dict(response.context["changes"]) == {
        "Text [pl]": "<p>Długi tekst</p>",
        "Order": "8",
        "Part of an initiative: Title [pl]": "Część",
    }
    assert "&lt;p&gt;Długi tekst&lt;/p&gt;" in html


@pytest.mark.once
def test_the_form_of_an_unknown_item_redirects_to_the_index(ben):
    assert ben.get("/admin/alliance/deliverable/99999/change/").status_code == 302


# Accounts, redirects and messages


def test_a_deactivated_account_stays_inactive_when_somebody_changes_its_name(anna, ben, staff):
    account = staff("Translators")
    values = open_form(ben, account)
    User.objects.filter(pk=account.pk).update(is_active=False)
    assert save(ben, account, values, first_name="Eva").redirect_chain
    account.refresh_from_db()
    assert (account.is_active, account.first_name) == (False, "Eva")


def test_redirects_and_messages_have_conflicts_too(ben):
    redirect = Redirect.objects.create(old_path="/old", new_path="/en/vision/")
    values = open_form(ben, redirect)
    Redirect.objects.filter(pk=redirect.pk).update(new_path="/en/partners/")
    response = save(ben, redirect, values, new_path="/en/")
    assert "/en/partners/" in errors(response)["new_path"][0]
    message = Message.objects.create(text="T", page="/en/")
    values = open_form(ben, message)
    Message.objects.filter(pk=message.pk).update(note="Anna answered.")
    save(ben, message, values, state="answered")
    message.refresh_from_db()
    assert (message.note, message.state) == ("Anna answered.", "answered")


@pytest.mark.nightly
@pytest.mark.once
def test_the_form_of_every_content_model_has_base_values(ben):
    for model in content_models():
        if model in REGISTERED:
            assert "base_values" in ben.get(address(one_of(model))).content.decode(), model


# The desk


def text_of(item, field: str, language: str = "pl") -> TextToTranslate:
    return TextToTranslate.objects.of_items([item]).get(field=field, language=language)


def at_desk(text) -> str:
    return reverse("admin:translations_texttotranslate_change", args=[text.pk])


def open_text(client, text) -> dict:
    form = client.get(at_desk(text)).context["form"]
    return {"base_values": form["base_values"].value(), "text": form["text"].value()}


def test_changes_in_a_form_and_at_the_desk_are_merged(anna, ben, deliverable):
    values, text = open_form(ben, deliverable), text_of(deliverable, "title")
    sent = open_text(anna, text)
    anna.post(at_desk(text), sent | {"text": "Tytuł z biurka", "_save": ""})
    response = save(ben, deliverable, values, title_pl="Tytuł Bena")
    assert "Anna Nowak changed this on" in errors(response)["title_pl"][0]
    assert save(ben, deliverable, values, title_de="Bens Titel").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de) == ("Tytuł z biurka", "Bens Titel")


def test_the_desk_shows_a_conflict_with_the_stored_text(anna, ben, deliverable):
    text = text_of(deliverable, "body")
    sent = open_text(ben, text)
    save(anna, deliverable, open_form(anna, deliverable), body_pl="<p>Tekst <strong>Anny</strong></p>")
    response = ben.post(at_desk(text), sent | {"text": "<p>Tekst Bena</p>", "_save": ""})
    html = response.content.decode()
    assert "Anna Nowak changed this on" in html
    assert '<div class="stored-value" lang="pl"><p>Tekst <strong>Anny</strong></p></div>' in html
    assert "&lt;p&gt;Tekst Bena&lt;/p&gt;" in html
    form = response.context["form"]
    again = {name: form[name].value() or "" for name in ("base_values", "seen_warnings", "text")}
    assert ben.post(at_desk(text), again | {"_save": ""}).status_code == 302
    deliverable.refresh_from_db()
    assert deliverable.body_pl == "<p>Tekst Bena</p>"


@pytest.mark.nightly
@pytest.mark.parametrize("button", ["_save", "_draft", "_discard"])
def test_a_draft_of_somebody_else_is_a_conflict(anna, ben, deliverable, button):
    text = text_of(deliverable, "body")
    sent = open_text(ben, text)
    anna.post(at_desk(text), open_text(anna, text) | {"text": "<p>Szkic <script>x()</script> Anny</p>", "_draft": ""})
    response = ben.post(at_desk(text), sent | {"text": "<p>Tekst Bena</p>", button: ""})
    assert "Somebody saved another draft" in response.content.decode()
    assert '<div class="stored-value" lang="pl"><p>Szkic  Anny</p></div>' in response.content.decode()
    text.refresh_from_db()
    assert "Anny" in text.draft


def test_the_submitted_text_of_a_deleted_item_is_shown_at_the_desk(ben, campus):
    text = text_of(campus, "title")
    sent = open_text(ben, text)
    campus.delete()
    response = ben.post(at_desk(text), sent | {"text": "Na próżno", "_save": ""})
    assert response.status_code == 410
    assert "Na próżno" in response.content.decode()


@pytest.mark.nightly
def test_simultaneous_saves_over_several_connections_lose_no_change(server):
    outcome = server.manage(
        "shell", "-v", "0", "-c", "from tests.editorial.simultaneous_saves import run; run('pl', 'de', 'fi')"
    )
    last = [(f"{code} {simultaneous_saves.ROUNDS - 1}",) * 2 for code in ("pl", "de", "fi")]
    assert outcome.stdout.strip() == f"[302] {3 * simultaneous_saves.ROUNDS} {last}", outcome.stdout + outcome.stderr


@pytest.mark.nightly
def test_simultaneous_saves_of_a_draft_over_several_connections_lose_no_change(server):
    run = "from tests.editorial.simultaneous_saves import run_with_drafts; run_with_drafts('pl', 'de', 'fi')"
    outcome = server.manage("shell", "-v", "0", "-c", run)
    last = [(f"{code} {simultaneous_saves.ROUNDS - 1}",) * 2 for code in ("pl", "de", "fi")]
    assert outcome.stdout.strip() == f"[302] {3 * simultaneous_saves.ROUNDS} {last}", outcome.stdout + outcome.stderr


@pytest.fixture
def two_names() -> PartnerUniversity:
    """A live university with names in Spanish and in Basque."""
    university = PartnerUniversity.objects.get(key="university-of-deusto")
    with Revision.objects.recorded():
        university.own_names.all().delete()
        for order, language in enumerate(("es", "eu")):
            PartnerOwnName.objects.create(partner=university, language=language, name=f"In {language}", order=order)
    return university


def languages_of(university) -> dict:
    return dict(university.own_names.values_list("name", "language"))


@pytest.mark.nightly
def test_two_rows_of_a_form_can_exchange_values_of_which_each_may_occur_once(anna, two_names):
    swapped = {"own_names-0-language": "eu", "own_names-1-language": "es"}
    response = save(anna, two_names, open_form(anna, two_names), **swapped, _draft="")
    assert response.redirect_chain
    assert languages_of(two_names) == {"In es": "es", "In eu": "eu"}
    response = anna.get(address(two_names))
    assert "Left out" not in response.content.decode()
    save(anna, two_names, as_browser(filled_in(response)), _save="")
    assert languages_of(two_names) == {"In es": "eu", "In eu": "es"}


def test_a_draft_in_which_two_rows_exchanged_such_values_can_be_published_and_the_exchange_restored(anna, two_names):
    before = Revision.objects.of(two_names).live().get()
    swapped = {"own_names-0-language": "eu", "own_names-1-language": "es"}
    save(anna, two_names, open_form(anna, two_names), **swapped, _draft="")
    Revision.objects.draft_of(two_names).publish()
    assert languages_of(two_names) == {"In es": "eu", "In eu": "es"}
    with Revision.objects.recorded():
        snapshots.write(PartnerUniversity, two_names.pk, before.data)
    assert languages_of(two_names) == {"In es": "es", "In eu": "eu"}


def test_a_value_that_two_rows_of_a_form_have_is_an_error(anna, two_names):
    response = save(anna, two_names, open_form(anna, two_names), **{"own_names-0-language": "eu"}, _draft="")
    assert not response.redirect_chain
    assert "This university has a name in that language already." in response.content.decode()
    assert languages_of(two_names) == {"In es": "es", "In eu": "eu"} and Revision.objects.draft_of(two_names) is None


def test_a_value_that_a_row_has_that_was_added_meanwhile_is_an_error(anna, two_names):
    form = open_form(anna, two_names)
    with Revision.objects.recorded():
        PartnerOwnName.objects.create(partner=two_names, language="la", name="In la")
    response = save(anna, two_names, form, **{"own_names-0-language": "la"}, _save="")
    assert "This university has a name in that language already." in response.content.decode()
    assert languages_of(two_names) == {"In es": "es", "In eu": "eu", "In la": "la"}


def with_new_part(response, title: str) -> dict:
    number = response.context["inline_admin_formsets"][0].formset.total_form_count()
    part = {f"parts-{number}-title_en": title, f"parts-{number}-order": "9", f"parts-{number}-is_published": "on"}
    return as_browser(filled_in(response, **part)) | {"parts-TOTAL_FORMS": number + 1}


@pytest.mark.nightly
@pytest.mark.parametrize(("groups", "button"), [(["Editors"], "_draft"), (["Publishers"], "_save")])
def test_a_form_that_is_sent_twice_adds_its_new_row_once(staff, groups, button):
    initiative, anna = Initiative.objects.get(key="campus"), signed_in(staff(*groups))
    values = with_new_part(anna.get(address(initiative)), "New part") | {button: ""}
    for _time in range(2):
        assert save(anna, initiative, values).redirect_chain
    if draft := Revision.objects.draft_of(initiative):
        draft.publish()
    assert initiative.parts.filter(title_en="New part").count() == 1


def test_a_form_that_is_sent_twice_adds_a_row_that_must_be_unique_once(anna, two_names):
    values = open_form(anna, two_names) | {"own_names-TOTAL_FORMS": 3}
    row = {"language": "la", "name": "In la", "order": "2", "is_published": "on"}
    values |= {f"own_names-2-{name}": value for name, value in row.items()}
    for _time in range(2):
        assert save(anna, two_names, values, _save="").redirect_chain
    assert languages_of(two_names) == {"In es": "es", "In eu": "eu", "In la": "la"}


@pytest.mark.nightly
def test_an_equal_row_can_be_added_on_purpose_in_the_next_form(anna):
    initiative = Initiative.objects.get(key="campus")
    for _time in range(2):
        save(anna, initiative, with_new_part(anna.get(address(initiative)), "New part"), _save="")
    assert initiative.parts.filter(title_en="New part").count() == 2
