from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliance.models import Contact
from pages.filters import FilterForm, TranslatedChoiceField
from partners.models import PartnerUniversity
from topics.models import Topic


class ContactFilterForm(FilterForm):
    """Filters of the contacts. The form offers the universities and topics that published contacts have."""

    member = TranslatedChoiceField(
        PartnerUniversity.objects.published().used_by(Contact.objects.published(), "partner").without_long_texts(),
        label=_("University"),
        empty_label=pgettext_lazy("university", "All"),
        error_messages={"invalid_choice": _("No contact belongs to that university. Choose one from the list.")},
    )
    topic = TranslatedChoiceField(
        Topic.objects.published().used_by(Contact.objects.published(), "topics"),
        label=_("Topic"),
        empty_label=pgettext_lazy("topic", "All"),
        error_messages={"invalid_choice": _("No contact has that topic. Choose one from the list.")},
    )
