"""The admin page for exchange files: permissions, preview and import."""

import random
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alliance.models import Initiative
from editorial.models import Revision
from pages.models import Page
from tests.translations.exchange.test_formats import DAMAGES, FILES, damaged
from tests.translations.exchange.test_import import TITLE_ID, export, title, translate
from translations.exchange.forms import MAX_UPLOAD_SIZE
from translations.status.permissions import group_for

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:translations_exchangedtext_changelist")
EXPORT, IMPORT, APPLY = (reverse(f"admin:translations_{name}") for name in ("export", "import", "apply"))


@pytest.fixture
def translator(client, staff):
    """A client of a user who may only translate into Polish."""
    client.force_login(staff(group_for("pl")))
    return client


@pytest.fixture
def file(tmp_path):
    """A file with the missing Polish title of a page."""
    Page.objects.filter(key="accessibility").update(title_pl="")
    file = export(tmp_path / "pl.xlf", "--open")
    translate(file, TITLE_ID, "Dostępność")
    return file


def upload(client, file: Path, **options):
    return client.post(IMPORT, {"file": SimpleUploadedFile(file.name, file.read_bytes())} | options)


def confirmation(response) -> dict:
    return {"signed_file": response.context["form"]["signed_file"].value()}


def test_a_translator_exports_only_permitted_languages(translator):
    options = {"language": "pl", "kind": "content", "scope": "all", "format": "xliff"}
    response = translator.get(EXPORT, options)
    assert response["Content-Disposition"] == 'attachment; filename="content-pl.xlf"'
    assert b'trgLang="pl"' in response.content
    assert b"http://testserver/en/accessibility/" in response.content
    response = translator.get(EXPORT, options | {"language": "de"})
    assert response.context["export_form"].errors["language"]


@pytest.mark.once
@pytest.mark.parametrize("file_format", ["po", "xliff"])
def test_interface_texts_can_be_exported(translator, file_format):
    response = translator.get(EXPORT, {"language": "pl", "kind": "interface", "scope": "all", "format": file_format})
    assert "Przejdź do treści" in response.content.decode()


@pytest.mark.once
def test_the_page_requires_permission(client, staff, file):
    client.force_login(staff("Guests"))
    assert client.get(PAGE).status_code == 403
    assert upload(client, file).status_code == 403
    assert client.get(EXPORT).status_code == 403


def test_a_translator_of_one_kind_of_content_cannot_import_another(client, staff, file):
    user = staff("Guests")
    user.user_permissions.add(Permission.objects.get(codename="translate_task"))
    client.force_login(user)
    assert "you may not translate this text into this language" in upload(client, file).text


def test_nothing_is_written_before_the_preview_is_confirmed(translator, file):
    preview = upload(translator, file)
    assert "Dostępność" in preview.text
    assert "Will be put on the site: 1" in preview.text
    assert "Will be put on the site." in preview.text
    assert not title()
    applied = translator.post(APPLY, confirmation(preview), follow=True)
    assert "The file was imported (put on the site: 1)" in applied.text
    assert title() == "Dostępność"
    assert "title (pl)" in LogEntry.objects.get(object_repr="Accessibility").get_change_message().lower()


def test_the_preview_shows_an_unchanged_translation_that_the_file_confirms(translator, tmp_path):
    before = title()
    confirmed = "The translation is unchanged, and confirmed for the present source."
    Page.objects.filter(key="accessibility").update(title_en="Accessibility for all")
    file = export(tmp_path / "pl.xlf", "--open")
    translate(file, TITLE_ID, before)
    (change,) = (preview := upload(translator, file)).context["plan"].shown
    assert (change.difference, confirmed in preview.text) == (before, True)
    translate(file, TITLE_ID, f"{before}!")
    assert confirmed not in upload(translator, file).text


def test_the_translations_of_an_editor_who_may_not_publish_are_saved_in_drafts(client, staff, tmp_path):
    item = Initiative.objects.get(key="campus")
    part = item.parts.first()
    before = item.title_pl, part.title_pl
    file = tmp_path / "pl.po"
    texts = {
        f'initiatives.campus.title"\nmsgid "{item.title_en}': "Kampus z pliku",
        f'initiative_parts.{part.key}.title"\nmsgid "{part.title_en}': "Część z pliku",
    }
    head = 'msgid ""\nmsgstr "Language: pl\\nContent-Type: text/plain; charset=utf-8\\n"\n'
    file.write_text(head + "".join(f'\nmsgctxt "{source}"\nmsgstr "{text}"\n' for source, text in texts.items()))
    client.force_login(staff("Editors"))
    preview = upload(client, file)
    assert "Will be saved in the draft of the item: 2" in preview.text, preview.context
    imported = client.post(APPLY, confirmation(preview), follow=True)
    assert "saved in the draft of the item: 2" in imported.text
    item, part = Initiative.objects.get(pk=item.pk), item.parts.get(pk=part.pk)
    assert (item.title_pl, part.title_pl) == before
    draft = Revision.objects.draft_of(item)
    assert draft.data[""]["title_pl"] == "Kampus z pliku"
    assert draft.data[f"initiative_parts.{part.pk}"]["title_pl"] == "Część z pliku"
    # The draft exists now, so the texts of others go live with it too.
    client.force_login(staff(group_for("pl")))
    file.write_text(file.read_text().replace("Kampus z pliku", "Kampus tłumacza"))
    preview = upload(client, file)
    assert "Will be put on the site" not in preview.text
    client.post(APPLY, confirmation(preview))
    assert Revision.objects.draft_of(item).data[""]["title_pl"] == "Kampus tłumacza"


def test_a_change_after_the_preview_shows_the_preview_again(translator, file):
    preview = upload(translator, file)
    Page.objects.filter(key="accessibility").update(title_pl="Dostępność cyfrowa")
    second = translator.post(APPLY, confirmation(preview))
    assert "Check the changes again" in second.text
    assert title() == "Dostępność cyfrowa"
    translator.post(APPLY, confirmation(second))
    assert title() == "Dostępność"


def test_a_forged_preview_is_refused(translator, file, staff):
    preview = upload(translator, file)
    signed = confirmation(preview)["signed_file"]
    for forged in ("", "x", signed.replace("0.0.", "1.1.", 1), signed[:-1]):
        assert "Upload the file again" in translator.post(APPLY, {"signed_file": forged}).text
    translator.force_login(staff())
    assert "Upload the file again" in translator.post(APPLY, {"signed_file": signed}).text
    assert not title()


def test_a_translator_cannot_import_another_language(translator, tmp_path):
    file = export(tmp_path / "de.xlf", language="de")
    translate(file, TITLE_ID, "Barrierefrei")
    message = "You may not translate into “Deutsch”. Choose another file, or ask for the right."
    assert message in upload(translator, file).text


@pytest.mark.once
def test_an_error_is_shown_beside_the_field(translator, file):
    file.write_text(file.read_text()[:-30])
    response = upload(translator, file)
    errors = response.context["import_form"].errors["file"]
    assert errors[0] == "Nothing was changed."
    assert errors[1].startswith("Line ")
    assert 'aria-invalid="true"' in response.text


@pytest.mark.once
def test_a_file_that_is_too_large_for_the_page_is_refused(translator, tmp_path):
    (tmp_path / "pl.po").write_bytes(b"#" * (MAX_UPLOAD_SIZE + 1))
    assert "command line" in upload(translator, tmp_path / "pl.po").text


@pytest.mark.nightly
def test_a_file_of_the_maximum_size_can_be_imported(translator, tmp_path):
    """Random data, which cannot be compressed."""
    file = export(tmp_path / "pl.po")
    noise = random.Random(1).randbytes(700_000).hex()
    file.write_text(f"# {noise[: MAX_UPLOAD_SIZE - file.stat().st_size - 100]}\n{file.read_text()}")
    Page.objects.filter(key="accessibility").update(title_pl="")
    preview = upload(translator, file)
    assert translator.post(APPLY, confirmation(preview)).status_code == 302
    assert title()


@hypothesis_settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=40) | st.builds(damaged, st.sampled_from(FILES), st.lists(DAMAGES)))
def test_any_file_is_previewed_or_an_error_of_the_form(translator, content):
    response = translator.post(IMPORT, {"file": SimpleUploadedFile("pl.xlf", content)})
    assert response.status_code == 200
    assert "plan" in response.context or response.context["import_form"].errors["file"]
