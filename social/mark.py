"""The site's mark: a few threads, woven, that stand for it in browser tabs and on home screens."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from partners.cloth import shaded

# On a dark ground and in the threads' colours for dark, it shows on light and on dark alike.
GROUND, ACROSS = "#1b1e25", "#faf9f6"
HARBOUR, LEATHER, MADDER, GLASS, ORE = "#6fb8e0", "#dcae68", "#f28ba8", "#66c7bf", "#f0946f"
# In units, of which two are a pixel in the smallest icon: threads, the gaps between them, and how far into a gap the
# thread on top is lit.
THREAD, GAP, LIT = 8, 2, 1
ROUNDING = 6
# A picture is drawn so many times larger, for smooth corners.
FINER = 4


@dataclass(frozen=True)
class Mark:
    """A square of plain weave: threads down in `colours`, as many across, the outer corners on top.

    `margin` is the ground around it, in units.
    """

    colours: tuple[str, ...]
    margin: int
    is_rounded: bool = False

    @property
    def side(self) -> int:
        return 2 * self.margin + len(self.colours) * (THREAD + GAP) - GAP

    @property
    def pieces(self) -> list[tuple[str, int, int, int, int]]:
        """What lies on the ground, from below: colour, left, top, width, height.

        Threads are in the shade where they come up from below another.
        """
        first, last = self.margin, self.side - self.margin
        starts = range(first, last, THREAD + GAP)
        length = last - first
        shade = [(shaded(colour), x, first, THREAD, length) for colour, x in zip(self.colours, starts, strict=True)]
        shade += [(shaded(ACROSS), first, y, length, THREAD) for y in starts]
        tops = []
        for row, y in enumerate(starts):
            for column, x in enumerate(starts):
                if (row + column) % 2:
                    left, right = max(first, x - LIT), min(last, x + THREAD + LIT)
                    tops.append((ACROSS, left, y, right - left, THREAD))
                else:
                    top, bottom = max(first, y - LIT), min(last, y + THREAD + LIT)
                    tops.append((self.colours[column], x, top, THREAD, bottom - top))
        return shade + tops

    @property
    def svg(self) -> str:
        rounding = f' rx="{ROUNDING}"' if self.is_rounded else ""
        paths = "".join(
            f'<path fill="{colour}" d="M{x} {y}h{width}v{height}h-{width}z"/>'
            for colour, x, y, width, height in self.pieces
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.side} {self.side}">'
            f'<rect width="{self.side}" height="{self.side}"{rounding} fill="{GROUND}"/>{paths}</svg>\n'
        )

    def image(self, size: int) -> Image.Image:
        """The mark, `size` pixels wide and high; clear where its corners are rounded off."""
        large = size * FINER
        picture = Image.new("RGBA", (large, large))
        draw = ImageDraw.Draw(picture)
        unit = large / self.side
        draw.rounded_rectangle((0, 0, large - 1, large - 1), ROUNDING * unit if self.is_rounded else 0, GROUND)
        for colour, x, y, width, height in self.pieces:
            edges = (x * unit, y * unit, (x + width) * unit - 1, (y + height) * unit - 1)
            draw.rectangle([round(edge) for edge in edges], colour)
        return picture.resize((size, size), Image.Resampling.BOX)


TAB = Mark((MADDER, HARBOUR, LEATHER), margin=2, is_rounded=True)
# Apple rounds the corners itself.
HOME_SCREEN = Mark((MADDER, HARBOUR, LEATHER), margin=6)
# Android cuts this to any shape within: cloth to the edges.
MASKABLE = Mark((GLASS, MADDER, HARBOUR, LEATHER, ORE), margin=0)
# The picture files in static/img/: what is drawn on them, and how large.
ICONS = {
    "apple-touch-icon.png": (HOME_SCREEN, 180),
    "icon-192.png": (MASKABLE, 192),
    "icon-512.png": (MASKABLE, 512),
}
# The old form of icon holds several sizes.
ICO_SIZES = (16, 32, 48)
