"""The one form of consent: one decision over all purposes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.models import Decision, NoticeVersion


class DecisionForm(forms.Form):
    """The buttons of the notice, and the boxes that go with one of them. Nothing is ticked unless it was granted."""

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
        self.fields["purposes"].choices = [(key, key) for key in version.optional_purposes]

    @property
    def decided(self) -> dict:
        """The action and the answer to each optional purpose, as DecisionQuerySet.record takes them."""
        pressed, ticked = self.cleaned_data["action"], self.cleaned_data["purposes"]
        # “Allow” stands beside one piece of content: it adds to what is granted already.
        chosen = {
            "accept": self.version.optional_purposes,
            "choose": ticked,
            "allow": [*self.granted, *ticked],
        }.get(pressed, [])
        answers = {key: key in chosen for key in self.version.optional_purposes}
        return {"action": self.ACTIONS[pressed], "answers": answers}
