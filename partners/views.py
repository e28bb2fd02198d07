"""The list of partner universities, and the page of each."""

from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from delivery.decorators import stored
from delivery.together import Together
from pages.lists import part_of
from pages.models import Page
from pages.snapshots import section
from partners import snapshots
from partners.forms import PartnerFilterForm
from partners.map import points
from partners.models import PartnerUniversity


@stored("country", "role", "page")
@require_safe
def partner_list(request):
    page = section(request, Page.Kind.PARTNERS)
    partners = PartnerUniversity.objects.published()
    form = PartnerFilterForm(request.GET or None, countries=snapshots.countries(request))
    matching = partners.matching(**form.narrowing).for_list()
    page_of_list = part_of(request, matching)
    context = {
        "page": page,
        "subject": page,
        "languages_there": page.languages() & snapshots.languages(request),
        "form": form,
        "page_of_list": page_of_list,
        "points": points(partner for partner in page_of_list if not partner.left),
        "universities": snapshots.universities(request),
        "filter_query": urlencode(form.narrowing),
    }
    return render(request, "partners/list.html", context)


@stored()
@require_safe
def partner_detail(request, slug: str):
    published = PartnerUniversity.objects.published().select_related("cover")
    partner, before, after = published.with_neighbours(slug)
    if partner is None:
        raise PartnerUniversity.objects.absence(slug)
    if partner.slug != slug:
        return redirect(partner, permanent=True)
    partner.published_own_names, tasks = Together(
        [partner.own_names.published(), partner.tasks.published().with_initiatives()]
    ).read()
    on_map = snapshots.universities(request)
    if partner not in on_map and not partner.left:
        on_map = [*on_map, partner]
    context = {
        "section": section(request, Page.Kind.PARTNERS),
        "partner": partner,
        "subject": partner,
        "tasks": tasks,
        "points": points(on_map),
        "universities": snapshots.universities(request),
        "before": before,
        "after": after,
    }
    return render(request, "partners/detail.html", context)
