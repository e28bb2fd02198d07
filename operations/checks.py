"""Check for `manage.py check --deploy`: a production site on SQLite."""

from django.conf import settings
from django.core import checks


@checks.register(deploy=True)
def check_database(**kwargs) -> list[checks.CheckMessage]:
    if not settings.HTTPS or settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return []
    hint = "Set DATABASE_URL to a PostgreSQL database. SQLite is for one machine and few editors."
    return [checks.Warning("The site uses SQLite.", hint=hint, id="operations.W001")]
