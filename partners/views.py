"""The list of partner universities, and the page of each."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from delivery.decorators import stored
from pages.models import Page
from partners.forms import PartnerFilterForm
from partners.map import points
from partners.models import PartnerUniversity

PARTNERS_A_PAGE = 24


@stored("country", "role", "page")
@require_safe
def partner_list(request):
    page = Page.objects.section(Page.Kind.PARTNERS)
    partners = PartnerUniversity.objects.published()
    form = PartnerFilterForm(request.GET or None, countries=partners.countries())
    matching = partners.matching(**form.narrowing).for_list()
    partner_page = Paginator(matching, PARTNERS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "subject": page,
        "form": form,
        "partner_page": partner_page,
        "points": points(partner for partner in partner_page if not partner.left),
        "universities": PartnerUniversity.objects.published().for_cloth(),
        "filter_query": urlencode(form.narrowing),
    }
    return render(request, "partners/list.html", context)


@stored()
@require_safe
def partner_detail(request, slug: str):
    partner = get_object_or_404(
        PartnerUniversity.objects.published().select_related("cover").with_own_names().with_slug(slug)[:1]
    )
    if partner.slug != slug:
        return redirect(partner, permanent=True)
    current = PartnerUniversity.objects.published().for_map()
    before, after = current.neighbours(partner)
    context = {
        "section": Page.objects.section(Page.Kind.PARTNERS),
        "partner": partner,
        "subject": partner,
        "tasks": partner.tasks.published().with_initiatives(),
        "points": points(current),
        "universities": current,
        "before": before,
        "after": after,
    }
    return render(request, "partners/detail.html", context)
