"""Icons and the web app manifest."""

import json
import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import translation
from PIL import Image

from alliance.models import Alliance
from social.icons import FAVICON, ICO_SIZES, ICONS

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
