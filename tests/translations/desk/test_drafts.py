"""Translations of items that have a draft beside the live item."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from alliance.models import Deliverable, Initiative, InitiativePart
from editorial.models import Revision
from tests.editorial.test_admin import filled_in, save, warnings
from translations.exchange.models import ExchangedText
from translations.status.models import Translation

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def deliverable(client, staff):
    """A live deliverable with a draft of an editor, who changed its title in English."""
    Revision.objects.record()
    item = Deliverable.objects.get(key="seamless-mobility")
    client.force_login(staff("Editors"))
    save(client, item, title_en="Mobility for everyone")
    return item


def text_of(item, field: str = "title", language: str = "pl") -> Translation:
    return Translation.objects.of_items([item]).into(language).get(field=field)


def translate(client, text, words: str, button: str = "_save"):
    return translate_at(client, text.desk_url, words, button)


def translate_at(client, path: str, words: str, button: str = "_save"):
    response = client.get(path)
    values = {"base_values": response.context["form"]["base_values"].value(), "text": words, button: ""}
    return client.post(path, values, follow=True)


def test_a_translator_sees_the_source_of_the_draft_and_that_it_is_one(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    html = client.get(text_of(deliverable).desk_url).content.decode()
    assert "Mobility for everyone" in html
    assert "works on a draft of this item" in html


def test_a_translation_goes_live_with_the_draft(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    before = deliverable.title_pl
    response = translate(client, text_of(deliverable), "Mobilność dla wszystkich")
    assert response.redirect_chain
    deliverable.refresh_from_db()
    assert deliverable.title_pl == before
    Revision.objects.draft_of(deliverable).publish()
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.title_pl) == ("Mobility for everyone", "Mobilność dla wszystkich")
    assert text_of(deliverable).status == Translation.Status.CURRENT


def test_an_unchanged_translation_that_is_saved_in_the_draft_is_current_when_it_goes_live(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    before = deliverable.title_pl
    translate(client, text_of(deliverable), before)
    client.force_login(staff("Publishers"))
    save(client, deliverable, summary_en="Another summary")
    deliverable.refresh_from_db()
    assert (deliverable.title_en, deliverable.title_pl) == ("Mobility for everyone", before)
    assert text_of(deliverable).status == Translation.Status.CURRENT
    assert text_of(deliverable, "summary").status == Translation.Status.STALE


def test_a_confirmation_ends_when_the_source_in_the_draft_changes_again(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    translate(client, text_of(deliverable), deliverable.title_pl)
    client.force_login(staff("Publishers"))
    save(client, deliverable, title_en="Mobility without obstacles")
    assert text_of(deliverable).status == Translation.Status.STALE


def test_a_translation_of_a_live_item_without_a_draft_is_on_the_site_at_once(client, staff):
    Revision.objects.record()
    item = Deliverable.objects.last()
    client.force_login(staff("Translators: Polski"))
    assert translate(client, text_of(item), "Od razu").redirect_chain
    item.refresh_from_db()
    assert item.title_pl == "Od razu"
    live = Revision.objects.of(item).live().get()
    assert live.data[""]["title_pl"] == "Od razu" and live.author_name


def test_a_proposal_for_a_text_is_kept_beside_the_draft_of_the_item(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    assert translate(client, text_of(deliverable), "Jeszcze nie", button="_draft").redirect_chain
    assert text_of(deliverable).draft == "Jeszcze nie"


def test_a_translation_of_an_exchange_file_is_written_into_the_draft(deliverable):
    text = ExchangedText.objects.get(pk=text_of(deliverable).pk)
    text.store(("Z pliku",), as_draft=False)
    assert Revision.objects.draft_of(deliverable).data[""]["title_pl"] == "Z pliku"
    deliverable.refresh_from_db()
    assert deliverable.title_pl != "Z pliku"


def test_a_part_is_translated_in_the_draft_of_its_item(client, staff):
    Revision.objects.record()
    campus = Initiative.objects.get(key="campus")
    client.force_login(staff("Editors"))
    save(client, campus, title_en="Campus without borders")
    part = campus.parts.first()
    client.force_login(staff("Translators: Polski"))
    assert translate(client, text_of(part), "Część w szkicu").redirect_chain
    part.refresh_from_db()
    assert part.title_pl != "Część w szkicu"
    draft = Revision.objects.draft_of(campus)
    assert draft.data[f"initiative_parts.{part.pk}"]["title_pl"] == "Część w szkicu"
    assert draft.data[""]["title_en"] == "Campus without borders"


def test_an_editor_who_may_not_publish_translates_in_a_draft(client, staff):
    item = Deliverable.objects.last()
    before = item.title_pl
    client.force_login(staff("Editors"))
    response = translate(client, text_of(item), "Najpierw szkic")
    assert "until somebody publishes the draft" in response.content.decode()
    item.refresh_from_db()
    assert item.title_pl == before
    assert Revision.objects.draft_of(item).data[""]["title_pl"] == "Najpierw szkic"


@pytest.mark.parametrize("group", ["Editors", "Translators: Polski"])
@pytest.mark.parametrize("words", ["Bez sprawdzenia", ""])
def test_without_a_service_the_button_of_the_service_saves_nothing(client, staff, group, words):
    item = Deliverable.objects.last()
    before = item.title_pl
    client.force_login(staff(group))
    assert translate(client, text_of(item), words, button="_machine").status_code == 403
    item.refresh_from_db()
    assert item.title_pl == before and not Revision.objects.draft_beside(item)


def drafts_to_translate(client) -> list[tuple[str, str]]:
    (block,) = (b for b in client.get("/admin/").context["blocks"] if str(b.title) == "Drafts to translate")
    return [(line.text, line.note) for line in block.lines]


@pytest.mark.nightly
def test_the_dashboard_lists_drafts_until_their_changed_texts_are_translated_or_confirmed(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    assert drafts_to_translate(client) == [("Mobility for everyone", "Polski: 1 text")]
    text = text_of(deliverable)
    (block,) = (b for b in client.get("/admin/").context["blocks"] if str(b.title) == "Drafts to translate")
    assert block.lines[0].url == text.desk_url
    translate(client, text, deliverable.title_pl)
    assert drafts_to_translate(client) == []


def listed(client, **query) -> list[str]:
    """Return the texts of the translators' desk with their states."""
    response = client.get(reverse("admin:translations_texttotranslate_changelist"), {"language": "pl"} | query)
    shown = response.context["cl"]
    return [f"{text.heading}: {text.field} – {shown.model_admin.state(text)}" for text in shown.result_list]


def test_a_text_that_a_draft_changed_is_listed_until_it_is_translated_or_confirmed(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    text = text_of(deliverable)
    assert text.status == Translation.Status.CURRENT
    (line,) = listed(client, status="in_drafts")
    assert line.endswith(": title – stale; changed in a draft of the item")
    assert line in listed(client)
    assert any(line.endswith("title – current") for line in listed(client, status="all", kind=text.model))
    filters = "language=pl&status=in_drafts"
    page = client.get(text.desk_url, {"_changelist_filters": filters})
    assert page.context["left"] == 1 and page.context["previous"] is None
    translate(client, text, deliverable.title_pl)
    assert listed(client, status="in_drafts") == [] and line not in listed(client)


def test_the_list_shows_the_source_of_the_draft_that_changed_it(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    path = reverse("admin:translations_texttotranslate_changelist")
    (text,) = client.get(path, {"language": "pl", "status": "in_drafts"}).context["cl"].result_list
    page = client.get(text.desk_url).context["text"]
    shown = text.source_text, text.target, text.words, text.status
    assert shown == (page.source_text, page.target, page.words, page.status)
    assert text.source_text == "Mobility for everyone"
    data = Revision.objects.draft_of(deliverable).data
    data[""]["title_pl"] = ""
    Revision.objects.save_draft(deliverable, data)
    (line,) = listed(client, status="in_drafts")
    assert line.endswith(": title – missing; changed in a draft of the item")


def test_the_list_takes_as_many_queries_with_many_drafts(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    listed(client)
    with CaptureQueriesContext(connection) as few:
        assert len(listed(client, status="in_drafts")) == 1
    items = list(Deliverable.objects.all())
    for item in items:
        data = Revision.objects.of(item).live().get().data
        data[""]["title_en"] = f"New: {item.title_en}"
        Revision.objects.save_draft(item, data)
    # The first request after a change also fills the cache of shared content.
    listed(client)
    with CaptureQueriesContext(connection) as many:
        assert len(listed(client, status="in_drafts")) == len(items)
    assert len(many) <= len(few)


@pytest.fixture
def campus(client, staff):
    """A live initiative with a draft of an editor, who added a part."""
    Revision.objects.record()
    item = Initiative.objects.get(key="campus")
    data = Revision.objects.of(item).live().get().data
    data["initiative_parts.999"] = {"key": "labs", "title_en": "Labs", "body_en": "<p>Text</p>", "is_published": True}
    Revision.objects.save_draft(item, data)
    client.force_login(staff("Translators: Polski"))
    return item


def page_in_draft(item, column: str = "title_pl") -> str:
    place = ["alliance", "initiative", item.pk, "initiative_parts.999", column]
    return reverse("admin:translations_texttotranslate_in_draft", args=place)


def test_a_part_that_only_a_draft_has_is_on_the_desk_and_marked(client, campus):
    title, body = (
        f"{campus.title_en} › Labs: {field} – missing; only in a draft of the item" for field in ("title", "body")
    )
    for status in ("open", "missing", "in_drafts", "all"):
        assert listed(client, status=status)[:2] == [title, body]
    assert listed(client, status="in_drafts", kind="alliance.initiativepart") == [title, body]
    assert listed(client, status="in_drafts", kind="pages.page") == []
    assert listed(client, status="in_drafts", language="de")[:2] == [title, body]
    assert listed(client, status="in_drafts", q="LABS") == [title]
    assert listed(client, status="in_drafts", q="xyzzy") == []
    path = reverse("admin:translations_texttotranslate_changelist")
    response = client.get(path, {"language": "pl", "status": "in_drafts"})
    assert response.context["cl"].result_count == 2
    assert f'href="{page_in_draft(campus)}?' in response.content.decode()
    assert drafts_to_translate(client) == [(campus.title_en, "Polski: 2 texts")]
    html = client.get(page_in_draft(campus)).content.decode()
    assert "Labs" in html and "works on a draft of this item" in html
    assert not InitiativePart.objects.filter(pk=999).exists()


def test_a_translation_of_a_part_that_only_a_draft_has_goes_live_with_the_draft(client, campus):
    assert translate_at(client, page_in_draft(campus), "Laboratoria").status_code == 200
    assert not InitiativePart.objects.filter(pk=999).exists()
    draft = Revision.objects.draft_of(campus)
    assert draft.data["initiative_parts.999"]["title_pl"] == "Laboratoria"
    assert drafts_to_translate(client) == [(campus.title_en, "Polski: 1 text")]
    assert listed(client, status="current")[0].endswith("Labs: title – current; only in a draft of the item")
    assert client.get(page_in_draft(campus)).context["form"]["text"].value() == "Laboratoria"
    draft.publish()
    text = text_of(InitiativePart.objects.get(pk=999))
    assert (text.target, text.status) == ("Laboratoria", Translation.Status.CURRENT)


def test_the_texts_of_a_new_part_lead_to_each_other(client, campus):
    filters = {"_changelist_filters": "language=pl&status=in_drafts"}
    page = client.get(page_in_draft(campus), filters)
    neighbours = [url for name in ("previous", "following") if (url := page.context[name])]
    assert [url.partition("?")[0] for url in neighbours] == [page_in_draft(campus, "body_pl")]
    path = f"{page_in_draft(campus)}?{urlencode(filters)}"
    response = translate_at(client, path, "Laboratoria", "_next")
    assert response.redirect_chain[0][0].startswith(page_in_draft(campus, "body_pl"))


def test_a_text_that_a_draft_added_to_a_stored_item_is_on_the_desk_and_saved_in_the_draft(client, staff):
    item = Deliverable.objects.create(key="new", title_en="New", title_pl="Nowy")
    Revision.objects.record()
    data = Revision.objects.of(item).live().get().data
    data[""]["summary_en"] = "A summary"
    Revision.objects.save_draft(item, data)
    client.force_login(staff("Translators: Polski"))
    assert drafts_to_translate(client) == [("New", "Polski: 1 text")]
    (block,) = (b for b in client.get("/admin/").context["blocks"] if str(b.title) == "Drafts to translate")
    url = block.lines[0].url
    assert listed(client, status="in_drafts") == ["New: summary – missing; only in a draft of the item"]
    assert 'name="_draft"' not in client.get(url).content.decode()
    assert f'href="{url}?' in translate_at(client, url, "Streszczenie").content.decode()
    assert Revision.objects.draft_of(item).data[""]["summary_pl"] == "Streszczenie"
    assert drafts_to_translate(client) == []


def test_a_translation_of_a_part_whose_draft_was_published_meanwhile_is_saved(client, campus):
    values = {"base_values": client.get(page_in_draft(campus)).context["form"]["base_values"].value()}
    Revision.objects.draft_of(campus).publish()
    client.post(page_in_draft(campus), values | {"text": "Laboratoria", "_save": ""})
    assert InitiativePart.objects.get(pk=999).title_pl == "Laboratoria"


def test_what_was_typed_for_a_part_whose_draft_was_discarded_is_shown(client, campus):
    Revision.objects.draft_of(campus).close()
    response = client.post(page_in_draft(campus), {"text": "Laboratoria", "_save": ""})
    assert response.status_code == 410 and "Laboratoria" in response.content.decode()
    assert client.get(page_in_draft(campus)).status_code == 302


@pytest.mark.parametrize("button", ["_draft", "_discard", "_machine"])
def test_a_text_that_only_a_draft_has_takes_no_proposal(client, campus, button):
    page = client.get(page_in_draft(campus)).content.decode()
    assert f'name="{button}"' not in page
    assert translate_at(client, page_in_draft(campus), "Laboratoria", button).status_code == 403


def test_a_finding_in_a_part_that_only_a_draft_has_leads_to_its_text(client, staff, campus):
    client.force_login(staff("Publishers"))
    path = reverse("admin:alliance_initiative_change", args=[campus.pk])
    form = client.get(path)
    (inline,) = form.context["inline_admin_formsets"]
    number = [row.instance.pk for row in inline.formset.initial_forms].index(999)
    values = filled_in(form, **{f"parts-{number}-title_pl": "Labo  ratoria"}) | {"_draft": ""}
    (warning,) = warnings(client.post(path, values, follow=True))
    assert f'href="{page_in_draft(campus)}"' in warning


def test_a_translator_of_another_language_cannot_write_a_part_that_only_a_draft_has(client, staff, campus):
    client.force_login(staff("Translators: Deutsch"))
    assert client.get(page_in_draft(campus)).context["may_write"] is False
    assert client.post(page_in_draft(campus), {"text": "Laboratoria", "_save": ""}).status_code == 403
    client.force_login(staff("Privacy officers"))
    assert client.get(page_in_draft(campus)).status_code == 302


def test_the_list_takes_as_many_queries_with_many_new_parts(client, campus):
    listed(client)
    with CaptureQueriesContext(connection) as few:
        listed(client, status="in_drafts")
    data = Revision.objects.draft_of(campus).data
    for key in range(1000, 1010):
        data[f"initiative_parts.{key}"] = data["initiative_parts.999"]
    Revision.objects.save_draft(campus, data)
    listed(client)
    with CaptureQueriesContext(connection) as many:
        assert len(listed(client, status="in_drafts")) == 22
    assert len(many) <= len(few)


def test_a_new_item_that_is_a_draft_is_on_the_desk_and_marked(client, staff):
    item = Deliverable.objects.create(title_en="New", is_published=False)
    client.force_login(staff("Translators: Polski"))
    assert "This item is a draft, which visitors do not see" in client.get(text_of(item).desk_url).content.decode()
    translate(client, text_of(item), "Nowe")
    item.refresh_from_db()
    assert item.title_pl == "Nowe"
    assert (
        "This item is a draft"
        not in client.get(text_of(Deliverable.objects.published().first()).desk_url).content.decode()
    )
