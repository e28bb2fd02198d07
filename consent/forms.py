"""Form of a decision over all providers."""

from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from consent.models import Decision, NoticeVersion

# Fields of the checkboxes. `shown` has the purposes whose box was ticked when the form was shown; layout.js removes it,
# because with JavaScript the boxes of a purpose and of its providers follow each other.
CHOICES = ("purposes", "providers", "shown")


class DecisionForm(forms.Form):
    """Buttons and checkboxes of the notice. Only granted providers are ticked (Recital 32 GDPR).

    A purpose has a box, and each of its providers has one. Without JavaScript the boxes can contradict each other, so
    the narrower reading counts: a purpose whose box was unticked grants nothing; otherwise the ticked providers count;
    a purpose that was ticked without any of its providers grants all of them.
    """

    ACTIONS = {
        "accept": Decision.Action.ACCEPTED_ALL,
        "refuse": Decision.Action.REFUSED_ALL,
        "choose": Decision.Action.CHOSEN,
        "withdraw": Decision.Action.WITHDRAWN,
        "allow": Decision.Action.CHOSEN,
    }

    action = forms.ChoiceField(
        choices=[(name, name) for name in ACTIONS],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            _("Press one of the buttons: accept all, refuse all, or save your choice."),
        ),
    )
    purposes = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": _("One of the purposes was removed. Check your choice again.")},
    )
    providers = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": _("One of the providers was removed. Check your choice again.")},
    )

    def __init__(self, *args, version: NoticeVersion, is_shown: bool, granted: frozenset[str], **kwargs):
        super().__init__(*args, **kwargs)
        # Whether the form was shown with this version. Otherwise its boxes answered another question.
        self.version, self.is_shown, self.granted = version, is_shown, granted
        purposes = cast(forms.MultipleChoiceField, self.fields["purposes"])
        purposes.choices = [(key, key) for key in self.providers_by_purpose()]
        providers = cast(forms.MultipleChoiceField, self.fields["providers"])
        providers.choices = [(key, key) for key in version.optional_providers]

    def providers_by_purpose(self) -> dict[str, set[str]]:
        """Return the keys of the providers of each purpose that visitors are asked about."""
        found: dict[str, set[str]] = {}
        for key, provider in self.version.optional_providers.items():
            found.setdefault(provider["purpose"], set()).add(key)
        return found

    def chosen(self) -> set[str]:
        """Return the keys of the providers that the boxes grant."""
        if not self.is_shown:
            return set(self.granted)
        purposes, ticked, shown = (set(cast(QueryDict, self.data).getlist(name)) for name in CHOICES)
        chosen: set[str] = set()
        for purpose, providers in self.providers_by_purpose().items():
            if purpose in shown and purpose not in purposes:
                continue
            is_all = purpose in purposes and purpose not in shown
            chosen |= providers & ticked or (providers if is_all else set())
        return chosen

    @property
    def takes_back(self) -> bool:
        """Whether the button grants nothing."""
        return self.cleaned_data["action"] in ("refuse", "withdraw")

    @property
    def decided(self) -> dict:
        """Arguments `action` and `answers` of DecisionQuerySet.record."""
        pressed = self.cleaned_data["action"]
        # The button “allow” of embedded content adds one provider to those that are granted.
        chosen = {
            "accept": set(self.version.optional_providers),
            "choose": self.chosen(),
            "allow": self.granted | set(self.cleaned_data["providers"]),
        }.get(pressed, set())
        answers = {key: key in chosen for key in self.version.optional_providers}
        return {"action": self.ACTIONS[pressed], "answers": answers}
