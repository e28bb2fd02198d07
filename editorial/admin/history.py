"""History of an item in the admin: its revisions, their comparison and restoration, and deletion to the bin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin, action
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import model_ngettext, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from editorial.acting import SYSTEM
from editorial.admin.pages import admin_page
from editorial.admin.permissions import PermissionsMixin
from editorial.admin_urls import page_url, primary_key
from editorial.models import Content, Revision
from editorial.revisions import restoring
from editorial.revisions.differences import differences, field_label
from triggers.locks import locked

REVISIONS_ON_PAGE = 50
PAGE = "p"
COMMENT_LENGTH: int = Revision._meta.get_field("comment").max_length  # type: ignore[assignment]  # never None
COLUMNS = ("created_at", "state", "author_name", "comment")


class RestoreForm(forms.Form):
    """The values to restore, and the reason."""

    values = forms.MultipleChoiceField(
        error_messages={"required": gettext_lazy("Tick at least one value to restore.")},
    )
    comment = forms.CharField(label=gettext_lazy("comment"), required=False, max_length=COMMENT_LENGTH)


class HistoryMixin(PermissionsMixin, ModelAdmin):
    """Admin of items with revisions: their history, and the bin for deleted ones."""

    model: type[Content]
    actions = ["delete_selected"]
    delete_confirmation_template = "editorial/delete_confirmation.html"
    delete_selected_confirmation_template = "editorial/delete_selected_confirmation.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.object_path("history/compare", self.compare_view),
            self.object_path("history/<int:number>/restore", self.restore_view),
            *super().get_urls(),
        ]

    def object_path(self, route: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """Return the URL pattern of a page of an item. Its name ends with the last word of `route`."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_{route.rpartition('/')[2]}"
        return path(f"<path:object_id>/{route}/", self.admin_site.admin_view(view), name=name)

    def admin_url(self, page: str, *args: Any) -> str:
        return page_url(self.model, page, *args)

    def item_and_revisions(self, request: HttpRequest, object_id: str) -> tuple[Content | None, QuerySet[Revision]]:
        """Return the item, or None if it is deleted, and its revisions. Raises PermissionDenied and Http404."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        key = primary_key(unquote(object_id))
        if key is None:
            raise Http404(object_id)
        item = self.get_object(request, str(key))
        revisions = Revision.objects.of_key(self.model, key).select_related("author")
        if item is None and (not revisions.exists() or self.model._base_manager.filter(pk=key).exists()):
            # Not deleted, but hidden from the user.
            raise Http404(object_id)
        return item, revisions

    def may_restore(self, request: HttpRequest, item: Content | None) -> bool:
        return item is not None and self.has_content_permission(request, "change")

    def render_history_page(
        self, request: HttpRequest, name: str, item: Content | None, context: dict[str, Any]
    ) -> TemplateResponse:
        common = {
            "item": item,
            "item_name": str(item) if item else context["heading"],
            "may_restore": self.may_restore(request, item),
        }
        return admin_page(self, request, f"editorial/{name}.html", common | context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the revisions, the newest first. `before` or `after` is one that was chosen to be compared."""
        item, revisions = self.item_and_revisions(request, object_id)
        rows = revisions.defer("data", "translations")
        chosen = {name: chosen_revision(rows, request.GET.get(name)) for name in ("before", "after")}
        paginator = Paginator(rows, REVISIONS_ON_PAGE)
        page = paginator.get_page(request.GET.get(PAGE))
        shown = list(page)
        key = unquote(object_id)
        context = {
            "title": _("History"),
            "heading": shown[0].heading if shown else "",
            "object_id": key,
            "rows": [(revision, writer_of(revision), preview_url(revision)) for revision in shown],
            "page": page,
            "page_range": list(paginator.get_elided_page_range(page.number)),
            "page_parameter": PAGE,
            "compare_url": self.admin_url("compare", key),
            "headings": [field_label(Revision, name)[0] for name in COLUMNS],
            "deleted": next((revision for revision in shown if revision.state == Revision.State.DELETED), None),
            **chosen,
            "chosen": chosen["before"] or chosen["after"],
        }
        return self.render_history_page(request, "history", item, context | (extra_context or {}))

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the differences between two revisions, or between one and the revision that it changed."""
        item, revisions = self.item_and_revisions(request, object_id)
        found = [chosen_revision(revisions, request.GET.get(name)) for name in ("before", "after")]
        chosen = sorted((revision for revision in found if revision), key=lambda revision: revision.pk)
        if not chosen:
            messages.warning(request, _("Choose two revisions to compare."))
            return HttpResponseRedirect(self.admin_url("history", unquote(object_id)))
        after = chosen[-1]
        before = chosen[0] if len(chosen) > 1 else after.previous
        context = {
            "title": _("Compare revisions"),
            "heading": after.heading,
            "before": before,
            "after": after,
            "writers": {"before": writer_of(before), "after": writer_of(after)},
            "differences": differences(self.model, before.data if before else {}, after.data),
            "history_url": self.admin_url("history", unquote(object_id)),
        }
        return self.render_history_page(request, "compare", item, context)

    def shown_revisions(self, item: Content) -> str:
        """Return the draft and the live revision that a page shows, for its hidden field. Its choices are for these."""
        draft = Revision.objects.draft_of(item)
        live = Revision.objects.of(item).live().values_list("pk", flat=True).first()
        return f"{draft.pk if draft else None}-{live}"

    def is_changed(self, request: HttpRequest, shown: str) -> bool:
        """Whether a page was sent that showed other revisions than `shown`. Adds a message if it was."""
        is_changed = request.method == "POST" and request.POST.get("shown", shown) != shown
        if is_changed:
            text = _("The texts changed after you opened this page. Nothing was saved. Choose again.")
            messages.warning(request, text)
        return is_changed

    def restore_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Show how a revision differs from the present values, and restore those that the user ticks."""
        with self.locked_while_posting(request, object_id):
            return self.values_view(request, object_id, number)

    @contextmanager
    def locked_while_posting(self, request: HttpRequest, object_id: str) -> Iterator[None]:
        """Lock the item while choices are saved, so that the revisions for which they were made stay the last ones."""
        if request.method != "POST":
            yield
            return
        with transaction.atomic():
            key = primary_key(unquote(object_id))
            if key is not None:
                locked(self.model, key)
            yield

    def values_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        item, revisions = self.item_and_revisions(request, object_id)
        revision = revisions.filter(pk=number).first()
        if revision is None:
            raise Http404(number)
        if item is None:
            messages.warning(request, _("This was deleted. Restore it from the bin first."))
            return HttpResponseRedirect(self.admin_url("history", revision.object_id))
        if not self.may_restore(request, item):
            raise PermissionDenied
        keeps_published = self.model.has_drafts or not self.has_content_permission(request, "publish")
        current = restoring.current_values(item)
        target, obstacles = restoring.values_to_restore(revision, current, keeps_published)
        found = differences(self.model, current, target)
        form = RestoreForm(
            request.POST if request.method == "POST" else None, initial={"comment": restore_comment(revision)}
        )
        offered = [
            name
            for row in found
            for name in ([row.row] if row.is_added or row.is_deleted else [field.id for field in row.fields])
        ]
        form.fields["values"].choices = [(name, name) for name in offered]  # type: ignore[attr-defined]
        refusal: list[restoring.Obstacle] = []
        shown = self.shown_revisions(item)
        if form.is_valid() and not self.is_changed(request, shown):
            values = form.cleaned_data["values"]
            comment = form.cleaned_data["comment"] or restore_comment(revision)
            try:
                is_draft = restoring.restore(revision, values, comment, keeps_published)
            except restoring.NotRestorableError as error:
                refusal = error.obstacles
            else:
                self.log_change(request, item, comment)
                messages.success(request, self.restored_message(item, is_draft))
                return HttpResponseRedirect(self.admin_url("change", item.pk))
        context = {
            "title": _("Restore"),
            "revision": revision,
            "writer": writer_of(revision),
            "differences": found,
            "obstacles": obstacles,
            "refusal": refusal,
            "form": form,
            "ticked": set(form.data.getlist("values")) if form.is_bound else set(offered),  # type: ignore[attr-defined]
            "is_live": item.is_published,
            "has_drafts": self.model.has_drafts,
            "has_draft": Revision.objects.draft_of(item) is not None,
            "shown": shown,
            "history_url": self.admin_url("history", item.pk),
        }
        return self.render_history_page(request, "restore", item, context)

    def restored_message(self, item: Content, is_draft: bool) -> str:
        if is_draft:
            text = _("The values are in the draft of “{}”. Visitors see them when somebody publishes the draft.")
        else:
            text = _("“{}” has the restored values.")
        return format_html(text, item)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """Return what is deleted, as Django does. A draft protects what it uses, as its item does once published."""
        deleted, counts, missing_permissions, protected = super().get_deleted_objects(objs, request)
        drafts = Revision.objects.drafts_naming(self.model, [item.pk for item in objs], protecting=True)
        return deleted, counts, missing_permissions, [*protected, *map(draft_link, drafts)]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        messages.success(request, format_html(_("“{}” was moved to the bin, where it can be restored."), obj_display))
        if not self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        filters: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(filters, self.admin_url("changelist")))

    @action(permissions=["delete"], description=gettext_lazy("Move selected %(verbose_name_plural)s to the bin"))
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Delete as Django's action does, with a message that names the bin."""
        _items, _counts, missing_permissions, protected = self.get_deleted_objects(queryset, request)
        if not request.POST.get("post") or missing_permissions or protected:
            return delete_selected(self, request, queryset)
        count = len(queryset)
        self.log_deletions(request, queryset)
        self.delete_queryset(request, queryset)
        messages.success(request, format_html(_("Moved to the bin: {} {}."), count, model_ngettext(self.opts, count)))
        return None


def chosen_revision(revisions: QuerySet[Revision], number: str | None) -> Revision | None:
    """Return the revision with a primary key from a URL, or None."""
    key = primary_key(number or "")
    return None if key is None else revisions.filter(pk=key).select_related("base").first()


def draft_link(draft: Revision) -> SafeString:
    """Return the kind and name of the item of a draft and the state of the draft, linked to its form."""
    kind = capfirst(str(draft.model_class._meta.verbose_name))
    url = page_url(draft.model_class, "change", draft.object_id)
    return format_html('{}: <a href="{}">{}</a> ({})', kind, url, draft.heading, draft.get_state_display())


def preview_url(revision: Revision) -> str:
    """Return the URL of the preview of a revision, or "" if its kind has none."""
    try:
        return reverse("admin:editorial_revision_preview", args=[revision.pk])
    except NoReverseMatch:
        return ""


def writer_of(revision: Revision | None) -> str:
    """Return the name of the person who made a revision."""
    if revision is None:
        return ""
    if revision.author_name == SYSTEM:
        return _("the program")
    return (revision.author.get_full_name() if revision.author else "") or revision.author_name


def restore_comment(revision: Revision) -> str:
    """Return the comment of a restored revision that the user did not explain."""
    moment = date_format(localtime(revision.created_at), "DATETIME_FORMAT")
    return capfirst(_("restored from the revision of %(time)s") % {"time": moment})
