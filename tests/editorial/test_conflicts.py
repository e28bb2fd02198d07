"""Two people edit the same thing at once: both keep what they wrote, and neither overwrites the other unseen."""

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
from editorial.content_files import content_models
from editorial.forms import EditForm
from editorial.models import ScheduledChange
from feedback.models import Message
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.editorial import crowd
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
    """The values as a browser submits them: each line break as CR LF."""
    return {name: "\r\n".join(v.splitlines()) if isinstance(v, str) else v for name, v in values.items()}


def open_form(client, item) -> dict:
    return as_browser(filled_in(client.get(address(item))))


def save(client, item, values: dict, **changes):
    return client.post(address(item), values | changes, follow=True)


def errors(response) -> dict:
    return response.context["adminform"].form.errors


def what_is_kept(item) -> dict:
    return {field.attname: getattr(item, field.attname) for field in item._meta.concrete_fields}


def test_changes_of_two_people_to_different_fields_of_one_form_are_both_kept(anna, ben, deliverable):
    seen_by_anna, seen_by_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    assert save(anna, deliverable, seen_by_anna, title_pl="Tytuł Anny", body_de="<p>Annas Text</p>").redirect_chain
    assert save(ben, deliverable, seen_by_ben, title_de="Bens Titel").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de, deliverable.body_de) == (
        "Tytuł Anny",
        "Bens Titel",
        "<p>Annas Text</p>",
    )


def test_a_field_that_both_changed_is_refused_with_both_texts_and_saved_at_the_second_press(anna, ben, deliverable):
    seen_by_anna, seen_by_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, seen_by_anna, title_pl="Tytuł <Anny>")
    response = save(ben, deliverable, seen_by_ben, title_pl="Tytuł Bena", summary_de="Bens Satz")
    assert errors(response).keys() == {"title_pl"}
    html = response.content.decode()
    assert '<div class="stored-value" lang="pl">Tytuł &lt;Anny&gt;</div>' in html
    assert 'value="Tytuł Bena"' in html and "Bens Satz" in html
    deliverable.refresh_from_db()
    assert deliverable.title_pl == "Tytuł <Anny>"
    assert deliverable.summary_de != "Bens Satz"
    assert save(ben, deliverable, as_browser(filled_in(response))).redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.summary_de) == ("Tytuł Bena", "Bens Satz")


def test_a_second_press_is_refused_too_where_the_field_changed_once_more(anna, ben, deliverable):
    seen_by_anna, seen_by_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, seen_by_anna, title_pl="Pierwszy")
    response = save(ben, deliverable, seen_by_ben, title_pl="Tytuł Bena")
    save(anna, deliverable, open_form(anna, deliverable), title_pl="Drugi")
    response = save(ben, deliverable, filled_in(response))
    assert "Drugi" in errors(response)["title_pl"][0]


def test_a_conflict_names_who_changed_the_field_and_nobody_where_the_history_does_not_know(anna, ben, deliverable):
    save(anna, deliverable, open_form(anna, deliverable), title_de="Bevor Ben öffnet")
    seen_by_anna, seen_by_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, seen_by_anna, title_pl="Tytuł Anny")
    Deliverable.objects.filter(pk=deliverable.pk).update(title_de="Niemand")
    response = save(ben, deliverable, seen_by_ben, title_pl="Tytuł Bena", title_de="Bens Titel")
    assert "Anna Nowak changed this on" in errors(response)["title_pl"][0]
    assert "Somebody changed this" in errors(response)["title_de"][0]


def test_the_same_change_made_twice_is_no_conflict(anna, ben, deliverable):
    seen_by_anna, seen_by_ben = open_form(anna, deliverable), open_form(ben, deliverable)
    save(anna, deliverable, seen_by_anna, title_pl="Jeden tytuł")
    assert save(ben, deliverable, seen_by_ben, title_pl="Jeden tytuł").redirect_chain
    assert LogEntry.objects.filter(object_id=deliverable.pk).count() == 1


def test_a_form_without_its_base_values_overwrites_nothing_and_is_saved_once_they_were_seen(ben, deliverable):
    values = open_form(ben, deliverable) | {"base_values": "damaged", "title_pl": "Tytuł Bena"}
    response = save(ben, deliverable, values)
    assert errors(response).keys() == {"title_pl"}
    assert save(ben, deliverable, filled_in(response)).redirect_chain


def test_a_field_that_the_form_did_not_have_yet_keeps_its_value(ben, deliverable):
    values = open_form(ben, deliverable) | {"base_values": ""}
    before = values.pop("summary_en")
    assert save(ben, deliverable, values).redirect_chain
    deliverable.refresh_from_db()
    assert deliverable.summary_en == before


@pytest.mark.parametrize("model", REGISTERED, ids=ids)
def test_a_form_that_a_browser_sends_back_as_it_was_changes_nothing_and_leaves_no_trace(ben, model):
    item = one_of(model)
    before = what_is_kept(item)
    states = list(Translation.objects.order_by("pk").values())
    values = open_form(ben, item)
    with CaptureQueriesContext(connection) as queries:
        response = save(ben, item, values)
    assert response.redirect_chain and not warnings(response)
    assert what_is_kept(model._base_manager.get(pk=item.pk)) == before
    assert not LogEntry.objects.exists()
    assert list(Translation.objects.order_by("pk").values()) == states
    assert not [q["sql"] for q in queries if q["sql"].startswith("UPDATE") and "session" not in q["sql"]]


def test_only_the_fields_that_changed_stand_in_the_history_and_are_warned_of(ben):
    page = Page.objects.get(key="about")
    Page.objects.filter(pk=page.pk).update(body_pl="<p>Jeden</p>\n<p>dwa</p>", lead_pl="Jeden\ndwa  trzy")
    values = open_form(ben, page)
    response = save(ben, page, values, title_de="Über uns, neu")
    (entry,) = LogEntry.objects.all()
    assert json.loads(entry.change_message) == [{"changed": {"fields": ["Title [de]"]}}]
    assert not warnings(response)
    page.refresh_from_db()
    assert page.lead_pl == "Jeden\ndwa  trzy"


def test_line_breaks_are_kept_as_one_character(ben):
    page = Page.objects.get(key="about")
    save(ben, page, open_form(ben, page), lead_pl="Jeden\r\ndwa")
    page.refresh_from_db()
    assert page.lead_pl == "Jeden\ndwa"


@pytest.mark.parametrize("text", ["Zdanie. ", "Jeden\r\ndwa"])
def test_a_text_that_nobody_touched_stays_to_the_letter(ben, text):
    page = Page.objects.get(key="about")
    Page.objects.filter(pk=page.pk).update(lead_pl=text)
    save(ben, page, open_form(ben, page), title_de="Neu")
    page.refresh_from_db()
    assert page.lead_pl == text
    assert json.loads(LogEntry.objects.get().change_message) == [{"changed": {"fields": ["Title [de]"]}}]


def test_a_field_nobody_touched_is_validated_as_it_is_stored_now(anna, ben, deliverable):
    """A cover that was chosen when the form was opened, and is replaced and deleted since, is no fault of the user."""
    old, new = make_picture(name="Old"), make_picture(name="New")
    Deliverable.objects.filter(pk=deliverable.pk).update(cover=old)
    values = open_form(ben, deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(cover=new)
    Picture.objects.filter(pk=old.pk).delete()
    assert save(ben, deliverable, values, title_de="Neu").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.cover, deliverable.title_de) == (new, "Neu")


def test_a_form_with_another_error_shows_what_others_changed_meanwhile(anna, ben, deliverable):
    values = open_form(ben, deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="Tytuł Anny")
    response = save(ben, deliverable, values, title_en="", title_de="Bens Titel")
    assert errors(response).keys() == {"title_en"}
    assert 'value="Tytuł Anny"' in response.content.decode()
    save(ben, deliverable, filled_in(response), title_en="Title")
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de) == ("Tytuł Anny", "Bens Titel")


def test_choices_dates_and_numbers_are_shown_in_words(anna, ben):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    values = open_form(ben, oulu)
    PartnerUniversity.objects.filter(pk=oulu.pk).update(country="SE", latitude="60.5", is_published=False, left=2030)
    values.pop("is_published")
    response = save(ben, oulu, values | {"country": "NO", "latitude": "61", "left": "2031", "is_published": "on"})
    assert {name: "Sweden" in e[0] or "60.5" in e[0] or "2030" in e[0] for name, e in errors(response).items()} == {
        "country": True,
        "latitude": True,
        "left": True,
    }


def test_a_file_that_somebody_else_replaced_is_not_replaced_unseen(ben):
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    values = open_form(ben, oulu) | {"logo_alt_en": "Logo"}
    PartnerUniversity.objects.filter(pk=oulu.pk).update(logo="partners/annas.png", logo_alt_en="Anna's")
    response = save(ben, oulu, values | {"logo": picture(), "logo_alt_en": "Logo"})
    assert "partners/annas.png" in errors(response)["logo"][0]
    assert "choose it again" in errors(response)["logo"][0]
    assert save(ben, oulu, filled_in(response), logo=picture()).redirect_chain
    oulu.refresh_from_db()
    assert oulu.logo.name != "partners/annas.png"


def test_links_that_two_people_add_and_take_away_are_put_together(anna, ben):
    task = Task.objects.first()
    first, second, third, fourth = Initiative.objects.all()[:4]
    task.initiatives.set([first, second])
    seen_by_anna, seen_by_ben = open_form(anna, task), open_form(ben, task)
    save(anna, task, seen_by_anna, initiatives=[second.pk, third.pk])
    assert save(ben, task, seen_by_ben, initiatives=[first.pk, second.pk, fourth.pk], title_de="Neu").redirect_chain
    assert set(task.initiatives.all()) == {second, third, fourth}
    (entry, _) = LogEntry.objects.order_by("-pk")
    assert sorted(json.loads(entry.change_message)[0]["changed"]["fields"]) == ["Initiatives", "Title [de]"]


def test_a_link_that_is_added_while_the_form_is_being_saved_stays(ben, monkeypatch):
    task = Task.objects.first()
    first, second, third = Initiative.objects.all()[:3]
    task.initiatives.set([first])
    values = open_form(ben, task)
    claim = EditForm.claim
    monkeypatch.setattr(EditForm, "claim", lambda form: (task.initiatives.add(third), claim(form)))
    save(ben, task, values, initiatives=[second.pk])
    assert set(task.initiatives.all()) == {second, third}


def test_two_items_added_at_the_same_moment_under_one_name_are_both_kept(ben, deliverable, monkeypatch):
    """The key that was free when the first looked is taken when it writes."""
    keys = iter([deliverable.key, "another"])
    monkeypatch.setattr(Deliverable, "_free_key", lambda self: next(keys))
    path = reverse("admin:alliance_deliverable_add")
    values = filled_in(ben.get(path)) | {"title_en": "Twin", "summary_en": "S", "body_en": "<p>B</p>"}
    assert ben.post(path, values).status_code == 302
    assert Deliverable.objects.get(key="another").title == "Twin"


# Within a form


@pytest.fixture
def campus():
    return Initiative.objects.get(key="campus")


def test_two_people_change_rows_of_one_form_and_add_some(anna, ben, campus):
    parts = list(campus.parts.all())
    seen_by_anna, seen_by_ben = open_form(anna, campus), open_form(ben, campus)
    place = len(parts)
    added = {"parts-TOTAL_FORMS": place + 1, f"parts-{place}-order": 9, f"parts-{place}-initiative": campus.pk}
    save(anna, campus, seen_by_anna, **{"parts-0-title_pl": "Anna", f"parts-{place}-title_en": "By Anna"}, **added)
    saved = save(
        ben,
        campus,
        seen_by_ben,
        **{"parts-0-title_de": "Ben", "parts-1-title_de": "Ben", f"parts-{place}-title_en": "By Ben"},
        **added,
    )
    assert saved.redirect_chain
    first, second = (InitiativePart.objects.get(pk=part.pk) for part in parts[:2])
    assert (first.title_pl, first.title_de, second.title_de) == ("Anna", "Ben", "Ben")
    assert campus.parts.filter(title_en__in=["By Anna", "By Ben"]).count() == 2


def test_a_row_that_both_changed_is_refused_at_its_field_in_the_name_of_who_did(anna, ben, campus):
    seen_by_anna, seen_by_ben = open_form(anna, campus), open_form(ben, campus)
    save(anna, campus, seen_by_anna, **{"parts-1-title_pl": "Anna"})
    campus.parts.filter(pk=campus.parts.first().pk).update(title_pl="Niemand")
    response = save(ben, campus, seen_by_ben, **{"parts-0-title_pl": "Ben", "parts-1-title_pl": "Ben"})
    formset = response.context["inline_admin_formsets"][0].formset
    assert [list(row) for row in formset.errors] == [["title_pl"], ["title_pl"], [], []]
    assert "Somebody changed this" in formset.errors[0]["title_pl"][0]
    assert "Anna Nowak changed this" in formset.errors[1]["title_pl"][0]
    assert save(ben, campus, filled_in(response)).redirect_chain
    assert InitiativePart.objects.get(pk=formset.forms[1].instance.pk).title_pl == "Ben"


def test_a_row_that_a_colleague_deleted_does_not_block_the_form_and_what_was_typed_is_shown(ben, campus):
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


def test_a_form_with_an_error_and_a_deleted_row_shows_the_others_and_can_be_saved(ben, campus):
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


def test_a_row_that_changed_meanwhile_is_deleted_only_after_it_was_seen(anna, ben, campus):
    part = campus.parts.first()
    values = open_form(ben, campus)
    InitiativePart.objects.filter(pk=part.pk).update(body_pl="<p>Nowe</p>")
    response = save(ben, campus, values, **{"parts-0-DELETE": "on"})
    assert "was changed after you opened the form" in response.content.decode()
    assert "&lt;p&gt;Nowe&lt;/p&gt;" in response.content.decode()
    assert save(ben, campus, filled_in(response)).redirect_chain
    assert not InitiativePart.objects.filter(pk=part.pk).exists()


def test_rows_in_another_order_by_now_are_saved_each_by_its_own(ben, campus):
    first, *_others, last = campus.parts.all()
    values = open_form(ben, campus)
    InitiativePart.objects.filter(pk=last.pk).update(order=0)
    save(ben, campus, values, **{"parts-0-title_pl": "Pierwszy", "parts-3-title_pl": "Ostatni"})
    first.refresh_from_db()
    last.refresh_from_db()
    assert (first.title_pl, last.title_pl, last.order) == ("Pierwszy", "Ostatni", 0)


def test_a_scheduled_change_that_was_made_meanwhile_does_not_block_the_form(ben, deliverable):
    ScheduledChange.objects.create(item=deliverable, is_published=True, at="2100-01-01T10:00Z")
    values = open_form(ben, deliverable)
    ScheduledChange.objects.all().delete()
    assert save(ben, deliverable, values, title_de="Neu").redirect_chain


def test_saving_costs_the_same_queries_however_many_rows_nobody_touched(ben):
    task = Task.objects.filter(initiatives__isnull=False).first()
    item = task.partner

    def cost(words: str) -> int:
        values = open_form(ben, item)
        with CaptureQueriesContext(connection) as queries:
            assert ben.post(address(item), values | {"summary_de": words}).status_code == 302
        return len(queries)

    cost("Eins")
    before = cost("Zwei")
    links = list(task.initiatives.all())
    for number in range(20):
        copy = Task.objects.create(partner=item, title_en=f"Task {number}", body_en="<p>B</p>", order=number)
        copy.initiatives.set(links)
    assert cost("Drei") == before


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


def test_two_people_order_different_rows_of_a_list(anna, ben):
    first, second = Deliverable.objects.all()[:2]
    seen_by_anna, seen_by_ben = open_list(anna, Deliverable), open_list(ben, Deliverable)
    save_list(anna, Deliverable, seen_by_anna | {order_field(seen_by_anna, first): 71})
    save_list(ben, Deliverable, seen_by_ben | {order_field(seen_by_ben, second): 72})
    assert orders(first, second) == [71, 72]


def test_a_row_of_a_list_that_both_ordered_is_refused_and_stands_beside_its_own_form(anna, ben):
    first, second, *_others, last = Deliverable.objects.all()
    seen_by_anna, seen_by_ben = open_list(anna, Deliverable), open_list(ben, Deliverable)
    save_list(anna, Deliverable, seen_by_anna | {order_field(seen_by_anna, first): 900})
    second.delete()
    response = save_list(
        ben, Deliverable, seen_by_ben | {order_field(seen_by_ben, first): 72, order_field(seen_by_ben, last): 73}
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


def test_a_row_that_was_deleted_meanwhile_does_not_block_a_list(anna, ben):
    first, second = Deliverable.objects.all()[:2]
    values = open_list(ben, Deliverable)
    anna.post(address(first, "delete"), {"post": "yes"})
    response = save_list(ben, Deliverable, values | {order_field(values, first): 71, order_field(values, second): 72})
    assert orders(second) == [72]
    (warning,) = warnings(response)
    assert "Anna Nowak deleted this on" in warning and first.title in warning


def test_what_was_ordered_on_a_page_of_a_list_that_is_no_longer_there_is_saved(ben, monkeypatch):
    from alliance.admin import ActivityAdmin

    monkeypatch.setattr(ActivityAdmin, "list_per_page", 1)
    items = list(Deliverable.objects.all())
    last_page = f"?p={len(items)}"
    values = open_list(ben, Deliverable, last_page)
    Deliverable.objects.filter(pk__in=[item.pk for item in items[:2]]).delete()
    save_list(ben, Deliverable, values | {order_field(values, items[-1]): 99}, last_page)
    assert orders(items[-1]) == [99]


# Deleted items


def test_what_was_typed_into_the_form_of_a_deleted_item_is_shown(anna, ben, campus):
    values = open_form(ben, campus)
    assert anna.post(address(campus, "delete"), {"post": "yes"}).status_code == 302
    response = save(ben, campus, values, **{"body_pl": "<p>Długi tekst</p>", "parts-1-title_pl": "Część", "order": 8})
    assert response.status_code == 410
    html = response.content.decode()
    assert "Anna Nowak deleted this on" in html
    assert dict(response.context["typed"]) == {
        "Text [pl]": "<p>Długi tekst</p>",
        "Order": "8",
        "Part of an initiative: Title [pl]": "Część",
    }
    assert "&lt;p&gt;Długi tekst&lt;/p&gt;" in html


def test_an_address_that_never_was_leads_back_as_before(ben):
    assert ben.get("/admin/alliance/deliverable/99999/change/").status_code == 302


# Other shared data


def test_an_account_that_was_closed_stays_closed_when_somebody_changes_its_name(anna, ben, staff):
    account = staff("Translators")
    values = open_form(ben, account)
    User.objects.filter(pk=account.pk).update(is_active=False)
    assert save(ben, account, values, first_name="Eva").redirect_chain
    account.refresh_from_db()
    assert (account.is_active, account.first_name) == (False, "Eva")


def test_redirects_and_messages_are_no_exception(ben):
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


def test_every_kind_of_content_is_edited_with_its_base_values(ben):
    for model in content_models().values():
        if model in REGISTERED:
            assert "base_values" in ben.get(address(one_of(model))).content.decode(), model


# The desk


def text_of(item, field: str, language: str = "pl") -> TextToTranslate:
    return TextToTranslate.objects.of(item).get(field=field, language=language)


def at_desk(text) -> str:
    return reverse("admin:translations_texttotranslate_change", args=[text.pk])


def open_text(client, text) -> dict:
    form = client.get(at_desk(text)).context["form"]
    return {"base_values": form["base_values"].value(), "text": form["text"].value()}


def test_a_form_and_the_desk_keep_each_others_texts(anna, ben, deliverable):
    values, text = open_form(ben, deliverable), text_of(deliverable, "title")
    sent = open_text(anna, text)
    anna.post(at_desk(text), sent | {"text": "Tytuł z biurka", "_save": ""})
    response = save(ben, deliverable, values, title_pl="Tytuł Bena")
    assert "Anna Nowak changed this on" in errors(response)["title_pl"][0]
    assert save(ben, deliverable, values, title_de="Bens Titel").redirect_chain
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de) == ("Tytuł z biurka", "Bens Titel")


def test_a_text_that_changed_meanwhile_is_shown_at_the_desk_beside_what_was_typed(anna, ben, deliverable):
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


@pytest.mark.parametrize("button", ["_save", "_draft", "_discard"])
def test_a_draft_that_somebody_else_kept_is_not_lost_unseen(anna, ben, deliverable, button):
    text = text_of(deliverable, "body")
    sent = open_text(ben, text)
    anna.post(at_desk(text), open_text(anna, text) | {"text": "<p>Szkic <script>x()</script> Anny</p>", "_draft": ""})
    response = ben.post(at_desk(text), sent | {"text": "<p>Tekst Bena</p>", button: ""})
    assert "Somebody saved another draft" in response.content.decode()
    assert '<div class="stored-value" lang="pl"><p>Szkic  Anny</p></div>' in response.content.decode()
    text.refresh_from_db()
    assert "Anny" in text.draft


def test_what_was_typed_at_the_desk_for_a_deleted_item_is_shown(ben, campus):
    text = text_of(campus, "title")
    sent = open_text(ben, text)
    campus.delete()
    response = ben.post(at_desk(text), sent | {"text": "Na próżno", "_save": ""})
    assert response.status_code == 410
    assert "Na próżno" in response.content.decode()


def test_saves_at_the_same_moment_over_connections_of_their_own_lose_nothing(server):
    outcome = server.manage(
        "shell", "-v", "0", "-c", "from tests.editorial import crowd; crowd.gather('pl', 'de', 'fi')"
    )
    last = [(f"{code} {crowd.ROUNDS - 1}",) * 2 for code in ("pl", "de", "fi")]
    assert outcome.stdout.strip() == f"[302] {3 * crowd.ROUNDS} {last}", outcome.stdout + outcome.stderr
