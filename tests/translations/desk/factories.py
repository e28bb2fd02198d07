"""Open texts, for tests that need more than the initial content."""

from datetime import date

from alliance.models import Milestone
from translations.status.changed_items import ChangedItem


def fill_with_milestones(count: int):
    """Create milestones without translations."""
    stem = f"milestone-{Milestone.objects.count()}"
    Milestone.objects.bulk_create(
        Milestone(
            key=f"{stem}-{number}",
            title_en=f"Milestone {number} of the alliance",
            body_en="<p>One of 10 partner universities.</p>",
            source="UNIC",
            date=date(2026, 1, 1),
        )
        for number in range(count)
    )
    ChangedItem.objects.process()
