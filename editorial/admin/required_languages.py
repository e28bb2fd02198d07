"""Refusal to publish an item whose texts in a required language are missing or stale."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from editorial.admin_urls import page_url
from editorial.models import Content
from editorial.required_languages import outdated_texts
from translations.status.models import Translation


class RequiredLanguagesMixin(ModelAdmin):
    """Admin that publishes an item only if its texts in the required languages are current."""

    model: type[Content]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep a new item off the site while its texts are outdated."""
        super().save_related(request, form, formsets, change)
        item = form.instance
        if not change and self.model.has_drafts and item.is_published and (outdated := outdated_texts(item)):
            item.set_published(False)
            item.is_published = False
            self.refuse_publication(request, item, outdated)

    def refuse_publication(self, request: HttpRequest, item: Any, texts: list[Translation]) -> HttpResponse:
        """Name the texts that must be translated first, with links. Call it after the draft is stored."""
        forget_success(request)
        # A text that was only in the transaction of the draft is not stored.
        stored = {
            (text.model, text.object_id, text.field, text.language): text.desk_url
            for text in Translation.objects.filter(pk__in=[text.pk for text in texts])
        }
        form_url = page_url(item, "change", item.pk)
        links = []
        for text in texts:
            url = stored.get((text.model, text.object_id, text.field, text.language))
            state = f"{settings.CONTENT_LANGUAGES[text.language]}, {text.get_status_display()}"
            links.append((url or f"{form_url}#id_{text.localized_field}", f"{capfirst(text.field_label)} ({state})"))
        messages.error(
            request,
            format_html(
                "{} {}",
                _("The draft is saved and not published. Translate or confirm these texts first:"),
                format_html_join(", ", '<a href="{}">{}</a>', links),
            ),
        )
        return HttpResponseRedirect(form_url)


def forget_success(request: HttpRequest) -> None:
    """Remove the messages that the form was saved, because its publication was rolled back."""
    queue: Any = messages.get_messages(request)
    queue._queued_messages = [queued for queued in queue._queued_messages if queued.level != messages.SUCCESS]
