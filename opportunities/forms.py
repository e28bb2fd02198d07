"""Filters of the list of opportunities and of its feeds."""

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from editorial.models import Content
from opportunities.models import Opportunity
from opportunities.states import State
from partners.forms import FilterForm, TranslatedSelect
from partners.models import PartnerUniversity
from topics.models import Audience, Topic

# Maximum number of items that a filter offers.
MAX_CHOICES = 100
# The states that the filter offers. “open” includes those that are open at any time.
STATES = (State.OPEN, State.CLOSING, State.UPCOMING, State.ASK, State.CLOSED)


def choice(label: Any) -> forms.ChoiceField:
    errors = {"invalid_choice": _("There is no such choice. Choose one from the list.")}
    return forms.ChoiceField(label=label, required=False, widget=TranslatedSelect, error_messages=errors)


def in_capitals(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the choices of a field with labels that begin with a capital letter."""
    return [(value, capfirst(label)) for value, label in choices]


class OpportunityFilterForm(FilterForm):
    """Filters by audience, kind, university, topic and state."""

    audience = choice(_("For whom"))
    kind = choice(_("Kind"))
    member = choice(_("University"))
    topic = choice(_("Topic"))
    state = choice(_("State"))

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        self.items: dict[str, dict[str, Content]] = {}
        self.offer_items("audience", pgettext_lazy("audience", "All"), Audience.objects.published())
        self.offer("kind", pgettext_lazy("kind", "All"), in_capitals(Opportunity.Kind.choices))
        members = PartnerUniversity.objects.published().for_list()
        self.offer_items("member", pgettext_lazy("university", "All"), members)
        self.offer_items("topic", pgettext_lazy("topic", "All"), Topic.objects.published())
        states = [(state.value, state.label) for state in STATES]
        self.offer("state", pgettext_lazy("state", "All"), in_capitals(states))

    def offer(self, name: str, all_label: Any, choices: Iterable[tuple[str, Any]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", all_label), *choices]

    def offer_items(self, name: str, all_label: Any, items: Any) -> None:
        """Offer the first items by their keys, which are the same in each language."""
        self.items[name] = {item.key: item for item in items[:MAX_CHOICES]}
        self.offer(name, all_label, [(key, item.translated["heading"]) for key, item in self.items[name].items()])

    @property
    def matching(self) -> dict[str, Any]:
        """The choices as arguments of `OpportunityQuerySet.matching`."""
        return {name: self.items[name][value] if name in self.items else value for name, value in self.filters.items()}

    @property
    def query(self) -> str:
        """The choices as the query of a URL."""
        return urlencode(self.filters)

    @property
    def labels(self) -> list[str]:
        """The choices as visitors read them."""
        fields: Any = self.fields
        return [str(dict(fields[name].choices)[value]) for name, value in self.filters.items()]
