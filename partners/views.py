"""The list of partner universities, and the page of each."""

from collections.abc import Iterable
from urllib.parse import urlencode

import django_countries
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from editorial.alphabet import sort_key
from pagecache.decorators import cached_page
from pages.cached import section
from pages.models import Page
from pages.pagination import paginate
from partners import cached
from partners.forms import PartnerFilterForm
from partners.map import points
from partners.models import PartnerUniversity


def by_name(countries: Iterable[str]) -> list[tuple[str, str]]:
    """Countries (ISO 3166-1 alpha-2) with their names, in the alphabetical order of the active language."""
    named = ((code, str(django_countries.countries.name(code))) for code in countries)
    return sorted(named, key=lambda pair: sort_key(pair[1], get_language()))


@cached_page("country", "role", "page")
@require_safe
def partner_list(request):
    page = section(request, Page.Kind.PARTNERS)
    partners = PartnerUniversity.objects.published()
    form = PartnerFilterForm(request.GET or None, countries=by_name(partners.countries()))
    matching = partners.matching(**form.narrowing).for_list()
    list_page = paginate(request, matching)
    context = {
        "page": page,
        "subject": page,
        "languages_there": page.languages() & cached.languages(request),
        "form": form,
        "list_page": list_page,
        "points": points(partner for partner in list_page if not partner.left),
        "universities": cached.universities(request),
        "filter_query": urlencode(form.narrowing),
    }
    return render(request, "partners/list.html", context)


@cached_page()
@require_safe
def partner_detail(request, slug: str):
    published = PartnerUniversity.objects.published()
    partner = published.select_related("cover").with_own_names().get_by_slug(slug)
    if partner.slug != slug:
        return redirect(partner, permanent=True)
    before, after = published.neighbours(partner)
    on_map = cached.universities(request)
    if partner not in on_map and not partner.left:
        on_map = [*on_map, partner]
    context = {
        "section": section(request, Page.Kind.PARTNERS),
        "partner": partner,
        "subject": partner,
        "tasks": partner.tasks.published().with_initiatives(),
        "points": points(on_map),
        "universities": cached.universities(request),
        "before": before,
        "after": after,
    }
    return render(request, "partners/detail.html", context)
