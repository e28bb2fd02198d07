"""Admin of the notice, its purposes and cookies, and its published versions."""

from cookie_consent.models import Cookie, CookieGroup
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from consent.admin.base import Action, DraftMixin, OfficersMixin, ReadOnlyAdmin, notice_as_shown
from consent.comparison import changes_between, texts_by_path
from consent.completeness import IncompleteNoticeError, gaps
from consent.models import AccessEntry, Decision, DeclaredCookie, Notice, NoticeVersion, Purpose
from editorial.admin import ContentAdmin, ContentInline, SingletonContentAdmin, admin_page
from editorial.admin.conflicts import retry_on_conflict

# Purpose and DeclaredCookie replace these models, whose tables stay empty (docs/decisions/0012).
for model in (CookieGroup, Cookie):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Notice)
class NoticeAdmin(DraftMixin, OfficersMixin, SingletonContentAdmin):
    list_display = ["heading", "controller", "updated_at"]
    search_fields = ["heading", "introduction", "controller"]
    fieldsets = [(None, {"fields": ["heading", "introduction", "controller", "contact"]})]


class CookieInline(ContentInline):
    model = DeclaredCookie
    fields = ["name", ("kind", "domain"), "description", ("lifetime", "unit"), ("order", "is_published")]


@admin.register(Purpose)
class PurposeAdmin(DraftMixin, OfficersMixin, ContentAdmin):
    inlines = [CookieInline]
    list_display = ["name", "is_necessary", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["is_necessary", "is_published"]
    search_fields = ["name", "description"]
    fieldsets = [
        (None, {"fields": ["name", "description", "is_necessary", "links_to_providers"]}),
        (_("On this site"), {"fields": ["order", "is_published"]}),
    ]
    readonly_fields = ["links_to_providers"]

    @admin.display(description=_("third parties"))
    def links_to_providers(self, purpose):
        """Return links to the providers, whose forms have the cookies of a purpose that needs consent."""
        providers = purpose.providers.all() if purpose.pk else ()
        links = ((reverse("admin:consent_provider_change", args=[item.pk]), item) for item in providers)
        return format_html_join(", ", '<a href="{}">{}</a>', links) or _("none")

    def get_inlines(self, request, obj):
        """Leave out the cookies of a purpose that needs consent, because they belong to its providers."""
        inlines = super().get_inlines(request, obj)
        return [inline for inline in inlines if inline is not CookieInline or obj is None or obj.is_necessary]


class VersionField(forms.ModelChoiceField):
    """Choice of a version by its number and date."""

    def label_from_instance(self, obj):
        return f"{obj.number} ({date_format(timezone.localtime(obj.published_at), 'DATE_FORMAT')})"


class ComparisonForm(forms.Form):
    """Two versions and a language. Without a choice, the newest two versions in the source language are compared."""

    before = VersionField(NoticeVersion.objects.only("number", "published_at"), label=_("Before"), empty_label=None)
    after = VersionField(NoticeVersion.objects.only("number", "published_at"), label=_("Now"), empty_label=None)
    language = forms.ChoiceField(label=_("Language"), choices=list(settings.CONTENT_LANGUAGES.items()))

    def __init__(self, data: QueryDict):
        newest = list(NoticeVersion.objects.values_list("pk", flat=True)[:2])
        defaults = {"before": newest[-1], "after": newest[0], "language": settings.LANGUAGE_CODE}
        super().__init__({name: data.get(name) or default for name, default in defaults.items()})


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
            path("compare/", view(self.compare), name="consent_noticeversion_compare"),
            path("<int:pk>/shown/<slug:language>/", view(self.shown), name="consent_noticeversion_shown"),
            path("<int:pk>/style.css", view(self.style), name="consent_noticeversion_style"),
            *super().get_urls(),
        ]

    def publish(self, request):
        """Show the changes since the published version, and what is missing; on POST, publish a complete draft."""
        if not request.user.has_perm("consent.publish_notice"):
            raise PermissionDenied
        return retry_on_conflict(lambda: self.publish_view(request))

    def publish_view(self, request):
        current = NoticeVersion.objects.current()
        try:
            draft = NoticeVersion.objects.draft()
        except Notice.DoesNotExist as error:
            raise Http404("there is no notice") from error
        reviewed = request.POST.get("draft", "") if request.method == "POST" else None
        if reviewed == draft.content_digest():
            try:
                version = NoticeVersion.objects.put_in_force(
                    asks_again=request.POST.get("change") != "slip", draft=draft
                )
            except IncompleteNoticeError:
                # The page lists the texts.
                pass
            else:
                AccessEntry.objects.log(request.user, Action.PUBLISH, version.log_details(current))
                messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
                return HttpResponseRedirect(reverse("admin:consent_noticeversion_changelist"))
        context = {
            "title": _("Publish the notice"),
            "draft": draft,
            "has_draft_changed": reviewed is not None and reviewed != draft.content_digest(),
            "has_changes": current is None or current.wording != draft.wording,
            "changes": draft.changes_since(current),
            "widenings": draft.not_asked_about_under(current),
            "unannounced": draft.unannounced_purposes(current),
            "gaps": gaps(),
            "asked_again": Decision.objects.valid().count() if current else 0,
        }
        return admin_page(self, request, "consent/admin/publish.html", context)

    def compare(self, request):
        """Compare two versions word by word in one language."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not NoticeVersion.objects.exists():
            raise Http404("there is no version")
        form = ComparisonForm(request.GET)
        context = {"title": _("Compare versions"), "form": form}
        if form.is_valid():
            before, after, language = (form.cleaned_data[name] for name in ("before", "after", "language"))
            old, new = before.wording_in(language), after.wording_in(language)
            changes = changes_between(old, new, language)
            self.log(request, Action.VIEW, f"{before} {after} {language}")
            context |= {
                "before": before,
                "after": after,
                "language": language,
                "changes": changes,
                "unchanged": len(texts_by_path(old).keys() | texts_by_path(new).keys()) - len(changes),
                "widenings": after.widenings_since(before),
            }
        return admin_page(self, request, "consent/admin/compare.html", context)

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
        context = {
            "may_publish": request.user.has_perm("consent.publish_notice"),
            "has_unpublished_changes": NoticeVersion.objects.has_unpublished_changes(),
        }
        return super().changelist_view(request, context | (extra_context or {}))
