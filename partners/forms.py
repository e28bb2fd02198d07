from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pages.filters import FilterForm, ValueChoiceField
from partners.models import PartnerUniversity


class PartnerFilterForm(FilterForm):
    """Filters of the list of partners. The argument `country` has the choices: (code, name) pairs."""

    country = ValueChoiceField(
        label=_("Country"),
        empty_label=pgettext_lazy("country", "All"),
        error_messages={
            "invalid_choice": _("No university of the alliance is in that country. Choose a country from the list.")
        },
    )
    role = ValueChoiceField(
        PartnerUniversity.Role.choices,
        label=_("Role"),
        empty_label=pgettext_lazy("role", "All"),
        error_messages={"invalid_choice": _("Choose a role from the list.")},
    )
