"""The neighbours of a university in the order of the list."""

import pytest

from partners.models import PartnerUniversity

pytestmark = pytest.mark.django_db


def neighbours(partner: PartnerUniversity) -> tuple:
    return PartnerUniversity.objects.neighbours(partner)


def current() -> list[PartnerUniversity]:
    return list(PartnerUniversity.objects.current().order_by("order", "pk"))


def test_the_neighbours_are_the_universities_directly_before_and_after():
    partners = [None, *current(), None]
    for before, partner, after in zip(partners, partners[1:], partners[2:], strict=False):
        assert neighbours(partner) == (before, after)


def test_universities_of_equal_order_are_sorted_by_primary_key():
    PartnerUniversity.objects.update(order=1)
    test_the_neighbours_are_the_universities_directly_before_and_after()


def test_the_first_university_has_no_previous_and_the_last_no_next_neighbour():
    first, second, *_, last_but_one, last = current()
    assert neighbours(first) == (None, second)
    assert neighbours(last) == (last_but_one, None)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_former_partner_has_no_neighbours_and_is_not_a_neighbour(place):
    PartnerUniversity.objects.filter(role="coordinator").update(role="member")
    left = current()[place]
    PartnerUniversity.objects.filter(pk=left.pk).update(left=2026)
    left.refresh_from_db()
    assert neighbours(left) == (None, None)
    assert all(left not in neighbours(partner) for partner in current())


def test_a_single_university_has_no_neighbours():
    only, *others = current()
    PartnerUniversity.objects.filter(pk__in=[partner.pk for partner in others]).update(left=2026, role="member")
    assert neighbours(only) == (None, None)


def test_the_order_of_staff_precedes_the_primary_key():
    for place, partner in enumerate(reversed(current())):
        PartnerUniversity.objects.filter(pk=partner.pk).update(order=place)
    test_the_neighbours_are_the_universities_directly_before_and_after()
