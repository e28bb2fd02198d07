"""Interface texts are translated into all public languages."""

import os
import re
from io import StringIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

from translations.management.commands import makemessages
from translations.messages import extract_messages, po_path, read_catalog

PUBLIC_CODES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
pytestmark = pytest.mark.once


def test_texts_are_found_in_code_and_templates():
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in extract_messages()}
    assert {"Skip to content", "partner university", "Page not found", "partners/"} <= found
    assert any("pages found for" in message.id[1] for message in extract_messages() if isinstance(message.id, tuple))


def test_every_text_is_translated():
    call_command("makemessages", "--check", stdout=StringIO())


def test_blocks_of_several_lines_are_trimmed():
    """Without `trimmed`, the message includes line breaks and indentation and has no translation."""
    block = re.compile(r"{% *blocktrans(?:late)?\b([^%]*)%}(.*?){% *endblocktrans", re.DOTALL)
    untrimmed = [
        f"{path.name}: {text.strip()}"
        for path in settings.BASE_DIR.glob("*/**/*.html")
        if not path.relative_to(settings.BASE_DIR).parts[0].startswith(".")
        for options, text in block.findall(path.read_text(encoding="utf-8"))
        if "\n" in text and "trimmed" not in options.split()
    ]
    assert not untrimmed


def test_a_language_without_translations_is_reported():
    with pytest.raises(CommandError, match="uk: Skip to content"):
        call_command("makemessages", "--check", "--locale", "uk", stdout=StringIO())


def test_makemessages_adds_the_texts_of_the_program_to_the_catalog_of_the_installation(tmp_path, settings, monkeypatch):
    settings.SITE_DIR, settings.CONTENT_LANGUAGES = tmp_path, {"en": "English", "pl": "Polski", "cs": "Čeština"}
    template = Catalog(charset="utf-8")
    monkeypatch.setattr(makemessages, "extract_messages", lambda: template)
    file = tmp_path / "locale/cs/LC_MESSAGES/django.po"
    template.add("Search")
    call_command("makemessages", stdout=StringIO())
    file.write_text(file.read_text().replace('"Search"\nmsgstr ""', '"Search"\nmsgstr "Hledat"'))
    template.add("Menu")
    call_command("makemessages", stdout=StringIO())
    assert {message.id: message.string for message in read_catalog("cs") if message.id} == {
        "Search": "Hledat",
        "Menu": "",
    }
    assert list(tmp_path.rglob("*.po")) == [file]


def test_makemessages_without_the_folder_of_the_installation_refuses_a_language_that_the_program_lacks(
    settings, monkeypatch
):
    monkeypatch.setattr(makemessages, "extract_messages", Catalog)
    settings.SITE_DIR, settings.CONTENT_LANGUAGES = None, {"en": "English", "pl": "Polski", "cs": "Čeština"}
    with pytest.raises(CommandError, match="does not have cs"):
        call_command("makemessages", "--check", stdout=StringIO())


@pytest.mark.parametrize("code", PUBLIC_CODES)
def test_translations_have_the_placeholders_of_their_source(code):
    with po_path(code).open("rb") as file:
        catalog = read_po(file, locale=code)
    errors = [str(error) for message in catalog for error in message.check(catalog) if message.id]
    assert not errors


def test_no_sentence_is_the_same_in_two_languages():
    codes_by_text = {}
    for code in PUBLIC_CODES:
        with po_path(code).open("rb") as file:
            for message in read_po(file, locale=code):
                text = message.string if isinstance(message.string, str) else message.string[0]
                if message.id and text.count(" ") > 1:
                    codes_by_text.setdefault(text, set()).add(code)
    assert not {text: codes for text, codes in codes_by_text.items() if len(codes) > 1}


def test_compiled_translations_are_used():
    call_command("compilemessages", verbosity=0)
    with translation.override("pl"):
        assert translation.gettext("Skip to content") == "Przejdź do treści"


def test_an_invalid_file_is_reported_with_its_line(tmp_path, settings):
    folder = tmp_path / "locale" / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "a"\nmsgstr "b"\nnonsense here\n')
    settings.SITE_DIR, settings.DATA_DIR = tmp_path, tmp_path / "data"
    with pytest.raises(CommandError, match=r"django\.po, line \d+"):
        call_command("compilemessages")


def test_texts_of_the_installation_are_compiled_into_its_data_and_removed_with_their_source(tmp_path, settings):
    source = tmp_path / "own/locale/cs/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Language: cs\\n"\n\nmsgid "Search"\nmsgstr "Hledat"\n')
    settings.SITE_DIR, settings.DATA_DIR = tmp_path / "own", tmp_path / "data"
    call_command("compilemessages", verbosity=0)
    compiled = tmp_path / "data/locale/cs/LC_MESSAGES/django.mo"
    assert b"Hledat" in compiled.read_bytes()
    # An older version of the file, as after a roll back.
    source.write_text(source.read_text().replace("Hledat", "Najít"))
    os.utime(source, (0, 0))
    call_command("compilemessages", verbosity=0)
    assert "Najít".encode() in compiled.read_bytes()
    settings.SITE_DIR = None
    call_command("compilemessages", verbosity=0)
    assert not compiled.exists()


def test_a_language_that_django_does_not_know_gets_an_empty_catalog(tmp_path, settings):
    settings.DATA_DIR, settings.CONTENT_LANGUAGES = tmp_path, {"en": "English", "mt": "Malti"}
    call_command("compilemessages", verbosity=0)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.mo")] == [
        "locale/mt/LC_MESSAGES/django.mo"
    ]
