"""Contacts, projects, lines and deliverables for tests."""

from django.db import connection

from alliance.models import Contact, Deliverable, Line, Project
from tests.partners.factories import copy_rows

SLUGGED = {"slug_en": "{key}", "slug": "{key}", "title_en": "{name}"}


def fill(model, total: int):
    """Create items of `model` until there are `total`, with the keys item-0, item-1 …"""
    model.objects.filter(key__startswith="item-").delete()
    missing = total - model.objects.count()
    if missing < 1:
        return
    texts = {"name_en": "Item 0"} if model is Contact else {"title_en": "Item 0", "summary_en": "In short."}
    fields = {
        Contact: {"purpose_en": "Ask here.", "email": "office@example.org"},
        Project: {"body_en": "<p>A project.</p>"},
        Line: {"body_en": "<p>A line.</p>", "kind": "citylab"},
        Deliverable: {"body_en": "<p>A deliverable.</p>"},
    }
    model.objects.create(key="item-0", order=1000, **texts, **fields[model])
    changed = {"key": "{key}", "name_en": "{name}"} if model is Contact else {"key": "{key}", **SLUGGED}
    with connection.cursor() as cursor:
        copy_rows(cursor, model, missing, "item", "Item", changed)
