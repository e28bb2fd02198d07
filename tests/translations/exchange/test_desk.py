"""The admin's page for exchange with translators: each in the languages that are theirs, nothing without a preview."""

import random
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pages.models import Page
from tests.translations.exchange.test_import import HEADING, export, heading, translate
from translations.exchange.forms import MAX_UPLOAD_SIZE
from translations.status.permissions import group_for

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:translations_exchangedtext_changelist")
EXPORT, IMPORT, APPLY = (reverse(f"admin:translations_{name}") for name in ("export", "import", "apply"))


@pytest.fixture
def translator(client, staff):
    """A browser in which someone is signed in who translates into Polish alone."""
    client.force_login(staff(group_for("pl")))
    return client


@pytest.fixture
def file(tmp_path):
    """A file that brings the Polish heading of a page that lacks it."""
    Page.objects.filter(key="accessibility").update(title_pl="")
    file = export(tmp_path / "pl.xlf", "--open")
    translate(file, HEADING, "Dostępność")
    return file


def upload(client, file: Path, **options):
    return client.post(IMPORT, {"file": SimpleUploadedFile(file.name, file.read_bytes())} | options)


def signed_file(response) -> dict:
    return {"signed_file": response.context["form"]["signed_file"].value()}


def test_a_translator_fetches_their_language_and_no_other(translator):
    chosen = {"language": "pl", "kind": "content", "scope": "all", "form": "xliff"}
    response = translator.get(EXPORT, chosen)
    assert response["Content-Disposition"] == 'attachment; filename="content-pl.xlf"'
    assert b'trgLang="pl"' in response.content
    assert b"http://testserver/en/accessibility/" in response.content
    response = translator.get(EXPORT, chosen | {"language": "de"})
    assert response.context["export_form"].errors["language"]


@pytest.mark.parametrize("form", ["po", "xliff"])
def test_texts_of_the_interface_go_out_too(translator, form):
    response = translator.get(EXPORT, {"language": "pl", "kind": "interface", "scope": "all", "form": form})
    assert "Przejdź do treści" in response.content.decode()


def test_who_translates_nothing_is_turned_away(client, staff, file):
    client.force_login(staff("Guests"))
    assert client.get(PAGE).status_code == 403
    assert upload(client, file).status_code == 403
    assert client.get(EXPORT).status_code == 403


def test_a_translator_of_one_kind_of_content_brings_back_no_other(client, staff, file):
    user = staff("Guests")
    user.user_permissions.add(Permission.objects.get(codename="translate_task"))
    client.force_login(user)
    assert "you may not translate this text into this language" in upload(client, file).text


def test_nothing_is_written_before_it_was_seen(translator, file):
    preview = upload(translator, file)
    assert "Dostępność" in preview.text
    assert "Put on the site: 1" in preview.text
    assert not heading()
    assert translator.post(APPLY, signed_file(preview)).status_code == 302
    assert heading() == "Dostępność"
    assert "title (pl)" in LogEntry.objects.get(object_repr="Accessibility").get_change_message().lower()


def test_what_changed_between_preview_and_consent_is_shown_anew(translator, file):
    preview = upload(translator, file)
    Page.objects.filter(key="accessibility").update(title_pl="Dostępność cyfrowa")
    second = translator.post(APPLY, signed_file(preview))
    assert "Check the changes again" in second.text
    assert heading() == "Dostępność cyfrowa"
    translator.post(APPLY, signed_file(second))
    assert heading() == "Dostępność"


def test_what_the_browser_sends_back_is_not_trusted(translator, file, staff):
    preview = upload(translator, file)
    signed = signed_file(preview)["signed_file"]
    for forged in ("", "x", signed.replace("0.0.", "1.1.", 1), signed[:-1]):
        assert "Upload the file again" in translator.post(APPLY, {"signed_file": forged}).text
    translator.force_login(staff())
    assert "Upload the file again" in translator.post(APPLY, {"signed_file": signed}).text
    assert not heading()


def test_a_translator_brings_back_no_other_language(translator, tmp_path):
    file = export(tmp_path / "de.xlf", language="de")
    translate(file, HEADING, "Barrierefrei")
    assert "You may not translate into the language “de”." in upload(translator, file).text


def test_a_fault_is_told_beside_the_field(translator, file):
    file.write_text(file.read_text()[:-30])
    response = upload(translator, file)
    errors = response.context["import_form"].errors["file"]
    assert errors[0] == "Nothing was changed."
    assert errors[1].startswith("Line ")
    assert 'aria-invalid="true"' in response.text


def test_a_file_too_large_for_the_page_is_sent_to_the_command_line(translator, tmp_path):
    (tmp_path / "pl.po").write_bytes(b"#" * (MAX_UPLOAD_SIZE + 1))
    assert "command line" in upload(translator, tmp_path / "pl.po").text


def test_the_largest_file_comes_back_whole(translator, tmp_path):
    """However little it can be packed."""
    file = export(tmp_path / "pl.po")
    noise = random.Random(1).randbytes(700_000).hex()
    file.write_text(f"# {noise[: MAX_UPLOAD_SIZE - 200_000]}\n{file.read_text()}")
    Page.objects.filter(key="accessibility").update(title_pl="")
    preview = upload(translator, file)
    assert translator.post(APPLY, signed_file(preview)).status_code == 302
    assert heading()
