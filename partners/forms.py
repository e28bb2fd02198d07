from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.models import PartnerUniversity


class PartnerFilterForm(forms.Form):
    """What the list of partners is narrowed to. `countries` are the choices offered: (code, name) pairs."""

    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        error_messages={"invalid_choice": _("No partner is in that country. Choose one from the list.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", pgettext_lazy("role", "All")), *PartnerUniversity.Role.choices],
        error_messages={"invalid_choice": _("There is no such role. Choose one from the list.")},
    )

    def __init__(self, *args, countries, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["country"].choices = [("", pgettext_lazy("country", "All")), *countries]

    @property
    def narrowing(self) -> dict[str, str]:
        """The valid, non-empty choices; what is invalid narrows nothing."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
