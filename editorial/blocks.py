"""Blocks of the dashboard about drafts, their approval, scheduled changes and recurring jobs."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.admin_urls import page_url
from editorial.dashboard import MAX_LINES, Block, Line, moment
from editorial.models import ApprovalRequest, Revision, ScheduledChange, State
from editorial.rights import kinds_with
from jobs.models import Job

# Rows that are read: one more than is shown, to know whether there are more.
READ = MAX_LINES + 1


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def note(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)


def to_approve(user: User | AnonymousUser) -> Block | None:
    """Drafts that others want to have published."""
    if not kinds_with(user, "publish"):
        return None
    lines = [
        Line(
            request.revision.heading,
            page_url(request.revision.model_class, "approval", request.revision.object_id),
            note(request.message, name_of(request.asked_by), moment(request.asked_at)),
        )
        for request in ApprovalRequest.objects.waiting_for(user)[:READ]
    ]
    return Block(_("Waiting for my approval"), _("No draft waits for your approval."), lines)


def returned_drafts(user: User | AnonymousUser) -> Block | None:
    """Drafts that a publisher returned to the user."""
    lines = [
        Line(
            request.revision.heading,
            page_url(request.revision.model_class, "change", request.revision.object_id),
            note(request.comment, name_of(request.decided_by), moment(request.decided_at or request.asked_at)),
        )
        for request in ApprovalRequest.objects.returned_to(user)[:READ]
    ]
    if not lines and not kinds_with(user, "change"):
        return None
    return Block(_("Returned to me"), _("No draft was returned to you."), lines)


def own_drafts(user: User | AnonymousUser) -> Block | None:
    """Open drafts that the user saved last."""
    drafts = Revision.objects.open().filter(author=user.pk).select_related("content_type")
    lines = [
        Line(
            draft.heading,
            page_url(draft.model_class, "change", draft.object_id),
            note(draft.get_state_display(), moment(draft.created_at), draft.shown_comment),
        )
        for draft in drafts.defer("data", "translations").order_by("-pk")[:READ]
    ]
    if not lines and not kinds_with(user, "change"):
        return None
    return Block(_("My drafts"), _("You have no draft."), lines)


def scheduled_changes(user: User | AnonymousUser) -> Block | None:
    """Changes that are planned, and those of the user that stopped."""
    if not kinds_with(user, "publish"):
        return None
    found = ScheduledChange.objects.to_resolve(user) | ScheduledChange.objects.upcoming(user)
    # The headings below take one query. The items would take one for each kind of content.
    plans = list(found.order_by("at", "pk").prefetch_related(None)[:READ])
    headings = headings_of(plans)
    lines = [
        Line(
            headings.get((plan.content_type_id, plan.object_id), capfirst(plan.content_type.name)),
            page_url(plan.model_class, "schedule", plan.object_id),
            note(plan, plan.get_state_display() if plan.explanation else ""),
            is_warning=bool(plan.explanation),
        )
        for plan in plans
    ]
    url = reverse("admin:editorial_scheduledchange_changelist")
    return Block(_("Scheduled"), _("Nothing is planned."), lines, url)


def headings_of(plans: list[ScheduledChange]) -> dict[tuple[int, int], str]:
    """Return (content type, primary key) → heading of the items of `plans`. Takes one query."""
    items = Q(pk__in=[])
    for plan in plans:
        items |= Q(content_type=plan.content_type_id, object_id=plan.object_id)
    revisions = Revision.objects.filter(items, state__in=[State.LIVE, State.DRAFT, State.IN_REVIEW, State.APPROVED])
    return {
        (kind, key): heading for kind, key, heading in revisions.values_list("content_type", "object_id", "heading")
    }


def faulty_jobs(user: User | AnonymousUser) -> Block | None:
    """Recurring jobs that fail, are late or never ran. Registered here, because `jobs` may not import `editorial`."""
    if not user.has_perm("jobs.view_job"):
        return None
    url = reverse("admin:jobs_job_changelist")
    lines = [
        Line(str(job), page_of_job(job), note(job.state.label, job.last_error), is_warning=True)
        for job in Job.objects.faulty()
    ]
    return Block(_("Background jobs"), _("All jobs run on time."), lines, url)


def page_of_job(job: Job) -> str:
    # A job that never ran may have no row yet.
    return reverse("admin:jobs_job_change", args=[job.pk]) if job.pk else reverse("admin:jobs_job_changelist")
