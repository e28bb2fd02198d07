"""The list of events, the page of one event, feeds and calendars."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import SyndicationFeed
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from events import cached
from events.feeds import EventFeed
from events.forms import EventFilterForm
from events.models import Event, EventQuerySet
from opendata.calendars import calendar_response
from opendata.feeds import AtomFeed, JSONFeed
from pagecache.decorators import cached_page
from pagecache.expiry import expire_at
from pages.cached import languages, section
from pages.pagination import paginate
from partners.cached import universities

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


def subscriptions(query: str) -> list[tuple[str, str, str]]:
    """The calendar and the feeds with these filters: address, content type, and name."""
    suffix = f"?{query}" if query else ""
    return [
        (f"{reverse('events:calendar')}{suffix}", "text/calendar", gettext("Calendar (iCalendar)")),
        (f"{reverse('events:atom')}{suffix}", "application/atom+xml", gettext("Feed (Atom)")),
        (f"{reverse('events:json')}{suffix}", "application/feed+json", gettext("Feed (JSON Feed)")),
    ]


@cached_page(*FILTERS, "year", "page")
@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    page = section(request, KIND)
    form = EventFilterForm(request.GET or None, request)
    matching = form.matching(Event.objects.published()).for_list()
    year, now = form.year_chosen, timezone.now()
    upcoming = matching.upcoming(now)
    page_obj = paginate(request, matching.of_year(year) if year else upcoming)
    context = {
        "page": page,
        "subject": page,
        "available_languages": languages(request, page),
        "universities": universities(request),
        "form": form,
        "year": year,
        "page_obj": page_obj,
        "months": by_month(page_obj),
        "reports": [] if year or page_obj.object_list else matching.past(now).with_report()[:MAX_REPORTS],
        "years": cached.years(request),
        "filter_query": urlencode(form.filters),
        "subscription_query": form.subscription_query,
        "subscriptions": subscriptions(form.subscription_query),
    }
    response = render(request, "events/list.html", context)
    if not year:
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
    context = {
        "section": section(request, KIND),
        "event": event,
        "subject": event,
        "universities": universities(request),
        "related": event.related(),
    }
    response = render(request, "events/detail.html", context)
    expire_at(response, [event.starts_at, event.ends_at], now)
    return response


def filtered(request: HttpRequest) -> tuple[EventFilterForm, EventQuerySet]:
    """The filters of a feed or calendar, and its events."""
    form = EventFilterForm(request.GET or None, request)
    return form, form.matching(Event.objects.published())


def feed_response(request: HttpRequest, feed_type: type[SyndicationFeed]) -> HttpResponse:
    now = timezone.now()
    form, events = filtered(request)
    feed = EventFeed(get_alliance_or_404(request), events, form.subscription_query, feed_type)
    response = feed.respond(request)
    # A report is shown from the end of its event on.
    expire_at(response, [events.upcoming(now).with_report().next_end()], now)
    return response


@cached_page(*FILTERS)
@require_safe
def atom_feed(request: HttpRequest) -> HttpResponse:
    return feed_response(request, AtomFeed)


@cached_page(*FILTERS)
@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    return feed_response(request, JSONFeed)


@cached_page(*FILTERS)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    page = section(request, KIND)
    _form, events = filtered(request)
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
