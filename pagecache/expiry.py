"""Pages that depend on the time: when they change although no content does."""

from collections.abc import Iterable
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import http_date


def expire_at(response: HttpResponse, moments: Iterable[datetime | None], now: datetime | None = None) -> None:
    """Set the header Expires to the earliest of `moments` after `now`. The page cache renders the page anew then.

    `now` is the time for which the page was rendered. A moment that passed since then makes the page outdated at once.

    Browsers do not use it, because Cache-Control has priority (RFC 9111, section 5.3).
    """
    now = now or timezone.now()
    if coming := [moment for moment in moments if moment is not None and moment > now]:
        response["Expires"] = http_date(min(coming).timestamp())
