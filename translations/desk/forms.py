"""The form of the translators' desk."""

from functools import cached_property
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from editorial.base_values import BaseValues, RenderedField
from editorial.conflicts import change_message, conflict_message, display_value, last_change
from editorial.models import Revision
from translations.desk.models import TextToTranslate
from translations.status.checks import findings_for


def digest(*parts) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()


class TranslationForm(forms.Form):
    """Form for one translation, with the form field of its model field.

    A hidden field has fingerprints of the stored values that the page showed, to find changes of others.

    Warnings prevent saving once. Saving again with the same warnings ignores them.
    """

    # The digest of the warnings that the page shows.
    seen_warnings = forms.CharField(widget=forms.HiddenInput, required=False)
    # Fingerprints of the source, the translation and the draft that the page shows.
    base_values = RenderedField(required=False)

    def __init__(self, text: TextToTranslate, data: QueryDict | None = None, proposal: str | None = None):
        super().__init__(data, initial={"text": text.draft or text.target if proposal is None else proposal})
        self.translation = text
        self.warnings: list[str] = []
        # No maxlength attribute: browsers would cut off pasted text without a message. The checks report the length.
        field = text.target_field.formfield(label=text.language_name, required=False, max_length=None)
        field.widget.attrs |= {"lang": text.language, "class": "vLargeTextField", "aria-keyshortcuts": "F2"}
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 12 if text.is_rich_text else 6
        self.fields["text"] = field
        self.fields["base_values"].initial = str(BaseValues(self.stored_fingerprints))

    @cached_property
    def stored_fingerprints(self) -> dict[str, str]:
        text = self.translation
        return {"source": digest(text.source_text), "target": digest(text.target), "draft": digest(text.draft)}

    def clean_text(self) -> str:
        return self.cleaned_data["text"] or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        translation = cleaned.get("text") or ""
        if "_draft" in self.data or "_discard" in self.data or "_machine" in self.data:
            self.check_draft(translation)
            return cleaned
        if not translation and not self.translation.target:
            self.add_error("text", _("The translation is empty. Enter a translation, or go to another text."))
            return cleaned
        self.check_for_changes(translation)
        if translation:
            self.check_text(translation, cleaned.get("seen_warnings"))
        return cleaned

    @cached_property
    def base(self) -> BaseValues:
        return BaseValues.read(self.data.get("base_values", ""))

    def has_changed_since_shown(self, name: str) -> bool:
        return self.base.values.get(name) != self.stored_fingerprints[name]

    def check_for_changes(self, translation: str):
        text = self.translation
        if self.has_changed_since_shown("source"):
            changed = _("The source changed while you were writing. Compare the texts again, then save.")
            self.add_error("text", changed)
        if self.has_changed_since_shown("target") and translation != text.target:
            change = last_change(text.item, text.target_field.verbose_name, self.base.at)
            values = Revision.objects.last_values(text.item, text.localized_field)
            shown = [value or "" for value in values if digest(value or "") == self.base.values.get("target")]
            self.add_conflict(change_message(change), text.target, *shown[:1])
        self.check_draft(translation)

    def check_draft(self, translation: str):
        """Report a draft that somebody else saved meanwhile, which this form would delete or replace."""
        draft = self.translation.draft
        if draft and draft != translation and self.has_changed_since_shown("draft"):
            self.add_conflict(_("Somebody saved another draft after you opened this text."), draft)

    def add_conflict(self, message: str, stored: str, base: str | None = None):
        text, field = self.translation, self.translation.target_field
        shown = None if base is None else display_value(field, base)
        error = conflict_message(message, display_value(field, stored), shown, text.language)
        self.add_error("text", error)

    def check_text(self, translation: str, seen_warnings: str | None):
        text = self.translation
        found = findings_for(text.target_field, text.source_text, translation, text.language)
        for finding in found:
            if finding.is_error:
                self.add_error("text", finding.message)
        self.warnings = [finding.message for finding in found if not finding.is_error]
        seen = digest(*self.warnings)
        if self.warnings and seen_warnings != seen:
            self.set_value("seen_warnings", seen)
            raise ValidationError(_("Check the warnings below. To keep the text as it is, save again."))

    def set_value(self, name: str, value: str):
        """Replace the posted value of a field, for the form that is shown again."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[name] = value
        self.data = data
