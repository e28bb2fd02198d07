"""Admin of the privacy policy and its versions."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from consent.admin.base import Action, OfficersMixin, ReadOnlyAdmin
from consent.models import AccessEntry, PolicyVersion, PrivacyPolicy
from consent.models.policy import RIGHTS, SECTIONS, UntranslatedError, edited_policy, heading
from editorial.admin import SingletonContentAdmin, admin_page
from editorial.admin.conflicts import retry_on_conflict
from translations.status.models import model_field


def links_to_empty_facts(policy: PrivacyPolicy) -> SafeString:
    """Return a list of the facts without a text, each with a link to its field; empty if there are none."""
    url = reverse("admin:consent_privacypolicy_change", args=[policy.pk])
    fields = {name: build_localized_fieldname(name, settings.LANGUAGE_CODE) for name in policy.empty_facts()}
    items = [(url, field, heading(name), model_field(PrivacyPolicy, name).help_text) for name, field in fields.items()]
    return format_html_join("", '<li><a href="{}#id_{}">{}</a> {}</li>', items)


@admin.register(PrivacyPolicy)
class PrivacyPolicyAdmin(OfficersMixin, SingletonContentAdmin):
    list_display = ["controller", "contact", "updated_at"]
    search_fields = ["controller", "purposes"]
    fieldsets = [
        (
            None,
            {
                "fields": ["facts_to_add", "controller", "contact", *SECTIONS[1:]],
                "description": _("Visitors read a change when the policy is put in force under its versions."),
            },
        ),
        (_("Your rights"), {"fields": [*RIGHTS]}),
    ]
    readonly_fields = ["facts_to_add"]

    @admin.display(description=_("Facts without a text"))
    def facts_to_add(self, policy: PrivacyPolicy) -> SafeString | str:
        return format_html("<ul>{}</ul>", found) if (found := links_to_empty_facts(policy)) else gettext("none")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["number", "published_at", "digest"]
    fields = ["number", "published_at", "digest", "languages_with_digest"]
    change_list_template = "consent/admin/policy_versions.html"

    def get_queryset(self, request):
        # A large column that a list does not need.
        return super().get_queryset(request).defer("wording")

    @admin.display(description=_("languages"))
    def languages_with_digest(self, version: PolicyVersion) -> SafeString:
        rows = format_html_join("", "<li>{}: <code>{}</code></li>", version.part_digests().items())
        return format_html("<ul>{}</ul>", rows)

    def get_view_on_site_url(self, obj=None):
        return obj.get_absolute_url() if obj else None

    def get_urls(self):
        publish = self.admin_site.admin_view(self.publish)
        return [path("publish/", publish, name="consent_policyversion_publish"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        may_publish = request.user.has_perm("consent.publish_privacypolicy")
        return super().changelist_view(request, {"may_publish": may_publish} | (extra_context or {}))

    def publish(self, request):
        """Show the changes since the version in force; on POST, put them in force."""
        if not request.user.has_perm("consent.publish_privacypolicy"):
            raise PermissionDenied
        return retry_on_conflict(lambda: self.publish_view(request))

    def publish_view(self, request):
        current, policy = PolicyVersion.objects.current(), edited_policy()
        if policy is None:
            raise Http404("there is no privacy policy")
        draft = PolicyVersion.objects.draft()
        reviewed = request.POST.get("draft", "") if request.method == "POST" else None
        if reviewed == draft.content_digest():
            try:
                version = PolicyVersion.objects.put_in_force(draft)
            except UntranslatedError:
                # The page lists the texts.
                pass
            else:
                AccessEntry.objects.log(request.user, Action.POLICY, str(version))
                messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
                return HttpResponseRedirect(reverse("admin:consent_policyversion_changelist"))
        context = {
            "title": _("Put the privacy policy in force"),
            "draft": draft,
            "has_draft_changed": reviewed is not None and reviewed != draft.content_digest(),
            "current": current,
            "changes": draft.changes_since(current),
            "untranslated": PolicyVersion.objects.untranslated(),
            "empty_facts": links_to_empty_facts(policy),
        }
        return admin_page(self, request, "consent/admin/publish_policy.html", context)
