"""The list of opportunities, the page of one opportunity, its deadline as a calendar file, and the feeds."""

from itertools import chain

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.feedgenerator import SyndicationFeed
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from editorial.dates import date_in_words
from opendata.calendars import calendar_response
from opportunities.feeds import OpportunityFeed
from opportunities.forms import OpportunityFilterForm
from opportunities.models import Opportunity
from opportunities.states import OPEN_STATES, State
from pagecache.decorators import cached_page
from pagecache.expiry import expire_at
from pages.cached import section
from pages.pagination import paginate
from partners.section_pages import render_section

FILTERS = ("audience", "kind", "member", "topic", "state")
MAX_RECURRING = 6


@cached_page(*FILTERS, "page")
@require_safe
def opportunity_list(request: HttpRequest) -> HttpResponse:
    now, form = timezone.now(), OpportunityFilterForm(request.GET or None)
    filters = form.filters
    state = filters.pop("state", "")
    concerned = Opportunity.objects.published().matching(now, **filters)
    outlook = concerned.outlook(now)
    page_obj = paginate(request, concerned.matching(now, state=state).for_list(now))
    tells_none_is_open = not outlook.open and state in ("", *OPEN_STATES) and page_obj.number == 1
    response = render_section(
        request,
        "opportunities",
        "opportunities/list.html",
        form=form,
        page_obj=page_obj,
        tells_none_is_open=tells_none_is_open,
        # The contact has to be asked.
        some_may_be_open=any(item.state == State.ASK for item in page_obj),
        recurring=concerned.recurring(now)[:MAX_RECURRING] if tells_none_is_open else [],
        day=date_in_words(timezone.localdate(now)),
        filter_query=form.query(),
    )
    expire_at(response, [outlook.next_change], now)
    return response


@cached_page()
@require_safe
def opportunity_detail(request: HttpRequest, slug: str) -> HttpResponse:
    now, published = timezone.now(), Opportunity.objects.published()
    found = published.select_related("cover").with_state(now).with_topics().with_audiences()
    opportunity = found.get_by_slug(slug)
    if opportunity.slug != slug:
        return redirect(opportunity, permanent=True)
    similar = list(published.similar_to(opportunity, now))
    context = {
        "section": section(request, "opportunities"),
        "opportunity": opportunity,
        "subject": opportunity,
        "has_deadline_ahead": opportunity.closes_at is not None and opportunity.closes_at > now,
        "similar": similar,
    }
    response = render(request, "opportunities/detail.html", context)
    expire_at(response, chain.from_iterable(item.changes_at for item in (opportunity, *similar)), now)
    return response


@cached_page()
@require_safe
def opportunity_deadline(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the deadline as a calendar file. Raises Http404 if it has passed or is not known."""
    now = timezone.now()
    opportunity = Opportunity.objects.published().get_by_slug(slug)
    if opportunity.closes_at is None or opportunity.closes_at <= now:
        raise Http404("no deadline lies ahead")
    if opportunity.slug != slug:
        return redirect("opportunities:deadline", opportunity.slug, permanent=True)
    url = request.build_absolute_uri(opportunity.get_absolute_url())
    entry = opportunity.calendar_entry(get_alliance_or_404(request), url)
    response = calendar_response([entry], opportunity.title, opportunity.slug)
    expire_at(response, [opportunity.closes_at], now)
    return response


@cached_page(*FILTERS)
@require_safe
def feed(request: HttpRequest, feed_type: type[SyndicationFeed]) -> HttpResponse:
    """Return the feed of the opportunities that match the filters in the request."""
    now, form = timezone.now(), OpportunityFilterForm(request.GET or None)
    filters = form.filters
    found = Opportunity.objects.published().matching(now, **filters)
    response = OpportunityFeed(get_alliance_or_404(request), form, found, feed_type).respond(request)
    if filters.pop("state", ""):
        expire_at(response, [Opportunity.objects.published().matching(now, **filters).outlook(now).next_change], now)
    return response
