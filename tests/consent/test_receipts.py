"""Receipts: the page, the download, and verification without the site."""

import json
import re
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import Client

from consent.models import Decision, Notice, NoticeVersion, Purpose, Seal
from consent.receipt_number import read_receipt
from consent.signing import SealKey
from tests.consent.visitors import RECEIPT, press

pytestmark = pytest.mark.django_db
RECEIPT_JSON = "/en/cookies/receipt.json"
VERIFIER = django_settings.BASE_DIR / "static/verify_receipt.py"


def test_the_receipt_shows_the_number_the_answers_and_the_version(client):
    assert "no choice has been made in it yet" in client.get(RECEIPT).content.decode()
    press(client, "choose", purposes=["statistics"])
    html = client.get(RECEIPT).content.decode()
    decision = Decision.objects.get()
    assert decision.receipt in html and decision.notice.digest in html
    assert re.search(r"Statistics</dt>\s*<dd[^>]*>\s*yes", html)
    assert re.search(r"Advertising</dt>\s*<dd[^>]*>\s*no", html)


def test_the_receipt_shows_the_wording_its_language_and_the_contact(client):
    press(client, "choose", purposes=["statistics"], address="/pl/pliki-cookie/decyzja/")
    Notice.objects.update(introduction_pl="<p>Zupełnie inne pytanie.</p>")
    NoticeVersion.objects.publish(asks_again=False)
    html = client.get(RECEIPT).content.decode()
    wording = Decision.objects.get().notice.wording_in("pl")
    assert wording["introduction"] in html and "Zupełnie inne" not in html
    assert wording["purposes"][1]["description"] in html and wording["purposes"][0]["cookies"][0]["description"] in html
    assert 'lang="pl"' in html and "polski" in html.lower()
    assert f'href="mailto:{wording["contact"]}"' in html


def test_the_receipt_marks_the_language_of_its_purposes(client):
    Purpose.objects.filter(key="statistics").update(name_pl="")
    NoticeVersion.objects.publish()
    press(client, "accept", address="/pl/pliki-cookie/decyzja/")
    html = client.get(RECEIPT).content.decode()
    assert '<dt lang="pl">Reklamowe</dt>' in html
    assert '<dt lang="en">Statistics</dt>' in html


def test_the_receipt_marks_texts_that_were_shown_in_another_language(client):
    Purpose.objects.filter(key="statistics").update(description_pl="")
    NoticeVersion.objects.publish()
    press(client, "refuse", address="/pl/pliki-cookie/decyzja/")
    html = client.get("/de/cookies/beleg/").content.decode()
    description = Purpose.objects.get(key="statistics").description_en
    assert f'<span lang="en">{description}</span>' in html
    assert f'<span lang="pl">{Purpose.objects.get(key="functional").description_pl}</span>' in html


def test_the_receipt_can_be_downloaded_with_the_wording(client):
    assert client.get("/en/cookies/receipt.json").status_code == 404
    press(client, "accept")
    response = client.get("/en/cookies/receipt.json")
    receipt = json.loads(response.content)
    assert receipt["record"]["receipt"] in response["Content-Disposition"]
    assert receipt["record"]["granted"] == "advertising,functional,statistics"
    assert receipt["notice"]["wording"]["heading"] == "Cookies on this site"


def downloaded_receipt(browser, tmp_path):
    file = tmp_path / "receipt.json"
    file.write_bytes(browser.get(RECEIPT_JSON).content)
    return file


def check(file, *arguments):
    return subprocess.run([sys.executable, VERIFIER, file, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("others", [0, 1, 2, 6])
def test_a_receipt_can_be_verified_without_the_site(decide, tmp_path, others):
    browser = Client()
    decide("accept", browser)
    for _visitor in range(others):
        decide("refuse")
    Seal.objects.seal_waiting()
    outcome = check(downloaded_receipt(browser, tmp_path), SealKey.own().verifier)
    assert outcome.returncode == 0, outcome.stderr
    assert f"number 1 of {others + 1} under seal 1" in outcome.stdout
    assert "The seal is signed with that key." in outcome.stdout


@pytest.mark.parametrize(
    ("forge", "sentence"),
    [
        (lambda receipt: receipt["record"].update(action="refused_all"), "the record does not match"),
        (lambda receipt: receipt["notice"]["wording"].update(heading="Else"), "the wording does not match"),
        (lambda receipt: receipt["notice"]["parts"].update(style="0" * 64), "the version of the notice"),
        (lambda receipt: receipt["proof"].update(index=1), "is not under seal"),
        (lambda receipt: receipt["proof"].update(path=receipt["proof"]["path"][:-1]), "too short"),
        (lambda receipt: receipt["proof"].update(path=receipt["proof"]["path"] * 3), "too long"),
        (
            lambda receipt: receipt["proof"].update(seal=receipt["proof"]["seal"].replace("number 1", "number 2")),
            "not signed",
        ),
    ],
)
def test_a_forged_receipt_is_reported(decide, tmp_path, forge, sentence):
    browser = Client()
    decide("accept", browser)
    decide("refuse")
    decide("refuse")
    Seal.objects.seal_waiting()
    file = downloaded_receipt(browser, tmp_path)
    receipt = json.loads(file.read_text())
    forge(receipt)
    file.write_text(json.dumps(receipt))
    outcome = check(file, SealKey.own().verifier)
    assert outcome.returncode == 1
    assert "FALSE" in outcome.stderr and sentence in outcome.stderr


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", '{"record": {}, "digest": "x"}'])
def test_an_invalid_receipt_is_reported(tmp_path, text):
    file = tmp_path / "receipt.json"
    file.write_text(text)
    outcome = check(file)
    assert outcome.returncode == 1 and outcome.stderr.startswith("FALSE: ") and "Traceback" not in outcome.stderr


@pytest.mark.parametrize("key", ["nonsense", "consent-seal+8135f56b", "consent-seal+8135f56b+AAAA", "a+b+!"])
def test_an_invalid_key_is_reported(decide, tmp_path, key):
    browser = Client()
    decide("accept", browser)
    Seal.objects.seal_waiting()
    outcome = check(downloaded_receipt(browser, tmp_path), key)
    assert outcome.returncode == 1 and f"{key} is not a key" in outcome.stderr


def test_a_receipt_that_is_not_sealed_yet_is_reported_as_such(decide, tmp_path):
    browser = Client()
    decide("accept", browser)
    outcome = check(downloaded_receipt(browser, tmp_path))
    assert outcome.returncode == 1 and "not sealed yet" in outcome.stderr


def test_a_receipt_number_is_read_as_people_type_it():
    assert read_receipt(" 7k3f 9qrs-Otvw xyzl") == "7K3F-9QRS-0TVW-XYZ1"
