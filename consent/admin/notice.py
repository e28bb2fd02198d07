"""The notice, its purposes and cookies as officers edit them, and the versions that visitors were shown."""

from cookie_consent.models import Cookie, CookieGroup
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from consent.admin.read_only import Action, ReadOnlyAdmin, shown
from consent.models import AccessEntry, Decision, DeclaredCookie, Notice, NoticeVersion, Purpose
from editorial.admin import ContentAdmin, ContentInline, SingletonContentAdmin

# Purpose and DeclaredCookie stand in their place (docs/decisions/0011); these tables stay empty.
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
    fields = ["name", "kind", "provider", "description", "duration", "order", "is_published"]


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
    fields = ["number", "published_at", "asks_again", "digest", "as_shown"]
    change_list_template = "consent/admin/notice_versions.html"

    def get_queryset(self, request):
        # A list needs nothing of all that they said.
        return super().get_queryset(request).defer("wording", "html", "style")

    @admin.display(description=_("as it was shown"))
    def as_shown(self, version):
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
        """What publishing would change and whom it would ask again; by POST, publish."""
        if not request.user.has_perm("consent.publish_notice"):
            raise PermissionDenied
        current = NoticeVersion.objects.current()
        try:
            draft = NoticeVersion.objects.draft()
        except Notice.DoesNotExist as error:
            raise Http404("there is no notice yet") from error
        seen = request.POST.get("draft", "") if request.method == "POST" else None
        if seen == draft.content_digest():
            version = NoticeVersion.objects.publish(asks_again=request.POST.get("change") != "slip")
            AccessEntry.objects.note(request.user, Action.PUBLISH, str(version))
            messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
            return HttpResponseRedirect(reverse("admin:consent_noticeversion_changelist"))
        changes = draft.changes_since(current)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Publish the notice"),
            "draft": draft,
            "has_moved_on": seen is not None,
            "current": current,
            "changes": changes,
            "asked_again": Decision.objects.holding().count() if current else 0,
        }
        return TemplateResponse(request, "consent/admin/publish.html", context)

    def shown(self, request, pk: int, language: str):
        """The dialog exactly as visitors saw it."""
        version = self.get_object(request, str(pk))
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if version is None or language not in version.html:
            raise Http404("no such version")
        self.note(request, Action.VIEW, f"{version} {language}")
        return shown(request, version, language, objection="objection" in request.GET)

    def style(self, request, pk: int):
        """The stylesheets that the dialog was shown with."""
        version = self.get_object(request, str(pk))
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if version is None:
            raise Http404("no such version")
        return HttpResponse(version.style, content_type="text/css; charset=utf-8")

    def changelist_view(self, request, extra_context=None):
        may_publish = request.user.has_perm("consent.publish_notice")
        return super().changelist_view(request, {"may_publish": may_publish} | (extra_context or {}))
