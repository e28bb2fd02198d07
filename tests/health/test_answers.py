"""What every answer carries, and what a visitor gets when something is wrong."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from health.views import readiness


@pytest.fixture
def forgiving_client():
    """A client that shows the error page instead of raising the error."""
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def asked_anew():
    """What /readyz found out in another test does not count."""
    readiness.forget()


@pytest.fixture
def no_database(monkeypatch):
    """The database is away: nothing can be asked of it, as when its server is stopped."""
    from django.db import OperationalError

    def refuse(*args, **kwargs):
        raise OperationalError("the server is away")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "ensure_connection", refuse)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/en/", "/", "/robots.txt", "/sitemap.xml", "/en/nowhere/", "/admin/login/", "/healthz"]
)
def test_every_answer_carries_the_safety_headers(client, path):
    headers = client.get(path).headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["style-src"] == ["'self'"]
    # Beside the site's own files, the rules by which the next page is asked for: no program, and known by their digest.
    text = (settings.BASE_DIR / "static/js/frame.js").read_text()
    rules = re.search(r"rules\.textContent =\s+'(.+)'", text)[1]
    digest = b64encode(sha256(rules.encode()).digest()).decode()
    assert policy["script-src"] == ["'self'", f"'sha256-{digest}'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_a_browser_that_has_the_page_is_told_so(client):
    first = client.get("/en/vision/")
    assert first["Cache-Control"] == "no-cache"
    again = client.get("/en/vision/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "may_be_shown_again"),
    [
        ("/en/", True),
        ("/en/search/?q=lodz", True),
        ("/en/accessibility/feedback/", True),
        ("/en/cookies/seals/", True),
        ("/en/nowhere/", True),
        # What it says of a visitor's choice is untrue once they chose otherwise.
        ("/en/cookies/settings/", False),
        ("/en/cookies/receipt/", False),
    ],
)
def test_going_back_may_show_a_page_as_it_was_unless_it_shows_the_visitors_choice(client, path, may_be_shown_again):
    assert ("no-store" not in client.get(path)["Cache-Control"]) is may_be_shown_again


@pytest.mark.django_db
def test_pages_are_compressed_for_who_can_read_it(client):
    assert client.get("/en/", headers={"accept-encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/en/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "language", "heading", "way_out"),
    [
        ("/en/nowhere/at/all/", "en", "Page not found", "/en/"),
        ("/pl/nigdzie/w/ogole/", "pl", "Nie znaleziono strony", "/pl/"),
    ],
)
def test_a_page_that_is_not_here_says_so_within_the_frame(client, path, language, heading, way_out):
    response = client.get(path)
    html = response.content.decode()
    assert response.status_code == 404
    assert f'<html lang="{language}"' in html
    assert f"<h1>{heading}</h1>" in html
    assert f'href="{way_out}"' in html
    assert 'content="noindex"' in html
    assert 'class="menu"' in html


def test_a_host_that_is_not_ours_is_refused_with_a_page(forgiving_client, db):
    response = forgiving_client.get("/en/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "<h1>This request is not valid</h1>" in response.content.decode()


def test_a_fault_of_the_program_shows_a_page_without_details(forgiving_client, db, monkeypatch):
    from alliance import views

    monkeypatch.setattr(views, "section", lambda request, kind: 1 / 0)
    response = forgiving_client.get("/pl/wizja/")
    html = response.content.decode()
    assert response.status_code == 500
    assert '<html lang="pl"' in html
    assert "ZeroDivisionError" not in html and "Traceback" not in html


def test_without_its_database_the_site_asks_to_come_back(forgiving_client, no_database):
    for path in ("/en/", "/pl/partnerzy/", "/en/nowhere/"):
        response = forgiving_client.get(path)
        assert response.status_code == 503, path
        assert response["Retry-After"] == "30"
        assert "<h1>" in response.content.decode()


def test_the_process_is_healthy_without_its_database_but_not_ready(client, no_database):
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "away")


@pytest.mark.django_db
def test_it_is_ready_with_a_database_that_has_every_migration(client):
    state = client.get("/readyz").json()
    assert (state["ready"], state["database"], state["migrations_missing"]) == (True, "ok", [])


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing(client):
    MigrationRecorder.Migration.objects.filter(app="partners", name="0004_index_logo").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "partners.0004_index_logo" in response.json()["migrations_missing"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_a_page(staff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff())
    response = client.post("/admin/pages/page/add/", {})
    assert response.status_code == 403
    assert "<h1>You do not have permission</h1>" in response.content.decode()


def test_the_style_sheet_is_sent_with_those_that_it_imports(tmp_path, settings):
    from django.core.files.base import ContentFile

    from assets.storage import StaticFilesStorage

    storage = StaticFilesStorage(location=tmp_path)
    storage.save("css/site.css", ContentFile(b'@import url("faces.css");\n@layer base;\n'))
    sheet = (tmp_path / "css/site.css").read_text()
    assert "@import" not in sheet
    assert sheet.index("font-family:Archivo") < sheet.index("@layer base")


@pytest.fixture
def minified(tmp_path):
    """A function that saves a static file as production does, and returns what is stored."""
    from django.core.files.base import ContentFile

    from assets.storage import StaticFilesStorage

    storage = StaticFilesStorage(location=tmp_path)

    def save(name: str, text: str) -> str:
        return (tmp_path / storage.save(name, ContentFile(text.encode()))).read_text()

    return save


def test_style_sheets_are_sent_without_comments_and_spare_whitespace(minified):
    assert minified("css/site.css", "/* why\n   so */\na {\n  color: red; /* brick */\n}\n") == "a{color:red}"


def test_what_looks_like_a_comment_in_a_string_of_a_style_sheet_stays(minified):
    assert '"/* x */"' in minified("css/site.css", 'a::before { content: "/* x */"; }')


def test_scripts_are_sent_without_comments_and_spare_whitespace(minified):
    assert minified("js/a.js", "// why\nlet a = 1;  // one\nlet b = 2;\n") == "let a=1;let b=2;"


def test_what_looks_like_a_comment_in_a_string_of_a_script_stays(minified):
    script = "let a = `https://a.example/  x`;\nlet b = '// x';\nlet c = /\\/\\/ x/;\n"
    assert minified("js/a.js", script) == "let a=`https://a.example/  x`;let b='// x';let c=/\\/\\/ x/;"
