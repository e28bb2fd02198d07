"""The cloth of the alliance: woven from the facts of its universities, as a Jacquard loom weaves from punched cards.

Each university is a thread in its own colour. The binary digits of its founding year, its place on Earth and its place
in the list are its card: a 1 lifts the thread to the face of the cloth, a 0 leaves it below. The same facts weave the
same cloth, always and everywhere. docs/design.md says how to read one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import cycle, groupby, islice
from math import cos, radians
from typing import NamedTuple, Protocol

from PIL import Image, ImageDraw

# The yarn that belongs to no university: undyed.
UNDYED = 0
# Founding years have eleven binary digits, from 1024 to 2047.
YEAR_DIGITS = 11
# A crossing is two units wide and high in the drawing, and a thread this much of them.
PITCH, THICKNESS = 2, 1.7
# The threads' colours on paper, as static/css/tokens.css has them for light; the first is the undyed yarn.
COLOURS = (
    "#e3dac9",
    "#12618c",
    "#a1401f",
    "#2d3440",
    "#2f6b3d",
    "#8d5a16",
    "#0e6f6a",
    "#5a4334",
    "#55517f",
    "#9c2447",
    "#1f4a9c",
)
PAPER = "#fbf9f5"
# So many colours there are; the eleventh university has the first one's.
THREADS = len(COLOURS) - 1


class Weaver(Protocol):
    """What a cloth asks of a university."""

    founded: int
    latitude: float
    longitude: float
    order: int
    thread: int


def digits(number: float, count: int) -> tuple[bool, ...]:
    """The last `count` binary digits of a whole number, the greatest first; the sign is left out."""
    return tuple(bool(abs(int(number)) >> place & 1) for place in reversed(range(count)))


@dataclass(frozen=True)
class Strand:
    """All of one colour in one layer of the drawing, as one SVG path."""

    thread: int
    path: str


@dataclass(frozen=True)
class Cloth:
    """Threads up and down (warps), threads across (wefts), and at each crossing which of the two lies on top.

    `lifted` has a row for each weft, in it whether each warp passes over that weft.
    """

    warps: tuple[int, ...]
    wefts: tuple[int, ...]
    lifted: tuple[tuple[bool, ...], ...]

    @property
    def width(self) -> int:
        return PITCH * len(self.warps)

    @property
    def height(self) -> int:
        return PITCH * len(self.wefts)

    def cropped(self, warps: int, wefts: int) -> "Cloth":
        """The piece of so many threads at the upper left corner."""
        return Cloth(self.warps[:warps], self.wefts[:wefts], tuple(row[:warps] for row in self.lifted[:wefts]))

    @cached_property
    def floats(self) -> list[tuple[int, int, int]]:
        """Where warps lie on top: (warp, first weft, number of wefts passed over), from left to right."""
        found = []
        for warp in range(len(self.warps)):
            start = 0
            for lifted, run in groupby(row[warp] for row in self.lifted):
                length = len(list(run))
                if lifted:
                    found.append((warp, start, length))
                start += length
        return found

    @cached_property
    def warp_strands(self) -> list[Strand]:
        """The lowest layer: each warp from end to end."""
        whole = [(warp, 0, len(self.wefts)) for warp in range(len(self.warps))]
        return self._strands(whole)

    @cached_property
    def weft_strands(self) -> list[Strand]:
        """The middle layer: each weft from side to side."""
        return [
            Strand(thread, "".join(f"M0 {PITCH * weft + 1}H{self.width}" for weft in where))
            for thread, where in positions(self.wefts)
        ]

    @cached_property
    def float_strands(self) -> list[Strand]:
        """The upper layer: each warp where it lies on top."""
        return self._strands(self.floats)

    def _strands(self, floats: list[tuple[int, int, int]]) -> list[Strand]:
        strands = []
        for thread, where in positions(self.warps):
            x = y = 0
            path = ""
            for warp, start, length in floats:
                if warp in where:
                    left, top = PITCH * warp + 1, PITCH * start
                    path += f"{'m' if path else 'M'}{left - x} {top - y}v{PITCH * length}"
                    x, y = left, top + PITCH * length
            strands.append(Strand(thread, path))
        return strands

    def image(self, pitch: int) -> Image.Image:
        """The cloth on paper, each crossing `pitch` pixels wide and high."""
        picture = Image.new("RGB", (pitch * len(self.warps), pitch * len(self.wefts)), PAPER)
        draw = ImageDraw.Draw(picture)
        gap = max(1, round(pitch * (1 - THICKNESS / PITCH) / 2))

        def thread(colour: str, warp: int, weft: int, across: int = 1, down: int = 1, aside: int = gap, above: int = 0):
            left, top = pitch * warp + aside, pitch * weft + above
            draw.rectangle(
                (left, top, left + pitch * across - 2 * aside - 1, top + pitch * down - 2 * above - 1), colour
            )

        for warp, number in enumerate(self.warps):
            thread(shaded(COLOURS[number]), warp, 0, down=len(self.wefts))
        for weft, number in enumerate(self.wefts):
            thread(COLOURS[number], 0, weft, across=len(self.warps), aside=0, above=gap)
        for warp, weft, length in self.floats:
            for passed in range(weft, weft + length):
                thread(shaded(COLOURS[self.wefts[passed]]), warp, passed, aside=0, above=gap)
            thread(COLOURS[self.warps[warp]], warp, weft, down=length)
        return picture


def shaded(colour: str) -> str:
    """`colour` (#rrggbb) as it looks in the shade of another thread."""
    return "#" + "".join(f"{int(colour[place : place + 2], 16) * 7 // 10:02x}" for place in (1, 3, 5))


def positions(threads: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Each thread of `threads` with the places where it lies, in the order of their first."""
    return [(thread, [at for at, other in enumerate(threads) if other == thread]) for thread in dict.fromkeys(threads)]


def nearest(university: Weaver, others: Iterable[Weaver], count: int = 3) -> list[Weaver]:
    """The `count` of `others` that lie nearest, the nearest first."""

    def distance(other: Weaver) -> float:
        north = float(other.latitude) - float(university.latitude)
        between = radians(float(other.latitude) + float(university.latitude)) / 2
        east = (float(other.longitude) - float(university.longitude)) * cos(between)
        return north**2 + east**2

    return sorted((other for other in others if other != university), key=distance)[:count]


def binding(order: int) -> Callable[[int, int], bool]:
    """Where (warp, weft) a thread that goes below comes up for one crossing, so that the cloth holds together.

    It follows from the place of a university in the list.
    """
    paired, leftward, *weave = digits(order, 4)
    by, way = (2 if paired else 1), (-1 if leftward else 1)
    match weave:
        case [False, False]:  # spots
            return lambda warp, weft: warp // by * way % 4 == 2 * (weft % 2)
        case [False, True]:  # twill
            return lambda warp, weft: (weft - warp // by * way) % 4 == 0
        case [True, False]:  # ribs
            return lambda warp, weft: warp // by * way % 3 == 0
    return lambda warp, weft: (weft - 2 * (warp // by * way)) % 5 == 0  # satin


def repeated(items: Sequence, length: int) -> list:
    """`items` over and over until there are `length`, as a loom's cards are laced into a loop."""
    return list(islice(cycle(items), length))


def city_cloth(university: Weaver, others: Iterable[Weaver], warps: int = 48, wefts: int = 12) -> Cloth:
    """The cloth of one university: its own thread up and down, those of its three nearest neighbours across."""
    card = Card(
        university.thread,
        university.founded,
        round(float(university.latitude) * 100),
        round(float(university.longitude) * 100),
        university.order,
    )
    return weave_city(card, tuple(other.thread for other in nearest(university, others)), warps, wefts)


class Card(NamedTuple):
    """The facts of a university that its cloth follows from; latitude and longitude in hundredths of a degree."""

    thread: int
    founded: int
    north: int
    east: int
    order: int


# Each page shows a cloth or several, and only a change of content changes them.
@lru_cache(maxsize=256)
def weave_city(card: Card, threads: tuple[int, ...], warps: int, wefts: int) -> Cloth:
    thread, founded, north, east, order = card
    year, widths = digits(founded, YEAR_DIGITS), digits(east, YEAR_DIGITS)
    columns = [digit for digit, is_wide in zip(year, widths, strict=True) for _ in range(4 if is_wide else 2)]
    columns = repeated(columns[::-1] if east < 0 else columns, warps)

    first, second, third = (*threads, *[UNDYED] * (3 - len(threads)))
    heights, faces = digits(abs(north) >> 6, 3), digits(north, 6)
    stripes = []
    for undyed, (dyed, height) in zip(heights, ((first, 3), (second, 2), (third, 1)), strict=True):
        stripes += [(UNDYED, 2 if undyed else 1), (dyed, height)]
    rows = [(yarn, face) for (yarn, height), face in zip(stripes, faces, strict=True) for _ in range(height)]
    rows = repeated(rows[::-1] if north < 0 else rows, wefts)
    is_bound = binding(order)
    return Cloth(
        (thread,) * warps,
        tuple(yarn for yarn, _face in rows),
        tuple(
            tuple(column == face or is_bound(warp, weft) for warp, column in enumerate(columns))
            for weft, (_yarn, face) in enumerate(rows)
        ),
    )


def alliance_cloth(universities: Iterable[Weaver], warps: int = 6, wefts: int = 2) -> Cloth:
    """The cloth of all: `warps` threads up and down for each university, `wefts` across for each digit of its year.

    Of more than ten universities the first ten are woven in: each stands for a colour of its own.
    """
    facts = tuple((one.thread, one.founded, one.order) for one in islice(universities, THREADS))
    return weave_alliance(facts, warps, wefts)


@lru_cache(maxsize=16)
def weave_alliance(facts: tuple[tuple[int, int, int], ...], warps: int, wefts: int) -> Cloth:
    cards = [(digits(founded, YEAR_DIGITS), binding(order)) for _thread, founded, order in facts]
    return Cloth(
        tuple(thread for thread, _founded, _order in facts for _ in range(warps)),
        (UNDYED,) * (YEAR_DIGITS * wefts),
        tuple(
            tuple(year[weft // wefts] or is_bound(warp, weft) for year, is_bound in cards for warp in range(warps))
            for weft in range(YEAR_DIGITS * wefts)
        ),
    )
