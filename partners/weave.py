"""Weave patterns, computed from facts about the universities, or the key of an item, as a Jacquard loom weaves from
punched cards.

Each university has a thread in its own colour. The binary digits of its founding year, coordinates and order are its
punched card: 1 puts the thread on top at a crossing, 0 puts it below. The pattern depends on these facts only.
docs/design.md explains how to read one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import cycle, groupby, islice
from math import cos, radians
from typing import NamedTuple, Protocol

from PIL import Image, ImageDraw

# Thread number of undyed yarn, which belongs to no university.
UNDYED = 0
# Enough binary digits for the years 1024 to 2047.
YEAR_DIGITS = 11
# Enough binary digits for the letters of a key: digits count as 0 to 9, letters as 10 to 35.
LETTER_DIGITS = 6
# Width and height of a crossing, and width of a thread, in SVG units.
PITCH, THICKNESS = 2, 1.7
# Thread colours by thread number, equal to the light-mode colours in static/css/tokens.css. The first is undyed yarn.
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
PAPER = "#faf9f5"
# Number of thread colours. They repeat from the eleventh university on.
THREADS = len(COLOURS) - 1


class Located(Protocol):
    """The attributes of a university that a pattern depends on. Coordinates are in degrees (WGS 84)."""

    @property
    def founded(self) -> int: ...
    @property
    def latitude(self) -> Decimal | float: ...
    @property
    def longitude(self) -> Decimal | float: ...
    @property
    def order(self) -> int: ...
    @property
    def thread(self) -> int: ...


def digits(number: float, count: int) -> tuple[bool, ...]:
    """The last `count` binary digits of the absolute value of `number`, the highest first."""
    return tuple(bool(abs(int(number)) >> shift & 1) for shift in reversed(range(count)))


@dataclass(frozen=True)
class Strand:
    """All threads of one colour in one layer of the drawing, as one SVG path."""

    thread: int
    path: str


@dataclass(frozen=True)
class Weave:
    """Vertical threads (warps), horizontal threads (wefts), and which one is on top at each crossing.

    `warps` and `wefts` are thread numbers. `lifted` has one row per weft: whether each warp is above that weft.
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

    @cached_property
    def floats(self) -> list[tuple[int, int, int]]:
        """Runs of crossings with the warp on top, from left to right: (warp, first weft, number of wefts)."""
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
        """The bottom layer: whole warps."""
        whole = [(warp, 0, len(self.wefts)) for warp in range(len(self.warps))]
        return self._strands(whole)

    @cached_property
    def weft_strands(self) -> list[Strand]:
        """The middle layer: whole wefts."""
        return [
            Strand(thread, "".join(f"M0 {PITCH * weft + 1}H{self.width}" for weft in indexes))
            for thread, indexes in positions(self.wefts)
        ]

    @cached_property
    def float_strands(self) -> list[Strand]:
        """The top layer: the parts of warps that are on top."""
        return self._strands(self.floats)

    def _strands(self, floats: list[tuple[int, int, int]]) -> list[Strand]:
        strands = []
        for thread, indexes in positions(self.warps):
            x = y = 0
            path = ""
            for warp, start, length in floats:
                if warp in indexes:
                    left, top = PITCH * warp + 1, PITCH * start
                    path += f"{'m' if path else 'M'}{left - x} {top - y}v{PITCH * length}"
                    x, y = left, top + PITCH * length
            strands.append(Strand(thread, path))
        return strands

    def image(self, pitch: int) -> Image.Image:
        """The pattern on the paper colour; each crossing is `pitch` pixels wide and high."""
        picture = Image.new("RGB", (pitch * len(self.warps), pitch * len(self.wefts)), PAPER)
        draw = ImageDraw.Draw(picture)
        gap = max(1, round(pitch * (1 - THICKNESS / PITCH) / 2))

        def thread(
            colour: str, warp: int, weft: int, across: int = 1, down: int = 1, aside: int = gap, above: int = 0
        ) -> None:
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
    """`colour` (#rrggbb) darkened, for a thread below another one."""
    return "#" + "".join(f"{int(colour[start : start + 2], 16) * 7 // 10:02x}" for start in (1, 3, 5))


def positions(threads: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Each different thread number with its indexes in `threads`, in the order of first occurrence."""
    return [
        (thread, [index for index, other in enumerate(threads) if other == thread]) for thread in dict.fromkeys(threads)
    ]


def nearest(university: Located, others: Iterable[Located]) -> list[Located]:
    """The three of `others` nearest to `university`, the nearest first."""

    def distance(other: Located) -> float:
        north = float(other.latitude) - float(university.latitude)
        between = radians(float(other.latitude) + float(university.latitude)) / 2
        east = (float(other.longitude) - float(university.longitude)) * cos(between)
        return north**2 + east**2

    return sorted((other for other in others if other != university), key=distance)[:3]


def binding(order: int) -> Callable[[int, int], bool]:
    """A function of (warp, weft): whether the warp is on top at this crossing although its card puts it below.

    Such crossings hold the threads of cloth together. `order`, the position of the university in the list, selects the
    binding.
    """
    is_paired, is_leftward, *kind = digits(order, 4)
    width, direction = (2 if is_paired else 1), (-1 if is_leftward else 1)
    match kind:
        case [False, False]:  # spots
            return lambda warp, weft: warp // width * direction % 4 == 2 * (weft % 2)
        case [False, True]:  # twill
            return lambda warp, weft: (weft - warp // width * direction) % 4 == 0
        case [True, False]:  # ribs
            return lambda warp, weft: warp // width * direction % 3 == 0
    return lambda warp, weft: (weft - 2 * (warp // width * direction)) % 5 == 0  # satin


def repeated(items: Sequence, length: int) -> list:
    """`items`, repeated or cut to `length`."""
    return list(islice(cycle(items), length))


def university_weave(university: Located, others: Iterable[Located], warps: int = 48, wefts: int = 12) -> Weave:
    """The pattern of one university: warps in its own colour, wefts in those of the three nearest of `others`."""
    card = Card(
        university.thread,
        university.founded,
        round(float(university.latitude) * 100),
        round(float(university.longitude) * 100),
        university.order,
    )
    return weave_card(card, tuple(other.thread for other in nearest(university, others)), warps, wefts)


class Card(NamedTuple):
    """The facts that define the pattern of a university. `north` and `east` are in hundredths of a degree."""

    thread: int
    founded: int
    north: int
    east: int
    order: int


# Most pages show patterns, and these change only with the content.
@lru_cache(maxsize=256)
def weave_card(card: Card, threads: tuple[int, ...], warps: int, wefts: int) -> Weave:
    """The pattern of one university; `threads` are those of its nearest neighbours, at most three."""
    thread, founded, north, east, order = card
    # Columns of four or two warps, one for each digit of the founding year.
    year, widths = digits(founded, YEAR_DIGITS), digits(east, YEAR_DIGITS)
    columns = [digit for digit, is_wide in zip(year, widths, strict=True) for _ in range(4 if is_wide else 2)]
    columns = repeated(columns[::-1] if east < 0 else columns, warps)

    first, second, third = (*threads, *[UNDYED] * (3 - len(threads)))
    # Stripes, undyed and coloured in turn. Each shows the front (True) or the back (False) of the card.
    heights, faces = digits(abs(north) >> 6, 3), digits(north, 6)
    stripes: list[tuple[int, int]] = []
    for undyed, (dyed, height) in zip(heights, ((first, 3), (second, 2), (third, 1)), strict=True):
        stripes += [(UNDYED, 2 if undyed else 1), (dyed, height)]
    rows = [(yarn, face) for (yarn, height), face in zip(stripes, faces, strict=True) for _ in range(height)]
    rows = repeated(rows[::-1] if north < 0 else rows, wefts)
    is_bound = binding(order)
    return Weave(
        (thread,) * warps,
        tuple(yarn for yarn, _face in rows),
        tuple(
            tuple(column == face or is_bound(warp, weft) for warp, column in enumerate(columns))
            for weft, (_yarn, face) in enumerate(rows)
        ),
    )


def alliance_weave(universities: Iterable[Located], warps: int = 6, wefts: int = 2) -> Weave:
    """The pattern of the alliance: `warps` threads per university, `wefts` threads per digit of its founding year.

    It contains the first ten universities at most, one per thread colour.
    """
    facts = tuple((item.thread, item.founded, item.order) for item in islice(universities, THREADS))
    return weave_alliance(facts, warps, wefts)


@lru_cache(maxsize=16)
def weave_alliance(facts: tuple[tuple[int, int, int], ...], warps: int, wefts: int) -> Weave:
    cards = [(digits(founded, YEAR_DIGITS), binding(order)) for _thread, founded, order in facts]
    return Weave(
        tuple(thread for thread, _founded, _order in facts for _ in range(warps)),
        (UNDYED,) * (YEAR_DIGITS * wefts),
        tuple(
            tuple(year[weft // wefts] or is_bound(warp, weft) for year, is_bound in cards for warp in range(warps))
            for weft in range(YEAR_DIGITS * wefts)
        ),
    )


def item_weave(key: str, universities: Iterable[Located], warps: int = 96, wefts: int = 12) -> Weave:
    """The pattern of an item of the alliance: stripes in the colours of the universities, `key` as the punched card."""
    threads = tuple(university.thread for university in islice(universities, THREADS))
    return weave_item(key, threads, warps, wefts)


@lru_cache(maxsize=64)
def weave_item(key: str, threads: tuple[int, ...], warps: int, wefts: int) -> Weave:
    """One column per letter of `key`, whose digits run from top to bottom as on punched tape.

    The letters also select the order of the universities, the widths of their stripes, and the binding.
    """
    letters = [int(letter, 36) for letter in key if letter.isalnum()]
    if not threads or not letters:
        return Weave((), (UNDYED,) * wefts, ((),) * wefts)
    first = sum(letters) % len(threads)
    order = (threads[first:] + threads[:first])[:: -1 if letters[0] % 2 else 1]
    stripes = [(thread, 4 + letter % 3 * 4) for thread, letter in zip(cycle(order), repeated(letters, warps))]
    columns = [digits(letter, LETTER_DIGITS) for letter in letters for _ in range(3 + letters[-1] % 2)]
    rows = repeated([digit for digit in range(LETTER_DIGITS) for _ in range(2)], wefts)
    is_bound = binding(sum(letters))
    cards = repeated(columns, warps)
    return Weave(
        tuple(repeated([thread for thread, width in stripes for _ in range(width)], warps)),
        (UNDYED,) * wefts,
        tuple(
            tuple(card[digit] or is_bound(warp, weft) for warp, card in enumerate(cards))
            for weft, digit in enumerate(rows)
        ),
    )
