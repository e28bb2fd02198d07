"""Icons and the web app manifest."""

import json
import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from PIL import Image

from alliance.models import Alliance
from pagecache.models import ContentVersion
from social.icons import FAVICON, ICO_SIZES, ICONS
from tests.pictures.factories import photo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
SVG = "{http://www.w3.org/2000/svg}"


def static_file(url: str) -> bytes:
    return Path(finders.find(url.removeprefix("/static/"))).read_bytes()


def link(client, rel: str, language: str = "en") -> list[str]:
    with translation.override(language):
        html = client.get(reverse("alliance:vision")).content.decode()
    return re.findall(rf'<link rel="{rel}"\s+href="([^"]+)"', html)


def manifest(client, language: str) -> dict:
    response = client.get(link(client, "manifest", language)[0])
    assert response.headers["Content-Type"] == "application/manifest+json"
    return json.loads(response.content)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_names_the_alliance_in_each_language(client, language):
    data = manifest(client, language)
    with translation.override(language):
        assert data["name"] == Alliance.objects.get().name
    assert (data["lang"], data["start_url"], data["display"]) == (language, f"/{language}/", "browser")
    assert client.get(data["start_url"]).status_code == 200


def test_every_page_names_the_manifest_in_its_language(every_page):
    for path, response in every_page.items():
        named = re.findall(r'<link rel="manifest"\s+href="([^"]+)"', response.content.decode())
        assert named == [f"/share/{path.split('/')[1]}/manifest.webmanifest"], path


def test_the_manifest_differs_by_language(client):
    names = [manifest(client, language)["name"] for language in LANGUAGES]
    assert len(set(names)) == len(names)


def test_every_icon_of_the_manifest_is_local_and_has_the_stated_size(client):
    icons = manifest(client, "en")["icons"]
    assert {"192x192", "512x512", "any"} == {icon["sizes"] for icon in icons}
    for icon in icons:
        assert icon["src"].startswith("/static/")
        if icon["type"] == "image/png":
            width, height = Image.open(BytesIO(static_file(icon["src"]))).size
            assert icon["sizes"] == f"{width}x{height}"


def test_a_language_that_is_not_offered_has_no_manifest(client):
    assert client.get("/share/xx/manifest.webmanifest").status_code == 404


def test_the_head_names_an_icon_for_each_kind_of_device(client):
    old, new = link(client, "icon")
    assert sorted(Image.open(BytesIO(static_file(old))).info["sizes"]) == [(size, size) for size in ICO_SIZES]
    root = ElementTree.fromstring(static_file(new))
    assert root.tag == f"{SVG}svg"
    assert Image.open(BytesIO(static_file(link(client, "apple-touch-icon")[0]))).size == (180, 180)


@pytest.fixture
def icon(django_capture_on_commit_callbacks) -> str:
    """The URL of the icon that an alliance uploaded."""
    alliance = Alliance.objects.get()
    alliance.icon = photo((256, 256), "PNG", name="icon.png")
    with django_capture_on_commit_callbacks(execute=True):
        alliance.full_clean()
        alliance.save()
    ContentVersion.objects.update(name="with an icon")
    return alliance.icon.public_url


def test_an_uploaded_icon_replaces_the_woven_threads_everywhere(client, icon):
    assert link(client, "icon") == link(client, "apple-touch-icon") == [icon]
    assert client.get("/favicon.ico").headers["Location"] == icon
    assert manifest(client, "en")["icons"] == [{"src": icon, "sizes": "256x256", "type": "image/png"}]
    assert client.get(icon).status_code == 200


@pytest.mark.parametrize("size", [(256, 200), (96, 96)], ids=["not square", "too small"])
def test_a_picture_that_is_no_icon_is_refused_with_a_remedy(size):
    alliance = Alliance.objects.get()
    alliance.icon = photo(size, "PNG", name="icon.png")
    with pytest.raises(ValidationError, match="square and at least 192 pixels wide"):
        alliance.full_clean()


def test_the_default_favicon_url_redirects_to_an_icon(client):
    response = client.get("/favicon.ico")
    assert static_file(response.headers["Location"]).startswith(b"\0\0\1\0")


def test_the_svg_icon_has_no_styles_and_no_external_resources():
    svg = static_file("/static/img/favicon.svg").decode()
    assert "style" not in svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


@pytest.mark.once
def test_the_committed_icons_are_up_to_date():
    assert static_file("/static/img/favicon.svg").decode() == FAVICON.svg
    for name, (mark, size) in ICONS.items():
        stored = Image.open(BytesIO(static_file(f"/static/img/{name}"))).convert("RGB")
        assert stored.tobytes() == mark.image(size).convert("RGB").quantize(64).convert("RGB").tobytes()
