import pytest

from opportunities.models import Opportunity
from tests.opportunities.factories import make_section


@pytest.fixture
def section(db):
    """The page of the section, with no opportunities yet."""
    Opportunity.objects.all().delete()
    return make_section()
