"""Export and import of interface texts on the command line."""

import shutil

import pytest
from babel.messages.pofile import read_po, write_po
from django.core.management import CommandError

from tests.translations.exchange.test_import import export, import_file
from translations.exchange.interface import InterfaceTexts
from translations.messages import po_path, read_catalog

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OPTION = "--interface"


@pytest.fixture(autouse=True)
def own_locale(settings, tmp_path):
    """A copy of the Polish catalog that tests may change."""
    shutil.copytree(settings.BASE_DIR / "locale" / "pl", tmp_path / "locale" / "pl")
    settings.BASE_DIR = tmp_path


def change(path, singular: str, string, is_fuzzy: bool = False):
    """Translate a message in a PO file, as a translation tool would."""
    with path.open("rb") as file:
        catalog = read_po(file, locale="pl")
    catalog[singular].string = string
    catalog[singular].flags |= {"fuzzy"} if is_fuzzy else set()
    with path.open("wb") as file:
        write_po(file, catalog)


def test_an_unchanged_file_does_not_change_the_catalog(tmp_path):
    before = po_path("pl").read_bytes()
    for name in ("pl.po", "pl.xlf"):
        assert import_file(export(tmp_path / name, OPTION), OPTION).startswith("Already on the site: ")
    assert po_path("pl").read_bytes() == before


def test_a_changed_text_is_written_to_the_catalog(tmp_path):
    file = export(tmp_path / "pl.po", OPTION)
    change(file, "Skip to content", "Do treści")
    report = import_file(file, OPTION)
    assert "+ Do treści" in report
    assert "compilemessages" in report
    assert read_catalog("pl")["Skip to content"].string == "Do treści"
    assert export(tmp_path / "open.po", OPTION, "--open").read_text().count("msgid") == 1


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("singular", "string", "message"),
    [
        ("%(counter)s record", ("zapis", "%(n)s zapisy", "zapisów"), "Keep the placeholders"),
        ("%(counter)s record", ("%(counter)s zapis", "%(counter)s zapisy", ""), "has 3 plural forms"),
        ("deliverables/", "rezultaty", "Start and end the text with the same spaces"),
        ("deliverables/", "Nasze rezultaty/", "part of an address"),
        ("Skip to content", "Do tre\ufffeści", r"U\+FFFE, which is not a character"),
        ("%(counter)s record", ("%(counter)s zapis", "%(counter)s zapisy", "\u200b"), "has 3 plural forms"),
    ],
)
def test_an_invalid_translation_is_refused(tmp_path, singular, string, message):
    before = po_path("pl").read_bytes()
    file = export(tmp_path / "pl.po", OPTION)
    change(file, singular, string)
    with pytest.raises(CommandError, match=message):
        import_file(file, OPTION)
    assert po_path("pl").read_bytes() == before


def test_an_unfinished_translation_does_not_replace_a_finished_one(tmp_path):
    file = export(tmp_path / "pl.po", OPTION)
    change(file, "Skip to content", "Do treści?", is_fuzzy=True)
    assert "left out: it is unfinished" in import_file(file, OPTION)
    assert read_catalog("pl")["Skip to content"].string == "Przejdź do treści"


def test_a_text_of_invisible_characters_alone_is_no_translation(tmp_path):
    file = export(tmp_path / "pl.po", OPTION)
    change(file, "Skip to content", "\u200b")
    assert "Not translated in the file: 1" in import_file(file, OPTION)
    assert read_catalog("pl")["Skip to content"].string == "Przejdź do treści"


def test_a_translation_is_stored_normalised_with_the_spaces_around_it():
    text = InterfaceTexts("pl").texts[0]
    assert text.normalised((" Doste\u0328p\x0bdo\r\ntresci ",)) == (" Dostęp do\ntresci ",)


def test_content_and_interface_texts_cannot_be_confused(tmp_path):
    with pytest.raises(CommandError, match="or the reverse"):
        import_file(export(tmp_path / "pl.po", OPTION))
    with pytest.raises(CommandError, match="or the reverse"):
        import_file(export(tmp_path / "pl.xlf"), OPTION)
