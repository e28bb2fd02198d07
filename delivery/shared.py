"""Rows that many pages show, read for all of them in one query."""

from functools import cache

from django.db.models import Model
from django.http import HttpRequest

from delivery.snapshot import snapshot
from delivery.together import Together


class shared:  # noqa: N801 (a decorator)
    """Says of a function that gives a queryset: what it finds is read together with what all such functions find.

    Called with the request it gives a list, once for each state of the content (see `snapshot`). The queryset must
    mean the same at any time and to anyone, and find as many rows as a process can hold; related objects are not
    fetched with it.
    """

    every: list["shared"] = []

    def __init__(self, queryset):
        self.queryset, self.__doc__ = queryset, queryset.__doc__
        self.number = len(self.every)
        self.every.append(self)

    def __call__(self, request: HttpRequest) -> list[Model]:
        if request.method not in ("GET", "HEAD"):
            return list(self.queryset())
        return all_shared(request)[self.number]


@snapshot
def all_shared() -> list[list[Model]]:
    return together().read()


@cache
def together() -> Together:
    return Together(one.queryset() for one in shared.every)
