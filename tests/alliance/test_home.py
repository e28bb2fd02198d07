"""Figures on the page about the alliance and on the home page, and the emblems in header and footer."""

import math
import re
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.utils import translation

from alliance.models import Alliance, Figure
from pagecache.models import ContentVersion

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def figure():
    """Function that adds a figure with this label, year and order."""

    def add(value: int, label: str, year: int, order: int = 0, **fields) -> Figure:
        return Figure.objects.create(
            key=f"figure-{value}", value=value, label_en=label, year=year, order=order, **fields
        )

    return add


def shown(client, path: str = "/en/alliance/") -> list[tuple[str, str]]:
    """Number and year of each figure on the page about the alliance."""
    html = client.get(path).content.decode()
    return re.findall(r'<strong class="numeral">(\d+)</strong>\s*<span>\s*(\d{4})', html)


@pytest.fixture
def no_figures():
    Figure.objects.all().delete()


def test_the_page_about_the_alliance_shows_each_label_once_with_its_year(client):
    html = client.get("/en/alliance/").content.decode()
    labels = re.findall(r"<dt>([^<]+)</dt>\s*<dd>\s*<strong class=\"numeral\">", html)
    expected = Figure.objects.published().values("label_en").distinct().count()
    assert len(labels) == len(set(labels)) == expected
    assert ("64", "2024") in shown(client) and "41" not in dict(shown(client))


@pytest.mark.usefixtures("no_figures")
def test_the_newest_figure_with_a_label_is_shown_in_any_order(client, figure):
    figure(1, "students", 2025, order=9)
    figure(2, "alliances", 2024, order=1)
    figure(3, "alliances", 2022, order=2)
    figure(4, "alliances", 2023, order=3)
    assert shown(client) == [("2", "2024"), ("1", "2025")]


@pytest.mark.usefixtures("no_figures")
def test_of_figures_with_the_same_label_and_year_the_last_in_order_is_shown(client, figure):
    figure(44, "alliances", 2022, order=2)
    figure(41, "alliances", 2022, order=1)
    assert shown(client) == [("44", "2022")]


@pytest.mark.usefixtures("no_figures")
def test_the_home_page_shows_the_first_four_figures(client, figure):
    for number in range(1, 7):
        figure(number, f"label {number}", 2025, order=10 - number)
    assert shown(client, "/en/") == [("6", "2025"), ("5", "2025"), ("4", "2025"), ("3", "2025")]


@pytest.mark.usefixtures("no_figures")
def test_an_unpublished_figure_does_not_hide_an_older_one(client, figure):
    figure(50, "alliances", 2023)
    figure(64, "alliances", 2024, is_published=False)
    assert shown(client) == [("50", "2023")]


@pytest.mark.usefixtures("no_figures")
def test_labels_are_compared_in_the_source_language(figure):
    figure(50, "alliances", 2023, label_pl="sojusze")
    figure(64, "universities", 2024, label_pl="sojusze")
    with translation.override("pl"):
        assert Figure.objects.newest_per_label().count() == 2


def test_without_a_national_emblem_nothing_is_shown_in_its_place(client):
    assert "emblem" not in client.get("/en/").content.decode().split("</header>")[0]


def test_a_national_emblem_has_its_alternative_text(client):
    Alliance.objects.update(emblem="alliance/eagle.png", emblem_alt_en="A white eagle")
    ContentVersion.objects.update(name="with an emblem")
    header = client.get("/en/").content.decode().split("</header>")[0]
    assert re.search(r'<img class="emblem"\s+src="[^"]+"\s+alt="A white eagle"', header)


def test_the_emblem_of_the_european_union_is_decorative_beside_the_funding_line(client):
    footer = client.get("/pl/").content.decode().split("<footer")[1]
    assert re.search(
        r'<img class="eu-emblem" src="/static/img/eu-emblem\.svg" alt="" [^>]*>\s*<p>Współfinansowane', footer
    )
    Alliance.objects.update(funding_note_en="", funding_note_pl="")
    ContentVersion.objects.update(name="without funding")
    assert "eu-emblem" not in client.get("/pl/").content.decode()


def test_the_emblem_of_the_european_union_has_the_official_geometry_and_colours():
    """Interinstitutional style guide, annex A1."""
    svg = ElementTree.parse(finders.find("img/eu-emblem.svg")).getroot()
    space = "{http://www.w3.org/2000/svg}"
    _left, _top, width, height = map(float, svg.get("viewBox").split())
    assert width / height == 1.5
    assert svg.find(f"{space}path").get("fill") == "#003399" and svg.find(f"{space}g").get("fill") == "#ffcc00"
    stars = [(float(use.get("x")) - width / 2, float(use.get("y")) - height / 2) for use in svg.iter(f"{space}use")]
    for hour, (x, y) in enumerate(stars):
        assert math.hypot(x, y) == pytest.approx(height / 3, abs=0.01)
        assert math.degrees(math.atan2(x, -y)) % 360 == pytest.approx(30 * hour, abs=0.01)
    assert len(stars) == 12
    points = [tuple(map(float, point.split(","))) for point in next(svg.iter(f"{space}polygon")).get("points").split()]
    tips, hollows = points[::2], points[1::2]
    assert [math.degrees(math.atan2(x, -y)) % 360 for x, y in tips] == pytest.approx([0, 72, 144, 216, 288], abs=0.03)
    assert [math.hypot(x, y) for x, y in tips] == pytest.approx([height / 18] * 5, abs=0.01)
    # The sides of a pentagram are collinear.
    assert [y for _x, y in (tips[1], hollows[0], hollows[4], tips[4])] == [tips[1][1]] * 4
    assert len(hollows) == 5
