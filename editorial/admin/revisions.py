"""Admin of items with revisions: a draft beside the live item, publishing, and the record of every change.

The form shows the draft. It is rendered and saved in a transaction in which the stored rows are those of the draft. The
transaction is rolled back, unless the draft is published. So forms, inlines, validation and the detection of conflicts
are the same for drafts and for stored items.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from editorial.acting import SYSTEM
from editorial.admin.draft_conflicts import DraftConflictsMixin
from editorial.admin.history import COMMENT_LENGTH
from editorial.admin.required_languages import RequiredLanguagesMixin
from editorial.models import Content, Revision
from editorial.required_languages import outdated_texts
from editorial.revisions import restoring, snapshots
from editorial.unsaved import posted
from triggers.locks import locked

# Button that saves a draft. Django's other buttons publish, if the user may.
SAVE_DRAFT = "_draft"
# Button that gives up the draft.
DISCARD_DRAFT = "_discard"
# Button that takes the item off the site.
TAKE_OFF = "_takeoff"
# Hidden field with the primary key of the draft that the form shows.
SHOWN_DRAFT = "shown_draft"
COMMENT = "revision_comment"


class DraftSaved(HttpResponseRedirect):
    """Redirect after a valid form that saves a draft of `item`. The draft is stored if the form changed something."""

    def __init__(self, url: str, item: Content):
        super().__init__(url)
        self.item = item
        self.is_stored = True


class RevisionsMixin(RequiredLanguagesMixin, DraftConflictsMixin, ModelAdmin):
    """Admin whose saves are revisions. Changes of live items are drafts until a user with permission publishes them."""

    model: type[Content]

    def publishes(self, request: HttpRequest, item: Any) -> bool:
        """Whether the submitted form publishes `item`. A user without permission saves a draft with any button."""
        return request.method == "POST" and SAVE_DRAFT not in request.POST and self.may_publish(request, item)

    def may_edit(self, request: HttpRequest, item: Any) -> bool:
        """Whether the user may change more than translations."""
        return self.has_content_permission(request, "change") or self.may_publish(request, item)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out `is_published`, which buttons change."""
        fieldsets = super().get_fieldsets(request, obj)
        if not self.model.has_drafts:
            return fieldsets
        shown = [
            (title, options | {"fields": [name for name in options["fields"] if name != "is_published"]})
            for title, options in fieldsets
        ]
        return [(title, options) for title, options in shown if options["fields"]]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def view(**context: Any) -> HttpResponse:
            # A form that is shown again keeps the comment.
            context |= {COMMENT: posted(request).get(COMMENT, "")} | (extra_context or {})
            return super(RevisionsMixin, self).changeform_view(request, object_id, form_url, context)

        if not self.model.has_drafts:
            with recorded(request):
                return view()
        if request.method != "POST":
            return self.revision_view(request, object_id, view)
        # One transaction from reading the draft to storing the next one, so that no save overwrites another.
        with transaction.atomic():
            if object_id and (item := self.get_object(request, unquote(object_id))):
                locked(self.model, item.pk)
            return self.revision_view(request, object_id, view)

    def revision_view(self, request: HttpRequest, object_id: str | None, view: Any) -> HttpResponse:
        """Show or save the form of an item with drafts."""
        item = self.get_object(request, unquote(object_id)) if object_id else None
        draft = Revision.objects.draft_of(item) if item else None
        current = str(draft.pk) if draft else ""
        # For a form that is shown again: the draft with which it was opened.
        shown = posted(request).get(SHOWN_DRAFT, current)
        context = {
            "draft": draft,
            SHOWN_DRAFT: shown,
            "is_live": item is not None and item.is_published,
            "may_publish": self.may_publish(request, item),
            "may_edit": self.may_edit(request, item),
        }
        if item is not None and self.has_change_permission(request, item):
            if DISCARD_DRAFT in request.POST and draft and draft.base and self.may_edit(request, item):
                return self.discard_draft(request, draft, is_seen=shown == current)
            if TAKE_OFF in request.POST and item.is_published and self.may_publish(request, item):
                return self.take_off(request, item, draft, view, context)
        is_unseen = draft is not None and shown != current and self.publishes(request, item)
        if is_unseen:
            save_as_draft(request)
        response = self.saved_or_shown(request, item, draft, view, context)
        if draft and is_unseen and is_saved(request, response):
            text = _("The draft is saved and not published: {} changed it after you opened the form. Look at it below.")
            messages.warning(request, format_html(text, draft.author_name))
        elif isinstance(response, DraftSaved):
            self.report_saved(request, response)
        return response

    def report_saved(self, request: HttpRequest, response: DraftSaved) -> None:
        """Say whether a draft was stored."""
        if not response.is_stored:
            messages.info(request, _("You changed nothing, so nothing was saved."))
            return
        text = _("The draft of “{}” is saved.")
        if response.item.is_published:
            text = _("The draft of “{}” is saved. Visitors see the published text until somebody publishes the draft.")
        messages.success(request, format_html(text, response.item))

    def report_published(self, request: HttpRequest, item: Any) -> None:
        """Say that visitors see the item, with a link to its page if it has one."""
        if hasattr(item, "get_absolute_url"):
            link = format_html('<a href="{}">{}</a>', item.get_absolute_url(), item)
            messages.success(request, format_html(_("“{}” is published. Visitors see it now."), link))
        else:
            messages.success(request, format_html(_("“{}” is published."), item))

    def saved_or_shown(
        self, request: HttpRequest, item: Content | None, draft: Revision | None, view: Any, context: dict[str, Any]
    ) -> HttpResponse:
        if item is not None and (item.is_published or (draft and draft.base)):
            return self.draft_view(request, item, draft, view, context)
        with recorded(request):
            response = view(**context)
            if item is not None and is_saved(request, response) and self.publishes(request, item):
                if outdated := outdated_texts(item):
                    return self.refuse_publication(request, item, outdated)
                item.set_published(True)
        return response

    def draft_view(
        self, request: HttpRequest, item: Content, draft: Revision | None, view: Any, context: dict[str, Any]
    ) -> HttpResponse:
        """Show or save the form of an item with its draft in place of the stored rows."""
        if request.method != "POST" and draft is None:
            return view(**context)
        saved: snapshots.Snapshot | None = None
        logged: LogEntry | None = None
        comment = comment_of(request)
        with transaction.atomic():
            Revision.objects.record(author_name=SYSTEM)
            last_log = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            conflicts = draft.conflicts() if draft else []
            obstacles = restoring.write_draft(draft) if draft else []
            if request.method == "POST" and any(obstacle.is_fatal for obstacle in obstacles):
                return self.refuse_to_save(request)
            contradicts = bool(conflicts or obstacles) and self.publishes(request, item)
            if contradicts:
                save_as_draft(request)
            response = view(**context | {"conflicts_url": conflicts and self.admin_url("conflicts", item.pk)})
            publishes = is_saved(request, response) and self.publishes(request, item)
            outdated = outdated_texts(item) if publishes else []
            if publishes and not outdated:
                item.set_published(True)
                if draft:
                    draft.close()
                Revision.objects.record(comment)
                return response
            for obstacle in obstacles:
                messages.warning(request, str(obstacle) if obstacle.is_fatal else _("Left out: {}").format(obstacle))
            if isinstance(response, TemplateResponse):
                # Templates read the rows of the draft, which exist in this transaction only.
                response.render()
            if is_saved(request, response):
                saved = snapshots.take(self.model, [item.pk])[item.pk]
                own = LogEntry.objects.filter(
                    content_type=ContentType.objects.get_for_model(item), user=request.user.pk
                )
                logged = own.filter(pk__gt=last_log, object_id=str(item.pk)).first()
            transaction.set_rollback(True)
        if saved is not None:
            is_stored = self.store_draft(request, item, draft, saved, logged)
            if isinstance(response, DraftSaved):
                response.is_stored = is_stored
            if conflicts and contradicts:
                return self.lead_to_conflicts(request, item)
            if outdated:
                return self.refuse_publication(request, item, outdated)
        return response

    def refuse_to_save(self, request: HttpRequest) -> HttpResponse:
        """Report that the form, which shows the stored rows, does not replace a draft that it cannot show."""
        messages.error(
            request,
            _(
                "Nothing was saved, because the form cannot show the draft. Restore texts that fit from the history, "
                "or discard the draft."
            ),
        )
        return HttpResponseRedirect(request.get_full_path())

    def lead_to_conflicts(self, request: HttpRequest, item: Content) -> HttpResponse:
        """Report that nothing was published, and redirect to the page of the conflicts."""
        messages.warning(
            request,
            _("The draft is saved and not published: the published texts changed after it was begun. Choose below."),
        )
        return HttpResponseRedirect(self.admin_url("conflicts", item.pk))

    def store_draft(
        self,
        request: HttpRequest,
        item: Content,
        draft: Revision | None,
        data: snapshots.Snapshot,
        logged: LogEntry | None,
    ) -> bool:
        """Store what the form saved as the draft of `item`, and the entry in the history. Return whether it changed."""
        before = draft.merged()[0] if draft else snapshots.take(self.model, [item.pk])[item.pk]
        if data == before:
            return False
        Revision.objects.save_draft(item, data, comment_of(request))
        if logged:
            logged.pk = None
            logged.save(force_insert=True)
        return True

    def discard_draft(self, request: HttpRequest, draft: Revision, is_seen: bool) -> HttpResponse:
        """Discard the draft, unless the user did not see it in this state."""
        if is_seen:
            draft.close()
            messages.success(request, _("The draft was discarded. You find it in the history."))
        else:
            text = _("Nothing was discarded: {} changed the draft after you opened the form. Look at it below.")
            messages.warning(request, format_html(text, draft.author_name))
        return HttpResponseRedirect(request.get_full_path())

    def take_off(
        self, request: HttpRequest, item: Content, draft: Revision | None, view: Any, context: dict[str, Any]
    ) -> HttpResponse:
        """Take the item off the site, and save the other changes in the form."""
        with recorded(request):
            item.set_published(False)
        messages.success(request, format_html(_("“{}” is off the site. Nothing was deleted."), item))
        save_as_draft(request)
        item.is_published = False
        response = self.saved_or_shown(request, item, draft, view, context | {"is_live": False})
        if isinstance(response, DraftSaved) and response.is_stored:
            self.report_saved(request, response)
        return response

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if not self.model.has_drafts or IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        if not self.publishes(request, obj):
            messages.success(request, format_html(_("The draft of “{}” is saved."), obj))
        elif obj.is_published:
            # Otherwise publication was refused, which has a message of its own.
            self.report_published(request, obj)
        return HttpResponseRedirect(self.admin_url("change", obj.pk))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if not self.model.has_drafts:
            return super().response_change(request, obj)
        if not self.publishes(request, obj):
            return DraftSaved(request.get_full_path(), obj)
        if IS_POPUP_VAR in request.POST:
            return super().response_change(request, obj)
        self.report_published(request, obj)
        return HttpResponseRedirect(request.get_full_path())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        with recorded(request):
            return super().changelist_view(request, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with recorded(request):
            return super().delete_view(request, object_id, extra_context)

    def unpublish_new(self, request: HttpRequest, item: Any) -> None:
        """Mark a new item as not published if the form does not publish."""
        if self.model.has_drafts and item._state.adding and not self.publishes(request, item):
            item.is_published = False
        super().unpublish_new(request, item)


def comment_of(request: HttpRequest) -> str:
    """Return the comment that the user gave for the change."""
    return request.POST.get(COMMENT, "").strip()[:COMMENT_LENGTH]


def recorded(request: HttpRequest) -> AbstractContextManager[None]:
    """Record the changes of a POST request, with the comment of its form. Other requests open no transaction."""
    return Revision.objects.recorded(comment_of(request)) if request.method == "POST" else nullcontext()


def is_saved(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the form was valid and saved, so that the response leads to another page or closes the window."""
    closes_window = isinstance(response, TemplateResponse) and "popup_response_data" in (response.context_data or {})
    return request.method == "POST" and (closes_window or isinstance(response, HttpResponseRedirect))


def save_as_draft(request: HttpRequest) -> None:
    """Treat the submitted form as if its button for saving a draft had been pressed."""
    submitted = request.POST.copy()
    submitted[SAVE_DRAFT] = "1"
    request.POST = submitted  # type: ignore[assignment]
