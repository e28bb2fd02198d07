"""Drafts by a translation service, played by a server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.serving import Server
from tests.translations.desk.factories import fill_with_milestones
from translations.desk import machine
from translations.desk.models import TextToTranslate

pytestmark = pytest.mark.django_db
LIST = reverse("admin:translations_texttotranslate_changelist")


class Service(HTTPServer):
    """Answers as LibreTranslate and DeepL do, by turning texts into capitals; `status` makes it refuse."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked, self.status = [], 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()
        if "q" in body:
            answer = {"translatedText": [text.upper() for text in body["q"]]}
        else:
            answer = {"translations": [{"text": text.upper()} for text in body["text"]]}
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service(settings):
    server = Service()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.MACHINE_TRANSLATION = f"libretranslate:http://secret@127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def milestones():
    fill_with_milestones(2)
    return TextToTranslate.objects.into("pl").of_kind("alliance.milestone").filter(status="missing")


def propose(client, language="pl"):
    return client.post(reverse("admin:translations_texttotranslate_propose"), {"language": language}, follow=True)


def test_without_a_service_there_is_no_button_and_nothing_is_drafted(client, staff, milestones):
    client.force_login(staff())
    assert "Propose translations" not in client.get(LIST, {"language": "pl"}).content.decode()
    assert propose(client).status_code == 403
    with pytest.raises(CommandError, match="MACHINE_TRANSLATION"):
        call_command("propose_translations", "pl")


def test_the_button_drafts_what_is_open_and_publishes_nothing(client, staff, service, milestones):
    client.force_login(staff("Translators: Polski"))
    texts = {text.pk for text in milestones}
    assert "Propose translations" in client.get(LIST, {"language": "pl"}).content.decode()
    response = propose(client)
    assert f"{len(texts)} drafts were made" in response.content.decode()
    for text in TextToTranslate.objects.filter(pk__in=texts).with_items():
        assert text.status == "draft"
        assert text.draft == text.source_text.upper()
        assert not text.target
        assert not getattr(text.item, text.localized_field)
    formats = {body["format"]: body for path, headers, body in service.asked}
    assert formats.keys() == {"text", "html"}
    assert {body["api_key"] for body in formats.values()} == {"secret"}
    assert {(body["source"], body["target"]) for body in formats.values()} == {("en", "pl")}


def test_what_somebody_wrote_while_the_service_was_at_work_is_kept(service, milestones):
    first, *others = milestones.select_related("source")
    TextToTranslate.objects.get(pk=first.pk).propose("Szkic człowieka")
    drafted = [text for batch in machine.propose([first, *others]) for text in batch]
    assert set(drafted) == set(others)
    first.refresh_from_db()
    assert first.draft == "Szkic człowieka"


def test_nobody_has_drafts_made_for_a_language_that_they_may_not_write(client, staff, service):
    client.force_login(staff("Translators: Deutsch"))
    assert propose(client, "pl").status_code == 403
    assert not service.asked


def test_one_text_is_drafted_from_its_own_page(client, staff, service, milestones):
    client.force_login(staff("Translators: Polski"))
    text = milestones.first()
    client.post(reverse("admin:translations_texttotranslate_change", args=[text.pk]), {"text": "", "_machine": ""})
    text.refresh_from_db()
    assert text.draft == text.source_text.upper()
    assert text.status == "draft"


@pytest.mark.parametrize(
    ("status", "sentence"), [(403, "refuses the key"), (456, "used up"), (503, "reported an error \\(503\\)")]
)
def test_a_service_that_refuses_is_told_of_in_words(client, staff, service, milestones, status, sentence):
    service.status = status
    with pytest.raises(CommandError, match=sentence):
        call_command("propose_translations", "pl")
    client.force_login(staff())
    assert propose(client).status_code == 200
    assert not TextToTranslate.objects.exclude(draft="").exists()


def test_a_service_that_is_away_is_told_of_in_words(settings, milestones):
    settings.MACHINE_TRANSLATION = "libretranslate:http://127.0.0.1:1"
    with pytest.raises(CommandError, match="does not answer"):
        call_command("propose_translations", "pl")


def test_the_command_drafts_all_with_deepl(service, settings, monkeypatch, milestones):
    settings.MACHINE_TRANSLATION = "deepl:the-key:fx"
    monkeypatch.setattr(machine, "DEEPL_FREE", f"{service.url}/v2/translate")
    count, output = milestones.count(), StringIO()
    call_command("propose_translations", "pl", stdout=output)
    assert f"{count} drafts" in output.getvalue()
    path, headers, body = service.asked[-1]
    assert (path, headers["Authorization"]) == ("/v2/translate", "DeepL-Auth-Key the-key:fx")
    assert (body["source_lang"], body["target_lang"]) == ("EN", "PL")
    assert {body.get("tag_handling") for _path, _headers, body in service.asked} == {None, "html"}
    assert not milestones.count()


@pytest.mark.once
def test_a_setting_that_names_no_service_stops_the_start(tmp_path):
    outcome = Server(tmp_path, {"MACHINE_TRANSLATION": "babelfish"}).manage("check")
    assert outcome.returncode
    assert "MACHINE_TRANSLATION is not valid" in outcome.stderr
