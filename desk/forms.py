"""The form for one text in one language."""

from hashlib import sha256

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from desk.models import TextToTranslate
from translations.checks import findings_for


def digest(*parts) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()


class TranslationForm(forms.Form):
    """The translation, in the same field as in the form of its item, and what its writer has seen of the rest.

    Remarks that are no errors stop the first save alone: who saves the same again has read them.
    """

    seen_remarks = forms.CharField(widget=forms.HiddenInput, required=False)
    # The source and the translation that the writer had before their eyes.
    seen_texts = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, text: TextToTranslate, data=None, proposal: str | None = None):
        super().__init__(data, initial={"text": text.draft or text.target if proposal is None else proposal})
        self.translation = text
        self.remarks = []
        self.changed_meanwhile = False
        # No maxlength, by which browsers cut off in silence what is pasted; the checks tell of it.
        field = text.model_field.formfield(label=text.language_name, required=False, max_length=None)
        field.widget.attrs |= {"lang": text.language, "class": "vLargeTextField"}
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 12 if text.is_rich_text else 6
        self.fields["text"] = field
        self.fields["seen_texts"].initial = self.texts

    @property
    def texts(self) -> str:
        return digest(self.translation.source_text, self.translation.target)

    def clean(self):
        cleaned = super().clean()
        words = cleaned.get("text") or ""
        if not words and not self.translation.target:
            self.add_error("text", _("Nothing is written yet. Write a translation, or go on to another text."))
            return cleaned
        self.check_for_changes(cleaned)
        if words:
            self.check(words, cleaned)
        return cleaned

    def check_for_changes(self, cleaned):
        if cleaned.get("seen_texts") == self.texts:
            return
        self.changed_meanwhile = True
        self.show("seen_texts", self.texts)
        self.add_error(
            "text",
            _("The source or the translation changed while you were writing. Compare once more, then save again."),
        )

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
            raise ValidationError(_("Look at the remarks below. To keep the text as it is, save once more."))

    def show(self, name: str, value: str):
        """Send `value` along with the form when it is shown again."""
        self.data = self.data.copy()
        self.data[name] = value
