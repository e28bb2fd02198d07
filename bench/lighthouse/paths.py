"""Paths of one page of each kind, for a prepared site: `manage.py shell -c "from bench.lighthouse.paths import …"`."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse
from django.utils import translation

from alliance.models import Alliance
from editorial.models import Content, Revision
from partners.models import PartnerUniversity

# Pages for visitors that are not in the sitemap, with their query strings.
OUTSIDE_SITEMAP = {"search:results": {"q": "UNIC"}, "consent:settings": {}, "consent:receipt": {}, "consent:seals": {}}
HOST = "localhost"


def site_paths() -> list[str]:
    """Return the first page of the sitemap of each view in each language, and the pages outside the sitemap."""
    sitemap = Client(SERVER_NAME=HOST).get("/sitemap.xml").content.decode()
    pages: dict[tuple[str, str], str] = {}
    for path in re.findall(rf"<loc>https?://{HOST}(/[^<]*)</loc>", sitemap):
        language = path.split("/")[1]
        with translation.override(language):
            pages.setdefault((language, resolve(path).view_name), path)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages |= {(language, name): reverse(name, query=query) for name, query in OUTSIDE_SITEMAP.items()}
    return sorted(pages.values())


def admin_session() -> str:
    """Create a superuser, and return the cookie of a session: name=value."""
    account = get_user_model().objects.create_superuser("lighthouse")
    client = Client(SERVER_NAME=HOST)
    client.force_login(account)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def admin_paths(session: str) -> list[str]:
    """Return the first page of each kind in the admin that answers a GET request with HTML.

    The kind is the last word of the name of the URL. The university comes first, because its form is the longest.
    """
    client = Client(SERVER_NAME=HOST)
    client.cookies.load(session)
    pages: dict[str, str] = {}
    names = sorted(named_urls(admin.site.get_urls()), key=lambda url: not url[0].startswith("partners_"))
    for name, parameters in names:
        kind = name.rpartition("_")[2]
        values = sample_values(name)
        # A logout would end the session.
        if kind in pages or kind == "logout" or not values.keys() >= set(parameters):
            continue
        path = reverse(f"admin:{name}", kwargs={parameter: values[parameter] for parameter in parameters})
        response = client.get(path)
        if is_page(response):
            pages[kind] = path
    return list(pages.values())


def named_urls(patterns, parameters: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and the parameters of each URL."""
    for pattern in patterns:
        own = (*parameters, *pattern.pattern.regex.groupindex)
        if hasattr(pattern, "url_patterns"):
            yield from named_urls(pattern.url_patterns, own)
        elif pattern.name:
            yield pattern.name, own


def sample_values(name: str) -> dict:
    """Return a value for each parameter that a URL of the admin may have: those of an existing item or revision."""
    labels = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    model = labels.get("_".join(name.split("_")[:2]), Alliance)
    item = model._base_manager.first()
    key = item.pk if item else 1
    revision = Revision.objects.of(item if isinstance(item, Content) else PartnerUniversity.objects.first()).first()
    values = {"object_id": key, "id": key, "pk": key, "number": revision.pk}
    return values | {"form": "csv", "language": "en", "app_label": "alliance", "name": "docs/editing.md"}


def is_page(response: HttpResponse) -> bool:
    return response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html")
