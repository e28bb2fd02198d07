"""The map of Europe: positions, labels and threads of the universities."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from pagecache.models import ContentVersion
from partners.map import FRAMES, HEIGHT, LETTER, LINE, WIDTH, Box, draw_map
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def current():
    return PartnerUniversity.objects.published().current()


def test_the_projection_keeps_distances_near_its_centre_and_north_up():
    project = FRAMES[0].project
    west, east = project(52, 9), project(52, 11)
    # Two degrees of longitude on this parallel are 137 km: 27 units of five.
    assert 27 <= east[0] - west[0] <= 28
    assert project(60, 10)[1] < project(52, 10)[1] < project(44, 10)[1]


def test_every_university_of_the_alliance_is_on_the_map():
    shown = draw_map(current()).points
    assert [point.partner for point in shown] == list(current())
    assert all(0 < float(point.x) < WIDTH and 0 < float(point.y) < HEIGHT for point in shown)


def test_labels_do_not_overlap_and_stay_within_the_map():
    boxes = []
    for point in draw_map(current()).points:
        width = LETTER * len(point.partner.city)
        left = float(point.label_x) - {"start": 0, "middle": width / 2, "end": width}[point.anchor]
        boxes.append(Box(left, float(point.label_y) - LINE / 2, width, LINE))
    assert all(box.is_inside for box in boxes)
    assert not [1 for index, box in enumerate(boxes) if any(map(box.overlaps, boxes[:index]))]


def move(partner: PartnerUniversity, latitude: float, longitude: float):
    PartnerUniversity.objects.filter(pk=partner.pk).update(latitude=latitude, longitude=longitude)
    ContentVersion.objects.update(name=f"moved to {latitude} {longitude}")


SYDNEY = (-33.9, 151.2)
FAR_APART = {
    "Lisbon": (38.7, -9.1),
    "Reykjavik": (64.1, -21.9),
    "Tromsø": (69.6, 19),
    "Valletta": (35.9, 14.5),
    "Athens": (38, 23.7),
    "Nicosia": (35.2, 33.4),
    "Tbilisi": (41.7, 44.8),
}


@pytest.mark.parametrize("place", FAR_APART.values(), ids=FAR_APART)
def test_the_map_shows_the_whole_of_europe_if_a_university_is_far_out(client, place):
    partner = current().exclude(role="coordinator").first()
    move(partner, *place)
    europe_map = draw_map(current())
    assert europe_map.frame == "whole" and europe_map.shows(partner) and not europe_map.outside
    assert '<figure class="map map-whole">' in client.get(partner.get_absolute_url()).content.decode()


@pytest.mark.parametrize("place", [(37.7, -25.7), (28.1, -15.4)], ids=["Azores", "Canary Islands"])
def test_the_map_reaches_into_the_atlantic_if_a_university_is_there(place):
    partner = current().exclude(role="coordinator").first()
    move(partner, *place)
    assert draw_map(current()).frame == "atlantic" and draw_map(current()).shows(partner)


def test_each_frame_has_an_outline_that_the_style_sheet_names():
    sheet = Path(finders.find("css/map.css")).read_text()
    for frame in FRAMES:
        assert finders.find(f"img/europe-{frame.name}.svg") and f"europe-{frame.name}.svg" in sheet
        assert frame == FRAMES[0] or f"&.map-{frame.name}::before" in sheet


@pytest.mark.parametrize("port", [(45.65, 13.77), (43.51, 16.44), (51.85, -8.3)], ids=["Trieste", "Split", "Cork"])
def test_the_outline_is_drawn_in_the_projection_of_the_points(port):
    outline = Path(finders.find("img/europe-middle.svg")).read_text().split("<path")[1]
    x, y = FRAMES[0].project(*port)
    coast = [tuple(map(float, point.split())) for point in re.findall(r"-?[\d.]+ -?[\d.]+", outline)]
    # Two units are ten kilometres.
    assert min((x - left) ** 2 + (y - top) ** 2 for left, top in coast) < 2**2


def test_a_university_outside_the_map_is_listed_under_it_and_its_page_has_no_map(client):
    partner = current().exclude(role="coordinator").first()
    move(partner, *SYDNEY)
    europe_map = draw_map(current())
    assert europe_map.frame == "middle" and not europe_map.shows(partner) and europe_map.outside == [partner]
    home = client.get("/en/").content.decode()
    assert partner.name in home.split('class="city-list"')[1].split("</ul>")[0]
    assert partner.name in home.split("Not on this map:")[1].split("</span>")[0]
    assert 'class="map' not in client.get(partner.get_absolute_url()).content.decode()
    assert partner.name in client.get(reverse("partners:list")).content.decode()


def test_a_former_partner_is_not_on_the_map():
    partner = current().exclude(role="coordinator").first()
    PartnerUniversity.objects.filter(pk=partner.pk).update(left=2025)
    assert partner not in [point.partner for point in draw_map(current()).points]


def test_every_thread_ends_at_the_coordinator():
    shown = draw_map(current()).points
    hub = next(point for point in shown if point.partner.is_coordinator)
    assert hub.thread == ""
    assert all(point.thread.endswith(f" {hub.x} {hub.y}") for point in shown if point is not hub)


def test_without_a_coordinator_there_are_points_but_no_threads():
    PartnerUniversity.objects.update(role="member")
    assert {point.thread for point in draw_map(current()).points} == {""}


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
