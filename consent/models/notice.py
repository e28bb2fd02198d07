"""The cookie notice that staff edit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from editorial.fields import RichTextField
from editorial.models import Content


class Notice(Content):
    """Heading, introduction and data controller of the cookie notice. There is exactly one."""

    content_section = "notice"
    has_drafts = False
    heading_field = "heading"
    KEY = "notice"

    heading = models.CharField(_("heading"), max_length=120, help_text=_("Names the region, also for screen readers."))
    introduction = RichTextField(
        _("introduction"),
        help_text=_("Explain what cookies are used for and that visitors can refuse them. Link to the privacy policy."),
    )
    controller = models.CharField(
        _("controller"),
        max_length=200,
        help_text=_("The organisation that is responsible for the data (Article 4(7) GDPR)."),
    )
    contact = models.EmailField(_("contact"), help_text=_("The e-mail address for questions about personal data."))

    class Meta(Content.Meta):
        verbose_name = _("cookie notice")
        verbose_name_plural = _("cookie notice")
        constraints = [
            models.CheckConstraint(
                condition=Q(key="notice"),
                name="one_notice",
                violation_error_message=_("There is one notice. Change it instead of adding another."),
            )
        ]

    def __str__(self):
        return self.heading


def missing_notice() -> list[str]:
    """Return a sentence if there is no notice."""
    if Notice.objects.exists():
        return []
    return ["notice.notice. Without it, visitors are not asked about cookies, and nothing optional loads."]
