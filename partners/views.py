"""The list of partner universities, and the page of one university."""

from collections.abc import Iterable

import django_countries
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from editorial.alphabet import sort_key
from pagecache.decorators import cached_page
from pagecache.expiry import expire_at
from pages.blocks import BlockPage, blocks_of
from pages.cached import section
from pages.models import Page
from pages.pagination import paginate
from partners import cached
from partners.forms import PartnerFilterForm
from partners.map import draw_map
from partners.models import PartnerUniversity
from partners.section_pages import render_section

# Contacts on the page of a university.
MAX_CONTACTS = 6


def country_choices(countries: Iterable[str]) -> list[tuple[str, str]]:
    """Countries (ISO 3166-1 alpha-2) with their names, in the alphabetical order of the active language."""
    named = ((code, str(django_countries.countries.name(code))) for code in countries)
    return sorted(named, key=lambda pair: sort_key(pair[1], get_language()))


@cached_page("country", "role", "page")
@require_safe
def partner_list(request: HttpRequest) -> HttpResponse:
    partners = PartnerUniversity.objects.published()
    form = PartnerFilterForm(request.GET or None, country=country_choices(partners.countries()))
    page_obj = paginate(request, partners.matching(**form.filters).for_list())
    return render_section(
        request,
        Page.Kind.PARTNERS,
        "partners/list.html",
        form=form,
        page_obj=page_obj,
        europe_map=draw_map(partner for partner in page_obj if not partner.left),
        filter_query=form.query(),
    )


@cached_page()
@require_safe
def partner_detail(request: HttpRequest, slug: str) -> HttpResponse:
    published = PartnerUniversity.objects.published()
    partner = published.select_related("cover", "map__provider__purpose").with_own_names().get_by_slug(slug)
    if partner.slug != slug:
        return redirect(partner, permanent=True)
    contacts = list(partner.contacts.published()[: MAX_CONTACTS + 1])
    before, after = published.neighbours(partner)
    on_map = cached.universities(request)
    if partner not in on_map and not partner.left:
        on_map = (*on_map, partner)
    europe_map = draw_map(on_map)
    blocks = blocks_of(BlockPage.PARTNER, request, partner)
    context = {
        "section": section(request, Page.Kind.PARTNERS),
        "blocks": blocks,
        "partner": partner,
        "subject": partner,
        "contacts": contacts[:MAX_CONTACTS],
        "has_more_contacts": len(contacts) > MAX_CONTACTS,
        "tasks": partner.tasks.published().with_initiatives(),
        "europe_map": europe_map if len(on_map) > 1 and europe_map.shows(partner) else None,
        "before": before,
        "after": after,
    }
    response = render(request, "partners/detail.html", context)
    expire_at(response, [block.expires_at for block in blocks])
    return response
