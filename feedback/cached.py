"""Whether visitors can report barriers, cached per content version."""

from feedback.models import FeedbackPage
from pagecache.per_version import cached_per_version


@cached_per_version
def has_feedback_form() -> bool:
    """Whether the page with the form exists."""
    return FeedbackPage.objects.exists()
