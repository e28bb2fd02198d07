"""Filters of the list of opportunities and of its feeds."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from opportunities.models import Opportunity, OpportunityKind
from opportunities.states import State
from pages.filters import FilterForm, TranslatedChoiceField, ValueChoiceField
from partners.models import PartnerUniversity
from topics.models import Audience, Topic

# The states that the filter offers. “open” includes those that are open at any time.
STATES = (State.OPEN, State.CLOSING, State.UPCOMING, State.ASK, State.CLOSED)


class OpportunityFilterForm(FilterForm):
    """Filters by audience, kind, university, topic and state.

    The form offers the audiences and topics that published opportunities have.
    """

    audience = TranslatedChoiceField(
        Audience.objects.published().used_by(Opportunity.objects.published(), "audiences"),
        label=_("For whom"),
        empty_label=pgettext_lazy("audience", "All"),
    )
    kind = ValueChoiceField(OpportunityKind.choices, label=_("Kind"), empty_label=pgettext_lazy("kind", "All"))
    member = TranslatedChoiceField(
        PartnerUniversity.objects.published().for_list(),
        label=_("University"),
        empty_label=pgettext_lazy("university", "All"),
    )
    topic = TranslatedChoiceField(
        Topic.objects.published().used_by(Opportunity.objects.published(), "topics"),
        label=_("Topic"),
        empty_label=pgettext_lazy("topic", "All"),
    )
    state = ValueChoiceField(
        ((state.value, state.label) for state in STATES), label=_("State"), empty_label=pgettext_lazy("state", "All")
    )
