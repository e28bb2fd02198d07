"""Lists and pages of other content do not read the long texts of its universities."""

import pytest
from django.conf import settings

from alliance.models import Alliance, Contact, Project, Task
from events.models import Event
from partners.models import LONG_TEXTS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("items", "relation"),
    [
        (Alliance.objects.with_host, "host"),
        (Contact.objects.with_topics, "partner"),
        (Event.objects.for_list, "host"),
        (Event.objects.with_host, "host"),
        (Project.objects.with_coordinator, "coordinator"),
        (Task.objects.with_partner, "partner"),
    ],
)
def test_other_content_is_read_without_the_long_texts_of_its_university(items, relation):
    item = items().exclude(**{relation: None}).first()
    university = getattr(item, relation)
    assert {f"{name}_{code}" for name in LONG_TEXTS for code in settings.CONTENT_LANGUAGES} <= (
        university.get_deferred_fields()
    )
