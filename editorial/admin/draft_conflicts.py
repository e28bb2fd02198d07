"""Page for values that a draft and the live item changed differently since the draft was begun."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from editorial.admin.history import HistoryMixin
from editorial.models import Revision
from editorial.revisions.differences import Names, field_label, in_words, is_text, row_title
from editorial.revisions.snapshots import Conflict, model_of_row, recorded_fields

LIVE, DRAFT, OWN = "live", "draft", "own"


@dataclass
class ConflictChoice:
    """A conflict as the page shows it, and the value that was chosen for it."""

    conflict: Conflict
    # Prefix of the names of its fields in the page.
    name: str
    label: str
    language: str
    # The values from before both changes, on the site and in the draft, in words.
    base: SafeString | str
    live: SafeString | str
    draft: SafeString | str
    # Whether staff may enter a text that merges both.
    is_text: bool
    chosen: str = ""
    text: str = ""
    errors: list[str] | None = None

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES.get(self.language, "")

    @property
    def value(self) -> Any:
        """The chosen value."""
        return {LIVE: self.conflict.live, DRAFT: self.conflict.draft}.get(self.chosen, self.text)


class DraftConflictsMixin(HistoryMixin):
    """Admin with a page that resolves the conflicts between a draft and the live item."""

    def get_urls(self) -> list[URLPattern]:
        return [self.object_path("conflicts", self.conflicts_view), *super().get_urls()]

    def conflicts_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the texts of each conflict, and save a draft with the chosen ones."""
        item, _revisions = self.item_and_revisions(request, object_id)
        if item is None:
            raise Http404(object_id)
        if not self.may_restore(request, item):
            raise PermissionDenied
        with self.locked_while_posting(request, object_id):
            return self.choices_view(request, item)

    def choices_view(self, request: HttpRequest, item: Any) -> HttpResponse:
        draft = Revision.objects.draft_of(item)
        conflicts = draft.conflicts() if draft else []
        form_url = self.admin_url("change", item.pk)
        if draft is None or not conflicts:
            messages.info(request, _("The draft and the published texts do not contradict each other."))
            return HttpResponseRedirect(form_url)
        choices = self.choices(draft, conflicts)
        shown = self.shown_revisions(item)
        is_changed = self.is_changed(request, shown)
        if request.method == "POST" and self.read_choices(request, choices) and not is_changed:
            draft.resolve({(c.conflict.row, c.conflict.field): c.value for c in choices})
            messages.success(request, _("The draft is saved with the texts that you chose. It can be published now."))
            return HttpResponseRedirect(form_url)
        context = {"title": _("Compare and choose"), "heading": draft.heading, "choices": choices, "draft": draft}
        context["shown"] = shown
        response: TemplateResponse = self.render_history_page(request, "draft_conflicts", item, context)
        return response

    def choices(self, draft: Revision, conflicts: list[Conflict]) -> list[ConflictChoice]:
        base = draft.base.data if draft.base else {}
        names = Names(self.model, [base, draft.stored(), draft.data])
        return [self.choice(number, conflict, names) for number, conflict in enumerate(conflicts)]

    def choice(self, number: int, conflict: Conflict, names: Names) -> ConflictChoice:
        model = model_of_row(self.model, conflict.row)
        if not conflict.field:
            # One side deleted the part that the other changed.
            rows = (conflict.base, conflict.live, conflict.draft)
            shown: list[SafeString | str] = [_("deleted") if row is None else _("kept") for row in rows]
            kept = conflict.live or conflict.draft or conflict.base
            title = row_title(model, conflict.row, kept)
            return ConflictChoice(conflict, f"c{number}", title, "", shown[0], shown[1], shown[2], is_text=False)
        field = recorded_fields(model).get(conflict.field) if model else None
        values = (conflict.base, conflict.live, conflict.draft)
        shown = [in_words(field, value, names) if value not in (None, "") else "" for value in values]
        label, language = field_label(model, conflict.field)
        text = "" if conflict.draft is None else str(conflict.draft)
        may_merge = field is not None and is_text(field) and field.name != "key"
        return ConflictChoice(
            conflict, f"c{number}", label, language, shown[0], shown[1], shown[2], may_merge, text=text
        )

    def read_choices(self, request: HttpRequest, choices: list[ConflictChoice]) -> bool:
        """Read the submitted choices. Return whether all are valid."""
        for choice in choices:
            choice.errors = []
            choice.chosen = request.POST.get(choice.name, "")
            choice.text = request.POST.get(f"{choice.name}-text", choice.text).replace("\r\n", "\n")
            if choice.chosen not in (LIVE, DRAFT, OWN) or (choice.chosen == OWN and not choice.is_text):
                choice.errors = [_("Choose one of the texts.")]
            elif choice.chosen == OWN:
                model = model_of_row(self.model, choice.conflict.row)
                try:
                    choice.text = recorded_fields(model or self.model)[choice.conflict.field].clean(choice.text, None)
                except ValidationError as error:
                    choice.errors = error.messages
        return not any(choice.errors for choice in choices)
