"""Admin of the notice, its purposes and cookies, and its published versions."""

from cookie_consent.models import Cookie, CookieGroup
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from consent.admin.base import Action, ReadOnlyAdmin, notice_as_shown
from consent.models import AccessEntry, Decision, DeclaredCookie, Notice, NoticeVersion, Purpose
from editorial.admin import ContentAdmin, ContentInline, SingletonContentAdmin

# Purpose and DeclaredCookie replace these models, whose tables stay empty (docs/decisions/0012).
for model in (CookieGroup, Cookie):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Notice)
class NoticeAdmin(SingletonContentAdmin):
    list_display = ["heading", "controller", "updated_at"]
    search_fields = ["heading", "introduction", "controller"]
    fieldsets = [(None, {"fields": ["heading", "introduction", "controller", "contact"]})]


class CookieInline(ContentInline):
    model = DeclaredCookie
    fields = ["name", "kind", "domain", "description", "lifetime", "unit", "order", "is_published"]


@admin.register(Purpose)
class PurposeAdmin(ContentAdmin):
    inlines = [CookieInline]
    list_display = ["name", "is_necessary", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["is_necessary", "is_published"]
    search_fields = ["name", "description"]
    fieldsets = [
        (None, {"fields": ["name", "description", "is_necessary"]}),
        (_("On this site"), {"fields": ["order", "is_published"]}),
    ]


@admin.register(NoticeVersion)
class NoticeVersionAdmin(ReadOnlyAdmin):
    list_display = ["number", "published_at", "asks_again", "digest"]
    fields = ["number", "published_at", "asks_again", "digest", "links_to_notice"]
    change_list_template = "consent/admin/notice_versions.html"

    def get_queryset(self, request):
        # Large columns that a list does not need.
        return super().get_queryset(request).defer("wording", "html", "style")

    @admin.display(description=_("as it was shown"))
    def links_to_notice(self, version):
        links = [
            (reverse("admin:consent_noticeversion_shown", args=[version.pk, code]), code, wording["heading"])
            for code, wording in version.wording.items()
        ]
        return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}: {}</a></li>', links))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("publish/", view(self.publish), name="consent_noticeversion_publish"),
            path("<int:pk>/shown/<slug:language>/", view(self.shown), name="consent_noticeversion_shown"),
            path("<int:pk>/style.css", view(self.style), name="consent_noticeversion_style"),
            *super().get_urls(),
        ]

    def publish(self, request):
        """Show the changes since the published version; on POST, publish them."""
        if not request.user.has_perm("consent.publish_notice"):
            raise PermissionDenied
        current = NoticeVersion.objects.current()
        try:
            draft = NoticeVersion.objects.draft()
        except Notice.DoesNotExist as error:
            raise Http404("there is no notice") from error
        reviewed = request.POST.get("draft", "") if request.method == "POST" else None
        if reviewed == draft.content_digest():
            version = NoticeVersion.objects.publish(asks_again=request.POST.get("change") != "slip")
            AccessEntry.objects.log(request.user, Action.PUBLISH, str(version))
            messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
            return HttpResponseRedirect(reverse("admin:consent_noticeversion_changelist"))
        changes = draft.changes_since(current)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Publish the notice"),
            "draft": draft,
            "has_draft_changed": reviewed is not None,
            "current": current,
            "changes": changes,
            "asked_again": Decision.objects.valid().count() if current else 0,
        }
        return TemplateResponse(request, "consent/admin/publish.html", context)

    def shown(self, request, pk: int, language: str):
        """Show the dialog exactly as visitors saw it."""
        version = self.get_object(request, str(pk))
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if version is None or language not in version.html:
            raise Http404("no such version")
        self.log(request, Action.VIEW, f"{version} {language}")
        return notice_as_shown(request, version, language, objection="objection" in request.GET)

    def style(self, request, pk: int):
        """Return the stylesheet of the dialog."""
        version = self.get_object(request, str(pk))
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if version is None:
            raise Http404("no such version")
        return HttpResponse(version.style, content_type="text/css; charset=utf-8")

    def changelist_view(self, request, extra_context=None):
        may_publish = request.user.has_perm("consent.publish_notice")
        return super().changelist_view(request, {"may_publish": may_publish} | (extra_context or {}))
