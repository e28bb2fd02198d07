"""Form of a decision over all purposes."""

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.models import Decision, NoticeVersion


class DecisionForm(forms.Form):
    """Buttons and checkboxes of the notice. Only granted purposes are ticked (Recital 32 GDPR)."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("accept", "refuse", "choose", "withdraw", "allow")],
        error_messages={
            "required": _("Press one of the buttons: accept all, refuse all, or save your choice."),
            "invalid_choice": _("Press one of the buttons: accept all, refuse all, or save your choice."),
        },
    )
    purposes = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": _("One of the purposes was removed. Check your choice again.")},
    )

    ACTIONS = {
        "accept": Decision.Action.ACCEPTED_ALL,
        "refuse": Decision.Action.REFUSED_ALL,
        "choose": Decision.Action.CHOSEN,
        "withdraw": Decision.Action.WITHDRAWN,
        "allow": Decision.Action.CHOSEN,
    }

    def __init__(self, *args, version: NoticeVersion, granted: frozenset[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.version, self.granted = version, granted
        purposes = cast(forms.MultipleChoiceField, self.fields["purposes"])
        purposes.choices = [(key, key) for key in version.optional_purposes]

    @property
    def decided(self) -> dict:
        """Arguments `action` and `answers` of DecisionQuerySet.record."""
        pressed, ticked = self.cleaned_data["action"], self.cleaned_data["purposes"]
        # The button “allow” of embedded content adds one purpose to those that are granted.
        chosen = {
            "accept": self.version.optional_purposes,
            "choose": ticked,
            "allow": [*self.granted, *ticked],
        }.get(pressed, [])
        answers = {key: key in chosen for key in self.version.optional_purposes}
        return {"action": self.ACTIONS[pressed], "answers": answers}
