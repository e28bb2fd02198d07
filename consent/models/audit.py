"""Reports of cookie audits."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CookieAuditQuerySet(models.QuerySet["CookieAudit"]):
    def latest_report(self) -> "CookieAudit | None":
        return self.order_by("-pk").first()


class CookieAudit(models.Model):
    """Report of one run of `manage.py audit_cookies`, which compares the site with the notice in force.

    `findings` is a list of objects with the strings "problem", "kind", "name" and "page", and the list "passes".
    """

    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    address = models.CharField(_("address of the site"), max_length=300)
    notice_number = models.PositiveIntegerField(_("notice version"))
    pages = models.PositiveIntegerField(_("pages"))
    findings = models.JSONField(_("findings"))
    is_clean = models.BooleanField(_("no findings"))

    objects = CookieAuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("cookie audit")
        verbose_name_plural = _("cookie audits")
        ordering = ("-pk",)
        default_permissions = ("view",)

    def __str__(self):
        return self.address
