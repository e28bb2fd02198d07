"""The notice, its purposes and cookies as officers edit them, and the versions that visitors were shown."""

from cookie_consent.models import Cookie, CookieGroup
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from consent.admin.read_only import ReadOnlyAdmin
from consent.models import DeclaredCookie, Notice, NoticeVersion, Purpose
from editorial.admin import ContentAdmin, ContentInline

# Ours stand in their place, translated and with all that must be said of a cookie; these follow them.
for model in (CookieGroup, Cookie):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Notice)
class NoticeAdmin(ContentAdmin):
    list_display = ["heading", "controller", "updated_at"]
    list_filter = []
    search_fields = ["heading", "introduction", "controller"]
    fieldsets = [(None, {"fields": ["heading", "introduction", "controller", "contact"]})]

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not Notice.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False


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
    fields = ["number", "published_at", "asks_again", "digest", "shown"]
    change_list_template = "consent/admin/notice_versions.html"

    @admin.display(description=_("as it was shown"))
    def shown(self, version):
        return format_html_join(
            "",
            '<div lang="{}" inert>{}</div><hr>',
            ((code, mark_safe(html)) for code, html in version.html.items()),  # noqa: S308 (rendered and sanitised here)
        )

    def get_urls(self):
        publish = path("publish/", self.admin_site.admin_view(self.publish), name="consent_noticeversion_publish")
        return [publish, *super().get_urls()]

    def publish(self, request):
        """Freeze the notice as it stands, by POST from the list of versions."""
        if request.method == "POST" and request.user.has_perm("consent.publish_notice"):
            version = NoticeVersion.objects.publish(asks_again="small_change" not in request.POST)
            self.log_addition(request, version, [{"added": {}}])
            text = _("Version %(number)s is in force.") % {"number": version.number}
            messages.success(request, text)
        return HttpResponseRedirect(reverse("admin:consent_noticeversion_changelist"))

    def changelist_view(self, request, extra_context=None):
        may_publish = request.user.has_perm("consent.publish_notice")
        return super().changelist_view(request, {"may_publish": may_publish} | (extra_context or {}))
