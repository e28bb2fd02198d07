"""Texts of Django's admin that the catalogs of this site translate anew.

Django puts the name of a kind of content, which is in the nominative, into a sentence that needs another case or gender
in many languages. Nothing imports this module: `makemessages` finds the texts in it.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

HEADINGS = (
    _("Add %s"),
    _("Change %s"),
    _("View %s"),
    _("Select %s"),
    _("Select %s to change"),
    _("Select %s to view"),
)
LINKS = (
    _("Add %(name)s"),
    _("Add another %(verbose_name)s"),
    _("Add another %(model)s"),
    _("Change selected %(model)s"),
    _("Delete selected %(model)s"),
    _("View selected %(model)s"),
    _("Select all %(total_count)s %(module_name)s"),
    _("Breadcrumbs"),
)
MESSAGES = (
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was changed successfully."),
    ngettext_lazy("%(count)s %(name)s was changed successfully.", "%(count)s %(name)s were changed successfully.", 1),
)
