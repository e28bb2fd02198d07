"""Languages in which an item must be current before it is published."""

import pytest
from django.urls import reverse

from alliance.models import Deliverable, KeyArea
from editorial import roles
from editorial.models import Revision
from editorial.required_languages import OutdatedTextsError
from tests.editorial.test_admin import address, filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def deliverable(settings):
    settings.REQUIRED_LANGUAGES = ["pl"]
    return Deliverable.objects.get(key="seamless-mobility")


def publish(client, item, **changes) -> str:
    path = address(item)
    response = client.post(path, filled_in(client.get(path), **changes, _save="Publish"), follow=True)
    return response.content.decode()


def test_publishing_is_refused_while_a_required_translation_is_stale(client, staff, deliverable):
    client.force_login(staff(roles.PUBLISHERS))
    html = publish(client, deliverable, title_en="New title")
    assert "The draft is saved and not published." in html
    assert "Title (Polski, stale)" in html
    assert "/admin/translations/texttotranslate/" in html
    assert "is published." not in html
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == "Seamless mobility"
    assert Revision.objects.draft_of(deliverable).data[""]["title_en"] == "New title"


def test_publishing_succeeds_with_the_translation(client, staff, deliverable):
    client.force_login(staff(roles.PUBLISHERS))
    publish(client, deliverable, title_en="New title", title_pl="Nowy tytuł")
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == "New title"


def test_other_languages_are_a_hint(client, staff, deliverable):
    client.force_login(staff(roles.PUBLISHERS))
    publish(client, deliverable, title_de="")
    assert not Deliverable.objects.get(pk=deliverable.pk).title_de


def test_a_new_item_without_the_translation_stays_a_draft(client, staff, deliverable):
    client.force_login(staff(roles.PUBLISHERS))
    path = reverse("admin:alliance_keyarea_add")
    values = {"name_en": "New area", "description_en": "<p>Text</p>", "order": "1", "_save": "Publish"}
    html = client.post(path, values, follow=True).content.decode()
    assert "The draft is saved and not published." in html and "is published." not in html
    area = KeyArea.objects.get(name_en="New area")
    assert not area.is_published
    html = publish(client, area)
    assert "Name (Polski, missing)" in html
    assert not KeyArea.objects.get(pk=area.pk).is_published


def test_approval_and_schedule_do_not_publish_it_either(deliverable):
    data = Revision.objects.of(deliverable).live().get().data
    data[""]["title_en"] = "New title"
    draft = Revision.objects.save_draft(deliverable, data)
    with pytest.raises(OutdatedTextsError):
        draft.publish()
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == "Seamless mobility"
