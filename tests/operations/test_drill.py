"""Full drills: back up while the site is running, lose data and restore it, on both databases."""

import re
import shutil
import signal

import pytest

from tests.consent.test_faults import post
from tests.operations.conftest import Installation

pytestmark = pytest.mark.once

UPLOAD = """
from pictures.models import Picture
from tests.pictures.factories import photo
Picture.objects.create(name="Harbour", alt_en="Cranes", file=photo((40, 30)))
"""
PICTURES = """
from pictures.models import Picture
print(*(len(picture.file.read()) for picture in Picture.objects.all()))
"""
ERASE_THE_FIRST = """
from consent.models import Decision, Leaf
receipt = Decision.objects.earliest("pk").receipt
print(Leaf.objects.erase_receipt(receipt, staff="officer", remark="letter"))
"""
SEAL = "Seal.objects.seal_waiting()\n"
NEWEST_SEAL = "print(Seal.objects.latest_seal().note)\n"
VERIFY = "\nfrom django.core.management import call_command; call_command('verify_consents')"
SEALS = "print(*Seal.objects.order_by('number').values_list('number', flat=True))"


@pytest.mark.nightly
def test_a_backup_of_a_running_site_restores_all_data_and_the_consent_records_verify(site):
    site.serve(workers=1)
    for number in range(3):
        assert post(site, idempotency_key=f"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f{number}")[0] == 200
    # Few processes, because each start of Django costs a second.
    size = site.run(SEAL + UPLOAD + PICTURES)
    backup = site.backup()

    # After the backup: another seal, an erased record, and lost uploads.
    assert post(site, action="refuse", idempotency_key="")[0] == 200
    erased, _line_break, lost = site.run(ERASE_THE_FIRST + SEAL + NEWEST_SEAL).partition("\n")
    assert erased == "1"
    newest = int(re.search(r"^number (\d+)$", lost, re.MULTILINE)[1])

    refused = site.manage("restore", str(backup), "--replace")
    assert refused.returncode == 1 and refused.stderr.startswith("CommandError: The site is running: stop it first")
    site.stop()
    for uploads in ("private", "media"):
        shutil.rmtree(site.data / uploads)
    refused = site.manage("restore", str(backup))
    assert refused.returncode == 1 and "This installation is not empty: give --replace" in refused.stderr

    restored = site.manage("restore", str(backup), "--replace", check=True)
    assert f"It ends with seal 1; what was sealed after that, up to seal {newest}, is lost." in restored.stdout
    assert "Erasures on request since the backup: 1. Records erased again: 1." in restored.stdout
    assert "Checked 7 consent records under 2 seals" in restored.stdout
    # Sealing continues, a lost seal is explained, and the data before the restore is a backup.
    after = site.run(f"{PICTURES}{SEALS}\ndecide('accept'); {SEAL}")
    assert after == f"{size}1 {newest + 1}\n"
    (site.data / "lost.txt").write_text(lost)
    verified = site.manage("verify_consents", "--against", str(site.data / "lost.txt"), check=True)
    assert "The backup of" in verified.stdout and "No record was changed." in verified.stdout
    (previous,) = (site.data / "before-restore").glob("backup-*")
    site.manage("restore", str(previous), "--discard", check=True)
    seals = site.run(SEALS + VERIFY).splitlines()[0].split()
    assert seals[: newest - 1] == [str(number) for number in range(1, newest)]


@pytest.mark.nightly
def test_a_backup_and_its_keys_restore_the_site_on_a_new_machine(on_sqlite, prepared, folder):
    on_sqlite.run(f"decide('accept'); {SEAL}")
    keys = folder / "keys"
    keys.mkdir(mode=0o777)
    keys.chmod(0o777)
    backup = on_sqlite.backup("--keys", str(keys))
    newest_seal = on_sqlite.run(f"decide('refuse'); {SEAL}{NEWEST_SEAL}")
    (folder / "seal.txt").write_text(newest_seal)
    (folder / "seal.txt").chmod(0o644)

    new = Installation(folder / "new", {})
    new.data.mkdir()
    (own_keys,) = keys.iterdir()
    outcome = new.manage(
        "restore", str(backup), "--keys", str(own_keys), "--newest-seal", str(folder / "seal.txt"), check=True
    )
    assert "It ends with seal 1; what was sealed after that, up to seal 2, is lost." in outcome.stdout
    for name in ("secret_key", "consent_seal_key"):
        assert (new.data / name).read_bytes() == (on_sqlite.data / name).read_bytes()
    assert new.run(SEALS + VERIFY).splitlines()[0] == "1 3"

    # Without the key nothing is sealed, and the command fails with a sentence.
    (new.data / "consent_seal_key").unlink()
    outcome = new.manage("restore", str(backup), "--discard")
    assert outcome.returncode == 1
    assert "The key of the seals is missing" in outcome.stderr and "Traceback" not in outcome.stderr
    assert not (new.data / "consent_seal_key").exists()


@pytest.mark.nightly
def test_a_manually_restored_database_is_reported_and_the_site_still_runs(on_sqlite):
    on_sqlite.run(f"decide('accept'); {SEAL}")
    older = on_sqlite.backup()
    on_sqlite.run(f"decide('accept'); {SEAL}")
    shutil.copy(older / "database.sqlite3", on_sqlite.data / "db.sqlite3")
    outcome = on_sqlite.manage("verify_consents")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Seal 2 is missing: the newest seal of the database is 1. An older database was")
    on_sqlite.serve(workers=1)
    assert post(on_sqlite)[0] == 200
    assert "Sealed: 2." in on_sqlite.manage("seal_consents", "--after-restore", check=True).stdout
    on_sqlite.run(VERIFY)


NAME_A_PERSON = """
from editorial.models import Revision
from partners.models import PartnerUniversity
from tests.pictures.factories import photo
with Revision.objects.recorded():
    item = PartnerUniversity.objects.get(key="university-of-oulu")
    item.contact, item.logo = "zyxwina.qwertz@unic.example", photo((40, 30), "PNG")
    item.save()
print(item.logo.name)
"""
ERASE_THE_PERSON = """
from editorial.models import ContentErasure
from editorial.revisions.erasing import ErasedField
from partners.models import PartnerUniversity
item = PartnerUniversity.objects.get(key="university-of-oulu")
fields = [ErasedField("", "contact"), ErasedField("", "logo")]
ContentErasure.objects.erase(PartnerUniversity, item.pk, fields, "Request", "officer")
"""
TRACES = """
from editorial.models import ContentErasure, Revision
from partners.models import PartnerUniversity
item = PartnerUniversity.objects.get(key="university-of-oulu")
found = [item.contact, *(revision.data[""]["contact"] for revision in Revision.objects.of(item))]
print(found.count("zyxwina.qwertz@unic.example"), default_storage.exists("{}"), ContentErasure.objects.count())
"""


@pytest.mark.nightly
def test_a_restore_repeats_the_erasures_of_personal_data_since_the_backup(site):
    logo = site.run(NAME_A_PERSON).strip()
    backup = site.backup()
    site.run(ERASE_THE_PERSON)
    traces = TRACES.replace("{}", logo)
    assert site.run(traces).split() == ["0", "False", "1"]
    for number in range(2):
        # Also when the same backup is restored again.
        restored = site.manage("restore", str(backup), "--discard", check=True)
        assert "Erasures of personal data from content since the backup: 1. Repeated: 1." in restored.stdout, number
        assert site.run(traces).split() == ["0", "False", "1"]


RESTORE_AND_BE_KILLED = """
import os, signal
from django.core.management import call_command
from operations.uploads import Uploads
# After the database was replaced, and before the uploads are.
Uploads.replace = lambda uploads: os.kill(os.getpid(), signal.SIGKILL)
call_command("restore", "{}", replace=True)
"""


@pytest.mark.nightly
def test_an_interrupted_restore_keeps_the_site_closed_and_brings_no_erased_data_back(site):
    logo = site.run(NAME_A_PERSON).strip()
    backup = site.backup()
    site.run(ERASE_THE_PERSON)
    killed = site.manage("shell", "-v", "0", "-c", RESTORE_AND_BE_KILLED.format(backup))
    assert killed.returncode == -signal.SIGKILL
    for command in ("serve", "prepare"):
        refused = site.manage(command)
        sentence = f"A restore was interrupted: run `unic restore {backup} --replace` again."
        assert refused.stderr == f"CommandError: {sentence}\n" and refused.returncode == 1
    for number in range(2):
        restored = site.manage("restore", str(backup), "--replace", check=True)
        assert "Erasures of personal data from content since the backup: 1. Repeated: 1." in restored.stdout, number
        assert site.run(TRACES.replace("{}", logo)).split() == ["0", "False", "1"]
    site.manage("prepare", check=True)
