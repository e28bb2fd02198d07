"""The icon of the site for browser tabs and home screens: a few threads in plain weave."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from partners.weave import shaded

# A dark background with the thread colours for dark mode is visible on light and dark surfaces.
BACKGROUND, WEFT = "#1b1e25", "#faf9f6"
HARBOUR, LEATHER, MADDER, GLASS, ORE = "#6fb8e0", "#dcae68", "#f28ba8", "#66c7bf", "#f0946f"
# Width of a thread, gap between threads, and overlap of the upper thread into the gap. The smallest icon has two units
# per pixel.
THREAD, GAP, OVERLAP = 8, 2, 1
CORNER_RADIUS = 6
# Factor by which a picture is drawn larger and then scaled down, for smooth corners.
SUPERSAMPLING = 4


@dataclass(frozen=True)
class Icon:
    """A square of plain weave with vertical threads in `colours` and as many horizontal ones.

    `margin` is the background around it, in units.
    """

    colours: tuple[str, ...]
    margin: int
    is_rounded: bool = False

    @property
    def side(self) -> int:
        return 2 * self.margin + len(self.colours) * (THREAD + GAP) - GAP

    @property
    def pieces(self) -> list[tuple[str, int, int, int, int]]:
        """Rectangles from bottom to top: colour, left, top, width, height. Lower threads are darker."""
        first, last = self.margin, self.side - self.margin
        starts = range(first, last, THREAD + GAP)
        length = last - first
        shade = [(shaded(colour), x, first, THREAD, length) for colour, x in zip(self.colours, starts, strict=True)]
        shade += [(shaded(WEFT), first, y, length, THREAD) for y in starts]
        tops = []
        for row, y in enumerate(starts):
            for column, x in enumerate(starts):
                if (row + column) % 2:
                    left, right = max(first, x - OVERLAP), min(last, x + THREAD + OVERLAP)
                    tops.append((WEFT, left, y, right - left, THREAD))
                else:
                    top, bottom = max(first, y - OVERLAP), min(last, y + THREAD + OVERLAP)
                    tops.append((self.colours[column], x, top, THREAD, bottom - top))
        return shade + tops

    @property
    def svg(self) -> str:
        radius = f' rx="{CORNER_RADIUS}"' if self.is_rounded else ""
        paths = "".join(
            f'<path fill="{colour}" d="M{x} {y}h{width}v{height}h-{width}z"/>'
            for colour, x, y, width, height in self.pieces
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.side} {self.side}">'
            f'<rect width="{self.side}" height="{self.side}"{radius} fill="{BACKGROUND}"/>{paths}</svg>\n'
        )

    def image(self, size: int) -> Image.Image:
        """The icon, `size` pixels wide and high, with transparent rounded corners."""
        large = size * SUPERSAMPLING
        picture = Image.new("RGBA", (large, large))
        draw = ImageDraw.Draw(picture)
        unit = large / self.side
        draw.rounded_rectangle((0, 0, large - 1, large - 1), CORNER_RADIUS * unit if self.is_rounded else 0, BACKGROUND)
        for colour, x, y, width, height in self.pieces:
            edges = (x * unit, y * unit, (x + width) * unit - 1, (y + height) * unit - 1)
            draw.rectangle([round(edge) for edge in edges], colour)
        return picture.resize((size, size), Image.Resampling.BOX)


FAVICON = Icon((MADDER, HARBOUR, LEATHER), margin=2, is_rounded=True)
# Apple devices round the corners themselves.
HOME_SCREEN = Icon((MADDER, HARBOUR, LEATHER), margin=6)
# Android crops this to a shape of its own, so the threads reach the edges.
MASKABLE = Icon((GLASS, MADDER, HARBOUR, LEATHER, ORE), margin=0)
# File in static/img/ → icon and size in pixels.
ICONS = {
    "apple-touch-icon.png": (HOME_SCREEN, 180),
    "icon-192.png": (MASKABLE, 192),
    "icon-512.png": (MASKABLE, 512),
}
# Sizes within favicon.ico, in pixels.
ICO_SIZES = (16, 32, 48)
