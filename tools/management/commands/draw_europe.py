import json
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from partners.map import FRAMES, HEIGHT, WIDTH, Frame

# Margin around the drawing, in its units, at which coastlines are clipped.
MARGIN = 60
# Maximum distance of a removed point from the simplified line, in units of the drawing.
TOLERANCE = 0.6
# Islands with a smaller bounding box are left out, in square units of the drawing.
MIN_AREA = 12
# West, east and south, in degrees. The projection is usable only within these limits.
BOUNDS = (-80, 120, 5)

Point = tuple[float, float]


class Command(BaseCommand):
    help = (
        "Draws static/img/europe-*.svg from the Natural Earth outline (public domain) in the npm package world-atlas. "
        "Example: npm pack world-atlas && tar xzf world-atlas-*.tgz && "
        "manage.py draw_europe package/land-50m.json"
    )

    def add_arguments(self, parser):
        parser.add_argument("land", type=Path, help="land-50m.json, a TopoJSON file.")

    def handle(self, *args, land, **options):
        try:
            topology = json.loads(land.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{land}: {error}") from error
        for frame in FRAMES:
            path = "".join(self.outline(ring, frame) for ring in rings(topology))
            target = settings.BASE_DIR / f"static/img/europe-{frame.name}.svg"
            target.write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><path d="{path}"/></svg>\n'
            )
            self.stdout.write(f"{target}: {target.stat().st_size} bytes")

    @staticmethod
    def outline(ring: list[Point], frame: Frame) -> str:
        """The SVG path of a coastline, or an empty string if it is too small or outside the drawing."""
        west, east, south = BOUNDS
        line = [frame.project(lat, lon) for lon, lat in ring if west < lon < east and lat > south]
        line = clip(line)
        if len(line) < 3:
            return ""
        xs, ys = zip(*line, strict=True)
        if (max(xs) - min(xs)) * (max(ys) - min(ys)) < MIN_AREA:
            return ""
        middle = len(line) // 2
        points = simplified(line[: middle + 1])[:-1] + simplified(line[middle:])
        return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z"


def rings(topology: dict) -> Iterator[list[Point]]:
    """Each ring of a TopoJSON topology as (longitude, latitude) pairs in degrees."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(dx for dx, _dy in arc), accumulate(dy for _dx, dy in arc)
        arcs.append([(x * scale_x + move_x, y * scale_y + move_y) for x, y in zip(xs, ys, strict=True)])
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for indexes in polygon:
                ring = []
                for index in indexes:
                    # A negative index ~i means arc i in reverse order (TopoJSON specification).
                    ring += arcs[index] if index >= 0 else arcs[~index][::-1]
                yield ring


def clip(line: list[Point]) -> list[Point]:
    """Clip a polygon to the drawing and its margin (Sutherland–Hodgman algorithm)."""
    edges = [(0, -MARGIN, 1), (0, WIDTH + MARGIN, -1), (1, -MARGIN, 1), (1, HEIGHT + MARGIN, -1)]
    for axis, limit, sign in edges:
        clipped: list[Point] = []
        for before, now in zip(line[-1:] + line[:-1], line, strict=True):
            was_in, is_in = ((point[axis] - limit) * sign >= 0 for point in (before, now))
            if was_in != is_in:
                share = (limit - before[axis]) / (now[axis] - before[axis])
                clipped.append((before[0] + share * (now[0] - before[0]), before[1] + share * (now[1] - before[1])))
            if is_in:
                clipped.append(now)
        line = clipped
    return line


def simplified(line: list[Point]) -> list[Point]:
    """Simplify a line (Ramer–Douglas–Peucker algorithm)."""
    if len(line) < 3:
        return line
    (x1, y1), (x2, y2) = line[0], line[-1]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
    distances = [abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length for x, y in line[1:-1]]
    farthest = max(range(len(distances)), key=distances.__getitem__)
    if distances[farthest] < TOLERANCE:
        return [line[0], line[-1]]
    return simplified(line[: farthest + 2])[:-1] + simplified(line[farthest + 1 :])
