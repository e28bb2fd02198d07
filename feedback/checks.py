"""Check for `manage.py check --deploy`: details that the accessibility statement lacks."""

from django.core import checks
from django.db import DatabaseError


@checks.register(deploy=True)
def check_accessibility_contact(**kwargs) -> list[checks.CheckMessage]:
    from feedback.models import feedback_page

    try:
        page = feedback_page()
    except DatabaseError:
        # The check also runs before the database exists.
        return []
    hint = "Enter it in the admin under Feedback page. Visitors see it below the accessibility statement."
    return [
        checks.Warning(f"The accessibility statement lacks a required detail: {name}.", hint=hint, id="feedback.W001")
        for name in (page.empty_details() if page else ())
    ]
