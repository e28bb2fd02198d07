"""What others ask the site for to show it elsewhere."""

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from alliance.models import Alliance
from pagecache.decorators import cached_page
from partners.cloth import PAPER
from partners.models import PartnerUniversity
from social.cards import Card, find
from social.mark import ICONS, MASKABLE

FOR_GOOD = "public, max-age=31536000, immutable"


def the_alliance(language: str) -> Alliance:
    """The alliance with its host. Raises Http404 before content is loaded, and for a language that is not offered."""
    alliance = Alliance.objects.with_host().first()
    if alliance is None or language not in dict(settings.LANGUAGES):
        raise Http404("no alliance in that language")
    return alliance


@cached_page()
@require_safe
def share_card(request, language: str, kind: str, key: str, digest: str):
    """The share card of one page in one language; from the address of an older picture to that of the present one."""
    alliance = the_alliance(language)
    with translation.override(language):
        card = Card.of(find(kind, key), alliance, PartnerUniversity.objects.published().for_map())
    if card.digest != digest:
        return redirect(card.path)
    headers = {
        "Cache-Control": FOR_GOOD,
        "Content-Language": language,
        # Link previews are shown on pages of others; that is what the picture is for.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HttpResponse(card.png(), content_type="image/png", headers=headers)


@cached_page()
@require_safe
def manifest(request, language: str):
    """What a device shows of the site on its home screen (W3C, Web Application Manifest)."""
    alliance = the_alliance(language)
    with translation.override(language):
        icons = [{"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}]
        icons += [
            {"src": static(f"img/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "maskable"}
            for name, (mark, size) in ICONS.items()
            if mark is MASKABLE
        ]
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
            "icons": icons,
        }
    headers = {"Content-Language": language}
    return JsonResponse(content, content_type="application/manifest+json", headers=headers)
