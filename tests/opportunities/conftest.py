from datetime import datetime

import pytest
from django.utils import timezone

from opportunities.models import Opportunity
from tests.opportunities.factories import make_section


@pytest.fixture
def at(monkeypatch):
    """A function that sets the time of the site."""

    def set_time(moment: str) -> datetime:
        now = datetime.fromisoformat(moment)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return set_time


@pytest.fixture
def section(db):
    """The page of the section, with no opportunities yet."""
    Opportunity.objects.all().delete()
    return make_section()
