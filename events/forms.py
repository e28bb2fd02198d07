"""Filters of events."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models import Event
from pages.filters import FilterForm, TranslatedChoiceField, ValueChoiceField
from partners.models import PartnerUniversity
from topics.models import AttendanceFormat, Audience, Topic


class EventFilterForm(FilterForm):
    """Filters by audience, topic, university and format, also of the feeds and of the calendar.

    The form offers the audiences and topics that published events have.
    """

    audience = TranslatedChoiceField(
        Audience.objects.published().used_by(Event.objects.published(), "audiences"),
        label=_("For whom"),
        empty_label=pgettext_lazy("audience", "All"),
    )
    topic = TranslatedChoiceField(
        Topic.objects.published().used_by(Event.objects.published(), "topics"),
        label=_("Topic"),
        empty_label=pgettext_lazy("topic", "All"),
    )
    member = TranslatedChoiceField(
        PartnerUniversity.objects.published().for_list(),
        label=_("University"),
        empty_label=pgettext_lazy("university", "All"),
    )
    format = ValueChoiceField(AttendanceFormat.choices, label=_("Format"), empty_label=pgettext_lazy("format", "All"))


class EventListForm(EventFilterForm):
    """Filters of the list, also by year."""

    # Links choose the year. The form keeps it.
    year = ValueChoiceField(coerce=int, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None) -> None:
        self.years = Event.objects.published().years()
        super().__init__(data, year=((year, str(year)) for year in self.years))
