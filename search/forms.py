"""The search form."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Search this site"),
        min_length=2,
        max_length=100,
        error_messages={
            "required": _("Enter a search term."),
            "min_length": _("Enter at least two letters."),
            "max_length": _("Enter at most 100 letters."),
        },
    )

    def __init__(self, data: Mapping[str, str] | None = None):
        super().__init__(data, label_suffix="")
