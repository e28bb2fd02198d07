"""Admin of decisions: list, search, statistics, export, verification and erasure on request."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.admin.base import Action, ReadOnlyAdmin, filters_of, notice_as_shown
from consent.admin.decision_list import (
    AnswerFilter,
    KeysetChangeList,
    LanguageFilter,
    NoticeFilter,
    PeriodFilter,
    read_day,
)
from consent.export import FORMATS
from consent.models import AccessEntry, CookieAudit, Decision, Leaf, NoticeVersion, Seal
from consent.receipt_number import contains_receipt, read_receipt
from consent.record_check import check_record
from consent.signing import SealKeyError
from consent.statistics import Statistics
from consent.stored_seal import SealMismatchError
from consent.verification import Verification
from editorial.admin import admin_page


class ErasureForm(forms.Form):
    """Receipt number of the records to erase, and the reason."""

    receipt = forms.CharField(
        label=capfirst(_("receipt number")),
        max_length=40,
        help_text=_(
            "The number from the data subject, such as 7K3F-9QRS-0TVW-XYZ1. All records with this number are erased."
        ),
    )
    remark = forms.CharField(
        label=capfirst(_("remark")),
        max_length=500,
        help_text=_(
            "How and when the request was made. The remark is kept permanently, so enter neither the name of the "
            "person nor the receipt number."
        ),
    )
    is_sure = forms.BooleanField(label=_("I know that this cannot be undone."))

    def clean_receipt(self):
        receipt = read_receipt(self.cleaned_data["receipt"])
        if not Decision.objects.under(receipt).exists():
            raise ValidationError(_("There is no record with this number. Compare it with the receipt."))
        return receipt

    def clean_remark(self):
        remark, receipt = self.cleaned_data["remark"], self.cleaned_data.get("receipt")
        if receipt and contains_receipt(remark, receipt):
            raise ValidationError(_("The remark is kept permanently. Remove the receipt number from it."))
        return remark


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = [
        "receipt_number",
        "decided_at",
        "action",
        "granted_list",
        "notice",
        "language",
        "has_objection_signal",
    ]
    list_filter = [
        PeriodFilter,
        AnswerFilter,
        "action",
        ("notice", NoticeFilter),
        LanguageFilter,
        "has_objection_signal",
    ]
    search_fields = ["receipt"]
    search_help_text = _("Enter the whole receipt number.")
    # KeysetChangeList joins the notice, and an export has all notices in memory.
    list_select_related = ()
    list_per_page = 100
    sortable_by = []
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "consent/admin/decision_list.html"

    @admin.display(description=_("receipt number"))
    def receipt_number(self, decision: Decision) -> str:
        # The text of the link to a record that has no receipt number.
        return str(decision)

    @admin.display(description=_("granted"))
    def granted_list(self, decision: Decision) -> str:
        """Return the granted providers, grouped by purpose."""
        by_purpose: dict[str, list[str]] = {}
        for key, answer in decision.answers.items():
            if answer["granted"]:
                by_purpose.setdefault(answer["purpose"], []).append(key)
        # Sorted, because PostgreSQL does not keep the order of the answers.
        return "; ".join(f"{purpose}: {', '.join(sorted(keys))}" for purpose, keys in sorted(by_purpose.items()))

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def get_search_results(self, request, queryset, search_term):
        return queryset.under(read_receipt(search_term)) if search_term.strip() else queryset, False

    def changelist_view(self, request, extra_context=None):
        context = {
            "formats": FORMATS.items(),
            "search_var": SEARCH_VAR,
            "may_export": request.user.has_perm("consent.export_decision"),
            "may_erase": request.user.has_perm("consent.erase_decision"),
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a record with its answers, its chain, its seal and the result of checking it now."""
        decision = self.get_object(request, object_id)
        if not self.has_view_permission(request, decision):
            raise PermissionDenied
        if decision is None:
            return super().change_view(request, object_id, form_url, extra_context)
        self.log(request, Action.VIEW, decision.pk)
        context = {
            "title": _("Record of a decision"),
            "subtitle": str(decision),
            "decision": decision,
            "chain": Decision.objects.under(decision.receipt).with_notice().order_by("pk"),
            "checked": check_record(decision),
        }
        return admin_page(self, request, "consent/admin/decision.html", context)

    def get_urls(self):
        def admin_path(route, view):
            name = f"consent_decision_{view.__name__}"
            return path(route, self.admin_site.admin_view(view), name=name)

        return [
            admin_path("statistics/", self.statistics),
            admin_path("export/<slug:form>/", self.export),
            admin_path("check/", self.check_seals),
            admin_path("erase/", self.erase),
            admin_path("<int:pk>/dialog/", self.dialog),
            *super().get_urls(),
        ]

    def statistics(self, request):
        """Show statistics of a period."""
        self.require_permission(request, "view")
        statistics = Statistics(read_day(request.GET.get("from")), read_day(request.GET.get("to")))
        self.log(request, Action.LIST, f"statistics {statistics.start} {statistics.end}")
        context = {
            "title": _("Figures"),
            "statistics": statistics,
            "acceptance": statistics.acceptance(NoticeVersion.objects.order_by("-number")),
            "audit": CookieAudit.objects.latest_report(),
        }
        return admin_page(self, request, "consent/admin/statistics.html", context)

    def export(self, request, form: str):
        """Return the filtered list as a file, oldest first."""
        self.require_permission(request, "export")
        if form not in FORMATS:
            raise Http404(form)
        try:
            decisions = self.get_changelist_instance(request).queryset.order_by("pk")
        except IncorrectLookupParameters:
            # As the list does.
            return HttpResponseRedirect(f"{reverse('admin:consent_decision_changelist')}?{ERROR_FLAG}=1")
        AccessEntry.objects.log(request.user, Action.EXPORT, f"{form} {filters_of(request)}".strip())
        export = FORMATS[form]
        response = StreamingHttpResponse(export.chunks(decisions), content_type=export.media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="consents.{export.extension}"'
        return response

    def check_seals(self, request):
        """Show the latest seal; on POST, verify all records and seals."""
        self.require_permission(request, "view")
        report = None
        if request.method == "POST":
            AccessEntry.objects.log(request.user, Action.CHECK)
            report = Verification().run()
        context = {"title": _("Check the seals"), "report": report, "latest": Seal.objects.latest_seal()}
        return admin_page(self, request, "consent/admin/check.html", context)

    def erase(self, request):
        """Erase all records under one receipt number on request of the data subject (Article 17 GDPR)."""
        self.require_permission(request, "erase")
        form = ErasureForm(request.POST or None)
        if form.is_valid():
            try:
                count = Leaf.objects.erase_receipt(
                    form.cleaned_data["receipt"], staff=request.user.get_username(), remark=form.cleaned_data["remark"]
                )
            except (SealMismatchError, SealKeyError) as fault:
                form.add_error(None, str(fault))
            else:
                AccessEntry.objects.log(request.user, Action.ERASE, f"{count}")
                text = ngettext("%(count)s record was erased.", "%(count)s records were erased.", count)
                messages.success(request, text % {"count": count})
                return HttpResponseRedirect(reverse("admin:consent_erasure_changelist"))
        context = {"title": _("Erase on request"), "form": form}
        return admin_page(self, request, "consent/admin/erase.html", context)

    def dialog(self, request, pk: int):
        """Show the dialog exactly as the data subject saw it."""
        self.require_permission(request, "view")
        decision = self.get_object(request, str(pk))
        if decision is None:
            raise Http404("no such record")
        self.log(request, Action.VIEW, f"{pk} dialog")
        return notice_as_shown(request, decision.notice, decision.language, decision.has_objection_signal)

    def require_permission(self, request: HttpRequest, action: str) -> None:
        """Raise PermissionDenied unless the user has the permission for `action` on decisions."""
        if not request.user.has_perm(f"consent.{action}_decision"):
            raise PermissionDenied
