from cookie_consent.models import Cookie, CookieGroup
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from consent.models import Decision, DeclaredCookie, Notice, NoticeVersion, Purpose
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


class ReadOnlyAdmin(admin.ModelAdmin):
    """What is on record: everyone who may see it sees it as it is, and nobody changes it."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


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


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["receipt", "decided_at", "action", "notice", "language", "gpc"]
    list_filter = ["action", "notice", "language", "gpc"]
    search_fields = ["receipt"]
    date_hierarchy = "decided_at"
    list_select_related = ["notice"]
    fields = [
        "receipt",
        "decided_at",
        "expires_at",
        "action",
        "answers",
        "notice",
        "language",
        "path",
        "gpc",
        "predecessor",
    ]
