"""Check for `manage.py check --deploy`: facts that the privacy policy lacks."""

from django.core import checks
from django.db import DatabaseError


@checks.register(deploy=True)
def check_privacy_policy(**kwargs) -> list[checks.CheckMessage]:
    from consent.models.policy import edited_policy

    try:
        policy = edited_policy()
    except DatabaseError:
        # The check also runs before the database exists.
        return []
    hint = "Write the text in the admin under Privacy policy, and put the policy in force under its versions."
    return [
        checks.Warning(f"The privacy policy lacks a fact that the law asks for: {name}.", hint=hint, id="consent.W001")
        for name in (policy.empty_facts() if policy else ())
    ]
