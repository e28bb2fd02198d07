"""The search form."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from editorial.clean_text import CleanInput


class SearchForm(forms.Form):
    q = CleanInput(
        label=_("Search this site"),
        min_length=2,
        max_length=200,
        error_messages={
            "required": _("Enter a search term."),
            "min_length": _("Enter at least two letters."),
            "max_length": _("Enter at most 200 letters."),
        },
    )

    def __init__(self, data: Mapping[str, str] | None = None):
        super().__init__(data, label_suffix="")
