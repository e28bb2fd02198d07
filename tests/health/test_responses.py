"""Response headers, error pages, liveness and readiness."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from health.errors import render_error
from health.views import readiness


@pytest.fixture
def error_client():
    """A client that returns the error page instead of raising the error."""
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def reset_readiness():
    """Discard the result of /readyz from another test."""
    readiness.reset()


@pytest.fixture
def no_database(monkeypatch):
    """The database cannot be reached, as when its server is stopped."""
    from django.db import OperationalError

    def refuse(*args, **kwargs):
        raise OperationalError("the server is stopped")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "ensure_connection", refuse)


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/en/", "/", "/robots.txt", "/sitemap.xml", "/en/nowhere/", "/admin/login/", "/healthz"]
)
def test_every_response_has_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["style-src"] == ["'self'"]
    # Scripts of the site only, and the speculation rules of layout.js by their digest.
    text = (settings.BASE_DIR / "static/js/layout.js").read_text()
    rules = re.search(r"rules\.textContent =\s+'(.+)'", text)[1]
    digest = b64encode(sha256(rules.encode()).digest()).decode()
    assert policy["script-src"] == ["'self'", f"'sha256-{digest}'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.once
@pytest.mark.django_db
def test_a_conditional_request_for_an_unchanged_page_gets_304(client):
    first = client.get("/en/vision/")
    assert first["Cache-Control"] == "no-cache"
    second = client.get("/en/vision/", headers={"if-none-match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "may_be_stored"),
    [
        ("/en/", True),
        ("/en/search/?q=lodz", True),
        ("/en/accessibility/feedback/", True),
        ("/en/cookies/seals/", True),
        ("/en/nowhere/", True),
        # They show the choice of the visitor, which may change.
        ("/en/cookies/settings/", False),
        ("/en/cookies/receipt/", False),
    ],
)
def test_a_page_may_be_in_the_back_forward_cache_unless_it_shows_the_choice_of_the_visitor(client, path, may_be_stored):
    assert ("no-store" not in client.get(path)["Cache-Control"]) is may_be_stored


@pytest.mark.once
@pytest.mark.django_db
def test_pages_are_compressed_for_clients_that_accept_it(client):
    assert client.get("/en/", headers={"accept-encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/en/")


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "language", "heading", "home"),
    [
        ("/en/nowhere/at/all/", "en", "Page not found", "/en/"),
        ("/pl/nigdzie/w/ogole/", "pl", "Nie znaleziono strony", "/pl/"),
    ],
)
def test_a_missing_page_is_a_404_page_within_the_layout(client, path, language, heading, home):
    response = client.get(path)
    html = response.content.decode()
    assert response.status_code == 404
    assert f'<html lang="{language}"' in html
    assert f"<h1>{heading}</h1>" in html
    assert f'href="{home}"' in html
    assert 'content="noindex"' in html
    assert 'class="menu"' in html


@pytest.mark.once
def test_an_unknown_host_gets_an_error_page(error_client, db):
    response = error_client.get("/en/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "<h1>We cannot read this request</h1>" in response.content.decode()


@pytest.mark.once
def test_an_exception_gets_an_error_page_without_details(error_client, db, monkeypatch):
    from partners import section_pages

    monkeypatch.setattr(section_pages, "section", lambda request, kind: 1 / 0)
    response = error_client.get("/pl/wizja/")
    html = response.content.decode()
    assert response.status_code == 500
    assert '<html lang="pl"' in html
    assert "ZeroDivisionError" not in html and "Traceback" not in html


def test_without_a_database_each_page_is_503_with_retry_after(error_client, no_database):
    for path in ("/en/", "/pl/partnerzy/", "/en/nowhere/"):
        response = error_client.get(path)
        assert response.status_code == 503, path
        assert response["Retry-After"] == "30"
        assert "<h1>" in response.content.decode()


def test_without_a_database_the_process_is_healthy_but_not_ready(client, no_database):
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "away")


@pytest.mark.django_db
def test_with_all_migrations_the_site_is_ready(client):
    state = client.get("/readyz").json()
    assert (state["ready"], state["database"], state["migrations_missing"]) == (True, "ok", [])


@pytest.mark.django_db
def test_with_a_missing_migration_the_site_is_not_ready(client):
    MigrationRecorder.Migration.objects.filter(app="partners", name="0002_rights").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "partners.0002_rights" in response.json()["migrations_missing"]


@pytest.mark.django_db
def test_with_a_missing_column_the_site_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partners_partneruniversity DROP COLUMN city_past_sv")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["columns_missing"] == ["partners_partneruniversity.city_past_sv"]


@pytest.mark.once
@pytest.mark.django_db
def test_a_form_without_a_csrf_token_gets_an_error_page(staff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff())
    response = client.post("/admin/pages/page/add/", {})
    assert response.status_code == 403
    assert "<h1>You do not have permission</h1>" in response.content.decode()


def test_after_too_many_requests_a_visitor_is_not_asked_to_sign_in(rf, db):
    html = render_error(rf.get("/en/"), 429).content.decode()
    assert "Wait a moment, then try again." in html and "sign in" not in html


def test_a_style_sheet_contains_those_that_it_imports(tmp_path, settings):
    from django.core.files.base import ContentFile

    from assets.storage import StaticFilesStorage

    storage = StaticFilesStorage(location=tmp_path)
    for name, imported in (("css/site.css", "faces.css"), ("editorial/admin.css", "../css/faces.css")):
        storage.save(name, ContentFile(f'@import url("{imported}");\n@layer base;\n'.encode()))
        sheet = (tmp_path / name).read_text()
        assert "@import" not in sheet
        assert sheet.index("font-family:Archivo") < sheet.index("@layer base")


@pytest.fixture
def minified(tmp_path):
    """A function that saves a static file as in production, and returns the stored text."""
    from django.core.files.base import ContentFile

    from assets.storage import StaticFilesStorage

    storage = StaticFilesStorage(location=tmp_path)

    def save(name: str, text: str) -> str:
        return (tmp_path / storage.save(name, ContentFile(text.encode()))).read_text()

    return save


def test_style_sheets_have_no_comments_and_no_unneeded_whitespace(minified):
    assert minified("css/site.css", "/* a\n   comment */\na {\n  color: red; /* another */\n}\n") == "a{color:red}"


def test_a_string_in_a_style_sheet_keeps_its_comment_characters(minified):
    assert '"/* x */"' in minified("css/site.css", 'a::before { content: "/* x */"; }')


def test_scripts_have_no_comments_and_no_unneeded_whitespace(minified):
    assert minified("js/a.js", "// a comment\nlet a = 1;  // another\nlet b = 2;\n") == "let a=1;let b=2;"


def test_a_string_in_a_script_keeps_its_comment_characters(minified):
    script = "let a = `https://a.example/  x`;\nlet b = '// x';\nlet c = /\\/\\/ x/;\n"
    assert minified("js/a.js", script) == "let a=`https://a.example/  x`;let b='// x';let c=/\\/\\/ x/;"
