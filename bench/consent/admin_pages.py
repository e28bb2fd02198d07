"""Response times of admin pages: lists, searches, filters, one record and statistics."""

import statistics
import time
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.models import Decision

RUNS = 5
LIST = "/admin/consent/decision/"


def urls() -> dict[str, str]:
    """Return the URLs of the measured pages by name."""
    middle = Decision.objects.order_by("pk")[Decision.objects.count() // 2]
    today = timezone.localdate()
    start = middle.decided_at.date()
    week = f"from={start}&to={start + timedelta(days=6)}"
    return {
        "newest records": LIST,
        "records from the middle": f"{LIST}?p={middle.pk}",
        "back to newer ones": f"{LIST}?p=-{middle.pk}",
        "oldest records": f"{LIST}?p=102",
        "search of a receipt": f"{LIST}?q={middle.receipt}",
        "search that finds nothing": f"{LIST}?q=0000-0000-0000-0000",
        "action: withdrawn": f"{LIST}?action__exact=withdrawn",
        "language: pl": f"{LIST}?language=pl",
        "objection signal": f"{LIST}?has_objection_signal__exact=1",
        "answer: a map allowed": f"{LIST}?answer=openstreetmap:yes",
        "answer: a map refused": f"{LIST}?answer=openstreetmap:no",
        "notice version": f"{LIST}?notice__id__exact={middle.notice_id}",
        "a week in the middle": f"{LIST}?{week}",
        "that week, withdrawn, pl": f"{LIST}?{week}&action__exact=withdrawn&language=pl",
        "withdrawn with consent to a map": f"{LIST}?action__exact=withdrawn&answer=openstreetmap:yes",
        "a period without records": f"{LIST}?from=2001-01-01&to=2001-12-31",
        "one record, checked": f"{LIST}{middle.pk}/change/",
        "comparison of the draft with the notice": "/admin/consent/noticeversion/publish/",
        "comparison of two versions": "/admin/consent/noticeversion/compare/",
        "statistics of a month": f"{LIST}statistics/?from={today - timedelta(days=29)}&to={today}",
        "statistics of a year": f"{LIST}statistics/?from={today - timedelta(days=364)}&to={today}",
    }


def measure() -> dict[str, tuple[float, int]]:
    """Return the median milliseconds and the number of queries by name of the page."""
    officer, _created = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(officer)
    results = {}
    for name, url in urls().items():
        times = []
        for _run in range(RUNS):
            with CaptureQueriesContext(connection) as queries:
                started = time.perf_counter()
                response = client.get(url)
                times.append(1000 * (time.perf_counter() - started))
            assert response.status_code == 200, (name, response.status_code)
        results[name] = statistics.median(times), len(queries)
    return results
