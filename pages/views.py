"""The site's text pages, and the few addresses that have no language."""

from django.conf import settings
from django.contrib.sitemaps.views import index, sitemap
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from pagecache.decorators import cached_page
from pages.models import Page
from pages.sitemaps import sitemaps


def asked_language(request) -> str:
    """The first of the site's languages that the browser asks for, English where there is none or the header is no good
    (RFC 9110, section 12.5.4, by the lookup of RFC 4647, section 3.4)."""
    offered = {code.lower(): code for code, _name in settings.LANGUAGES}
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    refused = {language for language, quality in asked if not quality}
    for language, quality in asked:
        # de-AT-1996, then de-AT, then de.
        while language and quality:
            if language in offered and language not in refused:
                return offered[language]
            language = language.rpartition("-")[0]
    return settings.LANGUAGE_CODE


@require_safe
def root(request):
    """Sends a visitor to the home page in the language that the browser asks for."""
    with translation.override(asked_language(request)):
        response = redirect("alliance:home")
    patch_vary_headers(response, ["Accept-Language"])
    return response


@cached_page()
@require_safe
def robots(request):
    """What crawlers may read (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap-xml'))}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request):
    """Browsers ask for this address whatever the page says."""
    return redirect(static("img/favicon.ico"))


@cached_page()
@require_safe
def text(request, slug: str):
    page = Page.objects.published().filter(kind=Page.Kind.TEXT).select_related("cover").get_by_slug(slug)
    if page.slug != slug:
        return redirect(page, permanent=True)
    return render(request, "pages/text.html", {"page": page, "subject": page})


@cached_page()
@require_safe
def sitemap_xml(request):
    """For search engines: https://www.sitemaps.org/protocol.html."""
    parts = sitemaps()
    if any(part.paginator.num_pages > 1 for part in parts.values()):
        return index(request, parts, sitemap_url_name="sitemap-part")
    return sitemap(request, parts)


@cached_page("p")
@require_safe
def sitemap_part(request, section: str):
    """One file of many. Raises Http404 for a section or page that is not there."""
    return sitemap(request, sitemaps(), section)
