"""Languages that must be current before an item is published, see the setting REQUIRED_LANGUAGES."""

from django.conf import settings
from django.db import IntegrityError

from editorial.models.content import Content
from editorial.revisions import snapshots
from translations.status.models import Translation


class OutdatedTextsError(IntegrityError):
    """Texts in a required language are missing or stale.

    An IntegrityError, so that code handles it as it handles a refusal by the database.
    """


def outdated_texts(item: Content) -> list[Translation]:
    """Return the stored texts of `item` and its parts that are missing or stale in a required language."""
    if not settings.REQUIRED_LANGUAGES:
        return []
    texts = Translation.objects.of_items(snapshots.with_parts(item)).missing_or_stale()
    return list(texts.filter(language__in=settings.REQUIRED_LANGUAGES).order_by("language", "model", "object_id", "pk"))
