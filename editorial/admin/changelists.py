"""Change lists that count their rows once and show the states of translations."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from editorial.models import Revision
from translations.status.models import Translation


class CountedChangeList(ChangeList):
    """Change list that counts its rows with one query. It shows “Show all” only when the list is filtered."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class CountedMixin(ModelAdmin):
    """Admin whose lists run one COUNT query. Django runs a second one, of all rows, to show next to a filtered list."""

    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CountedChangeList

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run the action on the selected rows, without keys that no row can have."""
        posted = request.POST.copy()
        keys = posted.getlist(ACTION_CHECKBOX_NAME)
        posted.setlist(ACTION_CHECKBOX_NAME, [key for key in keys if is_possible_key(self.model, key)])
        request.POST = posted  # type: ignore[assignment]  # a copy of a QueryDict is one
        return super().response_action(request, queryset, *args, **kwargs)


def is_possible_key(model: type[Model], key: str) -> bool:
    try:
        model._meta.pk.clean(key, None)
    except ValidationError:
        return False
    return True


class ContentChangeList(CountedChangeList):
    """Change list that adds the states of its translations to each item."""

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            if request.method != "POST" or self.page_num == 1:
                raise
            # The list became shorter. The submitted rows are saved whichever page is shown.
            self.page_num = 1
            super().get_results(request)
        self.add_states(self.result_list)

    def add_states(self, items: Iterable[Any]) -> None:
        """Set `translation_states` and `open_draft` on each item."""
        items = list(items)
        keys = [item.pk for item in items]
        states = Translation.objects.statuses_by_item(self.model, keys)
        model: Any = self.model
        drafts = Revision.objects.drafts_by_key(model, keys) if model.has_drafts else {}
        for item in items:
            item.translation_states = states.get(item.pk, {})
            item.open_draft = drafts.get(item.pk)
