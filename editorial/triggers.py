"""Database triggers that add the old slug of an item to the slug history, in the transaction of the change.

Each table of sluggable content has one trigger for UPDATE and one for DELETE.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings

from editorial.models import PastSlug, SluggableContent
from triggers import Trigger

TABLE = PastSlug._meta.db_table
# Languages without a slug give no row. If two items had the same slug, the later one replaces the earlier.
INSERT = (
    f"INSERT INTO {TABLE} (section, language, slug, key) SELECT '{{section}}', language, slug, OLD.key "
    "FROM ({slugs}) AS old WHERE slug <> '' AND {condition} "
    "ON CONFLICT (section, language, slug) DO UPDATE SET key = excluded.key;"
)
EVENTS = {
    "UPDATE": (
        "SELECT '{code}' AS language, OLD.{slug} AS slug, NEW.{slug} AS new_slug",
        "slug IS DISTINCT FROM new_slug",
    ),
    # Visitors never saw the URL of an unpublished item.
    "DELETE": ("SELECT '{code}' AS language, OLD.{slug} AS slug", "OLD.is_published"),
}


def slug_triggers(vendor: str) -> Iterator[Trigger]:
    slugs = {code: f"slug_{code}" for code in settings.CONTENT_LANGUAGES}
    for model in apps.get_models():
        if not issubclass(model, SluggableContent):
            continue
        for event, (row, condition) in EVENTS.items():
            rows = " UNION ALL ".join(row.format(code=code, slug=f'"{slug}"') for code, slug in slugs.items())
            body = INSERT.format(section=model.content_section, slugs=rows, condition=condition)
            columns = ("key", "is_published", *slugs.values())
            yield Trigger("slugs", model._meta.db_table, event, body, columns=columns, tables=(TABLE,))
