"""The record as officers read, search, export and erase it."""

from datetime import date

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.admin.read_only import Action, ReadOnlyAdmin, described, shown
from consent.export import FORMATS
from consent.figures import Figures
from consent.models import AccessEntry, CookieAudit, Decision, Erasure, Leaf, NoticeVersion, Seal
from consent.models.record import read_receipt
from consent.signing import SealKeyError
from consent.stored_seal import SealOrderError
from consent.verification import Verification, check
from editorial.admin import MAX_CHOICES, LimitedChoicesFilter


class KeysetChangeList(ChangeList):
    """A list that goes on from the last record shown, so that no page costs more than the first and nothing is counted.

    The page's number is the record's: ?p=500 shows what is older than record 500, ?p=-500 what is newer.
    """

    def get_results(self, request):
        found = self.queryset.with_notice().order_by("-pk")
        edge = self.page_num if PAGE_VAR in request.GET else None
        many = self.list_per_page + 1
        if edge is not None and edge < 0:
            rows = list(found.filter(pk__gt=-edge).order_by("pk")[:many])
            has_newer, has_older = len(rows) == many, True
            rows = rows[: self.list_per_page][::-1]
        else:
            rows = list((found if edge is None else found.filter(pk__lt=edge))[:many])
            has_newer, has_older = edge is not None, len(rows) == many
            rows = rows[: self.list_per_page]
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)
        self.can_show_all, self.multi_page = False, False
        self.paginator = self.model_admin.get_paginator(request, rows, self.list_per_page)
        self.older = self.get_query_string({PAGE_VAR: rows[-1].pk}) if rows and has_older else None
        self.newer = self.get_query_string({PAGE_VAR: -rows[0].pk}) if rows and has_newer else None


def read_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


class PeriodFilter(admin.ListFilter):
    """From one day to another, either left open."""

    title = _("period")
    template = "consent/admin/period_filter.html"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            values = params.pop(name, None)
            if values and values[-1]:
                self.used_parameters[name] = values[-1]

    def expected_parameters(self):
        return ["from", "to"]

    def has_output(self):
        return True

    def choices(self, changelist):
        others = {key: value for key, value in changelist.params.items() if key not in self.expected_parameters()}
        return [{"from": self.used_parameters.get("from"), "to": self.used_parameters.get("to"), "others": others}]

    def queryset(self, request, queryset):
        start, end = (read_day(self.used_parameters.get(name)) for name in self.expected_parameters())
        return queryset.in_period(start, end) if start or end else queryset


class AnswerFilter(admin.SimpleListFilter):
    """What was answered to one purpose."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request, model_admin):
        # Those too that only a former of the latest versions asked about: their answers are on record.
        names = {}
        of_versions = NoticeVersion.objects.values_list(f"wording__{settings.LANGUAGE_CODE}__purposes", flat=True)
        for purposes in of_versions[:MAX_CHOICES]:
            for purpose in purposes:
                if not purpose["is_necessary"]:
                    names.setdefault(purpose["key"], purpose["name"])
        for key, name in names.items():
            yield f"{key}:yes", _("%(purpose)s: yes") % {"purpose": name}
            yield f"{key}:no", _("%(purpose)s: no") % {"purpose": name}

    def queryset(self, request, queryset):
        if self.value() not in dict(self.lookup_choices):
            return queryset
        key, _colon, answer = self.value().partition(":")
        return queryset.answered(key, answer == "yes")


class NoticeFilter(LimitedChoicesFilter):
    """The latest versions by their numbers alone, without all that they said."""

    def field_choices(self, field, request, model_admin):
        return [(version.pk, str(version)) for version in NoticeVersion.objects.only("number")[:MAX_CHOICES]]


class LanguageFilter(admin.SimpleListFilter):
    """The site's languages; asking the records for theirs would walk over all of them."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request, model_admin):
        return settings.LANGUAGES

    def queryset(self, request, queryset):
        return queryset.filter(language=self.value()) if self.value() else queryset


class ErasureForm(forms.Form):
    """Which records to erase, and why."""

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
            "How and when the request was made. The remark is kept permanently, so do not enter the name of the person."
        ),
    )
    is_sure = forms.BooleanField(label=_("I know that this cannot be undone."))

    def clean_receipt(self):
        receipt = read_receipt(self.cleaned_data["receipt"])
        if not Decision.objects.filter(receipt=receipt).exists():
            raise ValidationError(_("There is no record with this number. Compare it with the receipt."))
        return receipt


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["receipt", "decided_at", "action", "allowed", "notice", "language", "gpc"]
    list_filter = [PeriodFilter, AnswerFilter, "action", ("notice", NoticeFilter), LanguageFilter, "gpc"]
    search_fields = ["receipt"]
    search_help_text = _("Enter the whole receipt number.")
    # The list itself adds what it needs of the notice; an export has the notices in memory.
    list_select_related = ()
    list_per_page = 100
    sortable_by = []
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "consent/admin/decision_list.html"

    @admin.display(description=_("granted"))
    def allowed(self, decision) -> str:
        return ", ".join(decision.granted_purposes)

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def get_search_results(self, request, queryset, search_term):
        return queryset.filter(receipt=read_receipt(search_term)) if search_term else queryset, False

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
        """One record: what was asked and answered, the chain it stands in, its seal, and whether all that holds now."""
        decision = self.get_object(request, object_id)
        if not self.has_view_permission(request, decision):
            raise PermissionDenied
        if decision is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        self.note(request, Action.VIEW, decision.pk)
        context = {
            "title": _("Record of a decision"),
            "subtitle": str(decision),
            "decision": decision,
            "chain": Decision.objects.filter(receipt=decision.receipt).with_notice().order_by("pk"),
            "checked": check(decision),
        }
        return self.page(request, "decision", context)

    def page(self, request, name: str, context: dict):
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"consent/admin/{name}.html", context)

    def get_urls(self):
        def desk(route, view):
            name = f"consent_decision_{view.__name__}"
            return path(route, self.admin_site.admin_view(view), name=name)

        return [
            desk("figures/", self.figures),
            desk("export/<slug:form>/", self.export),
            desk("check/", self.check_seals),
            desk("erase/", self.erase),
            desk("<int:pk>/dialog/", self.dialog),
            *super().get_urls(),
        ]

    def figures(self, request):
        """Numbers and pictures over time."""
        self.require(request, "view")
        figures = Figures(read_day(request.GET.get("from")), read_day(request.GET.get("to")))
        self.note(request, Action.LIST, f"figures {figures.start} {figures.end}")
        context = {
            "title": _("Figures"),
            "figures": figures,
            "acceptance": figures.acceptance(NoticeVersion.objects.order_by("-number")),
            "audit": CookieAudit.objects.latest_report(),
        }
        return self.page(request, "figures", context)

    def export(self, request, form: str):
        """The list as it is filtered, oldest first, line by line."""
        self.require(request, "export")
        if form not in FORMATS:
            raise Http404(form)
        found = self.get_changelist_instance(request).queryset.order_by("pk")
        AccessEntry.objects.note(request.user, Action.EXPORT, f"{form} {described(request)}".strip())
        chosen = FORMATS[form]
        response = StreamingHttpResponse(chosen.chunks(found), content_type=chosen.media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="consents.{chosen.ending}"'
        return response

    def check_seals(self, request):
        """Every record and seal, checked now, by POST; before that, what is sealed."""
        self.require(request, "view")
        report = None
        if request.method == "POST":
            AccessEntry.objects.note(request.user, Action.CHECK)
            report = Verification().run()
        context = {"title": _("Check the seals"), "report": report, "latest": Seal.objects.latest_seal()}
        return self.page(request, "check", context)

    def erase(self, request):
        """Erase what is on record under one receipt number, as its data subject asked (Article 17 GDPR)."""
        self.require(request, "erase")
        form = ErasureForm(request.POST or None)
        if form.is_valid():
            try:
                count = Leaf.objects.erase_receipt(
                    form.cleaned_data["receipt"], staff=request.user.get_username(), remark=form.cleaned_data["remark"]
                )
            except (SealOrderError, SealKeyError) as fault:
                form.add_error(None, str(fault))
            else:
                AccessEntry.objects.note(request.user, Action.ERASE, f"{count}")
                text = ngettext("%(count)s record was erased.", "%(count)s records were erased.", count)
                messages.success(request, text % {"count": count})
                return HttpResponseRedirect(reverse("admin:consent_erasure_changelist"))
        return self.page(request, "erase", {"title": _("Erase on request"), "form": form})

    def dialog(self, request, pk: int):
        """The dialog exactly as the data subject saw it."""
        self.require(request, "view")
        decision = self.get_object(request, str(pk))
        if decision is None:
            raise Http404("no such record")
        self.note(request, Action.VIEW, f"{pk} dialog")
        return shown(request, decision.notice, decision.language, decision.gpc)

    def require(self, request, action: str):
        if not request.user.has_perm(f"consent.{action}_decision"):
            raise PermissionDenied


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["erased_at", "staff", "reason", "count", "remark"]
    list_filter = ["reason"]
    fields = ["erased_at", "staff", "reason", "remark", "count", "hashes", "digest"]


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ["number", "sealed_at", "first", "size", "digest"]
    fields = ["number", "sealed_at", "first", "size", "root", "previous", "digest", "note"]


@admin.register(AccessEntry)
class AccessEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "staff", "action", "about"]
    list_filter = ["action", "at"]
    search_fields = ["staff", "what"]
    fields = ["at", "staff", "action", "about"]

    @admin.display(description=_("details"))
    def about(self, entry) -> str:
        """What it was, the kind of record by its name in the reader's language."""
        name, _space, rest = entry.what.partition(" ")
        try:
            kind = apps.get_model("consent", name)._meta.verbose_name
        except LookupError:
            return entry.what
        return f"{kind} {rest}".strip()
