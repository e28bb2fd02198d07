"""Drafts by a translation service, simulated by a local server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from editorial import roles
from pages.models import Page
from tests.serving import Server
from tests.translations.desk.factories import fill_with_milestones
from translations.desk import machine
from translations.desk.models import TextToTranslate
from translations.status.changed_items import ChangedItem

pytestmark = pytest.mark.django_db
LIST = reverse("admin:translations_texttotranslate_changelist")


class Service(HTTPServer):
    """Simulates LibreTranslate and DeepL; its translation is the text in upper case. `status` is the HTTP status."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.status, self.translate = [], 200, str.upper

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()
        if "q" in body:
            response = {"translatedText": [self.server.translate(text) for text in body["q"]]}
        else:
            response = {"translations": [{"text": self.server.translate(text)} for text in body["text"]]}
        self.wfile.write(json.dumps(response).encode())

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


def test_without_a_service_the_button_and_the_command_do_not_work(client, staff, milestones):
    client.force_login(staff())
    assert "Propose translations" not in client.get(LIST, {"language": "pl"}).content.decode()
    assert propose(client).status_code == 403
    with pytest.raises(CommandError, match="MACHINE_TRANSLATION"):
        call_command("propose_translations", "pl")


def test_the_button_drafts_open_texts_and_publishes_nothing(client, staff, service, milestones):
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
    formats = {body["format"]: body for path, headers, body in service.requests}
    assert formats.keys() == {"text", "html"}
    assert {body["api_key"] for body in formats.values()} == {"secret"}
    assert {(body["source"], body["target"]) for body in formats.values()} == {("en", "pl")}


def test_a_draft_that_somebody_saved_during_the_request_is_not_overwritten(service, milestones):
    first, *others = milestones.select_related("source")
    TextToTranslate.objects.get(pk=first.pk).propose("Szkic człowieka")
    drafted = [text for batch in machine.propose(machine.configured_service(), [first, *others]) for text in batch]
    assert set(drafted) == set(others)
    first.refresh_from_db()
    assert first.draft == "Szkic człowieka"


def test_a_user_cannot_draft_a_language_without_permission(client, staff, service):
    client.force_login(staff("Translators: Deutsch"))
    assert propose(client, "pl").status_code == 403
    assert not service.requests


def test_the_button_drafts_only_texts_of_items_that_the_user_may_translate(client, staff, service):
    Page.objects.filter(kind__in=["vision", "cookies", "privacy"]).update(title_pl="")
    ChangedItem.objects.process()
    client.force_login(staff(roles.EDITORS))
    assert propose(client).status_code == 200
    drafted = {text.item.kind for text in TextToTranslate.objects.exclude(draft="").with_items()}
    assert drafted == {"vision"}
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    propose(client)
    drafted = {text.item.kind for text in TextToTranslate.objects.exclude(draft="").with_items()}
    assert drafted == {"vision", "cookies", "privacy"}


def test_the_page_of_a_text_drafts_this_text(client, staff, service, milestones):
    client.force_login(staff("Translators: Polski"))
    text = milestones.first()
    client.post(reverse("admin:translations_texttotranslate_change", args=[text.pk]), {"text": "", "_machine": ""})
    text.refresh_from_db()
    assert text.draft == text.source_text.upper()
    assert text.status == "draft"


@pytest.mark.parametrize(
    ("status", "sentence"), [(403, "refuses the key"), (456, "used up"), (503, "reported an error \\(503\\)")]
)
def test_an_error_of_the_service_is_explained(client, staff, service, milestones, status, sentence):
    service.status = status
    with pytest.raises(CommandError, match=sentence):
        call_command("propose_translations", "pl")
    client.force_login(staff())
    assert propose(client).status_code == 200
    assert not TextToTranslate.objects.exclude(draft="").exists()


@pytest.mark.parametrize("translation", [None, 1, "a\ud800", "a\ufffe"], ids=ascii)
def test_what_is_no_text_becomes_no_draft(client, staff, service, milestones, translation):
    service.translate = lambda text: translation
    with pytest.raises(CommandError, match="did not return a translation"):
        call_command("propose_translations", "pl")
    client.force_login(staff())
    assert "did not return a translation" in propose(client).content.decode()
    assert not TextToTranslate.objects.exclude(draft="").exists()


def test_an_unavailable_service_is_explained(settings, milestones):
    settings.MACHINE_TRANSLATION = "libretranslate:http://127.0.0.1:1"
    with pytest.raises(CommandError, match="does not answer"):
        call_command("propose_translations", "pl")


def test_the_command_drafts_all_open_texts_with_deepl(service, settings, monkeypatch, milestones):
    settings.MACHINE_TRANSLATION = "deepl:the-key:fx"
    monkeypatch.setattr(machine, "DEEPL_FREE", f"{service.url}/v2/translate")
    count, output = milestones.count(), StringIO()
    call_command("propose_translations", "pl", stdout=output)
    assert f"{count} drafts" in output.getvalue()
    path, headers, body = service.requests[-1]
    assert (path, headers["Authorization"]) == ("/v2/translate", "DeepL-Auth-Key the-key:fx")
    assert (body["source_lang"], body["target_lang"]) == ("EN", "PL")
    assert {body.get("tag_handling") for _path, _headers, body in service.requests} == {None, "html"}
    assert not milestones.count()


@pytest.mark.once
def test_an_invalid_setting_prevents_the_start(tmp_path):
    outcome = Server(tmp_path, {"MACHINE_TRANSLATION": "babelfish"}).manage("check")
    assert outcome.returncode
    assert "MACHINE_TRANSLATION is not valid" in outcome.stderr
