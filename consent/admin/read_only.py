"""What is on record, and how it looked."""

from csp.decorators import csp_update
from django.contrib import admin
from django.shortcuts import render

from consent.models import AccessEntry, NoticeVersion
from editorial.admin import CountedMixin

Action = AccessEntry.Action


class ReadOnlyAdmin(CountedMixin, admin.ModelAdmin):
    """What is on record: everyone who may see it sees it as it is, nobody changes it, and each look is logged."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def note(self, request, action: str, what: object = ""):
        """Log that the reader did this to something of this kind."""
        AccessEntry.objects.note(request.user, action, f"{self.opts.model_name} {what}".strip())

    def changelist_view(self, request, extra_context=None):
        if self.has_view_permission(request):
            self.note(request, Action.LIST, described(request))
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        self.note(request, Action.VIEW, obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)


def described(request) -> str:
    """The filters of a list as its address gives them, without a receipt number."""
    return "&".join(f"{name}={'…' if name == 'q' else value}" for name, value in request.GET.items() if value)


@csp_update({"font-src": "data:"})  # The faces of then lie within the style of then.
def shown(request, version: NoticeVersion, language: str, objection: bool):
    """The dialog as `version` showed it in `language`, a page of its own with the style of then."""
    context = {
        "version": version,
        "language": language,
        "html": version.html_in(language),
        "objection": version.wording_in(language)["objection"] if objection else "",
    }
    return render(request, "consent/admin/shown.html", context)
