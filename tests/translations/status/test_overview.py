"""What staff see of the state of translations: chips, changes of the source, the overview, and the command."""

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
    """One with a stale title and a missing German summary."""
    item = Deliverable.objects.get(key="seamless-mobility")
    Deliverable.objects.filter(pk=item.pk).update(title_en="Seamless learning & teaching", summary_de="")
    return item


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_list_shows_how_each_language_of_an_item_stands(client, staff, deliverable):
    client.force_login(staff("Editors"))
    html = client.get("/admin/alliance/deliverable/").content.decode()
    row = next(row for row in html.split("<tr>") if "Seamless learning" in row)
    assert "de missing" in text_of(row)
    assert "pl stale" in text_of(row)
    other = next(row for row in html.split("<tr>") if "Social inclusion" in row)
    assert [f"{code} current" in text_of(other) for code in TARGET_LANGUAGES] == [True] * len(TARGET_LANGUAGES)


def test_a_form_shows_how_its_languages_stand_with_all_that_is_edited_in_it(client, staff):
    client.force_login(staff("Editors"))
    initiative = Initiative.objects.filter(parts__isnull=False).first()
    InitiativePart.objects.filter(initiative=initiative).update(title_fi="")
    html = client.get(f"/admin/alliance/initiative/{initiative.pk}/change/").content.decode()
    assert "Suomi missing" in text_of(html)
    assert "Polski current" in text_of(html)
    assert "translation-states" not in client.get("/admin/alliance/initiative/add/").content.decode()


def test_a_stale_text_shows_what_changed_in_its_source(client, staff, deliverable):
    client.force_login(staff("Editors"))
    html = client.get(f"/admin/alliance/deliverable/{deliverable.pk}/change/").content.decode()
    help_text = html.split('id="id_title_pl_helptext"')[1].split("</div>")[0]
    assert re.search(r"Seamless <del>.*mobility</del> <ins>.*learning &amp; teaching</ins>", help_text)
    assert "removed:" in help_text and "added:" in help_text
    assert "<ins>" not in html.split('id="id_summary_pl_helptext"')[1].split("</div>")[0]


def test_changes_are_told_in_words_that_one_reads_and_unchanged_stretches_are_cut_short():
    before = "<p>One.</p><p>" + "same " * 40 + "old</p>"
    changes = word_diff(before, before.replace("old", "<b>new</b> &lt;"))
    assert text_of(changes).count("same") == 8
    assert "…" in changes and "One.Two" not in changes
    assert "<b>" not in changes and "&lt;" in changes


def test_a_change_that_one_does_not_read_is_shown_in_the_code():
    changes = word_diff('<a href="/old/">Here</a>', '<a href="/new/">Here</a>')
    assert "/old/" in text_of(changes) and "/new/" in text_of(changes)


def test_a_form_with_stale_texts_costs_the_same_queries_however_many_they_are(client, staff, deliverable):
    client.force_login(staff())
    address = f"/admin/alliance/deliverable/{deliverable.pk}/change/"
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    queries = len(before)
    Deliverable.objects.filter(pk=deliverable.pk).update(summary_en="New", body_en="<p>New</p>")
    client.get(address)
    with CaptureQueriesContext(connection) as after:
        client.get(address)
    assert len(after) == queries


def test_the_overview_leads_from_the_index_to_what_is_to_do(client, staff, deliverable):
    client.force_login(staff("Translators"))
    assert f'href="{OVERVIEW}"' in client.get("/admin/").content.decode()
    response = client.get(OVERVIEW)
    row = next(row for row in response.content.decode().split("<tr>") if "Deliverables</th>" in row)
    links = re.findall(r'href="([^"]+)"', row.replace("&amp;", "&"))
    german = [link for link in links if "language=de" in link or "language%3Dde" in link]
    texts_to_do, first_text = german
    assert "Seamless learning" in client.get(texts_to_do).content.decode()
    assert client.get(first_text).context["text"].language == "de"
    assert client.get(first_text).context["text"].item == deliverable


def test_the_overview_gives_what_is_to_do_as_a_file_to_whoever_may_bring_it_back(client, staff, deliverable):
    client.force_login(staff("Translators: Polski"))
    html = client.get(OVERVIEW).content.decode().replace("&amp;", "&")
    (address,) = re.findall(r'href="([^"]+)">XLIFF', html)
    file = client.get(address).content.decode()
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
    # “Seamless learning & teaching”
    assert "4 words" in text_of(row.split("</td>")[0])


def test_whoever_translates_nothing_sees_no_overview(client, staff):
    member = staff("Privacy officers")
    member.groups.clear()
    client.force_login(member)
    assert OVERVIEW not in client.get("/admin/").content.decode()
    assert client.get(OVERVIEW).status_code == 403


def test_the_overview_costs_the_same_queries_however_much_there_is(client, staff):
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


def test_the_overview_asks_for_nothing_that_its_index_lacks():
    index = next(index for index in Translation._meta.indexes if index.name == "translation_status")
    asked = re.findall(r'"translations_translation"\."(\w+)"', str(Translation.objects.counts().query))
    assert set(asked) == set(index.fields)


def status(**options) -> str:
    out = StringIO()
    call_command("translation_status", stdout=out, **options)
    return out.getvalue()


def test_the_command_tells_how_far_each_language_is(deliverable):
    lines = {line.split()[0]: line.split() for line in status().splitlines()[1:]}
    assert set(lines) == set(TARGET_LANGUAGES)
    total = Translation.objects.into("de").count()
    # Language, name, current %, missing, draft, stale, current, words to do.
    assert lines["de"][2:7] == [str(100 * (total - 2) // total), "1", "0", "1", str(total - 2)]
    assert lines["pl"][3:7] == ["0", "0", "1", str(total - 1)]
    assert len(status(language=["pl"]).splitlines()) == 2


def test_the_command_fails_under_the_share_that_is_asked_for(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="Nauka bez barier")
    status(language=["pl"], fail_under=100)
    with pytest.raises(CommandError, match="Under 100 %: de"):
        status(language=["pl", "de"], fail_under=100)
