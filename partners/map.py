"""The map of Europe: where each university lies on it, and where its name stands without covering another.

Lambert's azimuthal equal-area projection about 52° N 10° E, as the European Union's own statistical maps use it
(EPSG:3035), here on a sphere: no country looks larger than it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin, sqrt
from typing import NamedTuple

from partners.models import PartnerUniversity

CENTRE = radians(52), radians(10)
EARTH_KM = 6371
# The drawing: so many units wide and high, each of so many kilometres, and the centre's place on it.
WIDTH, HEIGHT, KM = 640, 640, 5
ORIGIN = 280, 388
# What one character and one line of a name take, in units, at its largest, on a phone; how far it keeps from its point.
LETTER, LINE, GAP = 14.6, 24, 14
# Half the side of the square that a point takes; in so many squares a thread is looked at.
POINT = 9
STEPS = 20


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees (WGS 84) → units of the drawing, from its upper left corner."""
    phi, lam = radians(latitude), radians(longitude) - CENTRE[1]
    closeness = 1 + sin(CENTRE[0]) * sin(phi) + cos(CENTRE[0]) * cos(phi) * cos(lam)
    scale = EARTH_KM / KM * sqrt(2 / closeness)
    x = scale * cos(phi) * sin(lam)
    y = scale * (cos(CENTRE[0]) * sin(phi) - sin(CENTRE[0]) * cos(phi) * cos(lam))
    return ORIGIN[0] + x, ORIGIN[1] - y


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing: its left and upper edge, its width and height."""

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
class Name:
    """Where a name stands: the room that it takes, and which part of it lies at `x` (SVG's text-anchor)."""

    box: Box
    anchor: str
    x: float

    @property
    def y(self) -> float:
        return self.box.y + LINE / 2


@dataclass(frozen=True)
class Point:
    """One university on the map: the centre of its point, the place of its name, and the path of its thread.

    The thread leads to the coordinator; it is empty for the coordinator itself. Numbers are written as SVG reads them,
    whatever the language of the page.
    """

    partner: PartnerUniversity
    x: str
    y: str
    name_x: str
    name_y: str
    anchor: str
    thread: str


class City(NamedTuple):
    """What its place on the drawing depends on: where the point lies, its name, whether the threads meet there."""

    x: float
    y: float
    name: str
    is_hub: bool


def place_for_name(city: City, taken: list[Box], threads: list[Box]) -> Name:
    """On whichever side covers the fewest points and names, then the least of threads."""
    x, y, width = city.x, city.y, LETTER * len(city.name)
    right, left, above, below = x + GAP, x - GAP, y - GAP - LINE, y + GAP
    places = [
        Name(Box(right, y - LINE / 2, width, LINE), "start", right),
        Name(Box(left - width, y - LINE / 2, width, LINE), "end", left),
        Name(Box(x - width / 2, above, width, LINE), "middle", x),
        Name(Box(x - width / 2, below, width, LINE), "middle", x),
    ]
    for edge in (above, below):
        places += [Name(Box(start, edge, width, LINE), "start", start) for start in (x, left)]
        places += [Name(Box(end - width, edge, width, LINE), "end", end) for end in (x, right)]
    return min(
        places,
        key=lambda place: (
            not place.box.is_inside,
            sum(map(place.box.overlaps, taken)),
            sum(map(place.box.overlaps, threads)),
        ),
    )


@dataclass(frozen=True)
class Thread:
    """A line from one point to another that hangs to one side, as a thread does: a quadratic Bézier curve."""

    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def middle(self) -> tuple[float, float]:
        """The point that pulls it to that side."""
        (x1, y1), (x2, y2) = self.start, self.end
        return (x1 + x2) / 2 + (y2 - y1) / 8, (y1 + y2) / 2 - (x2 - x1) / 8

    @property
    def path(self) -> str:
        return "M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*self.start, *self.middle, *self.end)

    @property
    def boxes(self) -> list[Box]:
        """What it takes of the drawing, as a row of small squares."""
        corners = []
        for step in range(STEPS + 1):
            part = step / STEPS
            weights = ((1 - part) ** 2, 2 * part * (1 - part), part**2)
            points = zip(self.start, self.middle, self.end, strict=True)
            corners.append([sum(map(float.__mul__, weights, axis)) for axis in points])
        return [Box(x - 1, y - 1, 2, 2) for x, y in corners]


# Each page shows the map, and only a change of content changes it.
@lru_cache(maxsize=128)
def lay_out(cities: tuple[City, ...]) -> list[tuple[str, ...]]:
    """For each of them all of its `Point` but whose it is."""
    hub = next((city for city in cities if city.is_hub), None)
    threads = [None if hub is None or city.is_hub else Thread(city[:2], hub[:2]) for city in cities]
    taken = [Box(city.x - POINT, city.y - POINT, 2 * POINT, 2 * POINT) for city in cities]
    crossed = [box for thread in threads if thread for box in thread.boxes]
    found = []
    for city, thread in zip(cities, threads, strict=True):
        name = place_for_name(city, taken, crossed)
        taken.append(name.box)
        numbers = (f"{value:.1f}" for value in (city.x, city.y, name.x, name.y))
        found.append((*numbers, name.anchor, thread.path if thread else ""))
    return found


def points(partners: Iterable[PartnerUniversity]) -> list[Point]:
    """The universities that lie on the drawing, in their order."""
    shown = []
    for partner in partners:
        x, y = project(float(partner.latitude), float(partner.longitude))
        if Box(x, y, 0, 0).is_inside:
            shown.append((partner, City(x, y, partner.city, partner.is_coordinator)))
    places = lay_out(tuple(city for _partner, city in shown))
    return [Point(partner, *place) for (partner, _city), place in zip(shown, places, strict=True)]
