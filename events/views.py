"""The list of events, the page of one event, feeds and calendars."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.feedgenerator import SyndicationFeed
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from events.feeds import EventFeed
from events.forms import EventFilterForm, EventListForm
from events.models import Event
from opendata.calendars import calendar_response
from pagecache.decorators import cached_page
from pagecache.expiry import expire_at
from pages.cached import section
from pages.pagination import paginate
from partners.section_pages import render_section

KIND = "events"
FILTERS = ("audience", "topic", "member", "format")
# Maximum number of past events with a report that the list shows if no event is announced.
MAX_REPORTS = 6
# Maximum number of entries of a calendar, the latest events.
MAX_CALENDAR_ENTRIES = 500


def by_month(events: Iterable[Event]) -> list[tuple[str, list[Event]]]:
    """Return the months in words, each with its events, in the order of `events`."""
    return [
        (group[0].month_in_words, group)
        for _month, found in groupby(events, lambda e: e.month)
        if (group := list(found))
    ]


@cached_page(*FILTERS, "year", "page")
@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    now, form = timezone.now(), EventListForm(request.GET or None)
    year, events = form.filters.get("year"), Event.objects.published().matching(**form.filters).for_list()
    upcoming = events.upcoming(now)
    page_obj = paginate(request, events if year else upcoming)
    response = render_section(
        request,
        KIND,
        "events/list.html",
        form=form,
        year=year,
        page_obj=page_obj,
        months=by_month(page_obj),
        reports=[] if year or page_obj.object_list else events.past(now).with_report()[:MAX_REPORTS],
        filter_query=form.query(),
        # The feeds and the calendar have all years.
        feed_query=form.query(without="year"),
    )
    expire_at(response, [upcoming.next_end()], now)
    return response


@cached_page()
@require_safe
def event_detail(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    events = Event.objects.published().select_related("cover", "map__provider__purpose").with_host()
    event = events.with_topics().with_audiences().get_by_slug(slug)
    if event.slug != slug:
        return redirect(event, permanent=True)
    related = Event.objects.published().for_list().related_to(event)
    context = {
        "section": section(request, KIND),
        "event": event,
        "subject": event,
        "related": related,
    }
    response = render(request, "events/detail.html", context)
    # The label of a report is shown from the end of its event on.
    expire_at(response, [event.starts_at, event.ends_at, *(item.ends_at for item in related)], now)
    return response


@cached_page(*FILTERS)
@require_safe
def feed(request: HttpRequest, feed_type: type[SyndicationFeed]) -> HttpResponse:
    """Return the feed of the events that match the filters in the request."""
    now, form = timezone.now(), EventFilterForm(request.GET or None)
    found = Event.objects.published().matching(**form.filters)
    response = EventFeed(get_alliance_or_404(request), form, found, feed_type).respond(request)
    # A report is shown from the end of its event on.
    expire_at(response, [found.upcoming(now).with_report().next_end()], now)
    return response


@cached_page(*FILTERS)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    page = section(request, KIND)
    events = Event.objects.published().matching(**EventFilterForm(request.GET or None).filters)
    return calendar_of(request, events.for_calendar()[:MAX_CALENDAR_ENTRIES], page.title, KIND)


@cached_page()
@require_safe
def event_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The calendar file of one event. Raises Http404 if its day is not known."""
    section(request, KIND)
    event = Event.objects.published().for_calendar().get_by_slug(slug)
    if event.slug != slug:
        return redirect("events:event-calendar", event.slug, permanent=True)
    return calendar_of(request, [event], event.title, event.slug)


def calendar_of(request: HttpRequest, events: Iterable[Event], title: str, file_name: str) -> HttpResponse:
    alliance: Any = get_alliance_or_404(request)
    entries = [event.calendar_entry(alliance, request.build_absolute_uri(event.get_absolute_url())) for event in events]
    return calendar_response(entries, f"{title} – {alliance.acronym}", file_name)
