"""Model fields that clean their values before they are stored: rich text and uploaded pictures."""

import errno
import logging
from functools import partial
from typing import Any
from urllib.parse import urljoin

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.fields.files import ImageFieldFile
from django.db.models.signals import post_delete
from django.utils.encoding import filepath_to_uri
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField, create_sanitizer

from editorial.clean_text import CleanText, formatted, refuse_characters
from editorial.files import PrivateStorage, delete_unless_named
from editorial.images import CleanImage, clean_image
from editorial.phrases import unwrap_spans

log = logging.getLogger(__name__)

RICH_TEXT_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "PhraseLanguage": True,
    "History": True,
    "HTML": True,
}


class RichTextField(CleanText, ProseEditorField):
    """Formatted text as HTML, sanitised to the elements that the editor can produce.

    The value is cleaned and sanitised whenever it is written to the database: by a form, a model, a bulk operation, a
    queryset update or a content file.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("extensions", RICH_TEXT_EXTENSIONS)
        # The last function is called first.
        kwargs.setdefault("sanitize", [unwrap_spans, create_sanitizer])
        super().__init__(*args, **kwargs)

    def clean_text(self, text: str) -> str:
        return formatted(text)

    def clean(self, value, model_instance):
        if isinstance(value, str):
            # Half of a pair cannot be sanitised.
            value = formatted(value)
            refuse_characters(value)
        return super().clean(self.sanitised(value), model_instance)

    def sanitised(self, value):
        """Return `value` as it is stored. Sanitising comes first, because it decodes character references."""
        return formatted(self.sanitize(value)) if isinstance(value, str) else value

    def get_prep_value(self, value):
        return self.sanitised(super().get_prep_value(value))

    def pre_save(self, model_instance, add):
        value = self.get_prep_value(super().pre_save(model_instance, add))
        # Without the descriptor of modeltranslation: it would write the fallback into the field of the active language.
        model_instance.__dict__[self.attname] = value
        return value


# Errors of a full disk, and of a quota or file size limit.
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class PictureFormField(forms.ImageField):
    """Form field for an uploaded picture, which `clean_image` cleans.

    Validation writes the picture to its storage under a temporary name, so that a full disk is an error of this field.
    """

    def __init__(self, *args: Any, storage: PrivateStorage, folder: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.storage, self.folder = storage, folder

    def to_python(self, data: Any) -> CleanImage | None:
        # Skip the check of ImageField, because the messages of clean_image are more precise.
        upload = forms.FileField.to_python(self, data)
        if upload is None:
            return None
        picture = clean_image(upload)
        try:
            self.storage.stage(picture, self.folder)
        except OSError as error:
            log.error("An upload could not be stored: %s", error)
            if error.errno in NO_SPACE:
                message = _(
                    "The server has no space for this file. Ask the administrator to free space, then choose "
                    "the file again and save."
                )
            else:
                message = _(
                    "The server could not store this file. Tell the administrator, then choose the file again and save."
                )
            raise ValidationError(message, code="image_not_stored") from error
        return picture

    def widget_attrs(self, widget: forms.Widget) -> dict[str, str]:
        return {"accept": "image/png,image/jpeg,image/webp"} if not widget.is_hidden else {}


class PictureFile(ImageFieldFile):
    """File of a picture. `url` is for staff. `public_url` is for visitors, and works while a published item uses it."""

    # Set by Django; its type stubs lack it.
    _committed: bool

    @property
    def public_url(self) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(self.name or ""))

    @property
    def is_new(self) -> bool:
        """Whether the file is not stored yet."""
        return not self._committed


class PictureField(models.ImageField):
    """PNG, JPEG or WebP picture. It is checked and stripped of metadata before it is stored.

    When a row is deleted or its file is replaced, the old file is deleted after the commit. `upload_to` is a folder.
    """

    attr_class = PictureFile

    def contribute_to_class(self, cls: Any, name: str, *args: Any, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        if not cls._meta.abstract:
            post_delete.connect(self.after_delete, sender=cls)

    def after_delete(self, instance: models.Model, using: str, **kwargs: Any) -> None:
        self.delete_after_commit(getattr(instance, self.attname).name, using)

    def delete_after_commit(self, name: str | None, using: str) -> None:
        if name:
            transaction.on_commit(partial(delete_unless_named, name), using=using, robust=True)

    def pre_save(self, model_instance, add):
        file = getattr(model_instance, self.attname)
        if not add and not (file and file._committed):
            rows = type(model_instance)._base_manager.filter(pk=model_instance.pk)
            self.delete_after_commit(rows.values_list(self.attname, flat=True).first(), rows.db)
        if file and not file._committed and not isinstance(file.file, CleanImage):
            picture = clean_image(file.file)
            file.file, file.name = picture, picture.name
            # Cleaning may have rotated the picture.
            vars(file).pop("_dimensions_cache", None)
            self.update_dimension_fields(model_instance, force=True)
        return super().pre_save(model_instance, add)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        defaults: dict[str, Any] = {
            "form_class": PictureFormField,
            "storage": self.storage,
            "folder": self.upload_to,
            # The storage shortens the name.
            "max_length": None,
        }
        return super().formfield(**(defaults | kwargs))
