"""Translations of items that have a draft beside the live item."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.models import Deliverable, Initiative
from editorial.models import Revision
from tests.editorial.test_admin import save
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
    return Translation.objects.of(item).into(language).get(field=field)


def translate(client, text, words: str, button: str = "_save"):
    response = client.get(text.desk_url)
    values = {"base_values": response.context["form"]["base_values"].value(), "text": words, button: ""}
    return client.post(text.desk_url, values, follow=True)


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
    assert line.endswith(": title – current; changed in a draft of the item")
    assert line in listed(client)
    assert any(line.endswith("title – current") for line in listed(client, status="all", kind=text.model))
    filters = "language=pl&status=in_drafts"
    page = client.get(text.desk_url, {"_changelist_filters": filters})
    assert page.context["left"] == 1 and page.context["previous"] is None
    translate(client, text, deliverable.title_pl)
    assert listed(client, status="in_drafts") == [] and line not in listed(client)


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


def test_a_new_part_of_a_draft_is_translated_in_the_form_of_its_item(client, staff):
    Revision.objects.record()
    campus = Initiative.objects.get(key="campus")
    data = Revision.objects.of(campus).live().get().data
    data["initiative_parts.999"] = {"title_en": "Labs", "body_en": "<p>Text</p>", "order": 9, "is_published": True}
    Revision.objects.save_draft(campus, data)
    client.force_login(staff("Translators: Polski"))
    (block,) = (b for b in client.get("/admin/").context["blocks"] if str(b.title) == "Drafts to translate")
    assert [(line.url, line.note) for line in block.lines] == [
        (reverse("admin:alliance_initiative_change", args=[campus.pk]), "Polski: 2 texts")
    ]
    html = client.get(reverse("admin:translations_texttotranslate_changelist"), {"language": "pl"}).content.decode()
    assert f'<a href="{block.lines[0].url}">{campus.title_en}</a>' in html
