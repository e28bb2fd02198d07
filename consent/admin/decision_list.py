"""Change list and filters of decisions, whose costs do not grow with the number of records."""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from consent.models import NoticeVersion
from editorial.admin import MAX_CHOICES, LimitedChoicesFilter

# First year of the century that periods are limited to.
FIRST_YEAR = 2000


class KeysetChangeList(ChangeList):
    """Change list with keyset pagination: all pages have the same cost, and records are not counted.

    The page parameter is a primary key: ?p=500 shows the records before 500, ?p=-500 the records after 500.
    """

    def get_results(self, request):
        decisions = self.queryset.with_notice().order_by("-pk")
        edge = self.page_num if PAGE_VAR in request.GET else None
        # One more than a page, to know whether there is another page.
        limit = self.list_per_page + 1
        if edge is not None and edge < 0:
            rows = list(decisions.filter(pk__gt=-edge).order_by("pk")[:limit])
            has_newer, has_older = len(rows) == limit, True
            rows = rows[: self.list_per_page][::-1]
        else:
            rows = list((decisions if edge is None else decisions.filter(pk__lt=edge))[:limit])
            has_newer, has_older = edge is not None, len(rows) == limit
            rows = rows[: self.list_per_page]
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)
        self.can_show_all, self.multi_page = False, False
        self.paginator = Paginator(rows, self.list_per_page)
        self.older = self.get_query_string({PAGE_VAR: rows[-1].pk}) if rows and has_older else None
        self.newer = self.get_query_string({PAGE_VAR: -rows[0].pk}) if rows and has_newer else None


def read_day(text: str | None) -> date | None:
    """Return the day in ISO format, or None if `text` is not a day of this century."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    # Other years are slips. Their statistics have thousands of months, and some days have no time in UTC.
    return day if FIRST_YEAR <= day.year < FIRST_YEAR + 100 else None


class PeriodFilter(admin.ListFilter):
    """Filter from one day to another. Both are optional."""

    title = _("period")
    template = "consent/admin/period_filter.html"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.days: dict[str, str] = {}
        for name in self.expected_parameters():
            values = params.pop(name, None)
            if values and values[-1]:
                self.used_parameters[name] = self.days[name] = values[-1]

    def expected_parameters(self):
        return ["from", "to"]

    def has_output(self):
        return True

    def choices(self, changelist):
        others = {key: value for key, value in changelist.params.items() if key not in self.expected_parameters()}
        return [{"from": self.days.get("from"), "to": self.days.get("to"), "others": others}]

    def queryset(self, request, queryset):
        start, end = (read_day(self.days.get(name)) for name in self.expected_parameters())
        return queryset.in_period(start, end) if start or end else queryset


class AnswerFilter(admin.SimpleListFilter):
    """Filter by the answer to one provider, listed under its purpose."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request, model_admin) -> Iterator[tuple[str, str]]:
        # Also the providers of recent versions that are no longer asked about.
        names: dict[str, str] = {}
        version_purposes = NoticeVersion.objects.values_list(f"wording__{settings.LANGUAGE_CODE}__purposes", flat=True)
        for purposes in version_purposes[:MAX_CHOICES]:
            for purpose in purposes:
                for provider in purpose["providers"]:
                    names.setdefault(provider["key"], f"{purpose['name']} › {provider['name']}")
        for key, name in sorted(names.items(), key=lambda item: item[1]):
            yield f"{key}:yes", _("%(purpose)s: yes") % {"purpose": name}
            yield f"{key}:no", _("%(purpose)s: no") % {"purpose": name}

    def queryset(self, request, queryset):
        value = self.value()
        if value is None or value not in dict(self.lookup_choices):
            return queryset
        key, _colon, answer = value.partition(":")
        return queryset.answered(key, answer == "yes")


class NoticeFilter(LimitedChoicesFilter):
    """Filter by the latest notice versions, without loading their large columns."""

    def field_choices(self, field, request, model_admin):
        return [(version.pk, str(version)) for version in NoticeVersion.objects.only("number")[:MAX_CHOICES]]


class LanguageFilter(admin.SimpleListFilter):
    """Filter by the languages of the site. Django's own filter would scan all records for their languages."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request, model_admin):
        return settings.LANGUAGES

    def queryset(self, request, queryset):
        return queryset.filter(language=self.value()) if self.value() else queryset
