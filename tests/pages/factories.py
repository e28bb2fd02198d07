"""Long lists for tests."""

import copy
from datetime import date, timedelta

from django.conf import settings

from alliance.models import Deliverable, Initiative, Milestone, Task


def fill(model, total: int):
    """Copy the last item in the list of `model` until the list has `total` items, numbered in their titles."""
    published = model.objects.published()
    listed = published.of_host() if model is Task else published
    original, copies = listed.last(), []
    for number in range(listed.count() + 1, total + 1):
        copied = copy.copy(original)
        copied.pk, copied.key, copied.title_en = None, f"item-{number}", f"Item {number}"
        if model in (Deliverable, Initiative):
            for code, _name in settings.LANGUAGES:
                setattr(copied, f"slug_{code}", copied.key)
        if model is Milestone:
            copied.date, copied.until = date(2031, 1, 1) + timedelta(days=number), None
            copied.precision = Milestone.Precision.DAY
        else:
            copied.order = 1000 + number
        copies.append(copied)
    model.objects.bulk_create(copies)
