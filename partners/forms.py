from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from editorial.texts import UNTRANSLATED_ATTRIBUTE, TranslatedText
from partners.models import PartnerUniversity


class TranslatedSelect(forms.Select):
    """Select whose options may be texts of content. It marks those that are not in the language of the page."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        if isinstance(label, TranslatedText):
            # Without its HTML, because an option contains only text.
            option["label"] = str(label)
            if label.attributes:
                option["attrs"] |= {"lang": label.language, UNTRANSLATED_ATTRIBUTE: True}
        return option


class TranslatedChoiceField(forms.ModelChoiceField):
    """Choice of an item of content by its key. It marks names that are not in the language of the page."""

    widget = TranslatedSelect

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, to_field_name="key", **kwargs)

    def label_from_instance(self, item: Any) -> TranslatedText:
        return item.translated["heading"]


class FilterForm(forms.Form):
    """Base of the filters of a list."""

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, label_suffix="")

    @property
    def filters(self) -> dict[str, Any]:
        """The valid choices that are not empty, by field name."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class PartnerFilterForm(FilterForm):
    """Filters of the list of partners. `countries` are the choices: (code, name) pairs."""

    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        error_messages={
            "invalid_choice": _("No university of the alliance is in that country. Choose a country from the list.")
        },
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", pgettext_lazy("role", "All")), *PartnerUniversity.Role.choices],
        error_messages={"invalid_choice": _("Choose a role from the list.")},
    )

    def __init__(self, data: QueryDict | None, countries: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        country = cast(forms.ChoiceField, self.fields["country"])
        country.choices = [("", pgettext_lazy("country", "All")), *countries]
