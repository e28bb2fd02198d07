"""Admin of cookie audits."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.models import CookieAudit


@admin.register(CookieAudit)
class CookieAuditAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "address", "notice_number", "pages", "is_clean"]
    fields = ["started_at", "finished_at", "address", "notice_number", "pages", "is_clean", "findings_table"]

    @admin.display(description=_("findings"))
    def findings_table(self, audit: CookieAudit):
        """Return the findings as an HTML table."""
        if not audit.findings:
            return _("none")
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><th scope='row'>{}</th><td>{}</td><td>{}</td></tr>",
            (
                (finding["problem"], finding["kind"], finding["name"], ", ".join(finding["passes"]), finding["page"])
                for finding in audit.findings
            ),
        )
        titles = (_("Problem"), _("Kind"), _("Name"), _("Consent given"), _("First page"))
        head = format_html_join("", '<th scope="col">{}</th>', ((title,) for title in titles))
        return format_html(
            '<div class="findings" role="region" aria-label="{}" tabindex="0">'
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
            _("findings"),
            head,
            rows,
        )
