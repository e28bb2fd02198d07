"""Lists whose rows are not content are searched without case and accents, too."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.models import Deliverable
from editorial.models import DeletedItem, PreviewLink, Revision
from feedback.models import Message
from translations.desk.models import TextToTranslate
from translations.status.models import Translation

pytestmark = pytest.mark.django_db
# Words of no text of the initial content.
WRITTEN = "Xyłódź Żółćxy Xystraße İstanbulxy"


@pytest.fixture
def found(client, staff):
    """A function that returns the rows in the list of a model for a query."""
    client.force_login(staff())

    def rows(model, query: str, **parameters: str) -> list:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return list(client.get(path, {"q": query} | parameters).context["cl"].result_list)

    return rows


def deleted() -> DeletedItem:
    item = Deliverable.objects.get(key="seamless-mobility")
    Deliverable.objects.filter(pk=item.pk).update(title_en=WRITTEN)
    with Revision.objects.recorded():
        Deliverable.objects.get(pk=item.pk).delete()
    return DeletedItem.objects.get(object_id=item.pk, heading=WRITTEN)


def preview_link() -> PreviewLink:
    revision = Revision.objects.of(Deliverable.objects.get(key="seamless-mobility")).first()
    return PreviewLink.objects.create(revision=revision, author_name=WRITTEN, expires_at="2099-01-01T00:00Z")


def text() -> TextToTranslate:
    row = Translation.objects.filter(language="pl").exclude(target="").first()
    Translation.objects.filter(pk=row.pk).update(target=WRITTEN)
    return TextToTranslate.objects.get(pk=row.pk)


def message() -> Message:
    return Message.objects.create(text=WRITTEN, page="/pl/", language="pl")


def member() -> User:
    user = User.objects.create_user("new", first_name="Xyłódź Żółćxy", last_name="Xystraße")
    user.groups.add(*Group.objects.all())
    user.groups.add(Group.objects.create(name="İstanbulxy"))
    return user


@pytest.mark.nightly
@pytest.mark.parametrize("make", [deleted, preview_link, text, message, member])
@pytest.mark.parametrize(
    "query", ["xylodz", "ŻÓŁĆXY", "zolcxy xylodz", "xystrasse", "XYSTRASSE", "istanbulxy", "İSTANBULXY xylodz", "ylodz"]
)
def test_case_and_accents_do_not_count(found, make, query):
    item = make()
    parameters = {"status": "all", "language": "pl"} if make is text else {}
    assert found(type(item), query, **parameters) == [item]
    assert found(type(item), f"{query} plugh", **parameters) == []


@pytest.mark.parametrize("query", ["%", "_", "'", '"a phrase', "\x00ab", "\\", "x " * 200, "🙂", "  "])
def test_special_characters_are_no_error(found, query):
    member()
    found(User, query)


def test_the_number_of_queries_is_constant(found, client):
    path = reverse("admin:feedback_message_changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(path, {"q": "xylodz"})
        return len(captured)

    message()
    queries()
    few = queries()
    for _number in range(20):
        message()
    assert queries() == few
