from collections.abc import Iterable
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.forms import FilterForm, TranslatedSelect


class ContactFilterForm(FilterForm):
    """Filters of the contacts. `universities` and `topics` are the choices: (key, name) pairs."""

    university = forms.ChoiceField(
        label=_("University"),
        required=False,
        widget=TranslatedSelect,
        error_messages={"invalid_choice": _("No contact belongs to that university. Choose one from the list.")},
    )
    topic = forms.ChoiceField(
        label=_("Topic"),
        required=False,
        widget=TranslatedSelect,
        error_messages={"invalid_choice": _("No contact has that topic. Choose one from the list.")},
    )

    def __init__(
        self, data: QueryDict | None, universities: Iterable[tuple[str, str]], topics: Iterable[tuple[str, str]]
    ) -> None:
        super().__init__(data)
        university, topic = (cast(forms.ChoiceField, self.fields[name]) for name in ("university", "topic"))
        university.choices = [("", pgettext_lazy("university", "All")), *universities]
        topic.choices = [("", pgettext_lazy("topic", "All")), *topics]
