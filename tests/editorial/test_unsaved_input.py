"""A form that is submitted without a valid session or CSRF token is shown again, and nothing is written."""

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from lxml import html

from alliance.models import Deliverable, Figure, Initiative, InitiativePart
from editorial import unsaved
from editorial.models import StoredInput
from pages.models import Page
from tests.editorial.test_admin_cost import make_one
from translations.desk.models import TextToTranslate

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PASSWORD = "a-long-pass-phrase"
OWN_PAGE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
TYPED = "Zażółć gęślą jaźń"
# Tables that a sign-in writes and the tested forms do not.
SIGN_IN_TABLES = ("django_session", "auth_user", "axes_")


@pytest.fixture
def browser(staff):
    """A client with CSRF checks, signed in as a superuser."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff())
    return client


def form_in(response):
    """Return the main form on the page of `response`."""
    page = html.fromstring(response.content.decode())
    forms = page.xpath("//main//form[@method='post' or @id='changelist-form']")
    return forms[0] if forms else html.Element("form")


def filled_in(response) -> dict:
    """Return the fields that a browser submits for the form in `response`, without buttons."""
    fields: dict = {}
    for control in form_in(response).xpath(".//input | .//select | .//textarea"):
        name, kind = control.get("name"), control.get("type", "")
        if not name or kind in ("submit", "file") or (kind in ("checkbox", "radio") and not control.checked):
            continue
        if control.tag == "input":
            values = [control.get("value", "on" if kind in ("checkbox", "radio") else "")]
        elif control.tag == "textarea":
            # HTML ignores the first line break after the tag.
            values = [(control.text or "").replace("\r\n", "\n").removeprefix("\n")]
        else:
            values = control.value if control.multiple else [control.value]
        fields.setdefault(name, []).extend(values)
    return {name: values for name, values in fields.items() if values}


def without_token(fields: dict) -> dict:
    return {name: values for name, values in fields.items() if name != "csrfmiddlewaretoken"}


def typed_into(response, text: str = TYPED) -> dict:
    """Return the fields of the form in `response` with `text` in each text field."""
    fields = filled_in(response)
    for control in form_in(response).xpath(".//textarea | .//input[@type='text'] | .//input[not(@type)]"):
        name = control.get("name")
        if name and "__prefix__" not in name and "password" not in name:
            fields[name] = [text]
    return fields


def writes(queries) -> list[str]:
    changes = [query["sql"] for query in queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    return [sql for sql in changes if not any(table in sql.split("WHERE")[0] for table in SIGN_IN_TABLES)]


def sign_in(client, response, **credentials):
    """Submit the sign-in form in `response`."""
    page = html.fromstring(response.content.decode())
    form = page.get_element_by_id("login-form")
    fields = dict(form.form_values()) | {"username": "root", "password": PASSWORD} | credentials
    # This input belongs to the form by its attribute.
    inputs = page.xpath("//input[@form='login-form']")
    fields |= {control.get("name"): control.get("value") for control in inputs}
    return client.post(form.get("action"), fields, **OWN_PAGE)


def end_session(client):
    del client.cookies["sessionid"]


def sign_in_in_another_tab(client, user="root"):
    client.logout()
    page = client.get("/admin/login/")
    fields = {"username": user, "password": PASSWORD, "csrfmiddlewaretoken": page.context["csrf_token"]}
    assert client.post("/admin/login/", fields).status_code == 302


def forms_of_every_kind() -> list[str]:
    """Return the URLs of the change form and the list of every registered model."""
    found = []
    for model in admin.site._registry:
        if not model._meta.proxy and not model.objects.exists():
            make_one(model)
        first = model.objects.order_by("pk").values_list("pk", flat=True).first()
        actions = [("change", [first]), ("changelist", [])]
        # Only accounts have a different form for adding.
        for action, arguments in [*actions, ("add", [])] if model is User else actions:
            with suppress(NoReverseMatch):
                found.append(
                    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=arguments)
                )
    return found


def has_fields(response) -> bool:
    """Whether the page is a form for an item or a list with editable columns."""
    return response.status_code == 200 and bool(form_in(response).xpath(".//*[@name='_save']"))


@pytest.mark.nightly
def test_every_form_is_shown_again_after_a_sign_in_in_another_tab(browser):
    forms = {path: form for path in forms_of_every_kind() if has_fields(form := browser.get(path))}
    sign_in_in_another_tab(browser)
    for path, form in forms.items():
        typed = typed_into(form)
        with CaptureQueriesContext(connection) as queries:
            shown = browser.post(path, typed | {"_save": ["Save"]}, **OWN_PAGE)
        assert not writes(queries), path
        assert "Not saved yet" in shown.content.decode(), path
        assert not form_in(shown).xpath(".//*[contains(@class, 'errorlist')]"), path
        assert without_token(filled_in(shown)) == without_token(typed), path
    kinds = {re.sub(r"/\d+/", "/", path) for path in forms}
    named = "auth/user/add auth/group/change pages/page pictures/picture/change translations/texttotranslate/change"
    assert {f"/admin/{name}/" for name in named.split()} <= kinds
    assert len(forms) > 30


@pytest.mark.parametrize("address", ["pages_page_add", "alliance_figure_changelist", User, TextToTranslate], ids=str)
def test_a_form_is_shown_again_after_the_session_ended(browser, address):
    if isinstance(address, str):
        path = reverse(f"admin:{address}")
    else:
        kind = address._meta
        path = reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[address.objects.first().pk])
    typed = typed_into(browser.get(path))
    end_session(browser)
    asked = browser.post(path, typed | {"_save": ["Save"]})
    assert asked.status_code == 200 and "You were signed out" in asked.content.decode()
    with CaptureQueriesContext(connection) as queries:
        shown = sign_in(browser, asked)
    assert not writes(queries)
    assert "Not saved yet" in shown.content.decode()
    fields = filled_in(shown)
    assert without_token(fields) == without_token(typed)
    assert fields["csrfmiddlewaretoken"] != typed["csrfmiddlewaretoken"]


def test_a_form_that_is_shown_again_can_be_saved(browser):
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    path = reverse("admin:alliance_deliverable_change", args=[deliverable.pk])
    typed = filled_in(browser.get(path)) | {"title_pl": [TYPED]}
    end_session(browser)
    shown = sign_in(browser, browser.post(path, typed | {"_save": ["Save"]}))
    assert Deliverable.objects.get(pk=deliverable.pk).title_pl != TYPED
    saved = browser.post(path, filled_in(shown) | {"_save": ["Save"]}, **OWN_PAGE)
    assert saved.status_code == 302
    assert Deliverable.objects.get(pk=deliverable.pk).title_pl == TYPED


@pytest.mark.parametrize("button", ["_save", "_draft", "_discard", "_continue"])
def test_no_button_of_the_desk_works_without_a_valid_token(browser, button):
    text = TextToTranslate.objects.filter(language="pl", model="alliance.deliverable").first()
    text.propose("Szkic")
    path = reverse("admin:translations_texttotranslate_change", args=[text.pk])
    typed = filled_in(browser.get(path)) | {"text": [TYPED]}
    sign_in_in_another_tab(browser)
    with CaptureQueriesContext(connection) as queries:
        shown = browser.post(path, typed | {button: ["1"]}, **OWN_PAGE)
    assert not writes(queries)
    assert filled_in(shown)["text"] == [TYPED]


@pytest.mark.parametrize("extra", [{"index": ["0"]}, {"post": ["yes"]}], ids=["selected", "confirmed"])
def test_no_action_runs_without_a_valid_token_or_session(browser, extra):
    page = Page.objects.filter(kind=Page.Kind.TEXT).first()
    path = reverse("admin:pages_page_changelist")
    post = filled_in(browser.get(path)) | {"action": ["delete_selected"], "_selected_action": [page.pk]} | extra
    end_session(browser)
    with CaptureQueriesContext(connection) as queries:
        shown = sign_in(browser, browser.post(path, post))
        again = browser.post(path, post, **OWN_PAGE)
    assert not writes(queries)
    for response in (shown, again):
        assert response.status_code == 200 and "The action was not carried out" in response.content.decode()
    assert Page.objects.filter(pk=page.pk).exists()


def test_a_delete_without_a_valid_token_is_refused(browser):
    page = Page.objects.filter(kind=Page.Kind.TEXT).first()
    path = reverse("admin:pages_page_delete", args=[page.pk])
    post = filled_in(browser.get(path)) | {"post": ["yes"]}
    sign_in_in_another_tab(browser)
    assert browser.post(path, post, **OWN_PAGE).status_code == 403
    assert Page.objects.filter(pk=page.pk).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_ORIGIN": "http://["},
    ],
)
def test_a_form_that_another_site_posts_is_refused_and_not_shown(browser, headers):
    path = reverse("admin:pages_page_add")
    response = browser.post(path, {"title_en": TYPED, "_save": "1"}, **headers)
    assert response.status_code == 403
    assert TYPED not in response.content.decode()


def test_a_user_without_permission_gets_no_form_after_signing_in(browser, staff):
    staff("Translators")
    path = reverse("admin:auth_user_add")
    typed = typed_into(browser.get(path))
    end_session(browser)
    assert sign_in(browser, browser.post(path, typed), username="Translators").status_code == 403


def test_a_wrong_password_keeps_the_input(browser):
    path = reverse("admin:pages_page_add")
    typed = typed_into(browser.get(path))
    end_session(browser)
    refused = sign_in(browser, browser.post(path, typed), password="wrong")
    assert refused.status_code == 200 and "errornote" in refused.content.decode()
    assert without_token(filled_in(sign_in(browser, refused))) == without_token(typed)


def test_credentials_without_a_valid_token_are_ignored(browser):
    path = reverse("admin:pages_page_add")
    typed = typed_into(browser.get(path))
    end_session(browser)
    asked = browser.post(path, typed)
    browser.cookies["csrftoken"] = "a" * 32
    refused = sign_in(browser, asked)
    assert "sessionid" not in refused.cookies
    assert "You were signed out" in refused.content.decode()
    # The new token of that page works.
    assert without_token(filled_in(sign_in(browser, refused))) == without_token(typed)


def test_a_second_tab_needs_no_second_sign_in(browser):
    path = reverse("admin:pages_page_add")
    typed = typed_into(browser.get(path))
    end_session(browser)
    asked = browser.post(path, typed)
    sign_in_in_another_tab(browser)
    shown = sign_in(browser, asked, password="")
    assert without_token(filled_in(shown)) == without_token(typed)


def test_passwords_are_not_shown_again(browser):
    path = reverse("admin:auth_user_add")
    secrets = {"password1": ["s3cret-of-ola"], "password2": ["s3cret-of-ola"]}
    typed = filled_in(browser.get(path)) | {"username": ["ola"]} | secrets
    end_session(browser)
    asked = browser.post(path, typed)
    shown = sign_in(browser, asked)
    assert "s3cret" not in asked.content.decode() + shown.content.decode()
    assert filled_in(shown)["username"] == ["ola"]
    assert not User.objects.filter(username="ola").exists()


def test_the_names_of_files_are_shown_so_that_users_can_choose_them_again(browser):
    path = reverse("admin:pictures_picture_add")
    typed = filled_in(browser.get(path)) | {"name": [TYPED], "file": SimpleUploadedFile("cat.png", b"no picture")}
    end_session(browser)
    asked = browser.post(path, typed)
    assert "Files must be chosen again." in asked.content.decode()
    shown = sign_in(browser, asked)
    assert "Choose these files again: cat.png." in shown.content.decode()
    assert filled_in(shown)["name"] == [TYPED]


def test_rows_are_shown_again_even_if_others_deleted_one(browser):
    initiative = InitiativePart.objects.first().initiative
    path = reverse("admin:alliance_initiative_change", args=[initiative.pk])
    typed = filled_in(browser.get(path))
    total = int(typed["parts-TOTAL_FORMS"][0])
    deleted, stays = typed["parts-0-id"][0], typed["parts-1-id"][0]
    typed |= {
        "parts-0-title_en": ["In a row that is deleted"],
        "parts-1-title_en": ["In a row that stays"],
        f"parts-{total}-id": [""],
        f"parts-{total}-title_en": ["In an added row"],
        f"parts-{total}-order": ["99"],
        f"parts-{total}-is_published": ["on"],
        "parts-TOTAL_FORMS": [str(total + 1)],
    }
    InitiativePart.objects.get(pk=deleted).delete()
    end_session(browser)
    shown = sign_in(browser, browser.post(path, typed | {"_save": ["Save"]}))
    assert "In a row that is deleted" in shown.content.decode()
    assert not InitiativePart.objects.filter(title_en__startswith="In a").exists()
    saved = browser.post(path, filled_in(shown) | {"_save": ["Save"]}, **OWN_PAGE)
    assert saved.status_code == 302
    assert InitiativePart.objects.get(pk=stays).title_en == "In a row that stays"
    assert initiative.parts.filter(title_en="In an added row").exists()
    assert not InitiativePart.objects.filter(pk=deleted).exists()


def test_changes_of_others_are_merged_and_conflicts_are_shown(browser):
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    path = reverse("admin:alliance_deliverable_change", args=[deliverable.pk])
    typed = filled_in(browser.get(path)) | {"title_pl": [TYPED]}
    deliverable.title_pl, deliverable.title_de = "Von anderen geändert", "Auch von anderen"
    deliverable.save()
    end_session(browser)
    shown = sign_in(browser, browser.post(path, typed | {"_save": ["Save"]}))
    fields = filled_in(shown)
    assert fields["title_pl"] == [TYPED]
    assert fields["title_de"] == ["Auch von anderen"]
    refused = browser.post(path, fields | {"_save": ["Save"]}, **OWN_PAGE)
    assert refused.status_code == 200 and "Von anderen geändert" in refused.content.decode()
    deliverable.refresh_from_db()
    assert deliverable.title_pl == "Von anderen geändert"
    browser.post(path, filled_in(refused) | {"_save": ["Save"]}, **OWN_PAGE)
    deliverable.refresh_from_db()
    assert (deliverable.title_pl, deliverable.title_de) == (TYPED, "Auch von anderen")


def test_the_input_for_a_deleted_item_is_shown(browser):
    deliverable = Deliverable.objects.get(key="seamless-mobility")
    path = reverse("admin:alliance_deliverable_change", args=[deliverable.pk])
    typed = filled_in(browser.get(path)) | {"title_pl": [TYPED]}
    deliverable.delete()
    end_session(browser)
    shown = sign_in(browser, browser.post(path, typed | {"_save": ["Save"]}))
    assert shown.status_code == 410 and TYPED in shown.content.decode()


def test_the_input_in_a_list_stays_in_its_row_if_the_order_changed(browser):
    path = reverse("admin:alliance_figure_changelist")
    typed = filled_in(browser.get(path))
    first, last = typed["form-0-id"][0], typed[f"form-{int(typed['form-TOTAL_FORMS'][0]) - 1}-id"][0]
    typed |= {"form-0-order": ["77"]}
    Figure.objects.filter(pk=last).update(order=0)
    end_session(browser)
    shown = sign_in(browser, browser.post(path, typed | {"_save": ["Save"]}))
    fields = filled_in(shown)
    place = next(name for name, values in fields.items() if name.endswith("-id") and values == [first])
    assert fields[place.replace("-id", "-order")] == ["77"]
    row = form_in(shown).xpath(f".//tr[.//input[@name='{place}']] | .//tr[.//input[@name='{place[:-3]}-order']]")[0]
    assert row.xpath(f".//a[contains(@href, '/figure/{first}/')]")
    assert browser.post(path, fields | {"_save": ["Save"]}, **OWN_PAGE).status_code == 302
    assert Figure.objects.get(pk=first).order == 77
    assert Figure.objects.get(pk=last).order == 0


def test_a_form_that_is_too_large_for_the_sign_in_page_says_how_to_continue(browser, settings):
    path = reverse("admin:pages_page_add")
    typed = filled_in(browser.get(path)) | {"body_en": ["ż" * 450_000]}
    end_session(browser)
    asked = browser.post(path, typed)
    assert "too long to be kept here" in asked.content.decode()
    assert len(asked.content) < 100_000


@pytest.mark.nightly
@pytest.mark.parametrize(
    "value",
    ["", "no JSON", "[]", '{"fields": []}', '{"fields": {"a": 1}, "files": 5}', "null", "[" * 60_000],
    ids=lambda value: value[:20],
)
def test_forged_input_is_ignored(browser, value):
    path = reverse("admin:pages_page_add")
    asked = browser.post(path, typed_into(browser.get(path)))
    end_session(browser)
    asked = browser.post(path, {"csrfmiddlewaretoken": browser.get(path, follow=True).context["csrf_token"]})
    fields = dict(html.fromstring(asked.content.decode()).get_element_by_id("login-form").form_values())
    fields |= {"username": "root", "password": PASSWORD, unsaved.INPUT_NAME: value}
    shown = browser.post(path, fields, **OWN_PAGE)
    assert shown.status_code == 200
    assert filled_in(shown)["title_en"] == [""]


def test_an_unpaired_surrogate_is_replaced():
    typed = unsaved.UnsavedInput.parse('{"fields": {"title": ["a\\ud800"]}, "files": []}')
    assert typed.fields["title"] == "a?" and "a?" in typed.serialized


@pytest.mark.parametrize("key", ["9" * 30, "9" * 5000, "²", "x"])
def test_an_invalid_key_in_a_list_is_not_an_error(browser, key):
    path = reverse("admin:alliance_figure_changelist")
    typed = filled_in(browser.get(path)) | {"form-0-id": [key], "_save": ["Save"], "csrfmiddlewaretoken": ["x"]}
    assert browser.post(path, typed, **OWN_PAGE).status_code == 200


def test_the_input_for_a_deleted_account_is_shown(browser):
    colleague = User.objects.create_user("ola", is_staff=True)
    path = reverse("admin:auth_user_change", args=[colleague.pk])
    typed = filled_in(browser.get(path)) | {"first_name": [TYPED]}
    colleague.delete()
    shown = browser.post(path, typed | {"_save": ["Save"]})
    assert shown.status_code == 410 and TYPED in shown.content.decode()


def test_other_forms_without_a_session_redirect_to_the_sign_in(browser):
    path = reverse("admin:auth_user_password_change", args=[User.objects.get().pk])
    fields = filled_in(browser.get(path)) | {"password1": ["s3cret-of-ola"]}
    end_session(browser)
    response = browser.post(path, fields)
    assert response.status_code == 302 and response["Location"].startswith("/admin/login/")


def test_the_number_of_queries_of_a_form_that_is_shown_again_does_not_depend_on_its_rows(browser):
    initiative = Initiative.objects.order_by("pk").first()
    path = reverse("admin:alliance_initiative_change", args=[initiative.pk])
    sign_in_in_another_tab(browser)

    def cost(rows: int) -> int:
        typed = filled_in(browser.get(path)) | {"csrfmiddlewaretoken": ["x"]}
        total = int(typed["parts-TOTAL_FORMS"][0])
        typed["parts-TOTAL_FORMS"] = [str(total + rows)]
        for number in range(total, total + rows):
            typed[f"parts-{number}-id"] = [""]
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(path, typed, **OWN_PAGE).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(30)


def test_a_form_that_is_only_shown_again_is_not_in_the_history(browser):
    group = Group.objects.first()
    path = reverse("admin:auth_group_change", args=[group.pk])
    typed = filled_in(browser.get(path)) | {"name": [TYPED]}
    sign_in_in_another_tab(browser)
    browser.post(path, typed | {"_save": ["Save"]}, **OWN_PAGE)
    assert not LogEntry.objects.exists()


# Input that the browser sends while its user types


STORE = "/admin/unsaved-input/?path=/admin/pages/page/1/change/"


def send(client, entries, path: str = STORE):
    return client.post(path, {"at": 1, "entries": entries}, content_type="application/json")


def test_input_is_kept_for_its_user_alone(client, staff):
    client.force_login(staff("Editors"))
    assert send(client, [{"name": "title_en", "now": ["T"]}]).status_code == 204
    assert client.get(STORE).json()["entries"][0]["now"] == ["T"]
    client.force_login(staff("Publishers"))
    assert client.get(STORE).json()["entries"] == []
    client.logout()
    assert client.get(STORE).status_code == 302


def test_newer_input_replaces_older_and_empty_input_deletes_it(client, staff):
    client.force_login(staff("Editors"))
    for text in ("Old", "New"):
        send(client, [{"name": "title_en", "now": [text]}])
    assert [entry["now"] for entry in client.get(STORE).json()["entries"]] == [["New"]]
    send(client, [])
    assert client.get(STORE).json()["entries"] == []


@pytest.mark.parametrize("body", ["", "[]", "{", '{"entries": 1}', "null"])
def test_invalid_input_is_refused(client, staff, body):
    client.force_login(staff("Editors"))
    assert client.post(STORE, body, content_type="application/json").status_code == 400


def test_the_input_of_fifty_forms_is_kept(client, staff):
    client.force_login(staff("Editors"))
    for number in range(51):
        send(client, [{"name": "a"}], f"/admin/unsaved-input/?path={number}")
    assert client.get("/admin/unsaved-input/?path=0").json()["entries"] == []
    assert client.get("/admin/unsaved-input/?path=1").json()["entries"]


def test_input_is_deleted_after_a_week(client, staff):
    client.force_login(staff("Editors"))
    send(client, [{"name": "a"}])
    StoredInput.objects.delete_outdated()
    assert StoredInput.objects.exists()
    StoredInput.objects.update(saved_at=timezone.now() - timedelta(days=8))
    StoredInput.objects.delete_outdated()
    assert not StoredInput.objects.exists()
