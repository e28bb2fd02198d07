"""Block of the dashboard: whether the record of consent and the notice are as they should be."""

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import CookieAudit, NoticeVersion, Seal
from consent.stored_seal import SealMismatchError, read_newest_seal
from editorial.dashboard import Block, Line, moment


def consent_health(user: User | AnonymousUser) -> Block | None:
    if not user.has_perm("consent.publish_notice"):
        return None
    lines = [*notice_lines(), audit_line(), seal_line()]
    return Block(gettext_lazy("Consent to cookies"), "", lines)


def notice_lines() -> list[Line]:
    """A line if the notice was changed and not published."""
    if not NoticeVersion.objects.has_unpublished_changes():
        return []
    differs = _("The draft differs from the version in force. Visitors see the version in force.")
    url = reverse("admin:consent_noticeversion_publish")
    return [Line(_("Compare and publish the notice"), url, differs, is_warning=True)]


def audit_line() -> Line:
    audit = CookieAudit.objects.latest_report()
    title = capfirst(str(CookieAudit._meta.verbose_name))
    if audit is None:
        return Line(title, reverse("admin:consent_cookieaudit_changelist"), _("None was run yet."))
    result = _("no findings") if audit.is_clean else f"{_('findings')}: {len(audit.findings)}"
    url = reverse("admin:consent_cookieaudit_change", args=[audit.pk])
    return Line(title, url, f"{moment(audit.finished_at)}, {result}", is_warning=not audit.is_clean)


def seal_line() -> Line:
    """The latest seal, or how the database contradicts the seal that is kept beside it."""
    latest = Seal.objects.latest_seal()
    try:
        known = read_newest_seal()
        fault = Seal.objects.fault_against(known) if known else None
    except SealMismatchError as error:
        fault = str(error)
    state = _("Nothing was sealed yet.")
    if latest:
        state = f"{_('Seal %(number)s') % {'number': latest.number}}, {moment(latest.sealed_at)}"
    return Line(_("Seals"), reverse("admin:consent_decision_check_seals"), fault or state, is_warning=bool(fault))
