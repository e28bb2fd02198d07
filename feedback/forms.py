"""Form to report an accessibility barrier."""

import unicodedata

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from editorial.clean_text import CleanInput, one_line, several_lines


def visible(text: str) -> str:
    """Return a text of one line without format characters, which come with copied addresses and are in none."""
    return "".join(letter for letter in one_line(text) if unicodedata.category(letter) != "Cf")


class EmailInput(CleanInput, forms.EmailField):
    """E-mail address that is cleaned before the validation."""


class FeedbackForm(forms.Form):
    """Report of a barrier. Only `text` is required.

    Lengths are validated on the server, because browsers silently cut off a pasted text at `maxlength`.
    """

    text = CleanInput(
        clean_text=several_lines,
        label=_("What does not work for you?"),
        help_text=_(
            "Describe what you wanted to do and what stopped you. If you like, name your browser and "
            "assistive technology."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        validators=[MaxLengthValidator(5000, _("Shorten the text to 5000 characters; it has %(show_value)s now."))],
        error_messages={"required": _("Describe what does not work for you.")},
    )
    page = CleanInput(
        label=_("On which page? (optional)"),
        help_text=_("Its address or its title."),
        required=False,
        validators=[MaxLengthValidator(300, _("Shorten the address or title of the page to 300 characters."))],
    )
    email = EmailInput(
        clean_text=visible,
        label=_("Your e-mail address, for our answer (optional)"),
        help_text=_(
            "For example name@example.org. Without an address we cannot answer you, but we still look into the barrier."
        ),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        validators=[MaxLengthValidator(254, _("An e-mail address has at most 254 characters. Check the address."))],
        error_messages={"invalid": _("Write the e-mail address in full, such as name@example.org, or leave it empty.")},
    )
    answer_format = CleanInput(
        label=_("Do you need the answer in another format? (optional)"),
        help_text=_("For example large print, easy language or sign language. Say how we can send it to you."),
        required=False,
        validators=[MaxLengthValidator(300, _("Shorten the format of the answer to 300 characters."))],
    )
    # Honeypot: hidden from people, filled in by spam programs.
    homepage = forms.CharField(required=False)

    def __init__(self, data: QueryDict | None = None, initial: dict | None = None):
        super().__init__(data, initial=initial, label_suffix="")

    def clean(self) -> dict:
        if self.cleaned_data.get("homepage"):
            self.data = {**self.data, "homepage": ""}
            self.add_error(None, _("This message looked automated. If you are a person, send it again."))
        return self.cleaned_data

    @property
    def message(self) -> dict:
        """Fields of a Message."""
        return {name: self.cleaned_data[name] for name in ("text", "page", "email", "answer_format")}
