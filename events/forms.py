from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from editorial.models import Content
from events import cached
from events.models import EventFormat, EventQuerySet
from partners.forms import FilterForm, TranslatedSelect

NOT_IN_LIST = _("There is no such choice. Choose one from the list.")


def choice(label: Any) -> forms.ChoiceField:
    errors = {"invalid_choice": NOT_IN_LIST}
    return forms.ChoiceField(label=label, required=False, widget=TranslatedSelect, error_messages=errors)


class EventFilterForm(FilterForm):
    """Filters of the list of events, of the feeds and of the calendar. A value is the key of an item."""

    audience = choice(_("For whom"))
    topic = choice(_("Topic"))
    member = choice(_("University"))
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", pgettext_lazy("format", "All")), *EventFormat.choices],
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    # Links choose the year. The form keeps it.
    year = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, request: HttpRequest) -> None:
        super().__init__(data)
        self.members = {partner.key: partner for partner in cached.members(request)}
        self.offer("audience", pgettext_lazy("audience", "All"), pairs(cached.audiences(request)))
        self.offer("topic", pgettext_lazy("topic", "All"), pairs(cached.topics(request)))
        self.offer("member", pgettext_lazy("university", "All"), pairs(self.members.values()))
        self.offer("year", "", [(str(year), str(year)) for year in cached.years(request)])

    def offer(self, name: str, nothing: Any, choices: Iterable[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = [("", nothing), *choices]

    @property
    def subscription_query(self) -> str:
        """The filters of the feeds and the calendar, which have no year, URL-encoded."""
        return urlencode({name: value for name, value in self.filters.items() if name != "year"})

    def matching(self, events: EventQuerySet) -> EventQuerySet:
        """The events that match all filters but the year."""
        filters = self.filters
        if audience := filters.get("audience"):
            events = events.with_audience(audience)
        if topic := filters.get("topic"):
            events = events.with_topic(topic)
        if member := filters.get("member"):
            events = events.of_member(self.members[member])
        if format_ := filters.get("format"):
            events = events.filter(format=format_)
        return events

    @property
    def year_chosen(self) -> int | None:
        year = self.filters.get("year")
        return int(year) if year else None


def pairs(items: Iterable[Content]) -> list[tuple[str, str]]:
    """Return the keys and headings of items, as choices."""
    return [(item.key, item.translated["heading"]) for item in items]
