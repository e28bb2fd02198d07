"""Uploaded files on the disk: written completely or not at all, deleted when no row names them."""

import errno
import gc
import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from editorial import files
from editorial.content_files import dump
from partners.models import PartnerUniversity
from tests.editorial.test_admin import address, filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("without_pictures")]


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A block after which the callbacks of the commit are run."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def picture(name: str = "logo.png") -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    file.seek(0)
    file.name = name
    return file


def stored_files() -> set[str]:
    """Return the names of all files in the storage, including temporary ones."""
    root = Path(default_storage.location)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def with_logo() -> PartnerUniversity:
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    university.logo = ContentFile(picture().read(), name="logo.png")
    university.save()
    return university


# Storage


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("given", "stem"),
    [
        ("Logo Łódź.PNG", "logo-lodz_"),
        ("校" * 90 + ".png", "file_"),
        ("a" * 300 + ".png", "a" * 60 + "_"),
    ],
    ids=["accents", "no Latin letters", "long"],
)
def test_a_file_gets_a_short_unique_ascii_name_in_its_folder(given, stem):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    university.logo.save(given, ContentFile(picture().read()), save=False)
    name = university.logo.name
    assert name.startswith(f"partners/{stem}")
    assert name.endswith(".png")
    assert stored_files() == {name}


def test_a_file_is_readable_only_by_its_user_and_complete_when_it_appears(monkeypatch):
    seen = []
    rename = Path.rename

    def record(path, target):
        seen.append((path.name[0], path.stat().st_size, Path(target).exists()))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", record)
    university = with_logo()
    assert seen == [(".", university.logo.size, False)]
    assert Path(university.logo.path).stat().st_mode & 0o777 == 0o600


def full_disk(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_no_temporary_file_and_does_not_change_the_row(monkeypatch):
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        with_logo()
    assert not stored_files()
    assert not PartnerUniversity.objects.exclude(logo="").exists()


# Forms


@pytest.fixture
def form(client, staff):
    """A function that submits the form of a university with a logo and returns the response."""
    client.force_login(staff())

    def send(**changes):
        path = address(PartnerUniversity.objects.get(key="university-of-oulu"))
        changes = {"logo": picture(), "logo_alt_en": "Oulu’s logo", "founded": "1901"} | changes
        return client.post(path, filled_in(client.get(path), **changes), HTTP_ACCEPT_LANGUAGE="en")

    return send


def test_on_a_full_disk_the_form_shows_an_error_and_keeps_its_values(form, monkeypatch, caplog):
    monkeypatch.setattr(os, "fsync", full_disk)
    response = form()
    assert (
        "The server has no space for this file. Ask the administrator"
        in response.context["adminform"].form.errors["logo"][0]
    )
    assert response.context["adminform"].form["founded"].value() == "1901"
    assert not stored_files()
    assert PartnerUniversity.objects.get(key="university-of-oulu").founded != 1901
    assert "No space left on device" in caplog.text


@pytest.mark.nightly
@pytest.mark.parametrize("number", [errno.EDQUOT, errno.EFBIG])
def test_a_quota_is_reported_like_a_full_disk(form, monkeypatch, number):
    def refuse(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert "no space for this file" in form().context["adminform"].form.errors["logo"][0]


def test_a_folder_without_write_access_is_an_error_of_the_field(form):
    root = Path(default_storage.location)
    root.mkdir()
    (root / "partners").write_text("in the way")
    errors = form().context["adminform"].form.errors
    assert "The server could not store this file" in errors["logo"][0]


def test_a_form_with_another_error_leaves_no_file(form):
    assert form(founded="last year").context["adminform"].form.errors.keys() == {"founded"}
    gc.collect()
    assert not stored_files()


def test_a_valid_form_stores_one_file(form):
    assert form().status_code == 302
    assert stored_files() == {PartnerUniversity.objects.get(key="university-of-oulu").logo.name}


@pytest.mark.nightly
def test_on_a_full_disk_content_files_are_not_loaded(tmp_path, monkeypatch):
    with_logo()
    PartnerUniversity.objects.filter(logo__gt="").update(logo_alt_en="Oulu’s logo")
    dump(tmp_path)
    PartnerUniversity.objects.filter(key="university-of-oulu").delete()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(CommandError, match=r"could not be read or stored; nothing was changed: .*No space left"):
        call_command("load_content", folder=tmp_path, restore=True)
    assert not PartnerUniversity.objects.filter(key="university-of-oulu").exists()


# Deletion


def delete_it(university):
    university.delete()


def delete_all(university):
    PartnerUniversity.objects.filter(pk=university.pk).delete()


def empty_its_field(university):
    university.logo = ""
    university.save()


def replace_it(university):
    university.logo = ContentFile(picture().read(), name="logo.png")
    university.save()


CHANGES = [delete_it, delete_all, empty_its_field, replace_it]


@pytest.mark.nightly
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_file_is_deleted_with_its_last_row_after_the_commit(committed, change):
    with committed():
        university = with_logo()
    name = university.logo.name
    with committed():
        change(university)
        assert name in stored_files()
    assert name not in stored_files()
    assert stored_files() <= files.named_files()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_failed_transaction_deletes_no_file(committed, change):
    with committed():
        university = with_logo()
    name = university.logo.name
    with committed(), pytest.raises(ZeroDivisionError), transaction.atomic():
        change(university)
        raise ZeroDivisionError
    assert name in stored_files()
    assert PartnerUniversity.objects.get(key="university-of-oulu").logo.name == name


def test_a_file_that_another_row_names_is_not_deleted(committed):
    with committed():
        university = with_logo()
        PartnerUniversity.objects.filter(key="koc-university").update(logo=university.logo.name)
    with committed():
        university.delete()
    assert stored_files() == {university.logo.name}


def test_saving_other_fields_deletes_no_file(committed):
    with committed():
        university = with_logo()
    with committed():
        university.founded = 1901
        university.save()
        university.save(update_fields=["founded"])
    assert stored_files() == {university.logo.name}


# Orphans


@pytest.fixture
def orphan():
    """A function that writes a file that no row names."""

    def leave(name: str):
        path = Path(default_storage.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
        return name

    return leave


@pytest.fixture
def two_days_later(monkeypatch):
    """A function that moves the clock two days ahead."""
    now = time.time
    return lambda: monkeypatch.setattr(files.time, "time", lambda: now() + 2 * 24 * 60 * 60)


def test_orphaned_files_are_deleted_when_they_are_a_day_old(orphan, two_days_later, capsys):
    named = with_logo().logo.name
    orphan("partners/lost.png")
    orphan("partners/.abc.part")
    call_command("delete_orphaned_files")
    assert len(stored_files()) == 3
    two_days_later()
    call_command("delete_orphaned_files")
    assert stored_files() == {named}
    assert capsys.readouterr().out == "0 deleted.\n2 deleted.\n"


def test_a_file_that_was_just_restored_from_a_backup_is_not_deleted(orphan):
    path = default_storage.path(orphan("partners/restored.png"))
    os.utime(path, (0, 0))
    call_command("delete_orphaned_files")
    assert stored_files() == {"partners/restored.png"}


def test_many_orphaned_files_are_deleted_only_with_force(orphan, two_days_later, caplog):
    for number in range(files.FEW_ORPHANS + 1):
        orphan(f"partners/{number}.png")
    two_days_later()
    call_command("delete_orphaned_files")
    assert len(stored_files()) == files.FEW_ORPHANS + 1
    assert "check that DATABASE_URL and DATA_DIR belong together" in caplog.text
    call_command("delete_orphaned_files", force=True)
    assert not stored_files()
