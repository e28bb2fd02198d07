"""The translators' desk: texts beside their sources, findings, suggestions and permissions."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alliance.models import Alliance, Figure, Milestone, Task
from consent.models import Provider
from editorial.content_files import ContentFiles, dump, load
from editorial.models import Revision
from pages.models import Page
from tests.consent.factories import LINK, make_video
from tests.editorial.test_admin import filled_in
from tests.translations.desk.factories import fill_with_milestones
from translations.desk.glossary import mark_terms
from translations.desk.models import GlossaryTerm, TextToTranslate
from translations.status.changed_items import ChangedItem
from translations.status.fields import TARGET_LANGUAGES

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LIST = reverse("admin:translations_texttotranslate_changelist")


@pytest.fixture
def task():
    """A task with a new title, whose translations are therefore open."""
    task = Task.objects.first()
    task.title_en = "An alliance of 12 post-industrial cities"
    task.save()
    return task


@pytest.fixture
def polish(client, staff):
    client.force_login(staff("Translators: Polski"))
    return client


def text_of(item, field: str = "title", language: str = "pl") -> TextToTranslate:
    return TextToTranslate.objects.of_items([item]).get(field=field, language=language)


def url(text) -> str:
    return reverse("admin:translations_texttotranslate_change", args=[text.pk])


def press(client, text, button: str, typed: str, follow=True, **values):
    """Open the page of the text, type a translation and press a button."""
    form = client.get(url(text)).context["form"]
    data = {"base_values": form["base_values"].value(), "text": typed, button: ""} | values
    return client.post(url(text), data, follow=follow)


def test_a_text_is_shown_beside_its_source_and_saving_publishes_it(polish, task):
    text = text_of(task)
    html = polish.get(url(text)).content.decode()
    assert "post-industrial cities" in html
    press(polish, text, "_save", "Sojusz 12 miast postindustrialnych")
    task.refresh_from_db()
    assert task.title_pl == "Sojusz 12 miast postindustrialnych"
    assert text_of(task).status == "current"
    assert LogEntry.objects.get(object_id=task.pk).user.username == "Translators: Polski"


def test_a_saved_translation_can_be_opened_from_the_message_and_undone(polish, task):
    task.title_pl = before = "Związek 12 miast"
    task.save()
    Revision.objects.record()
    text = text_of(task)
    response = press(polish, text, "_next", "Sojusz 12 miast")
    assert f'Saved: <a href="{url(text)}?_changelist_filters=">{text}</a>.' in response.content.decode()
    assert before in polish.get(url(text)).content.decode()
    undone = press(polish, text, "_use", "", _use="earlier").context["form"]["text"].value()
    assert undone == before
    press(polish, text, "_save", undone)
    task.refresh_from_db()
    assert task.title_pl == before


def test_an_earlier_translation_is_shown_without_tags_and_only_if_there_is_one(polish):
    Revision.objects.record()
    page = Page.objects.get(key="about")
    assert "Earlier translation" not in polish.get(url(text_of(page, "body"))).content.decode()
    for body in ("<p>Nowa treść</p>", "", "<p>Inna treść</p>"):
        page.body_pl = body
        page.save()
        Revision.objects.record()
    assert '<p lang="pl" id="earlier">Nowa treść</p>' in polish.get(url(text_of(page, "body"))).content.decode()


def test_a_translator_who_links_to_what_the_notice_in_force_does_not_name_is_told(polish):
    make_video(publish=False)
    page, link = Page.objects.get(key="about"), f'<p><a href="{escape(LINK)}">{{}}</a></p>'
    for english, translated, is_told in (
        ("<p>A walk</p>", "<p>Spacer</p>", False),
        (link.format("A walk"), link.format("Spacer"), True),
    ):
        page.body_en = english
        page.save()
        response = press(polish, text_of(page, "body"), "_save", translated)
        page.refresh_from_db()
        assert page.body_pl == translated
        assert ("Visitors see “A walk through Lodz” as a link" in response.content.decode()) == is_told


@pytest.mark.nightly
@pytest.mark.parametrize("button", ["_save", "_draft"])
def test_a_translation_is_normalised_and_white_space_alone_is_no_translation(polish, task, button):
    Task.objects.filter(pk=task.pk).update(title_pl="")
    press(polish, text_of(task), button, "\u200b\x0b ")
    assert (text_of(task).target, text_of(task).draft) == ("", "")
    press(polish, text_of(task), button, " Sojusz\x0b12 miast\u200b", seen_warnings="")
    stored = text_of(task)
    assert stored.target or stored.draft == "Sojusz 12 miast"
    refused = press(polish, text_of(task), button, "Sojusz\uffff 12 miast")
    assert refused.context["form"].errors["text"] == ["The text contains U+FFFF, which is not a character. Remove it."]


def test_a_text_has_the_same_name_in_the_list_and_on_its_page(polish):
    for item in (Figure.objects.first(), Alliance.objects.get(), Task.objects.first()):
        text = TextToTranslate.objects.of_items([item]).filter(language="pl").first()
        found = polish.get(LIST, {"q": text.source.text, "status": "all", "language": "pl"}).content.decode()
        assert polish.get(url(text)).context["title"] in unescape(found)


def test_warnings_prevent_saving_once_and_keep_the_input(polish, task):
    text = text_of(task)
    response = press(polish, text, "_save", "Sojusz 21 miast")
    html = response.content.decode()
    assert "“12”" in html
    assert "Sojusz 21 miast" in html
    task.refresh_from_db()
    assert task.title_pl != "Sojusz 21 miast"
    again = {name: response.context["form"][name].value() for name in ("base_values", "seen_warnings", "text")}
    # A different warning prevents saving again.
    polish.post(url(text), again | {"text": "Sojusz  21 miast", "_save": ""})
    task.refresh_from_db()
    assert task.title_pl != "Sojusz  21 miast"
    polish.post(url(text), again | {"_save": ""})
    task.refresh_from_db()
    assert task.title_pl == "Sojusz 21 miast"


def test_an_error_cannot_be_ignored(polish, task):
    text = text_of(task)
    too_long = "Sojusz 12 miast " * 40
    for _attempt in range(2):
        response = press(polish, text, "_save", too_long)
        assert "too long" in response.content.decode()
        assert too_long.strip() in response.content.decode()
    assert text_of(task).status != "current"


def test_save_and_next_opens_the_next_open_text_of_the_language(polish, task):
    text = text_of(task)
    response = press(polish, text, "_next", "Sojusz 12 miast")
    following = response.context.get("text")
    open_texts = TextToTranslate.objects.into("pl").open()
    assert following in open_texts if open_texts else response.redirect_chain[-1][0].startswith(LIST)
    Milestone.objects.filter(pk=Milestone.objects.first().pk).update(title_en="A milestone")
    response = press(polish, text, "_next", "Sojusz 12 miast")
    assert response.context["text"] == text_of(Milestone.objects.first())


def test_translators_see_a_draft_and_visitors_do_not(polish, client, task):
    text = text_of(task)
    before = task.title_pl
    press(polish, text, "_draft", "Wersja robocza, bez 12")
    task.refresh_from_db()
    assert task.title_pl == before
    assert text_of(task).status == "draft"
    response = polish.get(url(text))
    assert response.context["form"]["text"].value() == "Wersja robocza, bez 12"
    assert "Nobody has reviewed" in response.content.decode()
    press(polish, text, "_discard", "")
    assert text_of(task).draft == ""


def test_a_change_of_the_source_during_editing_is_reported(polish, task):
    text = text_of(task)
    response = polish.get(url(text))
    Task.objects.filter(pk=task.pk).update(title_en="An alliance of 10 cities")
    data = {"base_values": response.context["form"]["base_values"].value(), "text": "Sojusz 12 miast", "_save": ""}
    response = polish.post(url(text), data)
    html = response.content.decode()
    assert "changed while you were writing" in html
    assert "An <a" in html or "An alliance of 10 cities" in html
    assert "Sojusz 12 miast" in html


def test_terms_of_the_glossary_are_underlined_with_their_translation(polish, task):
    html = polish.get(url(text_of(task))).content.decode()
    assert 'class="term" href="#term-' in html
    assert '<span lang="pl">sojusz</span>' in html


def test_terms_are_found_in_the_plural(polish, task):
    html = polish.get(url(text_of(task))).content.decode()
    assert ">post-industrial cities</a>" in html
    assert '<span lang="pl">miasto postindustrialne</span>' in html


def test_terms_in_tags_and_links_do_not_change_the_markup(polish, task):
    Task.objects.filter(pk=task.pk).update(
        body_en='<p class="alliance">See <a href="/en/alliance/">alliances</a> & co</p>'
    )
    html = polish.get(url(text_of(task, "body"))).content.decode()
    assert '<a href="/en/alliance/"><span class="term">alliances</span></a>' in html


FOLDING = ["Istanbul", "İstanbul", "Straße", "ŉ", "ﬁeld", "city", "Ω", "R&D", "lt"]


@pytest.fixture
def glossary():
    GlossaryTerm.objects.all().delete()
    for number, term in enumerate(FOLDING):
        GlossaryTerm.objects.create(key=f"term-{number}", term_en=term, term_pl=f"{number}. słowo")


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("text", "shown", "term"),
    [
        ("İstanbul", "İstanbul", "Istanbul"),
        ("ISTANBUL", "ISTANBUL", "Istanbul"),
        ("ıstanbul", "ıstanbul", "Istanbul"),
        ("STRAẞE", "STRAẞE", "Straße"),
        ("Straßes", "Straßes", "Straße"),
        ("ŉ", "ŉ", "ŉ"),
        ("ﬁelds", "ﬁelds", "ﬁeld"),
        ("CITIES", "CITIES", "city"),
        ("CİTIES", "CİTIES", "city"),
        ("\u2126", "\u2126", "Ω"),
        ("R&D", "R&amp;D", "R&D"),
    ],
)
@pytest.mark.parametrize("is_html", [False, True])
@pytest.mark.usefixtures("glossary")
def test_a_term_is_found_when_its_lower_case_has_another_length(text, shown, term, is_html):
    template = "<p>In {} &lt; here</p>" if is_html else "In {} < here"
    html, entries = mark_terms(template.format(shown if is_html else text), "pl", is_html=is_html)
    assert f">{shown}</a> &lt; here" in html
    assert [entry["term"] for entry in entries] == [term]


@given(text=st.text(st.sampled_from("Iİıi̇stanbulSTRAßẞEŉﬁ fieldΩR&D<>'city")))
@hypothesis_settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("glossary")
def test_marking_terms_preserves_the_text(text):
    for is_html in (False, True):
        html, _entries = mark_terms(escape(text) if is_html else text, "pl", is_html=is_html)
        assert unescape(re.sub(r"</?(?:a|span)[^>]*>", "", html)) == text


@pytest.mark.nightly
@pytest.mark.parametrize("number", ["²", "٠", "-1", "x", "9", "9" * 5000])
def test_an_invalid_suggestion_number_is_ignored(polish, task, number):
    assert press(polish, text_of(task), "_use", "Słowa", _use=number).status_code == 200


def test_translations_of_similar_texts_are_suggested_and_can_be_used(polish, task):
    other = Milestone.objects.first()
    other.title_en, other.title_pl = "An alliance of 10 post-industrial cities", "Sojusz 10 miast postindustrialnych"
    other.save()
    text = text_of(task)
    suggestion = polish.get(url(text)).context["suggestions"][0]
    assert (suggestion.target, suggestion.similarity > 90) == ("Sojusz 10 miast postindustrialnych", True)
    response = press(polish, text, "_use", "", _use="0")
    assert response.context["form"]["text"].value() == "Sojusz 10 miast postindustrialnych"
    task.title_en = other.title_en
    task.save()
    assert polish.get(url(text)).context["suggestions"][0].similarity == 100


def test_the_list_and_the_page_of_a_text_run_a_constant_number_of_queries(polish, task):
    text, counts = text_of(task), []
    for size in (5, 40):
        fill_with_milestones(size)
        # The first request after a change also fills the cache of shared content.
        polish.get(url(text))
        with CaptureQueriesContext(connection) as queries:
            polish.get(LIST, {"language": "pl", "kind": "alliance.milestone"})
            polish.get(url(text))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_runs_the_same_queries_for_one_and_for_many_kinds_of_content(polish, task):
    def query_count() -> int:
        with CaptureQueriesContext(connection) as queries:
            html = polish.get(LIST, {"language": "pl"}).content.decode()
        assert [name for name in names if name not in html] == []
        return len(queries)

    names = ["An alliance of 12 post-industrial cities: title"]
    queries_for_one_kind = query_count()
    Alliance.objects.update(tagline_en="New")
    Provider.objects.filter(key="openstreetmap").update(data_en="New")
    Page.objects.filter(kind="search").update(title_en="New")
    GlossaryTerm.objects.create(term_en="A term")
    ChangedItem.objects.process()
    names += ["UNIC: ", "OpenStreetMap Foundation: data", "Search: title", "A term: term"]
    assert query_count() == queries_for_one_kind


def test_the_list_filters_by_language_status_and_kind(polish, task):
    def shown(**filters):
        return list(polish.get(LIST, filters).context["cl"].result_list)

    assert text_of(task) in shown(language="pl")
    assert text_of(task) in shown(language="pl", status="stale", kind="alliance.task")
    assert text_of(task) not in shown(language="pl", kind="pages.page")
    assert text_of(task) not in shown(language="de")
    assert not shown(language="pl", status="current", kind="alliance.task", q="post-industrial cities")


def test_the_list_has_the_status_beside_the_text_where_a_phone_shows_it(polish, task):
    html = polish.get(LIST, {"language": "pl"}).content.decode()
    assert re.findall(r'class="(?:sortable )?column-(\w+)', html)[:2] == ["heading", "state"]


@pytest.mark.nightly
def test_texts_of_all_kinds_can_be_opened(polish):
    for label in TextToTranslate.objects.order_by().values_list("model", flat=True).distinct():
        can_be_opened(polish, TextToTranslate.objects.into("pl").of_kind(label).first())


@pytest.mark.parametrize("label", ["pages.page", "alliance.initiativepart", "consent.notice"])
def test_texts_of_items_and_parts_can_be_opened(polish, label):
    can_be_opened(polish, TextToTranslate.objects.into("pl").of_kind(label).first())


def can_be_opened(client, text):
    page = client.get(url(text))
    assert page.status_code == 200, text.model
    assert client.get(page.context["history_url"]).status_code == 200, text.model
    assert client.get(text.edit_url).status_code == 200, text.model


@pytest.mark.parametrize("language", ["pl", "de"])
def test_a_polish_translator_reads_all_languages_and_writes_only_polish(polish, task, language):
    text = text_of(task, language=language)
    response = polish.get(url(text))
    assert "post-industrial cities" in response.content.decode()
    data = {"base_values": response.context["form"]["base_values"].value(), "text": "12 x", "_save": ""}
    assert polish.post(url(text), data).status_code == (302 if language == "pl" else 403)
    task.refresh_from_db()
    assert (getattr(task, f"title_{language}") == "12 x") == (language == "pl")


def test_each_language_has_a_group_and_the_desk_requires_permission(client, staff):
    names = set(Group.objects.values_list("name", flat=True))
    assert {"Translators: Polski", "Translators: Türkçe"} <= names
    assert len([name for name in names if name.startswith("Translators: ")]) == len(TARGET_LANGUAGES)
    client.force_login(staff("Privacy officers"))
    # They may change the notice, and therefore translate it.
    shown = client.get(LIST, {"status": "all"}).context["cl"].result_list
    assert {text.model.split(".")[0] for text in shown} == {"consent"}
    outsider = staff("Editors")
    outsider.groups.clear()
    client.force_login(outsider)
    assert client.get(LIST).status_code == 403


@pytest.mark.nightly
@pytest.mark.usefixtures("without_pictures")
def test_content_files_include_the_glossary(tmp_path):
    dump(tmp_path)
    assert ContentFiles(tmp_path).files["pl"]["glossary"]["key-area"] == {"term": "kluczowy obszar"}
    assert load(tmp_path).unchanged


def test_a_changed_term_is_shown_at_the_desk(client, staff, task):
    client.force_login(staff("Editors"))
    term = GlossaryTerm.objects.get(key="alliance")
    path = reverse("admin:translations_glossaryterm_change", args=[term.pk])
    client.post(path, filled_in(client.get(path), term_pl="przymierze"))
    assert '<span lang="pl">przymierze</span>' in client.get(url(text_of(task))).content.decode()


def test_a_translator_without_open_texts_reads_that_and_is_led_to_the_others(polish):
    html = unescape(polish.get(LIST).content.decode())
    assert "No text has this status in this language. The filters show the others." in html
    assert "Nothing matches the search" in unescape(polish.get(f"{LIST}?q=xyzzy").content.decode())
