"""Editing content in the admin, and the permissions of each group."""

import re
from io import BytesIO

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models.fields.files import FieldFile
from django.forms import BaseFormSet
from django.urls import reverse
from lxml.html import fromstring
from PIL import Image

from alliance.models import Alliance, Deliverable, Initiative, InitiativePart, KeyArea, Task
from consent.models import EmbeddedContent, Script
from editorial.models import Revision, content_models
from editorial.revisions import snapshots
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from pictures.admin import MAX_PICTURES
from pictures.models import Picture
from search.indexing import index_changed_items
from tests.consent.factories import make_counter, make_video
from tests.partners.factories import fill_with_partners
from tests.pictures.factories import make_picture
from translations.status.models import Translation

pytestmark = [pytest.mark.django_db, pytest.mark.once]
REGISTERED = [model for model in content_models() if model in admin.site._registry]
ids = [model._meta.label for model in REGISTERED]
FACTORIES = {EmbeddedContent: make_video, Script: make_counter, Picture: make_picture}


def one_of(model):
    """Return the first item of a new site, or make one."""
    return FACTORIES[model]() if model in FACTORIES else model.objects.first()


@pytest.fixture
def signed_in(client, staff):
    """A function that signs the client in as a member of the given groups."""

    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


def address(item, action: str = "change") -> str:
    return reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_{action}", args=[item.pk] if item.pk else [])


def list_address(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def filled_in(response, **changes) -> dict:
    """Return the fields that a browser submits for the form in `response`, with `changes`."""
    values = {"base_values": response.context["adminform"].form.base_values}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        formset: BaseFormSet = inline.formset
        forms += [formset.management_form, *formset.initial_forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False or bound.field.disabled or isinstance(value, FieldFile):
                continue
            values[bound.html_name] = value
    return values | changes


def changed_in_draft(item) -> dict:
    """Return field → value of what the draft of a live item changes in the item itself."""
    draft = Revision.objects.draft_of(item)
    return {change.field: change.after for change in snapshots.changes(draft.base.data, draft.data)}


def save(client, item, **changes):
    path = address(item)
    return client.post(path, filled_in(client.get(path), **changes), follow=True)


@pytest.mark.nightly
@pytest.mark.parametrize("model", REGISTERED, ids=ids)
def test_every_kind_of_content_can_be_listed_searched_and_opened(signed_in, model):
    client = signed_in()
    assert client.get(list_address(model)).status_code == 200
    assert client.get(list_address(model), {"q": "university"}).status_code == 200
    assert client.get(address(one_of(model))).status_code == 200


@pytest.mark.nightly
@pytest.mark.parametrize("model", REGISTERED, ids=ids)
def test_saving_an_unchanged_form_changes_nothing(signed_in, model):
    client = signed_in()
    item = one_of(model)
    before = {f.attname: getattr(item, f.attname) for f in item._meta.fields if f.name != "updated_at"}
    response = save(client, item)
    assert response.redirect_chain, response.context["errors"] if response.context else response
    item.refresh_from_db()
    after = {f.attname: getattr(item, f.attname) for f in item._meta.fields if f.name != "updated_at"}
    # A form may store an empty translation as "" instead of None.
    assert {k: v or None for k, v in after.items()} == {k: v or None for k, v in before.items()}


def test_forms_show_help_texts(signed_in):
    html = signed_in().get(address(PartnerUniversity.objects.first())).content.decode()
    assert "Degrees north of the equator" in html


def test_a_polish_text_that_a_publisher_saves_is_on_the_page_and_in_the_history(signed_in):
    client = signed_in("Publishers")
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    save(client, deliverable, title_pl="Mobilność bez granic")
    assert "Mobilność bez granic" in client.get("/pl/rezultaty/").content.decode()
    assert LogEntry.objects.filter(object_id=deliverable.pk).exists()


def warnings(response) -> list[str]:
    return [str(message) for message in response.context["messages"] if message.level_tag == "warning"]


def test_findings_in_a_saved_translation_are_shown_with_a_link_to_the_desk(signed_in):
    client = signed_in("Publishers")
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    save(client, deliverable, title_en="Mobility in 12 cities")
    saved = save(client, deliverable, title_pl="Mobilność  bez granic")
    text = Translation.objects.of_items([deliverable]).into("pl").get(field="title")
    assert text.target == "Mobilność  bez granic"
    (warning,) = warnings(saved)
    assert "Title (Polski)" in warning
    assert "Numbers of the source are missing: “12”. Compare them." in warning
    assert "There are two spaces in a row in 1 place." in warning
    assert client.get(re.search('href="([^"]+)"', warning)[1]).context["text"].pk == text.pk
    assert not warnings(save(client, deliverable, title_de="Mobilität in 12 Städten"))


def test_findings_in_inlines_are_shown_too(signed_in):
    client = signed_in("Editors")
    part = InitiativePart.objects.first()
    index = list(part.initiative.parts.all()).index(part)
    (warning,) = warnings(save(client, part.initiative, **{f"parts-{index}-title_fi": 'Uusi ”otsikko" täällä'}))
    assert "(Suomi)" in warning and "Quotation marks of another language" in warning


def test_a_form_with_an_error_keeps_the_submitted_values(signed_in):
    client = signed_in()
    response = save(
        client, PartnerUniversity.objects.get(key="university-of-oulu"), latitude="north", name_pl="Nowa nazwa"
    )
    html = response.content.decode()
    assert not response.redirect_chain
    assert response.context["adminform"].form.errors.keys() == {"latitude"}
    assert "Nowa nazwa" in html


def test_rich_text_is_sanitised_when_it_is_saved(signed_in):
    page = Page.objects.get(key="about")
    save(signed_in(), page, body_en='<p onclick="x()">Hello<script>alert(1)</script></p>')
    page.refresh_from_db()
    assert page.body_en == "<p>Hello</p>"


@pytest.mark.nightly
@pytest.mark.parametrize("model", REGISTERED, ids=ids)
def test_a_form_with_rich_text_has_the_dialog_for_languages_of_phrases(signed_in, model):
    item = one_of(model)
    html = signed_in().get(address(item or model(), "change" if item else "add")).content.decode()
    if "data-django-prose-editor-configurable" in html:
        assert 'id="phrase-language"' in html


def test_two_items_without_a_slug_in_a_language_can_be_saved(signed_in):
    client, path = signed_in(), reverse("admin:alliance_deliverable_add")
    fields = {"title_en": "Same", "summary_en": "S", "body_en": "<p>B</p>"}
    for _number in (1, 2):
        assert client.post(path, filled_in(client.get(path), **fields), follow=True).redirect_chain
    assert set(Deliverable.objects.filter(title_en="Same").values_list("slug_en", "slug_pl")) == {
        ("same", None),
        ("same-2", None),
    }


def test_a_new_coordinator_replaces_the_previous_one(signed_in):
    response = save(signed_in(), PartnerUniversity.objects.get(key="university-of-oulu"), role="coordinator")
    assert response.redirect_chain
    coordinators = PartnerUniversity.objects.filter(role="coordinator")
    assert [partner.key for partner in coordinators] == ["university-of-oulu"]


def test_the_coordinator_cannot_step_down_without_a_successor(signed_in):
    response = save(signed_in(), PartnerUniversity.objects.get(role="coordinator"), role="member")
    assert "The alliance always has a coordinator." in response.content.decode()
    assert PartnerUniversity.objects.filter(role="coordinator").count() == 1


def test_the_coordinator_cannot_be_deleted_from_the_list(signed_in):
    coordinator = PartnerUniversity.objects.get(role="coordinator")
    signed_in().post(
        list_address(PartnerUniversity),
        {"action": "delete_selected", "_selected_action": [coordinator.pk], "post": "yes"},
    )
    assert PartnerUniversity.objects.filter(pk=coordinator.pk).exists()


def test_the_page_of_a_section_cannot_be_deleted(signed_in):
    client = signed_in()
    assert client.post(address(Page.objects.get(kind="vision"), "delete"), {"post": "yes"}).status_code == 403
    assert client.post(address(Page.objects.get(key="about"), "delete"), {"post": "yes"}).status_code == 302


def test_a_second_alliance_cannot_be_added(signed_in):
    assert signed_in().get(reverse("admin:alliance_alliance_add")).status_code == 403


def test_names_are_edited_in_the_form_of_their_university(signed_in):
    client = signed_in()
    lodz = PartnerUniversity.objects.get(key="university-of-lodz")
    html = client.get(address(lodz)).content.decode()
    assert 'name="own_names-0-name"' in html


def test_a_field_offers_all_related_items_if_they_are_few(signed_in):
    html = signed_in().get(reverse("admin:alliance_entrypoint_add")).content.decode()
    assert html.count('name="initiatives"') == Initiative.objects.count()
    assert "admin-autocomplete" not in html


@pytest.mark.nightly
def test_a_field_with_many_related_items_has_a_search_and_keeps_its_value(signed_in):
    client = signed_in("Publishers")
    fill_with_partners(150)
    last = PartnerUniversity.objects.get(key="test-university-139")
    Alliance.objects.update(host=last)
    path = address(Alliance.objects.get())
    html = client.get(path).content.decode()
    assert f'<option value="{last.pk}" selected>Test University 139</option>' in html
    # The first ones can be selected without JavaScript.
    assert html.partition("<dialog")[0].count("<option") < 120
    index_changed_items()
    found = client.get(
        re.search('data-ajax--url="([^"]+)"', html)[1],
        {"app_label": "alliance", "model_name": "alliance", "field_name": "host", "term": "University 138"},
    )
    (other,) = found.json()["results"]
    save(client, Alliance.objects.get(), tagline_en="As it was")
    assert Alliance.objects.get().host == last
    save(client, Alliance.objects.get(), host=other["id"])
    assert Alliance.objects.get().host.name == "Test University 138"


def test_pictures_are_searched_if_there_are_more_than_a_form_shows(signed_in):
    client, deliverable = signed_in(), Deliverable.objects.first()
    make_picture(name="A harbour")
    more = MAX_PICTURES - Picture.objects.count() + 1
    others = [Picture(key=f"p-{n}", name=f"P {n}", width=1, height=1, file="p.png") for n in range(more)]
    Picture.objects.bulk_create(others[1:])
    html = client.get(address(deliverable)).content.decode()
    assert "picture-choice" in html and f"P {more - 1}" in html
    others[0].save()
    html = client.get(address(deliverable)).content.decode()
    assert 'data-field-name="cover"' in html and "picture-choice" not in html


def test_tasks_are_found_by_their_university_and_initiative_in_any_language(signed_in):
    client, task = signed_in(), Task.objects.filter(initiatives__isnull=False).first()
    PartnerUniversity.objects.filter(pk=task.partner_id).update(name_hr="Sveučilište")
    task.initiatives.update(title_fi="Aloite")
    for words in ("Sveučilište", "Aloite"):
        assert task in client.get(list_address(Task), {"q": words}).context["cl"].result_list


def test_view_on_site_links_to_the_page_in_the_language_of_the_editor(signed_in):
    client = signed_in()
    html = client.get(address(Deliverable.objects.get(key="seamless-mobility")), headers={"accept-language": "pl"})
    assert 'href="/pl/rezultaty/' in html.content.decode()


def test_view_on_site_is_not_offered_for_unpublished_items(signed_in):
    Deliverable.objects.filter(key="seamless-mobility").update(is_published=False)
    html = signed_in().get(address(Deliverable.objects.get(key="seamless-mobility"))).content.decode()
    assert "viewsitelink" not in html


def picture(image_format: str = "PNG", **options) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, image_format, **options)
    file.seek(0)
    file.name = f"logo.{image_format.lower()}"
    return file


def test_a_logo_needs_an_alternative_text_and_is_shown_on_the_page_and_in_the_list(signed_in):
    client = signed_in()
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    response = save(client, oulu, logo=picture())
    assert response.context["adminform"].form.errors.keys() == {"logo_alt_en"}
    assert save(client, oulu, logo=picture(), logo_alt_en="Logo of the University of Oulu").redirect_chain
    oulu.refresh_from_db()
    assert (
        f'src="{oulu.logo.public_url}" alt="Logo of the University of Oulu"'
        in client.get("/en/partners/university-of-oulu/").content.decode()
    )
    assert f'class="thumbnail" src="{oulu.logo.url}"' in client.get(list_address(PartnerUniversity)).content.decode()
    assert client.get(oulu.logo.url).status_code == 200


def test_an_svg_is_refused_with_the_reason(signed_in):
    drawing = BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    drawing.name = "logo.svg"
    response = save(signed_in(), PartnerUniversity.objects.get(key="university-of-oulu"), logo=drawing)
    assert "SVG pictures are not accepted" in response.content.decode()


# Groups


def models_on_dashboard(client) -> set[str]:
    return {model["object_name"] for app in client.get("/admin/").context["app_list"] for model in app["models"]}


CONTENT = {model.__name__ for model in REGISTERED}
CONSENT = {"Notice", "PrivacyPolicy", "Purpose", "Provider", "EmbeddedContent", "Script"}
DESK = {"Translation", "TextToTranslate", "ExchangedText"}
OF_OFFICERS = {"ContentErasure", "DeletedItem", "Job", "Page", "ScheduledChange"}
DRAFTS = {"PreviewLink", "ScheduledChange"}
RECORD = {"NoticeVersion", "PolicyVersion", "Decision", "Seal", "Erasure", "AccessEntry", "CookieAudit"}


@pytest.mark.parametrize(
    ("group", "shown"),
    [
        ("Editors", CONTENT - CONSENT | DESK | DRAFTS | {"DeletedItem", "Message"}),
        ("Translators", CONTENT | DESK | DRAFTS),
        ("Publishers", CONTENT - CONSENT | DESK | DRAFTS | {"ContentErasure", "DeletedItem", "Message"}),
        ("Privacy officers", CONSENT | RECORD | DESK | OF_OFFICERS),
    ],
)
def test_the_dashboard_shows_each_group_its_models(signed_in, group, shown):
    assert models_on_dashboard(signed_in(group)) == shown


def test_staff_without_a_group_see_nothing(client, staff):
    user = staff("Editors")
    user.groups.clear()
    client.force_login(user)
    assert models_on_dashboard(client) == set()


def test_a_polish_translator_sees_all_content_and_changes_polish_fields_alone(signed_in):
    client = signed_in("Translators: Polski")
    assert models_on_dashboard(client) == CONTENT | DESK | DRAFTS
    initiative = Initiative.objects.get(key="campus")
    response = client.get(address(initiative))
    part = response.context["inline_admin_formsets"][0].formset.forms[0]
    for form in (response.context["adminform"].form, part):
        translatable = {name for name in form.fields if name.endswith(("_pl", "_de", "_en"))}
        assert translatable
        assert all(name.endswith("_pl") for name in translatable)
    save(client, initiative, title_pl="Kampus", title_de="Anders", title_en="Else", is_published="")
    assert changed_in_draft(initiative) == {"title_pl": "Kampus"}
    assert client.get(address(Deliverable(), "add")).status_code == 403
    assert client.get(address(initiative, "delete")).status_code == 403


def test_editors_may_neither_delete_nor_publish(signed_in):
    client = signed_in("Editors")
    deliverable = Deliverable.objects.first()
    assert client.get(address(deliverable, "delete")).status_code == 403
    assert "is_published" not in client.get(address(deliverable)).context["adminform"].form.fields


def test_an_item_that_an_editor_adds_is_not_published(signed_in):
    client = signed_in("Editors")
    client.post(
        reverse("admin:alliance_deliverable_add"),
        {"title_en": "New", "summary_en": "S", "body_en": "<p>B</p>", "order": 9, "is_published": "on"},
    )
    assert Deliverable.objects.get(title_en="New").is_published is False


def test_a_part_that_an_editor_adds_goes_live_with_the_draft(signed_in):
    client = signed_in("Editors")
    campus = Initiative.objects.get(key="campus")
    values = filled_in(client.get(address(campus)))
    count = int(values["parts-TOTAL_FORMS"])
    values |= {
        "parts-TOTAL_FORMS": count + 1,
        f"parts-{count}-title_en": "Fifth part",
        f"parts-{count}-order": 5,
        f"parts-{count}-is_published": "on",
        f"parts-{count}-initiative": campus.pk,
    }
    assert client.post(address(campus), values).status_code == 302
    assert campus.parts.count() == 4
    save(signed_in("Publishers"), campus)
    assert campus.parts.get(title_en="Fifth part").is_published


def test_a_live_item_does_not_change_until_a_publisher_publishes_the_draft(signed_in):
    deliverable = Deliverable.objects.first()
    before = deliverable.summary_en
    save(signed_in("Editors"), deliverable, summary_en="Changed")
    deliverable.refresh_from_db()
    assert (deliverable.summary_en, deliverable.is_published) == (before, True)
    client = signed_in("Publishers")
    assert filled_in(client.get(address(deliverable)))["summary_en"] == "Changed"
    save(client, deliverable)
    deliverable.refresh_from_db()
    assert (deliverable.summary_en, deliverable.is_published) == ("Changed", True)
    assert Revision.objects.draft_of(deliverable) is None


def test_a_publisher_reads_that_visitors_see_the_item_and_stays_in_its_form(signed_in):
    client = signed_in("Publishers")
    deliverable = Deliverable.objects.first()
    path = f"{address(deliverable)}?_changelist_filters=q%3Da"
    response = client.post(path, filled_in(client.get(path), slug_en="new-slug", _save=""), follow=True)
    link = f'<a href="/en/deliverables/new-slug/">{deliverable}</a>'
    assert f"“{link}” is published. Visitors see it now." in response.content.decode()
    assert response.redirect_chain == [(path, 302)]
    # A key area has no page of its own.
    values = {"name_en": "New area", "description_en": "<p>Text</p>", "order": "1", "_save": ""}
    response = client.post(reverse("admin:alliance_keyarea_add"), values, follow=True)
    assert "“New area” is published." in response.content.decode()
    assert response.redirect_chain == [(address(KeyArea.objects.get(name_en="New area")), 302)]


def test_publishers_can_take_off_publish_and_delete(signed_in):
    client = signed_in("Publishers")
    deliverable = Deliverable.objects.first()
    for changes, is_published in (({"_takeoff": ""}, False), ({"_draft": ""}, False), ({"_save": ""}, True)):
        save(client, deliverable, **changes)
        deliverable.refresh_from_db()
        assert deliverable.is_published is is_published
    assert client.post(address(deliverable, "delete"), {"post": "yes"}).status_code == 302
    assert not Deliverable.objects.filter(pk=deliverable.pk).exists()


@pytest.mark.nightly
@pytest.mark.parametrize("model", [model for model in REGISTERED if model not in (Redirect, Script)], ids=str)
def test_translators_can_change_only_translations(signed_in, model):
    form = signed_in("Translators").get(address(one_of(model))).context["adminform"].form
    assert form.fields
    assert {name.rpartition("_")[2] for name in form.fields} <= {"pl", "nl", "es", "de", "tr", "fr", "fi", "hr", "sv"}


def test_forged_fields_of_a_translator_are_ignored(signed_in):
    client = signed_in("Translators")
    deliverable = Deliverable.objects.first()
    save(client, deliverable, title_en="Forged", title_pl="Przekład", order="99", is_published="")
    assert changed_in_draft(deliverable) == {"title_pl": "Przekład"}


def test_translators_cannot_change_the_order_in_a_list(signed_in):
    client = signed_in("Translators")
    assert 'name="form-0-order"' not in client.get(list_address(Deliverable)).content.decode()


def test_translators_cannot_list_accounts(signed_in):
    assert signed_in("Translators").get("/admin/auth/user/").status_code == 403


def test_staff_can_choose_the_language_of_the_admin(signed_in):
    client = signed_in()
    assert "Dodaj" in client.get("/admin/", headers={"accept-language": "pl"}).content.decode()
    client.post("/admin-language/setlang/", {"language": "pl", "next": "/admin/"})
    assert "Dodaj" in client.get("/admin/", headers={"accept-language": "en"}).content.decode()


def test_the_languages_of_the_admin_and_of_phrases_have_their_own_names(signed_in):
    path = address(Deliverable.objects.first())
    document = fromstring(signed_in().get(path, headers={"accept-language": "tr"}).content.decode())
    for field in ("staff-language", "phrase-language-choice"):
        assert document.xpath(f"//*[@id='{field}']/option[@value='en' or @value='tr']/text()") == ["English", "Türkçe"]


def test_the_admin_shows_the_name_of_the_alliance(client):
    Alliance.objects.update(acronym="OTHER")
    html = client.get("/admin/login/").content.decode()
    assert "| OTHER</title>" in html and "OTHER: editing the site" in html


def test_the_admin_names_no_alliance_before_content_is_loaded(client):
    Alliance.objects.all().delete()
    html = client.get("/admin/login/").content.decode()
    assert "| Django site admin</title>" in html and "Django administration" in html


def test_a_list_has_a_link_to_all_rows_only_while_it_is_filtered(client, staff):
    client.force_login(staff())
    listed = list_address(Task)
    assert "Show all" not in client.get(listed).content.decode()
    for narrowed in ("?q=unic", "?is_published__exact=1"):
        assert "Show all" in client.get(f"{listed}{narrowed}").content.decode()


def test_an_empty_list_says_why_and_leads_to_everything(signed_in):
    client = signed_in("Publishers")

    def shown(address: str) -> list[str]:
        paragraphs = fromstring(client.get(address).content).find_class("empty-list")
        return [" ".join(paragraph.text_content().split()) for paragraph in paragraphs]

    assert shown(list_address(Page)) == []
    assert shown(f"{list_address(Page)}?q=xyzzy") == ["Nothing matches the search and the filters. Show everything"]
    assert shown(f"{list_address(Page)}?is_published__exact=0") == [
        "Nothing matches the search and the filters. Show everything"
    ]
    Redirect.objects.all().delete()
    assert shown(list_address(Redirect)) == ["There is nothing here yet."]
