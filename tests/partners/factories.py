"""Universities for tests."""

from django.db import connection

from partners.models import PartnerUniversity


def make_partner(number: int = 1, **fields) -> PartnerUniversity:
    """An unsaved, valid university. `fields` replace the defaults."""
    defaults = {
        "key": f"test-university-{number}",
        "name_en": f"Test University {number}",
        "slug_en": f"test-university-{number}",
        "short_name": f"TU{number}",
        "city_en": "Testville",
        "city_local": "Testville",
        "city_local_language": "en",
        "country": "PL",
        "latitude": 50,
        "longitude": 20,
        "founded": 1900,
        "website": "https://www.example.org/",
        "summary_en": "A university for tests.",
        "order": 100 + number,
    }
    return PartnerUniversity(**defaults | fields)


def fill_with_partners(total: int, with_statuses: bool = True):
    """Create universities until there are `total`, each with an own name and a task.

    Without their translation statuses, 10,000 universities take seconds instead of a minute.
    """
    from alliance.models import Task
    from partners.models import PartnerOwnName
    from translations.status.changed_items import ChangedItem

    missing = total - PartnerUniversity.objects.count()
    if missing < 1:
        return
    first = make_partner(0)
    first.save()
    PartnerOwnName.objects.create(key="test-university-0-pl", partner=first, language="pl", name="Uniwersytet")
    Task.objects.create(key="test-university-0-task", partner=first, title_en="A task", body_en="<p>To do</p>")
    with connection.cursor() as cursor:
        # Much faster than creating objects in Python.
        copy(cursor, PartnerUniversity, missing, key="{key}", slug_en="{key}", slug="{key}", name_en="{name}")
        owner = "(SELECT id FROM partners_partneruniversity WHERE key = {key})"
        copy(cursor, PartnerOwnName, missing, key="{key} || '-pl'", partner_id=owner)
        copy(cursor, Task, missing, key="{key} || '-task'", partner_id=owner)
    if with_statuses:
        ChangedItem.objects.process()
    else:
        ChangedItem.objects.all().delete()


def copy(cursor, model, total: int, **changed: str):
    """Copy the row of the first test university in SQL until there are `total`. `changed` are SQL expressions."""
    copy_rows(cursor, model, total, "test-university", "Test University", changed)


def copy_rows(cursor, model, total: int, stem: str, heading: str, changed: dict[str, str]):
    """Copy the row with the key `stem`-0 in SQL until there are `total`.

    `changed` are SQL expressions by column; {key} and {name} in them are numbered copies of `stem` and `heading`.
    """
    expressions = {"key": f"('{stem}-' || number)", "name": f"('{heading} ' || number)"}
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [changed[name].format(**expressions) if name in changed else f'original."{name}"' for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    table, last = model._meta.db_table, total - 1
    cursor.execute(
        "WITH RECURSIVE numbers(number) AS "
        f"(SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {last}) "
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} original, numbers "
        f"WHERE original.key LIKE '{stem}-0%' ORDER BY number"
    )
