"""Lookups that the address of an admin list names."""

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.http import HttpRequest


class LookupsMixin(ModelAdmin):
    """Admin whose lists ignore lookups that no row can match. `StaffSite` adds it to each admin."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # A pattern can be malformed, and can take very long. No link of the admin has one.
        return not lookup.endswith(("__regex", "__iregex")) and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (DataError, IndexError, OverflowError, ValueError) as error:
            # A value of a filter that no row can have, such as a null character in PostgreSQL, the year 10000, or a
            # range with one end.
            raise IncorrectLookupParameters(error) from error
