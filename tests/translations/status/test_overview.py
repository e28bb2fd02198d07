"""Translation status in lists and forms, the overview, and the command translation_status."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliance.models import Deliverable, Initiative, InitiativePart
from tests.partners.factories import fill_with_partners
from translations.status.diff import word_diff
from translations.status.fields import TARGET_LANGUAGES
from translations.status.models import Translation

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/translations/translation/"


@pytest.fixture
def deliverable():
    """A deliverable with a stale title and a missing German summary."""
    item = Deliverable.objects.get(key="seamless-mobility")
    Deliverable.objects.filter(pk=item.pk).update(title_en="Seamless learning & teaching", summary_de="")
    return item


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_list_shows_the_status_of_each_language_of_an_item(client, staff, deliverable):
    client.force_login(staff("Editors"))
    html = client.get("/admin/alliance/deliverable/").content.decode()
    row = next(row for row in html.split("<tr>") if "Seamless learning" in row)
    assert "de missing" in text_of(row)
    assert "pl stale" in text_of(row)
    other = next(row for row in html.split("<tr>") if "Social inclusion" in row)
    assert [f"{code} current" in text_of(other) for code in TARGET_LANGUAGES] == [True] * len(TARGET_LANGUAGES)


def test_a_form_shows_the_status_of_each_language_including_inlines(client, staff):
    client.force_login(staff("Editors"))
    initiative = Initiative.objects.filter(parts__isnull=False).first()
    InitiativePart.objects.filter(initiative=initiative).update(title_fi="")
    html = client.get(f"/admin/alliance/initiative/{initiative.pk}/change/").content.decode()
    assert "Suomi missing" in text_of(html)
    assert "Polski current" in text_of(html)
    assert "translation-states" not in client.get("/admin/alliance/initiative/add/").content.decode()


def test_a_stale_text_shows_the_changes_of_its_source(client, staff, deliverable):
    client.force_login(staff("Editors"))
    html = client.get(f"/admin/alliance/deliverable/{deliverable.pk}/change/").content.decode()
    help_text = html.split('id="id_title_pl_helptext"')[1].split("</div>")[0]
    assert re.search(r"Seamless <del>.*mobility</del> <ins>.*learning &amp; teaching</ins>", help_text)
    assert "removed:" in help_text and "added:" in help_text
    assert "<ins>" not in html.split('id="id_summary_pl_helptext"')[1].split("</div>")[0]


def test_the_diff_compares_visible_words_and_shortens_unchanged_passages():
    before = "<p>One.</p><p>" + "same " * 40 + "old</p>"
    changes = word_diff(before, before.replace("old", "<b>new</b> &lt;"))
    assert text_of(changes).count("same") == 8
    assert "…" in changes and "One.Two" not in changes
    assert "<b>" not in changes and "&lt;" in changes


def test_the_diff_shows_the_source_code_if_only_markup_changed():
    changes = word_diff('<a href="/old/">Here</a>', '<a href="/new/">Here</a>')
    assert "/old/" in text_of(changes) and "/new/" in text_of(changes)


def test_a_form_with_stale_texts_runs_a_constant_number_of_queries(client, staff, deliverable):
    client.force_login(staff())
    url = f"/admin/alliance/deliverable/{deliverable.pk}/change/"
    client.get(url)
    with CaptureQueriesContext(connection) as before:
        client.get(url)
    queries = len(before)
    Deliverable.objects.filter(pk=deliverable.pk).update(summary_en="New", body_en="<p>New</p>")
    client.get(url)
    with CaptureQueriesContext(connection) as after:
        client.get(url)
    assert len(after) == queries


def test_the_overview_links_to_open_texts(client, staff, deliverable):
    client.force_login(staff("Translators"))
    assert f'href="{OVERVIEW}"' in client.get("/admin/").content.decode()
    response = client.get(OVERVIEW)
    row = next(row for row in response.content.decode().split("<tr>") if "Deliverables</th>" in row)
    links = re.findall(r'href="([^"]+)"', row.replace("&amp;", "&"))
    german = [link for link in links if "language=de" in link or "language%3Dde" in link]
    open_texts, first_text = german
    assert "Seamless learning" in client.get(open_texts).content.decode()
    assert client.get(first_text).context["text"].language == "de"
    assert client.get(first_text).context["text"].item == deliverable


def test_the_overview_links_to_exports_of_permitted_languages(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    html = client.get(OVERVIEW).content.decode().replace("&amp;", "&")
    (url,) = re.findall(r'href="([^"]+)">XLIFF', html)
    file = client.get(url).content.decode()
    assert 'trgLang="pl"' in file and "Seamless learning" in file and "Social inclusion" not in file
    page = client.get(re.search('href="([^"]+)#import"', html)[1]).content.decode()
    assert 'id="import"' in page


def test_the_overview_counts_texts_and_words(client, staff, deliverable):
    client.force_login(staff())
    html = client.get(OVERVIEW).content.decode()
    row = next(row for row in html.split("<tr>") if "Deliverables</th>" in row)
    rows = Translation.objects.into("pl").filter(model="alliance.deliverable")
    percent = 100 * (rows.count() - 1) // rows.count()
    assert f"{percent}%" in text_of(row.split("</td>")[0])
    # The title “Seamless learning & teaching” has four words.
    assert "4 words" in text_of(row.split("</td>")[0])


def test_the_overview_requires_permission(client, staff):
    member = staff("Privacy officers")
    member.groups.clear()
    client.force_login(member)
    assert OVERVIEW not in client.get("/admin/").content.decode()
    assert client.get(OVERVIEW).status_code == 403


def test_the_overview_runs_a_constant_number_of_queries(client, staff):
    client.force_login(staff())
    client.get(OVERVIEW)
    with CaptureQueriesContext(connection) as before:
        client.get(OVERVIEW)
    queries = len(before)
    fill_with_partners(40)
    client.get(OVERVIEW)
    with CaptureQueriesContext(connection) as after:
        client.get(OVERVIEW)
    assert len(after) == queries


def test_an_index_covers_the_query_of_the_overview():
    index = next(index for index in Translation._meta.indexes if index.name == "translation_status")
    columns = re.findall(r'"translations_translation"\."(\w+)"', str(Translation.objects.counts().query))
    assert set(columns) == set(index.fields)


def status(**options) -> str:
    output = StringIO()
    call_command("translation_status", stdout=output, **options)
    return output.getvalue()


def test_the_command_shows_the_progress_of_each_language(deliverable):
    lines = {line.split()[0]: line.split() for line in status().splitlines()[1:]}
    assert set(lines) == set(TARGET_LANGUAGES)
    total = Translation.objects.into("de").count()
    # Language, name, current %, missing, draft, stale, current, words to do.
    assert lines["de"][2:7] == [str(100 * (total - 2) // total), "1", "0", "1", str(total - 2)]
    assert lines["pl"][3:7] == ["0", "0", "1", str(total - 1)]
    assert len(status(language=["pl"]).splitlines()) == 2


def test_the_command_fails_below_the_given_percentage(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="Nauka bez barier")
    status(language=["pl"], fail_under=100)
    with pytest.raises(CommandError, match="Under 100 %: de"):
        status(language=["pl", "de"], fail_under=100)
