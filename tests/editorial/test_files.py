"""Uploaded files on the disk: written whole or not at all, kept while a row names them."""

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

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A block after which everything is done that waits for the end of the transaction."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def picture(name: str = "logo.png") -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    file.seek(0)
    file.name = name
    return file


def cached_page() -> set[str]:
    """The names of all files in the private storage, those with a dot included."""
    root = Path(default_storage.location)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def with_logo() -> PartnerUniversity:
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    university.logo = ContentFile(picture().read(), name="logo.png")
    university.save()
    return university


# Storage


@pytest.mark.parametrize(
    ("given", "stem"),
    [
        ("Logo Łódź.PNG", "logo_lodz_"),
        ("校" * 90 + ".png", "file_"),
        ("a" * 300 + ".png", "a" * 60 + "_"),
    ],
    ids=["accents", "no letters of ours", "long"],
)
def test_a_file_gets_a_short_plain_name_of_its_own_in_its_folder(given, stem):
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    university.logo.save(given, ContentFile(picture().read()), save=False)
    name = university.logo.name
    assert name.startswith(f"partners/{stem}")
    assert name.endswith(".png")
    assert cached_page() == {name}


def test_a_file_is_readable_by_its_user_alone_and_whole_when_it_appears(monkeypatch):
    seen = []
    rename = Path.rename

    def look(path, target):
        seen.append((path.name[0], path.stat().st_size, Path(target).exists()))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", look)
    university = with_logo()
    assert seen == [(".", university.logo.size, False)]
    assert Path(university.logo.path).stat().st_mode & 0o777 == 0o600


def full_disk(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_no_half_file_and_the_row_as_it_was(monkeypatch):
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        with_logo()
    assert not cached_page()
    assert not PartnerUniversity.objects.exclude(logo="").exists()


# Forms


@pytest.fixture
def form(client, staff):
    """A function that sends the form of a university with a logo and a new text, and returns the answer."""
    client.force_login(staff())

    def send(**changes):
        path = address(PartnerUniversity.objects.get(key="university-of-oulu"))
        changes = {"logo": picture(), "logo_alt_en": "Oulu’s logo", "founded": "1901"} | changes
        return client.post(path, filled_in(client.get(path), **changes), HTTP_ACCEPT_LANGUAGE="en")

    return send


def test_an_upload_that_finds_no_room_says_so_keeps_the_form_and_leaves_no_half_file(form, monkeypatch, caplog):
    monkeypatch.setattr(os, "fsync", full_disk)
    response = form()
    assert (
        "The server has no space for this file. Ask the administrator"
        in response.context["adminform"].form.errors["logo"][0]
    )
    assert response.context["adminform"].form["founded"].value() == "1901"
    assert not cached_page()
    assert PartnerUniversity.objects.get(key="university-of-oulu").founded != 1901
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("number", [errno.EDQUOT, errno.EFBIG])
def test_a_quota_is_named_as_a_lack_of_room_too(form, monkeypatch, number):
    def refuse(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert "no space for this file" in form().context["adminform"].form.errors["logo"][0]


def test_a_folder_that_cannot_be_written_to_is_an_error_of_the_field(form):
    root = Path(default_storage.location)
    root.mkdir()
    (root / "partners").write_text("in the way")
    errors = form().context["adminform"].form.errors
    assert "The server could not store this file" in errors["logo"][0]


def test_a_form_with_another_fault_leaves_no_file(form):
    assert form(founded="last year").context["adminform"].form.errors.keys() == {"founded"}
    gc.collect()
    assert not cached_page()


def test_a_form_without_fault_stores_one_file(form):
    assert form().status_code == 302
    assert cached_page() == {PartnerUniversity.objects.get(key="university-of-oulu").logo.name}


def test_content_files_that_find_no_room_say_so_and_change_nothing(tmp_path, monkeypatch):
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


WAYS = [delete_it, delete_all, empty_its_field, replace_it]


@pytest.mark.parametrize("end", WAYS, ids=lambda way: way.__name__)
def test_a_file_is_deleted_with_its_last_row_after_the_commit(committed, end):
    with committed():
        university = with_logo()
    name = university.logo.name
    with committed():
        end(university)
        assert name in cached_page()
    assert name not in cached_page()
    assert cached_page() == files.named_files()


@pytest.mark.parametrize("end", WAYS, ids=lambda way: way.__name__)
def test_a_transaction_that_fails_loses_no_file(committed, end):
    with committed():
        university = with_logo()
    name = university.logo.name
    with committed(), pytest.raises(ZeroDivisionError), transaction.atomic():
        end(university)
        raise ZeroDivisionError
    assert name in cached_page()
    assert PartnerUniversity.objects.get(key="university-of-oulu").logo.name == name


def test_a_file_that_another_row_names_stays(committed):
    with committed():
        university = with_logo()
        PartnerUniversity.objects.filter(key="koc-university").update(logo=university.logo.name)
    with committed():
        university.delete()
    assert cached_page() == {university.logo.name}


def test_saving_other_fields_of_an_item_deletes_nothing(committed):
    with committed():
        university = with_logo()
    with committed():
        university.founded = 1901
        university.save()
        university.save(update_fields=["founded"])
    assert cached_page() == {university.logo.name}


# Orphans


@pytest.fixture
def orphan():
    """A function that leaves a file of the given name and age, which no row names."""

    def leave(name: str):
        path = Path(default_storage.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
        return name

    return leave


@pytest.fixture
def a_day_later(monkeypatch):
    """A function after which all files are two days old."""
    now = time.time
    return lambda: monkeypatch.setattr(files.time, "time", lambda: now() + 2 * 24 * 60 * 60)


def test_files_that_no_row_names_are_deleted_when_they_are_a_day_old(orphan, a_day_later, capsys):
    named = with_logo().logo.name
    orphan("partners/lost.png")
    orphan("partners/.abc.part")
    call_command("delete_orphaned_files")
    assert len(cached_page()) == 3
    a_day_later()
    call_command("delete_orphaned_files")
    assert cached_page() == {named}
    assert capsys.readouterr().out == "0 deleted.\n2 deleted.\n"


def test_an_old_file_that_a_backup_brought_back_just_now_is_kept(orphan):
    path = default_storage.path(orphan("partners/restored.png"))
    os.utime(path, (0, 0))
    call_command("delete_orphaned_files")
    assert cached_page() == {"partners/restored.png"}


def test_a_database_that_names_hardly_any_of_the_files_deletes_none_unless_told_to(orphan, a_day_later, caplog):
    for number in range(files.FEW_ORPHANS + 1):
        orphan(f"partners/{number}.png")
    a_day_later()
    call_command("delete_orphaned_files")
    assert len(cached_page()) == files.FEW_ORPHANS + 1
    assert "check that DATABASE_URL and DATA_DIR belong together" in caplog.text
    call_command("delete_orphaned_files", force=True)
    assert not cached_page()
