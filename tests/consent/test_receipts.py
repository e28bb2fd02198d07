"""Receipts: the page, the download, and verification without the site."""

import json
import re
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Decision, Leaf, Notice, Purpose, Seal
from consent.receipt_number import read_receipt
from consent.signing import SealKey
from tests.consent.factories import make_counter, make_provider, put_in_force
from tests.consent.visitors import RECEIPT, SETTINGS, press

pytestmark = pytest.mark.django_db
RECEIPT_JSON = "/en/cookies/receipt.json"
VERIFIER = django_settings.BASE_DIR / "static/verify_receipt.py"


def rows(html: str) -> dict[str, str]:
    """Return the table of the receipt."""
    pairs = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {name.strip(): " ".join(re.sub(r"<[^>]+>", " ", text).split()) for name, text in pairs}


@pytest.mark.once
def test_the_receipt_shows_the_number_the_answers_and_the_version(client):
    assert "You have not made a choice in this browser yet" in client.get(RECEIPT).content.decode()
    make_counter()
    press(client, "choose", providers=["counter"])
    html = client.get(RECEIPT).content.decode()
    decision = Decision.objects.get()
    assert decision.receipt in html and decision.notice.digest in html
    assert rows(html)["Necessary"] == "always on"
    assert rows(html)["Functional"] == "OpenStreetMap Foundation: no"
    assert rows(html)["Statistics"] == "Count Ltd: yes"
    assert rows(html)["Advertising"] == "not used"


@pytest.mark.once
def test_the_receipt_has_the_answer_to_each_provider_of_a_purpose(client):
    make_provider("video", "functional", "Video Ltd")
    put_in_force()
    press(client, "choose", providers=["video"])
    assert rows(client.get(RECEIPT).content.decode())["Functional"] == "OpenStreetMap Foundation: no Video Ltd: yes"


@pytest.mark.once
def test_the_receipt_shows_the_wording_its_language_and_the_contact(client):
    press(client, "choose", providers=["openstreetmap"], address="/pl/pliki-cookie/decyzja/")
    Notice.objects.update(introduction_pl="<p>Zupełnie inne pytanie.</p>")
    put_in_force(asks_again=False)
    html = client.get(RECEIPT).content.decode()
    wording = Decision.objects.get().notice.wording_in("pl")
    assert wording["introduction"] in html and "Zupełnie inne" not in html
    assert wording["purposes"][1]["description"] in html and wording["purposes"][0]["cookies"][0]["description"] in html
    # Its labels are in the language of the question as well.
    assert wording["purposes"][1]["providers"][0]["data"] in html and "6 miesięcy" in html
    assert 'lang="pl"' in html and "polski" in html.lower()
    assert f'href="mailto:{wording["contact"]}"' in html


@pytest.mark.once
def test_the_receipt_marks_the_language_of_its_purposes(client):
    Purpose.objects.filter(key="statistics").update(name_pl="")
    put_in_force()
    press(client, "accept", address="/pl/pliki-cookie/decyzja/")
    html = client.get(RECEIPT).content.decode()
    html = re.sub(r"\s+", " ", html)
    assert '<dt lang="pl"> Reklamowe </dt>' in html
    assert '<dt lang="pl"> <span lang="en" data-untranslated>Statistics</span> </dt>' in html


@pytest.mark.once
def test_the_receipt_marks_texts_that_were_shown_in_another_language(client):
    Purpose.objects.filter(key="statistics").update(description_pl="")
    put_in_force()
    press(client, "refuse", address="/pl/pliki-cookie/decyzja/")
    html = client.get("/de/cookies/beleg/").content.decode()
    description = Purpose.objects.get(key="statistics").description_en
    assert f'<span lang="en" data-untranslated>{description}</span>' in html
    question = html[html.index('<div class="receipt-question" lang="pl">') :]
    assert Purpose.objects.get(key="functional").description_pl in question


def test_the_receipt_can_be_downloaded_with_the_wording(client):
    assert client.get("/en/cookies/receipt.json").status_code == 404
    press(client, "accept")
    response = client.get("/en/cookies/receipt.json")
    receipt = json.loads(response.content)
    assert receipt["record"]["receipt"] in response["Content-Disposition"]
    assert receipt["record"]["granted"] == "openstreetmap"
    assert receipt["record"]["answers"] == {"openstreetmap": {"granted": True, "purpose": "functional", "version": 1}}
    assert receipt["notice"]["wording"]["heading"] == "Cookies on this site"


@pytest.mark.parametrize("destination", ["empty", "iframe", "frame", "object", "script", "image"])
def test_no_script_or_frame_gets_the_number_of_the_receipt(client, destination):
    press(client, "accept")
    receipt = Decision.objects.get().receipt
    for path in (RECEIPT, f"{RECEIPT}1/", RECEIPT_JSON, f"{RECEIPT}1.json"):
        refused = client.get(path, headers={"sec-fetch-dest": destination})
        assert refused.status_code == 403 and receipt not in refused.content.decode()
        assert client.get(path, headers={"sec-fetch-dest": "document"}).status_code == 200


@pytest.mark.once
def test_no_third_party_runs_on_the_receipt(client):
    make_counter()
    press(client, "accept")
    assert "data-script" in client.get(SETTINGS).content.decode()
    response = client.get(RECEIPT)
    assert "data-script" not in response.content.decode()
    assert "stats.example" not in response["Content-Security-Policy"]
    assert response["Cross-Origin-Opener-Policy"] == "noopener-allow-popups"


# All receipts of a chain


@pytest.fixture
def chain(client) -> list[Decision]:
    """Three decisions of `client` under one number, the last one under another version."""
    press(client, "accept")
    press(client, "withdraw")
    Notice.objects.update(heading_en="Biscuits on this site")
    put_in_force()
    press(client, "accept")
    press(Client(), "accept")
    return list(Decision.objects.filter(receipt=Decision.objects.earliest("pk").receipt).order_by("pk"))


def test_the_newest_receipt_lists_all_decisions_newest_first(client, chain):
    html = client.get(RECEIPT).content.decode()
    listed = html[html.index('<ol class="chain"') :]
    listed = listed[: listed.index("</ol>")]
    assert re.findall(r'href="/en/cookies/receipt/(\d+)/"', listed) == ["3", "2", "1"]
    texts = " ".join(re.sub(r"<[^>]+>", " ", listed).split())
    answers = re.findall(r": (.*?) Download", texts)
    assert answers == ["accepted all: OpenStreetMap Foundation", "withdrawn", "accepted all: OpenStreetMap Foundation"]


@pytest.mark.parametrize("is_withdrawn", [True, False])
def test_each_receipt_can_be_read_with_its_own_wording_and_version(client, chain, is_withdrawn):
    if is_withdrawn:
        press(client, "withdraw")
    for position, decision in enumerate(chain, 1):
        html = client.get(f"{RECEIPT}{position}/").content.decode()
        assert rows(html)["Version of the notice"] == str(decision.notice.number)
        assert decision.get_action_display() in rows(html)["Your answer"]
        question = html[html.index("The question you were asked") :]
        assert ("Biscuits on this site" in question) is (position == 3)
        assert ("This is an earlier decision." in html) is (is_withdrawn or position < 3)
        # The footer has another button.
        assert (f'name="next" value="{RECEIPT}"' in html) is (not is_withdrawn and position == 3)


def test_each_receipt_of_the_chain_can_be_downloaded_and_verified(client, chain, tmp_path):
    Seal.objects.seal_waiting()
    for position, decision in enumerate(chain, 1):
        response = client.get(f"{RECEIPT}{position}.json")
        assert f'"consent-{decision.receipt}-{position}.json"' in response["Content-Disposition"]
        assert response.json()["digest"] == decision.digest
        (file := tmp_path / f"{position}.json").write_bytes(response.content)
        assert check(file, SealKey.own().verifier).returncode == 0


@pytest.mark.parametrize("path", ["0/", "4/", "0.json", "4.json"])
def test_a_receipt_outside_the_chain_is_not_found(client, chain, path):
    assert client.get(f"{RECEIPT}{path}").status_code == 404


def test_only_the_browser_with_the_receipt_cookie_can_read_the_chain(client, chain):
    other = Client()
    press(other, "refuse")
    for browser in (Client(), other):
        assert browser.get(f"{RECEIPT}2/").status_code == browser.get(f"{RECEIPT}2.json").status_code == 404
    Leaf.objects.erase_receipt(chain[0].receipt, staff="officer", remark="")
    assert client.get(f"{RECEIPT}2/").status_code == client.get(RECEIPT_JSON).status_code == 404


def test_the_number_of_queries_of_a_receipt_does_not_depend_on_the_chain(client):
    press(client, "accept")
    client.get(RECEIPT)
    with CaptureQueriesContext(connection) as few:
        client.get(RECEIPT)
    for action in ["withdraw", "accept", "withdraw"]:
        press(client, action)
    client.get(SETTINGS)
    with CaptureQueriesContext(connection) as many:
        client.get(RECEIPT)
    # The decision before counts for what is deleted.
    assert len(many) <= len(few) + 1


def downloaded_receipt(browser, tmp_path):
    file = tmp_path / "receipt.json"
    file.write_bytes(browser.get(RECEIPT_JSON).content)
    return file


def check(file, *arguments):
    return subprocess.run([sys.executable, VERIFIER, file, *arguments], capture_output=True, text=True)


@pytest.mark.once
@pytest.mark.parametrize("others", [0, 1, 2, 6])
def test_a_receipt_can_be_verified_without_the_site(decide, tmp_path, others):
    browser = Client()
    decide("accept", browser)
    for _visitor in range(others):
        decide("refuse")
    Seal.objects.seal_waiting()
    outcome = check(downloaded_receipt(browser, tmp_path), SealKey.own().verifier)
    assert outcome.returncode == 0, outcome.stderr
    # The versions of notice and policy are sealed before it.
    assert f"number 3 of {others + 3} under seal 1" in outcome.stdout
    assert "The seal is signed with that key." in outcome.stdout


@pytest.mark.once
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


@pytest.mark.once
@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", '{"record": {}, "digest": "x"}'])
def test_an_invalid_receipt_is_reported(tmp_path, text):
    file = tmp_path / "receipt.json"
    file.write_text(text)
    outcome = check(file)
    assert outcome.returncode == 1 and outcome.stderr.startswith("FALSE: ") and "Traceback" not in outcome.stderr


@pytest.mark.once
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


@pytest.mark.once
def test_a_receipt_number_is_read_as_people_type_it():
    assert read_receipt(" 7k3f 9qrs-Otvw xyzl") == "7K3F-9QRS-0TVW-XYZ1"
