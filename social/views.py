"""Share cards, the icon and the web app manifest."""

from mimetypes import guess_type
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from alliance import cached
from alliance.cached import get_alliance_or_404
from alliance.models import Alliance
from editorial.fields import PictureFile
from pagecache.decorators import cached_page
from partners.cached import universities
from partners.weave import PAPER
from social.cards import Card, find_subject
from social.icons import ICONS, MASKABLE

CACHE_FOR_EVER = "public, max-age=31536000, immutable"


def check_language(language: str) -> None:
    """Raise Http404 for a language that is not in LANGUAGES."""
    if language not in dict(settings.LANGUAGES):
        raise Http404("no such language")


@cached_page()
@require_safe
def share_card(request: HttpRequest, language: str, kind: str, key: str, digest: str) -> HttpResponse:
    """The share card of one page in one language. The URL of an outdated picture redirects to the current one."""
    check_language(language)
    alliance = get_alliance_or_404(request)
    with translation.override(language):
        card = Card.of(find_subject(kind, key), alliance, universities(request))
    if card.digest != digest:
        return redirect(card.path)
    headers = {
        "Cache-Control": CACHE_FOR_EVER,
        "Content-Language": language,
        # Link previews show the picture on other sites.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HttpResponse(card.png(), content_type="image/png", headers=headers)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon. Browsers request /favicon.ico without a link to it."""
    alliance = cached.alliance(request)
    icon = cast(PictureFile, alliance.icon) if alliance else None
    return redirect(icon.public_url if icon else static("img/favicon.ico"))


def manifest_icons(alliance: Alliance) -> list[dict[str, str]]:
    """The icon of the alliance, or those of woven threads, as the manifest lists them."""
    if icon := cast(PictureFile, alliance.icon):
        try:
            size = f"{icon.width}x{icon.height}"
        except OSError:
            # The file is not there, as after a restore without uploads.
            return []
        media_type = guess_type(icon.name or "")[0] or "image/png"
        return [{"src": icon.public_url, "sizes": size, "type": media_type}]
    return [
        {"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(
            {"src": static(f"img/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "maskable"}
            for name, (icon, size) in ICONS.items()
            if icon is MASKABLE
        ),
    ]


@cached_page()
@require_safe
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """The web app manifest in one language (W3C, Web Application Manifest)."""
    check_language(language)
    alliance = get_alliance_or_404(request)
    with translation.override(language):
        content = {
            "id": "/",
            "name": alliance.name,
            "short_name": alliance.acronym,
            "description": alliance.tagline,
            "lang": language,
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
            "start_url": reverse("alliance:home"),
            "scope": "/",
            "display": "browser",
            "background_color": PAPER,
            "theme_color": PAPER,
            "icons": manifest_icons(alliance),
        }
    headers = {"Content-Language": language}
    return JsonResponse(content, content_type="application/manifest+json", headers=headers)
