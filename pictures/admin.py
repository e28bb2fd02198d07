from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.forms import Script
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media

from editorial.admin import ChoicesMixin, ContentAdmin
from editorial.admin.history import draft_link
from editorial.admin_urls import page_url
from editorial.models import Revision
from pictures.forms import PictureChoice
from pictures.models import Picture
from pictures.renditions import WHOLE

# Pictures that a form offers with thumbnails, which load lazily. In a larger library, users search by name.
MAX_PICTURES = 250
PICKER_MEDIA = Media(css={"all": ["pictures/focal-point.css"]}, js=[Script("pictures/focal-point.js", type="module")])


class CoverMixin(ChoicesMixin):
    """Admin of a model with a cover, which users choose from thumbnails of the library."""

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs):
        if db_field.related_model is not Picture:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        kwargs |= {"widget": PictureChoice(label=str(capfirst(db_field.verbose_name))), "empty_label": _("no picture")}
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field.widget.widget, PictureChoice):
            # Without the links to add or change a picture.
            field.widget = field.widget.widget
        return field

    def max_choices(self, db_field: models.Field) -> int:
        return MAX_PICTURES if db_field.related_model is Picture else super().max_choices(db_field)


@admin.register(Picture)
class PictureAdmin(ContentAdmin):
    list_display = ["name", "file_thumbnail", "alt", "credit", "licence", "is_published"]
    search_fields = ["name", "alt", "caption", "credit", "licence"]
    readonly_fields = ["preview", "used_in", "rendition_state"]
    fieldsets = [
        (None, {"fields": ["name", "file", "alt", "is_decorative"]}),
        (_("Focal point"), {"fields": ["preview", ("focal_x", "focal_y")]}),
        (_("Below the picture"), {"fields": ["caption", "credit", "licence", "licence_url"]}),
        (_("On this site"), {"fields": ["is_published", "used_in", "rendition_state"]}),
    ]

    @property
    def media(self):
        return super().media + PICKER_MEDIA

    @admin.display(description=_("picture"))
    def file_thumbnail(self, picture):
        return format_html('<img class="thumbnail" src="{}" alt="">', picture.thumbnail_url)

    @admin.display(description=_("picture"))
    def preview(self, picture):
        # After an error in the form, the file of the picture is an upload that was not stored.
        if not picture.file or not picture.file._committed:
            return _("Save the picture first. Then click on the point that must stay visible.")
        shown = picture.staff_rendition(WHOLE)
        return format_html(
            '<div class="focal-picker"><img src="{}" width="{}" height="{}" alt="{}"></div>',
            shown.url,
            shown.width,
            shown.height,
            picture.alt or "",
        )

    @admin.display(description=_("used in"))
    def used_in(self, picture):
        uses = picture.uses() if picture.pk else []
        drafts = Revision.objects.drafts_naming(Picture, [picture.pk]) if picture.pk else []
        shown = [self.link(item) for item in uses]
        stored = {(type(item), item.pk) for item in uses}
        shown += [draft_link(draft) for draft in drafts if (draft.model_class, draft.object_id) not in stored]
        if not shown:
            return _("nothing yet")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((text,) for text in shown)))

    def link(self, item):
        """Return the kind and name of an item, linked to its form if it has one."""
        text = f"{item._meta.verbose_name}: {item}"
        try:
            url = page_url(item, "change", item.pk)
        except NoReverseMatch:
            return text
        return format_html('<a href="{}">{}</a>', url, text)

    @admin.display(description=_("sizes for screens"))
    def rendition_state(self, picture):
        if picture.pk and picture.has_renditions:
            return _("made")
        if picture.pk:
            return _("missing; pages show the original. Save again, or ask the administrator to run make_pictures.")
        return _("made when you save")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and not form.has_changed() and not obj.has_renditions:
            # The user saved the form only to make the renditions.
            transaction.on_commit(obj.make_renditions, robust=True)

        def warn_about_missing_renditions():
            if not obj.has_renditions:
                self.message_user(
                    request,
                    _("The picture is saved, but its smaller sizes could not be made. Pages show the original."),
                    "WARNING",
                )

        transaction.on_commit(warn_about_missing_renditions)
