"""The map of Europe: its section, positions of the universities, and placement of their labels without overlaps.

It uses Lambert's azimuthal equal-area projection centred on 52° N 10° E, as statistical maps of the European Union do
(EPSG:3035), simplified to a sphere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin, sqrt
from typing import NamedTuple

from partners.models import PartnerUniversity

CENTRE = radians(52), radians(10)
EARTH_KM = 6371
# Size of the drawing in units.
WIDTH, HEIGHT = 640, 640
# Labels in their largest size, on phones: width of a character, height of the line, and distance from the point.
LETTER, LINE, GAP = 14.6, 24, 14
# Half the side of the square that a point covers.
POINT = 9
# Number of sections of a curve in the search for overlaps.
CURVE_STEPS = 20


class Frame(NamedTuple):
    """A section of Europe: kilometres per unit of the drawing, and position of CENTRE in the drawing.

    Its outline is static/img/europe-`name`.svg, which `manage.py draw_europe` draws.
    """

    name: str
    km_per_unit: float
    origin: tuple[float, float]

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Position of a point in degrees (WGS 84), in units from the upper left corner of the drawing."""
        phi, lam = radians(latitude), radians(longitude) - CENTRE[1]
        closeness = 1 + sin(CENTRE[0]) * sin(phi) + cos(CENTRE[0]) * cos(phi) * cos(lam)
        scale = EARTH_KM / self.km_per_unit * sqrt(2 / closeness)
        x = scale * cos(phi) * sin(lam)
        y = scale * (cos(CENTRE[0]) * sin(phi) - sin(CENTRE[0]) * cos(phi) * cos(lam))
        return self.origin[0] + x, self.origin[1] - y

    def place(self, partner: PartnerUniversity) -> tuple[float, float] | None:
        """Position of a university, or None if it is outside."""
        x, y = self.project(float(partner.latitude), float(partner.longitude))
        return (x, y) if Box(x, y, 0, 0).is_inside else None


# From small to large: the middle of Europe; with Lisbon, Reykjavik, Tromsø, Nicosia and Tbilisi; with the Azores and
# the Canary Islands.
FRAMES = (
    Frame("middle", 5, (280, 388)),
    Frame("whole", 7.5, (253, 333)),
    Frame("atlantic", 10, (340, 310)),
)


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing. `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height

    @property
    def is_inside(self) -> bool:
        return self.x >= 0 and self.y >= 0 and self.x + self.width <= WIDTH and self.y + self.height <= HEIGHT


@dataclass(frozen=True)
class Label:
    """A label: the box that it covers, its position, and the `text-anchor` of SVG."""

    box: Box
    anchor: str
    x: float

    @property
    def y(self) -> float:
        return self.box.y + LINE / 2


@dataclass(frozen=True)
class Point:
    """One university on the map: centre of the point, position of the label, and path of the thread to the coordinator.

    The thread is empty for the coordinator. Numbers are strings, so that templates do not localize them.
    """

    partner: PartnerUniversity
    x: str
    y: str
    label_x: str
    label_y: str
    anchor: str
    thread: str


class City(NamedTuple):
    """A city in the drawing: position, name, and whether the threads lead to it."""

    x: float
    y: float
    name: str
    is_hub: bool


def place_label(city: City, taken: list[Box], threads: list[Box]) -> Label:
    """The label at the best of twelve positions around its point.

    A label inside the drawing is better, then one that covers fewer points and labels, then fewer threads.
    """
    x, y, width = city.x, city.y, LETTER * len(city.name)
    right, left, above, below = x + GAP, x - GAP, y - GAP - LINE, y + GAP
    options = [
        Label(Box(right, y - LINE / 2, width, LINE), "start", right),
        Label(Box(left - width, y - LINE / 2, width, LINE), "end", left),
        Label(Box(x - width / 2, above, width, LINE), "middle", x),
        Label(Box(x - width / 2, below, width, LINE), "middle", x),
    ]
    for edge in (above, below):
        options += [Label(Box(start, edge, width, LINE), "start", start) for start in (x, left)]
        options += [Label(Box(end - width, edge, width, LINE), "end", end) for end in (x, right)]
    return min(
        options,
        key=lambda label: (
            not label.box.is_inside,
            sum(map(label.box.overlaps, taken)),
            sum(map(label.box.overlaps, threads)),
        ),
    )


@dataclass(frozen=True)
class Thread:
    """A quadratic Bézier curve from one point to another."""

    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def control(self) -> tuple[float, float]:
        """The control point, beside the middle of the straight line."""
        (x1, y1), (x2, y2) = self.start, self.end
        return (x1 + x2) / 2 + (y2 - y1) / 8, (y1 + y2) / 2 - (x2 - x1) / 8

    @property
    def path(self) -> str:
        return "M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*self.start, *self.control, *self.end)

    @property
    def boxes(self) -> list[Box]:
        """Small squares along the curve, for the search for overlaps."""
        corners = []
        for step in range(CURVE_STEPS + 1):
            t = step / CURVE_STEPS
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
            points = zip(self.start, self.control, self.end, strict=True)
            corners.append([sum(map(float.__mul__, weights, axis)) for axis in points])
        return [Box(x - 1, y - 1, 2, 2) for x, y in corners]


# Many pages show the map, and it changes only with the content.
@lru_cache(maxsize=128)
def lay_out(cities: tuple[City, ...]) -> list[tuple[str, ...]]:
    """The fields of `Point` for each city, without `partner`."""
    hub = next((city for city in cities if city.is_hub), None)
    threads = [None if hub is None or city.is_hub else Thread(city[:2], hub[:2]) for city in cities]
    taken = [Box(city.x - POINT, city.y - POINT, 2 * POINT, 2 * POINT) for city in cities]
    crossed = [box for thread in threads if thread for box in thread.boxes]
    rows = []
    for city, thread in zip(cities, threads, strict=True):
        label = place_label(city, taken, crossed)
        taken.append(label.box)
        numbers = (f"{value:.1f}" for value in (city.x, city.y, label.x, label.y))
        rows.append((*numbers, label.anchor, thread.path if thread else ""))
    return rows


@dataclass(frozen=True)
class EuropeMap:
    """The map: name of its frame, points in the order of the universities, and universities outside the frame."""

    frame: str
    points: list[Point]
    outside: list[PartnerUniversity]

    def shows(self, partner: PartnerUniversity) -> bool:
        return any(point.partner == partner for point in self.points)


def draw_map(partners: Iterable[PartnerUniversity]) -> EuropeMap:
    """The map of these universities, in the smallest frame that has as many of them as the largest."""
    partners = list(partners)
    frame = max(FRAMES, key=lambda frame: sum(frame.place(partner) is not None for partner in partners))
    places = [(partner, frame.place(partner)) for partner in partners]
    shown = [(partner, City(*place, partner.city, partner.is_coordinator)) for partner, place in places if place]
    rows = lay_out(tuple(city for _partner, city in shown))
    points = [Point(partner, *row) for (partner, _city), row in zip(shown, rows, strict=True)]
    return EuropeMap(frame.name, points, [partner for partner, place in places if place is None])
