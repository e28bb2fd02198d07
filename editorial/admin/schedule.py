"""Schedule for publishing drafts and taking items off the site: a page for each item, a list, and a calendar."""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.acting import SYSTEM
from editorial.admin.changelists import CountedMixin
from editorial.admin.pages import admin_page
from editorial.admin.permissions import ReadOnlyMixin
from editorial.admin.revisions import SHOWN_DRAFT, RevisionsMixin
from editorial.admin_urls import page_url
from editorial.mail import sends_mail
from editorial.models import Content, Revision, ScheduledChange
from editorial.models.schedule import CONFLICT
from editorial.rights import visible_kinds
from editorial.times import SiteTimeField
from editorial.unsaved import form_with_unsaved_input, posted

# Names of the two plans of an item, in the page of its plans.
ACTIONS = {"publish": True, "take-off": False}
CANCEL = "cancel"
REMINDERS = {
    "": _("no reminder"),
    "1": _("1 hour before"),
    "24": _("1 day before"),
    "72": _("3 days before"),
    "168": _("7 days before"),
}
# Years that the calendar shows.
YEARS = range(2000, 3000)


class ScheduleForm(forms.Form):
    """Time of a plan, and its reminder. `other` is the other plan of the item."""

    at = SiteTimeField(label=capfirst(_("time")))
    reminder = forms.ChoiceField(label=_("Reminder by e-mail"), choices=list(REMINDERS.items()), required=False)

    def __init__(self, *args: Any, item: Content, draft: Revision | None, is_published: bool, **kwargs: Any):
        self.item, self.draft, self.is_published = item, draft, is_published
        super().__init__(*args, **kwargs)
        self.fields["at"].help_text = _(
            "In the time zone of the site, %(zone)s. It happens automatically, within a minute."
        ) % {"zone": settings.TIME_ZONE}

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("Choose a time in the future."))
        if at.year not in YEARS:
            raise forms.ValidationError(_("Choose a year before 3000."))
        return at

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        at, hours = values.get("at"), values.get("reminder")
        values["remind_at"] = at - timedelta(hours=int(hours)) if at and hours else None
        if values["remind_at"] and values["remind_at"] <= timezone.now():
            self.add_error("reminder", _("The time of this reminder has passed. Choose a later one or none."))
        if self.is_published:
            self.check_draft()
        elif at:
            self.check_visibility(at)
        return values

    def check_draft(self) -> None:
        if self.draft is None and (self.item.has_drafts or self.item.is_published):
            raise forms.ValidationError(_("There is nothing to publish: the item has no draft."))
        if self.draft and self.draft.conflicts():
            raise forms.ValidationError(CONFLICT)

    def check_visibility(self, at: datetime) -> None:
        if self.item.is_published:
            return
        publication = ScheduledChange.objects.of(self.item).filter(is_published=True).first()
        if publication is None:
            raise forms.ValidationError(_("The item is not on the site, and no publication is planned."))
        if at <= publication.at:
            self.add_error("at", _("Choose a time after the publication (%s).") % publication.local_time)


class ScheduleMixin(RevisionsMixin):
    """Admin whose items can be published and taken off at a given time."""

    def get_urls(self) -> list[URLPattern]:
        return [self.object_path("schedule", self.schedule_view), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> list:
        return [*super().get_list_display(request), "planned"]

    @admin.display(description=_("planned"))
    def planned(self, item: Any) -> SafeString | str:
        """Column with the plans of the item."""
        rows = ((plan, plan.get_state_display()) if plan.explanation else (plan, "") for plan in item_plans(item))
        return format_html_join(mark_safe("<br>"), "{} {}", rows) or "–"

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        items = list(changelist.result_list)
        plans = ScheduledChange.objects.by_key(self.model, [item.pk for item in items])
        for item in items:
            item.plans = plans.get(item.pk, ())
        return changelist

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        item = self.get_object(request, unquote(object_id)) if object_id else None
        if item is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        plans = ScheduledChange.objects.of(item)
        context = {
            "plans": plans.select_related("planned_by"),
            "schedule_url": page_url(item, "schedule", item.pk) if self.may_publish(request, item) else "",
        }
        response = super().changeform_view(request, object_id, form_url, context | (extra_context or {}))
        if request.method == "POST":
            plans.follow_drafts()
        return response

    def schedule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Page with the plans of an item."""
        item = self.get_object(request, unquote(object_id))
        if item is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.may_publish(request, item):
            raise PermissionDenied
        # An item that was not added in the admin gets its draft now.
        Revision.objects.record(author_name=SYSTEM)
        draft = Revision.objects.draft_of(item)
        plans = {plan.is_published: plan for plan in ScheduledChange.objects.of(item).select_related("planned_by")}
        if request.method == "POST" and CANCEL in request.POST:
            return self.cancel_plan(request, plans.get(ACTIONS.get(str(request.POST.get("plan")), True)))
        sections = []
        current = str(draft.pk) if draft else ""
        shown = posted(request).get(SHOWN_DRAFT, current)
        for action, is_published in ACTIONS.items():
            plan = plans.get(is_published)
            form = self.schedule_form(request, action, plan, item=item, draft=draft, is_published=is_published)
            if request.method == "POST" and form.is_bound and form.is_valid():
                if shown == current or not is_published:
                    return self.save_plan(request, form)
                text = _("The draft was changed after you opened this page. Look at it, then schedule it.")
                form.add_error(None, text)
                shown = current
            sections.append({"action": action, "is_published": is_published, "plan": plan, "form": form})
        context = {
            "original": item,
            "title": f"{_('Schedule')}: {item}",
            "sections": sections,
            "draft": draft,
            SHOWN_DRAFT: shown,
            "mail_problem": mail_problem(request),
        }
        return admin_page(self, request, "editorial/schedule.html", context)

    def schedule_form(
        self, request: HttpRequest, action: str, plan: ScheduledChange | None, **options: Any
    ) -> ScheduleForm:
        is_submitted = posted(request).get("plan") == action
        form_class = form_with_unsaved_input(ScheduleForm, request) if is_submitted else ScheduleForm
        if is_submitted and request.method == "POST":
            options["data"] = request.POST
        initial: dict[str, Any] = {}
        if plan:
            initial["at"] = plan.at
            if plan.remind_at:
                initial["reminder"] = str(int((plan.at - plan.remind_at).total_seconds() // 3600))
        return form_class(initial=initial, auto_id=f"id_{action}_%s", **options)

    def save_plan(self, request: HttpRequest, form: ScheduleForm) -> HttpResponse:
        item, values = form.item, form.cleaned_data
        plan = ScheduledChange.objects.plan(
            item,
            values["at"],
            is_published=form.is_published,
            planned_by=request.user,
            remind_at=values["remind_at"],
            url=request.build_absolute_uri(page_url(item, "schedule", item.pk)),
        )
        messages.success(request, _("Planned. %s") % plan)
        return HttpResponseRedirect(request.path)

    def cancel_plan(self, request: HttpRequest, plan: ScheduledChange | None) -> HttpResponse:
        if plan:
            plan.delete()
            messages.success(request, _("The plan was removed. Nothing else was changed."))
        return HttpResponseRedirect(request.path)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        ScheduledChange.objects.of(obj).delete()
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for item in queryset:
            ScheduledChange.objects.of(item).delete()
        super().delete_queryset(request, queryset)


def item_plans(item: Any) -> Iterable[ScheduledChange]:
    # A row of a submitted list that is on another page now was loaded without its plans.
    return getattr(item, "plans", ())


def mail_problem(request: HttpRequest) -> str:
    """Return the reason why the user gets no mail. Empty if mail can be sent."""
    if not sends_mail():
        return str(_("This site sends no e-mail, because no mail server is set (EMAIL_URL). All is shown here only."))
    if not getattr(request.user, "email", ""):
        return str(_("Your account has no e-mail address, so you get no e-mail. All is shown here only."))
    return ""


@admin.register(ScheduledChange)
class ScheduledChangeAdmin(ReadOnlyMixin, CountedMixin, admin.ModelAdmin):
    """Everything that is planned for the kinds of content that the user may see."""

    list_display = ["heading", "kind", "is_published", "at", "planned_by", "state"]
    list_display_links = None
    list_filter = ["is_published", "state"]
    list_per_page = 50
    actions = None
    change_list_template = "editorial/schedule_list.html"
    fields = ["is_published", "at", "planned_by"]

    def get_queryset(self, request: HttpRequest) -> Any:
        changes = ScheduledChange.objects.visible_to(request.user)
        return changes.select_related("content_type", "planned_by").prefetch_related("item")

    @admin.display(description=_("name"))
    def heading(self, change: ScheduledChange) -> SafeString | str:
        return item_link(change)

    @admin.display(description=_("kind of content"))
    def kind(self, change: ScheduledChange) -> str:
        return capfirst(str(change.model_class._meta.verbose_name))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(visible_kinds(request.user))

    has_module_permission = has_view_permission

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.calendar_view)
        return [path("calendar/", view, name="editorial_scheduledchange_calendar"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"title": _("Everything planned"), "zone": settings.TIME_ZONE}
        return super().changelist_view(request, context | (extra_context or {}))

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """One month as a calendar. Without the parameter `month`, such as 2026-05, the current month."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        first = parsed_month(request.GET.get("month", "")) or today.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        previous = (first - timedelta(days=1)).replace(day=1)
        start, end = (timezone.make_aware(datetime(day.year, day.month, 1)) for day in (first, following))
        by_day: dict[date, list[ScheduledChange]] = {}
        for change in self.get_queryset(request).filter(at__gte=start, at__lt=end).order_by("at", "pk"):
            change.link = item_link(change)
            change.local_at = timezone.localtime(change.at)
            by_day.setdefault(change.local_at.date(), []).append(change)
        weeks = [
            [{"date": day, "is_in_month": day.month == first.month, "changes": by_day.get(day, ())} for day in week]
            for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
        ]
        context = {
            "title": capfirst(date_format(first, "YEAR_MONTH_FORMAT")),
            "weeks": weeks,
            "today": today,
            "previous": previous,
            "following": following,
            "is_empty": not by_day,
            "zone": settings.TIME_ZONE,
        }
        return admin_page(self, request, "editorial/calendar.html", context)


def item_link(change: ScheduledChange) -> SafeString | str:
    """Return the name of the item with a link to its form."""
    item = change.item
    if item is None:
        return str(_("deleted"))
    return format_html('<a href="{}">{}</a>', page_url(item, "change", item.pk), item)


def parsed_month(text: str) -> date | None:
    try:
        month = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None
    return month if month.year in YEARS else None
