"""The form for one text in one language."""

from functools import cached_property
from hashlib import sha256

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from editorial.base_values import BaseValues, RenderedField, unix_newlines
from editorial.conflicts import change_message, conflict_message, display_value, last_change
from translations.desk.models import TextToTranslate
from translations.status.checks import findings_for


def digest(*parts) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()


class TranslationForm(forms.Form):
    """The translation, in the same field as in the form of its item, and what its writer has seen of the rest.

    Remarks that are no errors stop the first save alone: who saves the same again has read them.
    """

    seen_remarks = forms.CharField(widget=forms.HiddenInput, required=False)
    # Of the source, the translation and the draft, as the page showed them.
    base_values = RenderedField(required=False)

    def __init__(self, text: TextToTranslate, data=None, proposal: str | None = None):
        super().__init__(data, initial={"text": text.draft or text.target if proposal is None else proposal})
        self.translation = text
        self.remarks = []
        # No maxlength, by which browsers cut off in silence what is pasted; the checks tell of it.
        field = text.model_field.formfield(label=text.language_name, required=False, max_length=None)
        field.widget.attrs |= {"lang": text.language, "class": "vLargeTextField"}
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 12 if text.is_rich_text else 6
        self.fields["text"] = field
        self.fields["base_values"].initial = str(BaseValues(self.stored_fingerprints))

    @cached_property
    def stored_fingerprints(self) -> dict[str, str]:
        text = self.translation
        return {"source": digest(text.source_text), "target": digest(text.target), "draft": digest(text.draft)}

    def clean_text(self) -> str:
        return unix_newlines(self.cleaned_data["text"] or "")

    def clean(self):
        cleaned = super().clean()
        words = cleaned.get("text") or ""
        if "_draft" in self.data or "_discard" in self.data or "_machine" in self.data:
            self.check_draft(words)
            return cleaned
        if not words and not self.translation.target:
            self.add_error("text", _("The translation is empty. Enter a translation, or go to another text."))
            return cleaned
        self.check_for_changes(words)
        if words:
            self.check(words, cleaned)
        return cleaned

    @cached_property
    def base(self) -> BaseValues:
        return BaseValues.read(self.data.get("base_values", ""))

    def changed_meanwhile(self, name: str) -> bool:
        return self.base.values.get(name) != self.stored_fingerprints[name]

    def check_for_changes(self, words: str):
        text = self.translation
        if self.changed_meanwhile("source"):
            changed = _("The source changed while you were writing. Compare the texts again, then save.")
            self.add_error("text", changed)
        if self.changed_meanwhile("target") and words != text.target:
            change = last_change(text.item, text.model_field.verbose_name, self.base.at)
            self.add_conflict(change_message(change), text.target)
        self.check_draft(words)

    def check_draft(self, words: str):
        """A draft that somebody else kept meanwhile would be gone with a save, and with another draft."""
        draft = self.translation.draft
        if draft and draft != words and self.changed_meanwhile("draft"):
            self.add_conflict(_("Somebody saved another draft after you opened this text."), draft)

    def add_conflict(self, happened: str, stored: str):
        text = self.translation
        self.add_error("text", conflict_message(happened, display_value(text.model_field, stored), text.language))

    def check(self, words: str, cleaned):
        found = findings_for(
            self.translation.model_field, self.translation.source_text, words, self.translation.language
        )
        for finding in found:
            if finding.is_error:
                self.add_error("text", finding.message)
        self.remarks = [finding.message for finding in found if not finding.is_error]
        seen = digest(*self.remarks)
        if self.remarks and cleaned.get("seen_remarks") != seen:
            self.show("seen_remarks", seen)
            raise ValidationError(_("Check the warnings below. To keep the text as it is, save again."))

    def show(self, name: str, value: str):
        """Send `value` along with the form when it is shown again."""
        self.data = self.data.copy()
        self.data[name] = value
