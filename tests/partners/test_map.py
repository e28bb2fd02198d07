"""The map of Europe: positions, labels and threads of the universities."""

import re

import pytest
from django.urls import reverse

from partners.map import HEIGHT, LETTER, LINE, WIDTH, Box, points, project
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def current():
    return PartnerUniversity.objects.published().current()


def test_the_projection_keeps_distances_near_its_centre_and_north_up():
    west, east = project(52, 9), project(52, 11)
    # Two degrees of longitude on this parallel are 137 km: 27 units of five.
    assert 27 <= east[0] - west[0] <= 28
    assert project(60, 10)[1] < project(52, 10)[1] < project(44, 10)[1]


def test_every_university_of_the_alliance_is_on_the_map():
    shown = points(current())
    assert [point.partner for point in shown] == list(current())
    assert all(0 < float(point.x) < WIDTH and 0 < float(point.y) < HEIGHT for point in shown)


def test_labels_do_not_overlap_and_stay_within_the_map():
    boxes = []
    for point in points(current()):
        width = LETTER * len(point.partner.city)
        left = float(point.label_x) - {"start": 0, "middle": width / 2, "end": width}[point.anchor]
        boxes.append(Box(left, float(point.label_y) - LINE / 2, width, LINE))
    assert all(box.is_inside for box in boxes)
    assert not [1 for index, box in enumerate(boxes) if any(map(box.overlaps, boxes[:index]))]


def test_a_university_outside_the_map_is_only_in_the_list(client):
    partner = current().exclude(role="coordinator").first()
    PartnerUniversity.objects.filter(pk=partner.pk).update(latitude=-33, longitude=151)
    assert partner not in [point.partner for point in points(current())]
    assert partner.name in client.get(reverse("partners:list")).content.decode()


def test_a_former_partner_is_not_on_the_map():
    partner = current().exclude(role="coordinator").first()
    PartnerUniversity.objects.filter(pk=partner.pk).update(left=2025)
    assert partner not in [point.partner for point in points(current())]


def test_every_thread_ends_at_the_coordinator():
    shown = points(current())
    hub = next(point for point in shown if point.partner.is_coordinator)
    assert hub.thread == ""
    assert all(point.thread.endswith(f" {hub.x} {hub.y}") for point in shown if point is not hub)


def test_without_a_coordinator_there_are_points_but_no_threads():
    PartnerUniversity.objects.update(role="member")
    assert {point.thread for point in points(current())} == {""}


@pytest.mark.parametrize("language", ["en", "pl"])
def test_map_and_list_of_the_home_page_have_the_same_links_in_the_same_order(client, language):
    html = client.get(f"/{language}/").content.decode()
    before, drawing = html.split('<svg viewBox="0 0 640 640"', 1)
    drawing = drawing[: drawing.index("</svg>")]
    listed = before[before.index('class="city-list"') :]
    links = [re.findall(r'href="([^"]+)"', part) for part in (drawing, listed)]
    assert len(links[0]) == 10
    assert links[0] == links[1]
    assert re.search(r'cx="\d+\.\d"', drawing)


def test_a_university_keeps_its_colour_in_a_filtered_list(client):
    html = client.get(reverse("partners:list"), {"country": "SE"}).content.decode()
    assert '<li class="card thread-10">' in html


def test_a_university_links_to_its_neighbours_and_is_marked_on_the_map(client):
    first, second, third = current()[:3]
    html = client.get(second.get_absolute_url()).content.decode()
    links = dict(re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', html))
    assert links == {"prev": first.get_absolute_url(), "next": third.get_absolute_url()}
    assert re.search(rf'href="{second.get_absolute_url()}"\s+aria-current="page"', html)
