"""Export and import on the command line: a file is imported as a whole or not at all."""

from io import StringIO

import pytest
from babel.messages.pofile import read_po, write_po
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from lxml import etree

from alliance.models import KeyArea
from editorial.models import Revision
from pages.models import Page
from tests.partners.factories import fill_with_partners
from translations.exchange.models import ExchangedText
from translations.status.models import Translation

pytestmark = pytest.mark.django_db
XLIFF = "{urn:oasis:names:tc:xliff:document:2.0}"


def export(path, *options: str, language: str = "pl"):
    form = "po" if path.suffix == ".po" else "xliff"
    call_command("export_translations", language, "--format", form, "--output", str(path), *options)
    return path


def import_file(path, *options: str) -> str:
    output = StringIO()
    call_command("import_translations", str(path), *options, stdout=output)
    return output.getvalue()


def translate(path, unit: str, text: str, state: str = "translated"):
    """Set the translation of a unit, as a translation tool would."""
    if path.suffix == ".po":
        with path.open("rb") as file:
            catalog = read_po(file)
        message = next(message for message in catalog if message.context == unit)
        message.string = text
        message.flags = {"fuzzy"} if state == "initial" else set()
        with path.open("wb") as file:
            write_po(file, catalog)
        return
    tree = etree.parse(path)
    segment = tree.find(f".//{XLIFF}unit[@id='{unit}']/{XLIFF}segment")
    for target in segment.findall(f"{XLIFF}target"):
        segment.remove(target)
    etree.SubElement(segment, f"{XLIFF}target").text = text
    segment.set("state", state)
    tree.write(path, encoding="utf-8")


def units(path) -> list[str]:
    return [unit.get("id") for unit in etree.parse(path).iter(f"{XLIFF}unit")]


@pytest.fixture
def page():
    """A page without a Polish title."""
    Page.objects.filter(key="accessibility").update(title_pl="")
    return Page.objects.get(key="accessibility")


TITLE_ID = "pages.accessibility.title"


def title() -> str:
    return Page.objects.values_list("title_pl", flat=True).get(key="accessibility")


@pytest.fixture(params=["pl.xlf", "pl.po"])
def file(request, tmp_path):
    """The path to export to, for each format."""
    return tmp_path / request.param


def test_an_unchanged_file_changes_nothing(file):
    assert import_file(export(file)) == f"Already on the site: {Translation.objects.into('pl').count()}\n"


def test_only_open_texts_are_exported_with_the_option_open(page, tmp_path):
    Page.objects.filter(key="accessibility").update(description_en="Barriers and remedies.")
    assert units(export(tmp_path / "pl.xlf", "--open")) == [TITLE_ID, "pages.accessibility.description"]
    text = (tmp_path / "pl.xlf").read_text()
    assert "Page “Accessibility”: " in text
    assert '<note category="length">' in text
    assert '<note category="earlier-source">Translated from: ' in text


def test_the_description_of_a_text_quotes_as_in_the_language_of_the_admin(monkeypatch):
    monkeypatch.setattr("translations.status.checks._", {"“%s”": "„%s”"}.get)
    page = Page.objects.get(key="accessibility")
    assert ExchangedText.objects.of_items([page]).first().label.startswith("Page „Accessibility”: ")


def test_a_translation_is_published(page, file):
    translate(export(file, "--open"), TITLE_ID, "Dostępność „dla wszystkich”\u00a0✓")
    report = import_file(file)
    assert f"{TITLE_ID}: put on the site" in report
    assert "+ Dostępność" in report
    assert "compilemessages" not in report
    assert title() == "Dostępność „dla wszystkich”\u00a0✓"
    assert not Translation.objects.into("pl").open().exists()


def test_the_history_names_the_exchange_file_in_the_language_of_the_reader(page, file):
    export(file)
    translate(file, TITLE_ID, "Dostępność")
    with translation.override("pl"):
        import_file(file)
    with translation.override("de"):
        assert Revision.objects.of(page).live().first().shown_comment == "Austauschdatei"


def test_a_dry_run_reports_and_writes_nothing(page, file):
    translate(export(file, "--open"), TITLE_ID, "Dostępność")
    report = import_file(file, "--dry-run")
    assert f"{TITLE_ID}: will be put on the site" in report
    assert "Will be put on the site: 1" in report
    assert "+ Dostępność" in report
    assert not title()


@pytest.mark.parametrize("text", [" ", "\u200b\u3000", "\n\t"], ids=ascii)
def test_a_translation_of_white_space_alone_is_no_translation(page, file, text):
    translate(export(file, "--open"), TITLE_ID, text)
    assert "Not translated in the file: 1" in import_file(file)
    assert not title()


@pytest.mark.nightly
def test_a_translation_is_stored_normalised(page, file):
    translate(export(file, "--open"), TITLE_ID, "\u200b Doste\u0328pnos\u0301c\u0301 ")
    import_file(file)
    assert title() == "Dostępność"
    translate(export(file), TITLE_ID, "Dostępność\u2003")
    assert "put on the site" not in import_file(file)


def test_a_segment_of_a_state_that_xliff_does_not_know_is_a_draft(page, tmp_path):
    file = export(tmp_path / "pl.xlf", "--open")
    translate(file, TITLE_ID, "Dostepnosc", "needs-review-translation")
    assert "saved as a draft" in import_file(file)
    assert not title()


def test_a_file_may_be_in_any_charset_that_its_header_names(page, tmp_path):
    file = export(tmp_path / "pl.po", "--open")
    translate(file, TITLE_ID, "Dostępność")
    text = file.read_text()
    for charset, encoding in (("ISO-8859-2", "iso-8859-2"), ("windows-1250", "cp1250"), ("UTF-16", "utf-16")):
        Page.objects.filter(key="accessibility").update(title_pl="")
        file.write_bytes(text.replace("charset=utf-8", f"charset={charset}").encode(encoding, "replace"))
        assert "put on the site" in import_file(file)
        assert title() == "Dostępność"


def test_a_comment_at_the_end_of_a_po_file_is_skipped(page, tmp_path):
    file = export(tmp_path / "pl.po", "--open")
    translate(file, TITLE_ID, "Dostępność")
    with file.open("a") as end:
        end.write("\n# vim: set et:\n")
    assert "put on the site" in import_file(file)


@pytest.mark.parametrize("declaration", ["<?xml version='1.0' encoding='utf-8'?>\n", ""])
def test_an_xliff_in_another_charset_than_it_declares_is_refused_with_the_remedy(page, tmp_path, declaration):
    file = export(tmp_path / "pl.xlf", "--open")
    translate(file, TITLE_ID, "Dostępność")
    body = file.read_text()
    file.write_bytes(f"{declaration}{body}".encode("cp1250"))
    with pytest.raises(CommandError, match=r"Line \d+: the file is not in UTF-8, .* Save it as UTF-8"):
        import_file(file)
    file.write_bytes(f'<?xml version="1.0" encoding="windows-1250"?>\n{body}'.encode("cp1250"))
    import_file(file)
    assert title() == "Dostępność"


def test_an_xliff_in_utf_16_that_is_not_well_formed_is_not_blamed_for_its_charset(page, tmp_path):
    file = export(tmp_path / "pl.xlf", "--open")
    body = file.read_text().partition("?>")[2].replace("</source>", "", 1)
    file.write_bytes(body.encode("utf-16"))
    with pytest.raises(CommandError, match="not valid XML"):
        import_file(file)


@pytest.mark.parametrize(("state", "options"), [("initial", ()), ("translated", ("--as-draft",))])
def test_unfinished_translations_and_drafts_are_not_published(page, file, state, options):
    translate(export(file, "--open"), TITLE_ID, "Dostepnosc", state)
    assert "saved as a draft" in import_file(file, *options)
    assert not title()
    draft = Translation.objects.into("pl").of_items([page]).get(field="title")
    assert (draft.draft, draft.status) == ("Dostepnosc", "draft")


def test_a_text_with_a_changed_source_is_reported_and_left_out(page, file):
    translate(export(file, "--open"), TITLE_ID, "Dostępność")
    Page.objects.filter(key="accessibility").update(title_en="Barriers")
    assert f"{TITLE_ID}: left out: the source has changed since the export" in import_file(file)
    assert not title()
    import_file(file, "--as-draft")
    assert Translation.objects.into("pl").of_items([page]).get(field="title").draft == "Dostępność"


def test_importing_a_stale_translation_unchanged_confirms_it(tmp_path):
    Page.objects.filter(key="accessibility").update(title_en="Accessibility for all")
    before = title()
    file = export(tmp_path / "pl.xlf", "--open")
    import_file(file)
    assert units(export(file, "--open")) == [TITLE_ID]
    translate(file, TITLE_ID, before)
    import_file(file)
    assert units(export(file, "--open")) == []
    assert title() == before


@pytest.mark.nightly
def test_one_invalid_text_prevents_the_import(page, file):
    export(file)
    translate(file, TITLE_ID, "Dostępność")
    translate(file, "pages.accessibility.short_title", "D" * 300)
    with pytest.raises(CommandError, match=r"(?s)nothing was changed.*pages\.accessibility\.short_title.*too long"):
        import_file(file)
    assert not title()


@pytest.mark.once
def test_unsafe_markup_is_removed(tmp_path):
    file = export(tmp_path / "pl.po")
    translate(file, "pages.accessibility.body", '<p onclick="x()">Treść</p><script>alert(1)</script>')
    import_file(file)
    assert Page.objects.get(key="accessibility").body_pl == "<p>Treść</p>"


@pytest.mark.nightly
@pytest.mark.parametrize("form", ["xlf", "po"])
def test_the_language_of_a_phrase_survives_a_round_trip_and_a_malformed_one_goes(tmp_path, form):
    pages = Page.objects.filter(key="accessibility")
    pages.update(
        body_en='<p>See <span lang="la">veritas</span></p>', body_pl='<p><span lang="la">veritas</span> tu</p>'
    )
    file = export(tmp_path / f"pl.{form}")
    pages.update(body_pl="")
    import_file(file)
    assert pages.get().body_pl == '<p><span lang="la">veritas</span> tu</p>'
    translate(file, "pages.accessibility.body", '<p lang="la"><span lang="latina">veritas</span> tam</p>')
    import_file(file)
    assert pages.get().body_pl == "<p>veritas tam</p>"


@pytest.mark.once
def test_a_language_tag_may_have_a_region(page, tmp_path):
    translate(export(tmp_path / "pl.xlf", "--open"), TITLE_ID, "Dostępność")
    (tmp_path / "pl.xlf").write_text((tmp_path / "pl.xlf").read_text().replace('trgLang="pl"', 'trgLang="pl-PL"'))
    import_file(tmp_path / "pl.xlf")
    assert title() == "Dostępność"


DAMAGE = {
    "cut off": (lambda text: text[: len(text) // 2], r"Line \d+: the file is not valid XML"),
    "a tag left open": (lambda text: text.replace("</source>", "", 1), r"Line \d+: the file is not valid XML"),
    "entities that expand": (
        lambda text: text.replace("<xliff", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xliff', 1),
        r"Line \d+: the file has a document type declaration",
    ),
    "entities that read files": (
        lambda text: text.replace("<xliff", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xliff', 1),
        r"Line \d+: the file has a document type declaration",
    ),
    "another language": (lambda text: text.replace('trgLang="pl"', 'trgLang="uk"'), "for the language “uk”"),
    "no language": (lambda text: text.replace(' trgLang="pl"', ""), "for the language “”"),
    "another source": (lambda text: text.replace('srcLang="en"', 'srcLang="de"'), "translates from “de”"),
    "XLIFF 1.2": (
        lambda text: text.replace('version="2.1"', 'version="1.2"').replace(":document:2.0", ":document:1.2"),
        r"The file is XLIFF 1\.2\. Save it as XLIFF 2\.1 or 2\.0 in your tool\.",
    ),
    "not XLIFF": (lambda text: "<html><p>Hello</p></html>", r"The file is not XLIFF 2\. Save it"),
    "an unknown text": (
        lambda text: text.replace("pages.accessibility.title", "pages.elsewhere.title"),
        r"Line \d+, unit “pages.elsewhere.title”: this site has no such text",
    ),
    "another site": (lambda text: text.replace('id="pages.', 'id="seiten.'), "has none of the texts"),
    "a text twice": (
        lambda text: text.replace("accessibility.short_title", "accessibility.title"),
        r"Line \d+, unit “pages.accessibility.title”: it is in the file more than once",
    ),
    "a missing code": (
        lambda text: text.replace('<data id="d1">', '<data id="d99">'),
        r"Line \d+, unit “pages.accessibility.body”: the inline code “d1” is not among the original data",
    ),
    "an invalid code point": (lambda text: text.replace("<source>", '<source><cp hex="D800"/>'), "no code point"),
    "a forbidden character": (
        lambda text: text.replace("</segment>", '<target><cp hex="FFFE"/></target></segment>').replace(
            "initial", "final"
        ),
        r"Line \d+, unit “pages.accessibility.title”: The text contains U\+FFFE",
    ),
    "two segments": (lambda text: text.replace("</segment>", "</segment><segment><source/></segment>"), "one segment"),
    "no source": (lambda text: text.replace("source>", "sauce>"), "the source is missing"),
    "an unknown element": (lambda text: text.replace("<source>", "<source><g/>"), "<g> is not allowed"),
}


@pytest.mark.once
@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_an_invalid_xliff_changes_nothing_and_the_error_names_the_place(tmp_path, damage, message):
    Page.objects.filter(key="accessibility").update(title_pl="", short_title_pl="", body_pl="")
    file = export(tmp_path / "pl.xlf", "--open")
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(damaged)
    with pytest.raises(CommandError, match=message) as error:
        import_file(file)
    assert "nothing was changed" in str(error.value)
    assert not title()


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither XLIFF nor PO"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither XLIFF nor PO"),
        (b'PK\x03\x04pl.po\x03msgid ""\n\x9c', "neither XLIFF nor PO"),
        ("Kod;Źródło;Tłumaczenie\r\n".encode("cp1250"), "neither XLIFF nor PO"),
        (b'msgid ""\nmsgstr "Language: pl\\n"\n\nmsgid "a\nmsgstr "b"\n', r"not valid PO: .*line \d+"),
        (b'msgid ""\nmsgstr "Language: pl\\n"\n\nmsgid "a"\nnonsense\nmsgstr "b"\n', r"not valid PO: .*line \d+"),
        (b'msgid ""\nmsgstr "Language: pl\\n"\n\nmsgid "a"\nmsgstr "b"\n', "has none of the texts"),
        (b'msgid ""\nmsgstr "Content-Type: text/plain; charset=klingon\\n"\n', "charset “klingon”, which is unknown"),
        (b'msgid ""\nmsgstr "Language: pl\\n"\n\nmsgid "a"\nmsgstr "\xb3"\n', "Line 5: the file is not in UTF-8"),
    ],
)
def test_an_invalid_po_changes_nothing_and_the_error_names_the_place(tmp_path, content, message):
    file = tmp_path / "pl.po"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        import_file(file)


def test_deleted_texts_can_be_skipped(page, file):
    KeyArea.objects.create(key="short-lived", name_en="Short-lived")
    translate(export(file, "--open"), TITLE_ID, "Dostępność")
    KeyArea.objects.get(key="short-lived").delete()
    with pytest.raises(CommandError, match=r"key_areas\.short-lived\.name”: this site has no such text"):
        import_file(file)
    assert "key_areas.short-lived.name: left out" in import_file(file, "--skip-unknown")
    assert title() == "Dostępność"


@pytest.mark.once
def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("translations.exchange.plan.MAX_FILE_SIZE", 1000)
    with pytest.raises(CommandError, match="larger than"):
        import_file(export(tmp_path / "pl.xlf"))


@pytest.mark.nightly
def test_export_and_import_run_a_constant_number_of_queries(tmp_path):
    def query_counts() -> list[int]:
        counts = []
        for command in (lambda: export(tmp_path / "pl.xlf"), lambda: import_file(tmp_path / "pl.xlf", "--dry-run")):
            with CaptureQueriesContext(connection) as captured:
                command()
            counts.append(len(captured))
        return counts

    few = query_counts()
    fill_with_partners(40)
    assert query_counts() == few
