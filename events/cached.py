"""Choices of the filters of the list, cached per content version."""

from typing import Any

from events.models import Event
from pagecache.per_version import cached_per_version
from partners.models import PartnerUniversity
from topics.models import Audience, Topic


@cached_per_version
def audiences() -> tuple[Audience, ...]:
    """The audiences of published events."""
    used = Event.objects.published().order_by().values("audiences")
    found: Any = Audience.objects.published().filter(pk__in=used)
    return tuple(found)


@cached_per_version
def topics() -> tuple[Topic, ...]:
    """The topics of published events."""
    used = Event.objects.published().order_by().values("topics")
    found: Any = Topic.objects.published().filter(pk__in=used)
    return tuple(found)


@cached_per_version
def members() -> tuple[PartnerUniversity, ...]:
    """The universities, whether or not they have events."""
    return tuple(PartnerUniversity.objects.published().for_list())


@cached_per_version
def years() -> tuple[int, ...]:
    """The years in which published events start, the latest first."""
    return tuple(day.year for day in Event.objects.published().dates("starts_on", "year", order="DESC"))
