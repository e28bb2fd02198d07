"""Text pages, and the URLs without a language: root, robots.txt and sitemaps."""

from dataclasses import dataclass

from django.contrib.sitemaps.views import index, sitemap
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from consent.cached import notice_in_force, policy_in_force
from consent.models import PolicyVersion
from feedback.models import feedback_page
from pagecache.decorators import cached_page
from pages.addresses import with_query
from pages.cached import section
from pages.languages import preferred_language
from pages.models import KINDS_WITH_SLUG, Page
from pages.pagination import PAGE_NUMBER
from pages.sitemaps import sitemaps


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Redirect to the home page in the preferred language of the browser."""
    with translation.override(preferred_language(request)):
        response = redirect(with_query(reverse("alliance:home"), request.META["QUERY_STRING"]))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@cached_page()
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Rules for crawlers (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap-xml'))}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@cached_page()
@require_safe
def text(request: HttpRequest, slug: str) -> HttpResponse:
    page = Page.objects.published().filter(kind__in=KINDS_WITH_SLUG).select_related("cover").get_by_slug(slug)
    if page.slug != slug:
        return redirect(page, permanent=True)
    context = {"page": page, "subject": page} | drawn(request, page)
    return render(request, f"pages/{page.kind}.html", context)


def drawn(request: HttpRequest, page: Page) -> dict:
    """Return the context for what the site adds below the text of `page`."""
    language, policy = get_language(), policy_in_force(request)
    if page.kind == Page.Kind.PRIVACY and policy:
        versions = PolicyVersion.objects.defer("wording")
        return {"version": policy, "policy": policy.texts_in(language), "versions": versions}
    if page.kind == Page.Kind.COOKIES:
        notice = notice_in_force(request)
        return {
            "notice": notice,
            "purposes": notice.texts_in(language)["purposes"] if notice else [],
            "device_law": policy.section_in(language, "device_law") if policy else None,
        }
    if page.kind == Page.Kind.ACCESSIBILITY:
        return {"feedback": feedback_page()}
    return {}


@dataclass(frozen=True)
class PolicyVersionPage:
    """Title, description and URL of the page of one version of the privacy policy, for the layout."""

    version: PolicyVersion
    page: Page

    def __str__(self) -> str:
        values = {"title": self.page.title, "number": self.version.number}
        return gettext("%(title)s, version %(number)s") % values

    @property
    def meta_description(self) -> str:
        return self.page.description

    def get_absolute_url(self) -> str:
        return self.version.get_absolute_url()


@cached_page()
@require_safe
def policy_version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version of the privacy policy. Raises Http404 for an unknown number."""
    page = section(request, Page.Kind.PRIVACY)
    version = get_object_or_404(PolicyVersion, number=number)
    if request.path != version.get_absolute_url():
        # The number has leading zeros.
        return redirect(version, permanent=True)
    context = {
        "subject": PolicyVersionPage(version, page),
        "section": page,
        "version": version,
        "version_in_force": policy_in_force(request),
        "policy": version.texts_in(get_language()),
        "available_languages": version.languages(),
    }
    return render(request, "pages/policy_version.html", context)


@cached_page()
@require_safe
def sitemap_xml(request: HttpRequest) -> HttpResponse:
    """The sitemap, or an index of sitemaps for a large site: https://www.sitemaps.org/protocol.html."""
    sections = sitemaps()
    if any(section.paginator.num_pages > 1 for section in sections.values()):
        return index(request, dict(sections), sitemap_url_name="sitemap-section")
    return sitemap(request, dict(sections))


@cached_page("p")
@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """One file of the sitemap index. Raises Http404 for a missing section or page."""
    if not PAGE_NUMBER.fullmatch(request.GET.get("p", "1")):
        raise Http404
    return sitemap(request, dict(sitemaps()), section)
