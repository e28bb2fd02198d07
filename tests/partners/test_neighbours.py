"""The neighbours of a university in the order of the list."""

import pytest

from partners.models import PartnerUniversity

pytestmark = pytest.mark.django_db


def neighbours(partner: PartnerUniversity) -> tuple:
    return PartnerUniversity.objects.neighbours(partner)


def current() -> list[PartnerUniversity]:
    return list(PartnerUniversity.objects.current().order_by("order", "pk"))


def test_each_university_stands_between_the_one_before_and_the_one_after():
    partners = [None, *current(), None]
    for before, partner, after in zip(partners, partners[1:], partners[2:], strict=False):
        assert neighbours(partner) == (before, after)


def test_universities_of_equal_order_stand_by_age():
    PartnerUniversity.objects.update(order=1)
    test_each_university_stands_between_the_one_before_and_the_one_after()


def test_the_first_has_none_before_it_and_the_last_none_after_it():
    first, second, *_, last_but_one, last = current()
    assert neighbours(first) == (None, second)
    assert neighbours(last) == (last_but_one, None)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_university_that_left_has_no_neighbours_and_is_none(place):
    PartnerUniversity.objects.filter(role="coordinator").update(role="member")
    left = current()[place]
    PartnerUniversity.objects.filter(pk=left.pk).update(left=2026)
    left.refresh_from_db()
    assert neighbours(left) == (None, None)
    assert all(left not in neighbours(partner) for partner in current())


def test_a_university_alone_has_no_neighbours():
    only, *others = current()
    PartnerUniversity.objects.filter(pk__in=[partner.pk for partner in others]).update(left=2026, role="member")
    assert neighbours(only) == (None, None)


def test_universities_stand_in_the_order_that_staff_chose_whatever_their_age():
    for place, partner in enumerate(reversed(current())):
        PartnerUniversity.objects.filter(pk=partner.pk).update(order=place)
    test_each_university_stands_between_the_one_before_and_the_one_after()
