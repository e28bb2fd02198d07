"""The precedence of statuses, for one text and for several texts."""

from itertools import combinations

import pytest

from alliance.models import Deliverable
from translations.status.models import Translation

Status = Translation.Status
ORDER = [Status.MISSING, Status.STALE, Status.DRAFT, Status.CURRENT]


@pytest.mark.parametrize(("urgent", "other"), list(combinations(ORDER, 2)))
def test_missing_comes_before_stale_before_draft_before_current(urgent, other):
    assert Status.most_urgent([other, urgent]) == Status.most_urgent([urgent, other]) == urgent


@pytest.fixture
def deliverable(db):
    return Deliverable.objects.get(key="seamless-mobility")


def polish(item, field: str = "title") -> Translation:
    return Translation.objects.of_items([item]).into("pl").get(field=field)


def statuses(item) -> dict[str, Status]:
    return Translation.objects.statuses_by_item(Deliverable, [item.pk])[item.pk]


def test_a_stale_text_with_a_draft_is_a_draft(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Another title")
    assert polish(deliverable).status == "stale"
    polish(deliverable).propose("Inny tytuł")
    assert polish(deliverable).status == "draft"


def test_a_missing_text_with_a_draft_is_a_draft(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="")
    assert polish(deliverable).status == "missing"
    polish(deliverable).propose("Inny tytuł")
    assert polish(deliverable).status == "draft"


def test_an_emptied_text_of_a_changed_source_is_missing(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Another title", title_pl="")
    assert polish(deliverable).status == "missing"


def test_an_item_has_the_most_urgent_status_of_its_texts(deliverable):
    assert (statuses(deliverable)["pl"], statuses(deliverable)["de"]) == ("current", "current")
    polish(deliverable).propose("Inny tytuł")
    assert (statuses(deliverable)["pl"], statuses(deliverable)["de"]) == ("draft", "current")
    Deliverable.objects.filter(pk=deliverable.pk).update(summary_en="Another summary.")
    assert (statuses(deliverable)["pl"], statuses(deliverable)["de"]) == ("stale", "stale")
    Deliverable.objects.filter(pk=deliverable.pk).update(body_pl="")
    assert (statuses(deliverable)["pl"], statuses(deliverable)["de"]) == ("missing", "stale")


def test_a_language_has_the_most_urgent_status_of_all_texts(deliverable):
    def status() -> str:
        languages = Translation.objects.of_items([deliverable]).statuses_by_language()
        return next(language["status"] for language in languages if language["code"] == "pl")

    assert status() == "current"
    polish(deliverable).propose("Inny tytuł")
    assert status() == "draft"
    Deliverable.objects.filter(pk=deliverable.pk).update(summary_en="Another summary.")
    assert status() == "stale"
