import json
from itertools import accumulate
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from partners.map import HEIGHT, WIDTH, project

# What lies farther outside the drawing than this many units is left out.
OUTSIDE = 60
# Points nearer than this to the line between their neighbours are left out, and islands smaller than this square.
TOLERANCE = 0.6
SMALLEST = 12
# The projection is of use on this half of the globe alone.
SEEN = (-45, 70, 20)


class Command(BaseCommand):
    help = (
        "Draws static/img/europe.svg anew from Natural Earth's outline (public domain), as the npm package world-atlas "
        "has it. Example: npm pack world-atlas && tar xzf world-atlas-*.tgz && "
        "manage.py draw_europe package/land-50m.json"
    )

    def add_arguments(self, parser):
        parser.add_argument("land", type=Path, help="land-50m.json, a TopoJSON file.")

    def handle(self, *args, land, **options):
        try:
            topology = json.loads(land.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{land}: {error}") from error
        path = "".join(self.outline(ring) for ring in rings(topology))
        target = settings.BASE_DIR / "static/img/europe.svg"
        target.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><path d="{path}"/></svg>\n'
        )
        self.stdout.write(f"{target}: {target.stat().st_size} bytes")

    @staticmethod
    def outline(ring: list[tuple[float, float]]) -> str:
        """One shore as a closed path, or nothing where it is not in view."""
        west, east, south = SEEN
        line = [project(lat, lon) for lon, lat in ring if west < lon < east and lat > south]
        line = clip(line)
        if len(line) < 3:
            return ""
        xs, ys = zip(*line, strict=True)
        if (max(xs) - min(xs)) * (max(ys) - min(ys)) < SMALLEST:
            return ""
        middle = len(line) // 2
        kept = simplified(line[: middle + 1])[:-1] + simplified(line[middle:])
        return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in kept) + "Z"


def rings(topology: dict):
    """Every ring of a TopoJSON topology as (longitude, latitude) pairs."""
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
                    # A negative number is an arc's complement, walked backwards.
                    ring += arcs[index] if index >= 0 else arcs[~index][::-1]
                yield ring


def clip(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The polygon within the drawing and OUTSIDE around it (Sutherland and Hodgman)."""
    edges = [(0, -OUTSIDE, 1), (0, WIDTH + OUTSIDE, -1), (1, -OUTSIDE, 1), (1, HEIGHT + OUTSIDE, -1)]
    for axis, limit, sign in edges:
        kept = []
        for before, now in zip(line[-1:] + line[:-1], line, strict=True):
            was_in, is_in = ((point[axis] - limit) * sign >= 0 for point in (before, now))
            if was_in != is_in:
                share = (limit - before[axis]) / (now[axis] - before[axis])
                kept.append(tuple(b + share * (n - b) for b, n in zip(before, now, strict=True)))
            if is_in:
                kept.append(now)
        line = kept
    return line


def simplified(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line without points that lie near it anyway (Ramer, Douglas and Peucker)."""
    if len(line) < 3:
        return line
    (x1, y1), (x2, y2) = line[0], line[-1]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
    distances = [abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length for x, y in line[1:-1]]
    farthest = max(range(len(distances)), key=distances.__getitem__)
    if distances[farthest] < TOLERANCE:
        return [line[0], line[-1]]
    return simplified(line[: farthest + 2])[:-1] + simplified(line[farthest + 1 :])
