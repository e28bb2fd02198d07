"""Form of feedback: messages are stored, and the input is kept on errors."""

import re

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet

from feedback.models import FeedbackPage, Message, MessageQuerySet
from feedback.views import MESSAGES
from tests.feedback.conftest import IDEMPOTENCY_KEY

pytestmark = pytest.mark.django_db
FORM, SENT = "/en/accessibility/feedback/", "/en/accessibility/feedback/sent/"


def body(response) -> str:
    return response.content.decode()


def raise_database_error(*args, **kwargs):
    raise DatabaseError("the database is not available")


@pytest.mark.once
def test_the_form_has_a_url_in_each_language(client):
    assert "Report a barrier" in body(client.get(FORM))
    assert "Zgłoś barierę" in body(client.get("/pl/deklaracja-dostepnosci/zglos-bariere/"))


@pytest.mark.once
def test_the_accessibility_statement_and_every_footer_link_to_the_form(client):
    assert f'href="{FORM}"' in body(client.get("/en/accessibility/"))
    polish = body(client.get("/pl/deklaracja-dostepnosci/"))
    assert 'href="/pl/deklaracja-dostepnosci/zglos-bariere/"' in polish
    for path in ("/en/", "/en/partners/university-of-lodz/", "/en/nowhere/", "/en/search/"):
        assert f'href="{FORM}?page={path}"' in body(client.get(path))


@pytest.mark.once
@pytest.mark.parametrize(
    ("asked", "prefilled"),
    [
        ("/en/partners/", "/en/partners/"),
        ("/pl/zadania/", "/pl/zadania/"),
        ("https://elsewhere.example/", ""),
        ("//elsewhere.example/", ""),
        ("/\\elsewhere.example", ""),
        ("/no/such/address/of/this/site/", ""),
        ("/en/" + "a" * 400 + "/", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_the_page_is_prefilled_if_it_is_a_page_of_this_site(client, asked, prefilled):
    html = body(client.get(FORM, {"page": asked}))
    field = re.search(r'<input type="text" name="page"[^>]*>', html)[0]
    assert (f'value="{prefilled}"' in field) if prefilled else ("value=" not in field)


@pytest.mark.once
def test_the_form_sets_no_cookie_and_has_no_csrf_token(client):
    response = client.get(FORM)
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in body(response)


def test_a_message_is_stored_and_redirects_to_the_confirmation(client, write):
    response = write(
        text="Line one.\r\nLine two.", page="/en/partners/", email="jan@example.org", answer_format="large print"
    )
    assert (response.status_code, response["Location"]) == (303, SENT)
    message = Message.objects.get()
    assert (message.text, message.page) == ("Line one.\nLine two.", "/en/partners/")
    assert (message.email, message.answer_format, message.language) == ("jan@example.org", "large print", "en")
    assert (message.state, message.answered_at) == ("new", None)
    assert "has reached us" in body(client.get(SENT))


@pytest.mark.once
def test_errors_are_in_the_visitors_language(write):
    path = "/pl/deklaracja-dostepnosci/zglos-bariere/"
    assert "Opisz, co nie działa." in body(write(text="", path=path))
    assert write(path=path)["Location"] == f"{path}wyslano/"
    assert Message.objects.get().language == "pl"


@pytest.mark.once
def test_only_the_description_of_the_barrier_is_required(write):
    assert write().status_code == 303
    assert Message.objects.get().email == ""


def test_the_message_contains_no_technical_data_of_the_visitor(write, client):
    write(headers={"sec-fetch-site": "same-origin", "user-agent": "Browser of Jan", "x-forwarded-for": "192.0.2.7"})
    stored = str(Message.objects.values().get())
    assert "127.0.0.1" not in stored and "192.0.2.7" not in stored and "Jan" not in stored


@pytest.mark.once
@pytest.mark.parametrize(
    "typed", ["jan@example.org\u200b", "\ufeffjan@example.org ", "jan@exa\u200bmple.org", "\u202ajan@example.org\u202c"]
)
def test_an_address_is_stored_without_the_invisible_characters_of_a_copied_text(write, typed):
    assert write(email=typed).status_code == 303
    assert Message.objects.get().email == "jan@example.org"


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"text": "  "}, "text", "Describe what does not work for you."),
        ({"text": "a" * 5001}, "text", "Shorten the text to 5000 characters; it has 5001 now."),
        ({"email": "jan"}, "email", "Write the e-mail address in full"),
        ({"email": "j" * 250 + "@example.org"}, "email", "An e-mail address has at most 254 characters."),
        ({"page": "p" * 301}, "page", "Shorten the address or title of the page to 300 characters."),
        ({"answer_format": "f" * 301}, "answer_format", "to 300 characters."),
    ],
)
def test_an_error_is_shown_in_the_summary_and_at_its_field_and_the_input_is_kept(write, wrong, field, sentence):
    fields = {"text": "The map.", "page": "the home page", "email": "jan@example.org", "answer_format": "large print"}
    response = write(**fields | wrong, idempotency_key=IDEMPOTENCY_KEY)
    html = body(response)
    assert response.status_code == 400
    assert "<title>Error: " in html
    summary = re.search(r'<div class="error-summary".*?</div>', html, re.DOTALL)[0]
    assert "autofocus" in summary and 'tabindex="-1"' in summary
    assert re.search(rf'<a href="#id_{field}">[^<]*{re.escape(sentence)}', summary)
    assert re.search(rf'<p class="error" id="id_{field}_error">[^<]*{re.escape(sentence)}', html)
    control = re.search(rf'<(?:input|textarea)[^>]* name="{field}"[^>]*>', html)[0]
    assert 'aria-invalid="true"' in control
    assert f"id_{field}_helptext id_{field}_error" in control
    for name, value in (fields | wrong).items():
        assert value in html, name
    assert f'name="idempotency_key" value="{IDEMPOTENCY_KEY}"' in html
    assert not Message.objects.exists()


@pytest.mark.once
def test_a_text_of_5000_characters_counts_a_line_break_once(write):
    assert write(text="\r\n".join(["a" * 2499, "b" * 2500])).status_code == 303


@pytest.mark.once
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://elsewhere.example"},
        {"referer": "https://elsewhere.example/en/"},
        {},
    ],
)
def test_another_site_cannot_send_the_form(write, headers):
    assert write(headers=headers).status_code == 403
    assert not Message.objects.exists()


def test_the_same_message_sent_twice_is_stored_once(write):
    for _press in range(2):
        assert write(idempotency_key=IDEMPOTENCY_KEY).status_code == 303
    assert Message.objects.count() == 1


def test_a_different_message_with_the_same_key_is_stored(write):
    write(text="The map.", idempotency_key=IDEMPOTENCY_KEY)
    write(text="The timeline.", idempotency_key=IDEMPOTENCY_KEY)
    assert set(Message.objects.values_list("text", flat=True)) == {"The map.", "The timeline."}


@pytest.mark.once
def test_a_filled_honeypot_is_an_error_and_the_input_is_kept(write):
    response = write(text="The map.", homepage="https://spam.example")
    html = body(response)
    assert response.status_code == 400
    assert "If you are a person, send it again." in html and "The map." in html
    assert "spam.example" not in html
    assert not Message.objects.exists()


@pytest.mark.once
def test_one_address_can_send_a_hundred_messages_an_hour_and_then_the_input_is_kept(write):
    for number in range(MESSAGES.limit):
        assert write(text=f"Barrier {number}").status_code == 303
    refused = write(text="The map.", email="jan@example.org", idempotency_key=IDEMPOTENCY_KEY)
    html = body(refused)
    assert refused.status_code == 429 and 0 < int(refused["Retry-After"]) <= 3600
    assert "from your network" in html and "The map." in html and "jan@example.org" in html
    assert f'value="{IDEMPOTENCY_KEY}"' in html
    assert Message.objects.count() == 100


@pytest.mark.once
def test_the_limit_does_not_affect_another_address(write, client, monkeypatch):
    monkeypatch.setattr(MESSAGES, "limit", 2)
    assert [write(text=f"Spam {number}").status_code for number in range(3)] == [303, 303, 429]
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert write(text="The map.").status_code == 303


@pytest.mark.once
def test_invalid_forms_do_not_count_for_the_limit(write, monkeypatch):
    monkeypatch.setattr(MESSAGES, "limit", 2)
    for _mistake in range(3):
        assert write(text="").status_code == 400
    assert write(text="The map.").status_code == 303


def test_a_failed_message_logs_the_cause_and_none_of_the_input(write, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise DatabaseError("disk is full\nDETAIL: jan@example.org")

    monkeypatch.setattr(MessageQuerySet, "receive", fail)
    write(text="The map.", email="jan@example.org")
    assert "A message could not be stored: DatabaseError: disk is full" in caplog.messages
    assert "jan@" not in caplog.text and "The map" not in caplog.text


def test_without_a_database_the_input_stays_in_the_form(write, monkeypatch):
    monkeypatch.setattr(QuerySet, "_fetch_all", raise_database_error)
    monkeypatch.setattr(QuerySet, "count", raise_database_error)
    response = write(text="The map.", email="jan@example.org", idempotency_key=IDEMPOTENCY_KEY)
    html = body(response)
    assert response.status_code == 503 and response["Retry-After"]
    assert "We could not save your message" in html
    assert "The map." in html and "jan@example.org" in html and f'value="{IDEMPOTENCY_KEY}"' in html


def test_without_content_the_form_is_not_found(client):
    FeedbackPage.objects.all().delete()
    assert client.get(FORM).status_code == 404


@pytest.mark.parametrize("path", [FORM, SENT])
def test_the_number_of_queries_of_a_page_is_constant(client, path, django_assert_max_num_queries):
    # The first page after a change also reads the data that all pages share.
    client.get(path)
    with django_assert_max_num_queries(5) as few:
        client.get(path)
    Message.objects.bulk_create(Message(text=f"Message {n}", language="en") for n in range(200))
    with django_assert_max_num_queries(len(few)):
        client.get(path)


def test_a_message_is_normalised_and_one_of_white_space_is_empty(write):
    page = "\u200bHome\x0bpage "
    assert "Describe what does not work for you." in body(write("\u200b\x0b", page=page))
    assert "The text contains U+FFFE" in body(write("No\ufffe contrast", page=page))
    write("No\x0bcontrast\r\nat all", page=page)
    assert list(Message.objects.values_list("text", "page")) == [("No contrast\nat all", "Home page")]
