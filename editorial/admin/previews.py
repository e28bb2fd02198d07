"""Previews in the admin: the button in the form of an item, the pages that show previews, and the list of links."""

from datetime import timedelta
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from editorial.admin.changelists import CountedMixin
from editorial.admin.folded_search import FoldedSearchMixin
from editorial.admin.pages import admin_page
from editorial.admin.permissions import PermissionsMixin, ReadOnlyMixin
from editorial.admin.revisions import save_as_draft
from editorial.models import Content, PreviewedForm, PreviewLink, Revision
from editorial.previews import SENDS_NOTHING, Preview, options, render
from editorial.revisions import restoring, snapshots

# Button that previews the form.
PREVIEW = "_preview"
# Days that a new link works.
LINK_DAYS = (1, 7, 30)


class PreviewMixin(PermissionsMixin, ModelAdmin):
    """Admin whose form can be previewed before it is saved.

    The form is saved in a transaction that is rolled back. What it saved is kept for its user, who is sent to the page
    that shows it in each language and width.
    """

    model: type[Content]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"has_preview": self.model.has_page()} | (extra_context or {})
        if PREVIEW not in request.POST or not self.model.has_page():
            return super().changeform_view(request, object_id, form_url, context)
        # A preview is what saving the draft would save.
        save_as_draft(request)
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, context)
            item = getattr(request, "previewed", None)
            data = restoring.current_values(item) if item else None
            if isinstance(response, TemplateResponse):
                # Templates read the rows of the draft, which exist in this transaction only.
                response.render()
            transaction.set_rollback(True)
        if item is None or data is None:
            return response
        stored = Revision.objects.draft_of(item) or Revision.objects.of(item).live().first()
        if stored and stored.data == data:
            # Nothing is unsaved, so the version can be shared by a link too.
            return HttpResponseRedirect(reverse("admin:editorial_revision_preview", args=[stored.pk]))
        form = PreviewedForm.objects.keep(request.user.pk, item, data)
        return HttpResponseRedirect(reverse("admin:editorial_form_preview", args=[form.pk]))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if PREVIEW in request.POST:
            return previewed(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if PREVIEW in request.POST:
            return previewed(request, obj)
        return super().response_change(request, obj)


def previewed(request: HttpRequest, item: Content) -> HttpResponse:
    """Remember the item that the form saved. The response is discarded: it only shows that the form was valid."""
    request.previewed = item  # type: ignore[attr-defined]  # an attribute of this module
    return HttpResponseRedirect(request.path)


def item_to_view(request: HttpRequest, model: type[Content], key: int) -> Content | None:
    """Return the item, or None if it is deleted. Raises PermissionDenied if the user may not view it, or Http404."""
    if not model.has_page() or not admin.site.is_registered(model):
        raise Http404(model._meta.label)
    model_admin: Any = admin.site.get_model_admin(model)
    item = model_admin.get_queryset(request).filter(pk=key).first()
    may_view = model_admin.has_view_permission(request, item) if item else model in viewed_kinds(request)
    if not may_view:
        raise PermissionDenied
    return item


def viewed_kinds(request: HttpRequest) -> list[type[Content]]:
    """Return the kinds with previews of which the user may view all items."""
    admins = [found for found in admin.site._registry.values() if isinstance(found, PreviewMixin)]
    # Not the method of the subclass, which may allow only some of the items.
    viewed = [found.model for found in admins if PermissionsMixin.has_view_permission(found, request)]
    return [model for model in viewed if model.has_page()]


def link_day_choices() -> list[tuple[int, str]]:
    return [(days, ngettext("%d day", "%d days", days) % days) for days in LINK_DAYS]


class LinkForm(forms.Form):
    days = forms.TypedChoiceField(
        label=gettext_lazy("The link works for"),
        # A function, so that the choices are in the language of each request.
        choices=link_day_choices,
        coerce=int,
        initial=LINK_DAYS[1],
    )


@admin.register(PreviewLink)
class PreviewLinkAdmin(ReadOnlyMixin, FoldedSearchMixin, CountedMixin, ModelAdmin):
    """Links that show revisions without an account, and the pages that show previews to staff."""

    list_display = ["heading", "kind", "version", "author_name", "created_at", "expires_at", "state"]
    list_display_links = None
    search_fields = ["revision__heading", "author_name"]
    actions = ["revoke_selected"]

    @admin.display(description=gettext_lazy("item"), ordering="revision__heading")
    def heading(self, link: PreviewLink) -> SafeString | str:
        heading = link.revision.heading
        return format_html('<a href="{}">{}</a>', link.get_absolute_url(), heading) if link.is_valid else heading

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, link: PreviewLink) -> str:
        return capfirst(link.revision.content_type.name)

    @admin.display(description=gettext_lazy("version of"), ordering="revision__created_at")
    def version(self, link: PreviewLink) -> SafeString:
        address = reverse("admin:editorial_revision_preview", args=[link.revision_id])
        at = date_format(timezone.localtime(link.revision.created_at), "DATETIME_FORMAT")
        return format_html('<a href="{}">{}</a>', address, at)

    @admin.display(description=gettext_lazy("state"))
    def state(self, link: PreviewLink) -> str:
        if link.revoked_at:
            return _("revoked")
        return _("works") if link.is_valid else _("expired")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the links to items that the user may view."""
        kinds = ContentType.objects.get_for_models(*viewed_kinds(request)).values()
        return PreviewLink.objects.filter(revision__content_type__in=kinds).with_revision()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(viewed_kinds(request))

    @admin.action(description=gettext_lazy("Revoke the selected links"))
    def revoke_selected(self, request: HttpRequest, links: QuerySet) -> None:
        revoked = [link for link in links if link.is_valid and may_share(request, link.revision)]
        for link in revoked:
            link.revoke()
        if revoked:
            messages.success(request, _("The links show nothing any more."))
        else:
            messages.error(request, _("Nothing was revoked: the links have ended, or you may not revoke them."))

    def get_urls(self) -> list:
        def view(address: str, method: Any, name: str) -> Any:
            return path(address, self.admin_site.admin_view(method), name=f"editorial_{name}")

        return [
            view("revision/<int:pk>/", self.revision_view, "revision_preview"),
            view("revision/<int:pk>/page/", self.revision_page, "revision_preview_page"),
            view("revision/<int:pk>/link/", self.make_link, "make_preview_link"),
            view("form/<int:pk>/", self.form_view, "form_preview"),
            view("form/<int:pk>/page/", self.form_page, "form_preview_page"),
            view("<int:pk>/revoke/", self.revoke_link, "revoke_preview_link"),
            *super().get_urls(),
        ]

    def revision_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a revision, and the links to it."""
        revision = revision_to_view(request, pk)
        links = revision.preview_links.valid().with_revision()
        address = reverse("admin:editorial_revision_preview_page", args=[pk])
        context = {
            "revision": revision,
            "links": [(link, request.build_absolute_uri(link.get_absolute_url())) for link in links],
            "link_form": LinkForm() if may_share(request, revision) else None,
        }
        return self.frame_view(request, address, revision.heading, revision.data, context)

    def form_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a form that the user previewed without saving it."""
        form = form_to_view(request, pk)
        address = reverse("admin:editorial_form_preview_page", args=[pk])
        return self.frame_view(request, address, form.heading, form.data, {})

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def frame_view(
        self,
        request: HttpRequest,
        address: str,
        heading: str,
        data: snapshots.Snapshot,
        context: dict[str, Any],
    ) -> HttpResponse:
        """Show the page at `address` in a frame, with a choice of language, width and consent."""
        chosen = options(request.GET)
        query = {"language": chosen["language"], "consent": "after" if chosen["is_after_consent"] else "before"}
        shared = {
            **chosen,
            "title": _("Preview: %(heading)s") % {"heading": heading},
            "is_nav_sidebar_enabled": False,
            "width": "phone" if request.GET.get("width") == "phone" else "desktop",
            # Lists of items have the key of each as the target of links.
            "address": f"{address}?{urlencode(query)}#{data[snapshots.ITEM].get('key', '')}",
        }
        return admin_page(self, request, "editorial/preview.html", shared | context)

    def revision_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return framed(render(request, Preview.of_revision(revision_to_view(request, pk), request.GET)))

    def form_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = form_to_view(request, pk)
        preview = Preview(form.model_class, form.object_id, form.data, **options(request.GET))
        return framed(render(request, preview))

    @method_decorator(require_POST)
    def make_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        revision = revision_to_view(request, pk)
        if not may_share(request, revision):
            raise PermissionDenied
        form = LinkForm(request.POST)
        if form.is_valid():
            revision.preview_links.create(
                author_id=request.user.pk,
                author_name=request.user.get_username(),
                expires_at=timezone.now() + timedelta(days=form.cleaned_data["days"]),
            )
            messages.success(request, _("The link is below. Everybody who has it sees this version."))
        else:
            messages.error(request, _("Choose how long the link works."))
        return HttpResponseRedirect(reverse("admin:editorial_revision_preview", args=[pk]))

    @method_decorator(require_POST)
    def revoke_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        link = get_object_or_404(PreviewLink, pk=pk)
        revision = revision_to_view(request, link.revision_id)
        if not may_share(request, revision):
            raise PermissionDenied
        link.revoke()
        messages.success(request, _("The link shows nothing any more."))
        return HttpResponseRedirect(reverse("admin:editorial_revision_preview", args=[revision.pk]))


def revision_to_view(request: HttpRequest, pk: int) -> Revision:
    """Return the revision. Raises Http404, or PermissionDenied if the user may not view its item."""
    revision = get_object_or_404(Revision.objects.select_related("content_type", "base"), pk=pk)
    item_to_view(request, revision.model_class, revision.object_id)
    return revision


def form_to_view(request: HttpRequest, pk: int) -> PreviewedForm:
    """Return the previewed form of the user. Raises Http404, or PermissionDenied if they may not view the item."""
    form = get_object_or_404(PreviewedForm.objects.select_related("content_type"), pk=pk, user=request.user)
    item_to_view(request, form.model_class, form.object_id)
    return form


def may_share(request: HttpRequest, revision: Revision) -> bool:
    """Whether the user may share the revision: whoever may change more than translations.

    That of a deleted item cannot be shared.
    """
    model_admin: Any = admin.site.get_model_admin(revision.model_class)
    item = model_admin.get_queryset(request).filter(pk=revision.object_id).first()
    may_change = item is not None and model_admin.has_change_permission(request, item)
    return may_change and model_admin.may_edit(request, item)


def framed(response: HttpResponse) -> HttpResponse:
    """Allow pages of this site to show `response` in a frame."""
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    # Attribute of django-csp.
    response._csp_replace = SENDS_NOTHING | {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
    return response
