"""Lists that count their rows once and show the state of translations."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList

from translations.status.models import Translation


class CountedChangeList(ChangeList):
    """A page of a list whose rows are counted once: how many of all are shown is told where some are left out."""

    def get_results(self, request):
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class CountedMixin:
    """The admin of rows that are counted once for a list, and not all of them beside those that are found."""

    show_full_result_count = False

    def get_changelist(self, request, **kwargs):
        return CountedChangeList


class ContentChangeList(CountedChangeList):
    """A page of a list, where each item knows how its translations stand."""

    def get_results(self, request):
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            if request.method != "POST" or self.page_num == 1:
                raise
            # The list became shorter since. What was edited in it is saved whichever page is shown.
            self.page_num = 1
            super().get_results(request)
        self.add_states(self.result_list)

    def add_states(self, items):
        states = Translation.objects.statuses_by_item(self.model, [item.pk for item in items])
        for item in items:
            item.translation_states = states.get(item.pk, {})
