"""Filters of lists."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.models import Content
from editorial.texts import UNTRANSLATED_ATTRIBUTE, TranslatedText

# Maximum number of items that a field offers.
MAX_CHOICES = 100
ERRORS: dict[str, Any] = {"invalid_choice": _("There is no such choice. Choose one from the list.")}


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


class FirstChoices(ModelChoiceIterator):
    """The first items of the queryset of a field."""

    def __init__(self, field: forms.ModelChoiceField) -> None:
        super().__init__(field)
        self.queryset = self.queryset[:MAX_CHOICES]


class TranslatedChoiceField(forms.ModelChoiceField):
    """Choice of an item of content by its key, which is the same in each language."""

    widget = TranslatedSelect
    iterator = FirstChoices
    default_error_messages = ERRORS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, to_field_name="key", **kwargs)

    def label_from_instance(self, item: Any) -> TranslatedText:
        return item.translated["heading"]


class ValueChoiceField(forms.TypedChoiceField):
    """Choice of a value. Labels begin with a capital letter. `empty_label` is the choice that does not filter."""

    default_error_messages = ERRORS

    def __init__(self, choices: Iterable[tuple[Any, Any]] = (), *, empty_label: Any = "", **kwargs: Any) -> None:
        labelled = ((value, capfirst(label)) for value, label in choices)
        super().__init__(choices=[("", empty_label), *labelled], required=False, **kwargs)


class FilterForm(forms.Form):
    """Base of the filters of a list. `choices` are added to those of the ValueChoiceFields, by field name."""

    def __init__(self, data: QueryDict | None, **choices: Iterable[tuple[Any, Any]]) -> None:
        super().__init__(data, label_suffix="")
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = [*field.choices, *found]

    @property
    def filters(self) -> dict[str, Any]:
        """The valid choices that are not empty, by field name."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def query(self, without: str = "") -> str:
        """Return the filters, but that of the field `without`, as the query of a URL, the same in each language."""
        return urlencode(
            {name: getattr(value, "key", value) for name, value in self.filters.items() if name != without}
        )

    @property
    def labels(self) -> list[str]:
        """The filters as visitors read them."""
        fields: Any = self.fields
        return [
            str(value.translated["heading"] if isinstance(value, Content) else dict(fields[name].choices)[value])
            for name, value in self.filters.items()
        ]
