"""Forms for the export and import of exchange files."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import BadSignature, TimestampSigner
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from translations.exchange.export import Format
from translations.exchange.units import Scope

# In bytes. Base64 adds a third, and the page posts the file back within DATA_UPLOAD_MAX_MEMORY_SIZE.
MAX_UPLOAD_SIZE = 1_900_000
KIND_CONTENT, KIND_INTERFACE = "content", "interface"


class ExportForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"))
    kind = forms.ChoiceField(
        label=_("Texts"),
        choices=[(KIND_CONTENT, _("of pages")), (KIND_INTERFACE, _("of the interface: buttons, messages, forms"))],
    )
    scope = forms.ChoiceField(label=_("Texts to include"), choices=Scope.choices)
    format = forms.ChoiceField(label=_("File format"), choices=Format.choices)

    def __init__(self, data: QueryDict | None = None, *, languages: list[str]):
        super().__init__(data, label_suffix="")
        choices = [(code, settings.CONTENT_LANGUAGES[code]) for code in languages]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Translated file"),
        help_text=_("XLIFF 2 or PO, as it was exported here. You see every change before anything is written."),
    )
    as_draft = forms.BooleanField(
        label=_("Keep everything as drafts"),
        help_text=_("Includes translations of an older source. Visitors see a draft only after somebody accepts it."),
        required=False,
    )
    skip_unknown = forms.BooleanField(
        label=_("Leave out texts that this site does not have"),
        help_text=_("For a file with texts that were deleted since the export."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict | None = None):
        super().__init__(data, files, label_suffix="")

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD_SIZE:
            raise forms.ValidationError(
                _(
                    "The file is larger than 1.9 MB. Split it, or ask the administrator to import it on the "
                    "command line."
                )
            )
        return file.read()


class ApplyForm(forms.Form):
    """The file and options of a preview, in a hidden field that is signed for the user who saw the preview."""

    signed_file = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.signer = TimestampSigner(salt=f"exchange.import.{user.pk}")

    def set_file(self, content: bytes, *, as_draft: bool, skip_unknown: bool, digest: str):
        packed = urlsafe_b64encode(zlib.compress(content, 9)).decode()
        self.initial["signed_file"] = self.signer.sign(f"{as_draft:d}.{skip_unknown:d}.{digest}.{packed}")

    def clean(self) -> dict[str, Any]:
        try:
            as_draft, skip_unknown, digest, packed = self.signer.unsign(
                self.cleaned_data.get("signed_file", ""), max_age=settings.SESSION_COOKIE_AGE
            ).split(".")
        except BadSignature as error:
            raise forms.ValidationError(_("The upload was incomplete. Upload the file again.")) from error
        return {
            "content": zlib.decompress(urlsafe_b64decode(packed)),
            "options": {"as_draft": as_draft == "1", "skip_unknown": skip_unknown == "1"},
            "digest": digest,
        }
