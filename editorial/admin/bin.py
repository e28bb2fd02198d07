"""Admin of the bin: deleted items, their restoration, and the time for which they are kept."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.admin.changelists import CountedMixin
from editorial.admin.folded_search import FoldedSearchMixin
from editorial.admin.history import COMMENT_LENGTH, RestoreForm, writer_of
from editorial.admin.pages import admin_page
from editorial.admin.permissions import ReadOnlyMixin
from editorial.admin_urls import page_url, primary_key
from editorial.models import BinSettings, Content, DeletedItem
from editorial.models.revision import RESTORED_FROM_BIN
from editorial.revisions import restoring
from editorial.revisions.differences import values_in_words
from editorial.rights import permission


def permitted_kinds(request: HttpRequest) -> dict[int, type[Content]]:
    """Return the kinds of content that the user may delete or add, by the key of their content type."""
    models = [
        model
        for model in admin.site._registry
        if issubclass(model, Content)
        and any(request.user.has_perm(permission(action, model)) for action in ("delete", "add"))
    ]
    kinds = ContentType.objects.get_for_models(*models)
    return {kinds[model].pk: model for model in models}


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        present = set(DeletedItem.objects.order_by().values_list("content_type", flat=True).distinct())
        kinds = [(key, model) for key, model in permitted_kinds(request).items() if key in present]
        named = [(str(key), capfirst(str(model._meta.verbose_name_plural))) for key, model in kinds]
        return sorted(named, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(content_type=self.value()) if self.value() else queryset


@admin.register(DeletedItem)
class DeletedItemAdmin(ReadOnlyMixin, FoldedSearchMixin, CountedMixin, admin.ModelAdmin):
    list_display = ["heading", "kind", "deleted_at", "deleted_by", "comment", "history"]
    list_filter = [KindFilter]
    list_per_page = 50
    search_fields = ["heading"]
    sortable_by = []
    show_facets = admin.ShowFacets.NEVER
    actions = None
    change_list_template = "editorial/bin_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).filter(content_type__in=permitted_kinds(request))
        return rows.select_related("content_type", "author").defer("data", "translations", "links").order_by("-pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(permitted_kinds(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        kinds = permitted_kinds(request)
        return obj.content_type_id in kinds if obj else bool(kinds)

    @admin.display(description=_("kind"))
    def kind(self, deleted: DeletedItem) -> str:
        return capfirst(str(deleted.model_class._meta.verbose_name))

    @admin.display(description=_("deleted at"))
    def deleted_at(self, deleted: DeletedItem) -> Any:
        return deleted.created_at

    @admin.display(description=_("deleted by"))
    def deleted_by(self, deleted: DeletedItem) -> str:
        return writer_of(deleted)

    @admin.display(description=_("History"))
    def history(self, deleted: DeletedItem) -> SafeString:
        text, url = _("History"), history_url(deleted)
        return format_html('<a href="{}" aria-label="{}: {}">{}</a>', url, text, deleted.heading, text)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_set_days = request.user.has_perm("editorial.change_binsettings")
        settings_url = reverse("admin:editorial_binsettings_change", args=[1]) if may_set_days else ""
        context = {"title": capfirst(str(self.opts.verbose_name_plural)), "settings_url": settings_url}
        return super().changelist_view(request, context | (extra_context or {}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a deleted item, and restore it."""
        if object_id is None:
            raise PermissionDenied
        key = primary_key(unquote(object_id))
        deleted = None if key is None else self.get_object(request, str(key))
        if not self.has_view_permission(request, deleted):
            raise PermissionDenied
        if deleted is None:
            messages.warning(request, _("This is no longer in the bin. It was restored, or its time was over."))
            return HttpResponseRedirect(reverse("admin:editorial_deleteditem_changelist"))
        refusal: list[restoring.Obstacle] = []
        if request.method == "POST":
            try:
                return self.restore(request, deleted)
            except restoring.NotRestorableError as error:
                refusal = error.obstacles
        _values, obstacles = restoring.deleted_values(deleted)
        context = {
            "title": f"{capfirst(str(self.opts.verbose_name))}: {deleted.heading}",
            "deleted": deleted,
            "kind": self.kind(deleted),
            "writer": writer_of(deleted),
            "values": values_in_words(deleted.model_class, deleted.data),
            "obstacles": obstacles,
            "linking": [row for rows in restoring.rows_to_link(deleted).values() for row in rows],
            "refusal": refusal,
            "form": RestoreForm(),
            "history_url": history_url(deleted),
        }
        return admin_page(self, request, "editorial/deleted_item.html", context)

    def restore(self, request: HttpRequest, deleted: DeletedItem) -> HttpResponse:
        comment = request.POST.get("comment", "")[:COMMENT_LENGTH]
        item, left_out = restoring.restore_deleted(deleted, comment or RESTORED_FROM_BIN)
        model_admin = self.admin_site.get_model_admin(type(item))
        model_admin.log_addition(request, item, RESTORED_FROM_BIN)
        text = str(_("“{}” is back. It is not on the site until somebody publishes it."))
        messages.success(request, format_html(text, item))
        if left_out:
            messages.warning(request, _("Left out: {}").format(" ".join(map(str, left_out))))
        if not model_admin.has_view_or_change_permission(request, item):
            return HttpResponseRedirect(reverse("admin:editorial_deleteditem_changelist"))
        return HttpResponseRedirect(page_url(item, "change", item.pk))


def history_url(deleted: DeletedItem) -> str:
    return page_url(deleted.model_class, "history", deleted.object_id)


@admin.register(BinSettings)
class BinSettingsAdmin(admin.ModelAdmin):
    fields = ["days"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return nothing, so that only the list of the bin links to the settings."""
        return {}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> BinSettings | None:
        """Return the settings, which are not stored before their first change."""
        return BinSettings.current() if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:editorial_binsettings_change", args=[1]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_post_save_change(self, request: HttpRequest, obj: BinSettings) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:editorial_deleteditem_changelist"))
