"""Order of the pages that match a query."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from operator import mul

from search.queries import Unit


@dataclass(frozen=True)
class Ranking:
    """Pages with their points for each of `units`, on a site with `number` pages.

    The fewer pages match a unit, the more it counts. Single letters, and units that most pages match, count only if
    there are no others: "how to apply for a grant" is about applying and grants.
    """

    units: Sequence[Unit]
    points: Mapping[str, tuple[int, ...]]
    number: int

    @cached_property
    def distinct_points(self) -> Counter[tuple[int, ...]]:
        """The points that pages have, with the number of pages. Most pages have the same points as others."""
        return Counter(self.points.values())

    @cached_property
    def own_weights(self) -> list[float]:
        """The weights of the units, 0 for those that count only if there are no others."""
        weights = [
            self.weight(sum(count for points, count in self.distinct_points.items() if points[position]))
            for position in range(len(self.units))
        ]
        for position, unit in enumerate(self.units):
            if all(len(term.word) == 1 and term.word.isalpha() for term in unit[0]):
                weights[position] = 0
        return weights

    @cached_property
    def weights(self) -> list[float]:
        return self.own_weights if any(self.own_weights) else [1] * len(self.own_weights)

    def weight(self, count: int) -> float:
        # A unit without a page counts, so that no page has all words.
        return 0 if 2 * count > self.number else log(max(self.number, 1) / max(count, 1))

    def complete(self) -> list[str]:
        """The pages with all units that count, the best first."""
        counting = [position for position, weight in enumerate(self.weights) if weight]
        complete = {points for points in self.distinct_points if all(points[position] for position in counting)}
        return self.sorted(page for page, points in self.points.items() if points in complete)

    def partial(self) -> list[str]:
        """The pages with some of the units that count, first those with the most and the rarest."""
        matched = {
            points: sum(weight for weight, matches in zip(self.weights, points, strict=True) if matches)
            for points in self.distinct_points
        }
        pages = self.sorted(page for page, points in self.points.items() if matched[points])
        # Sorting keeps the order of pages with equal values.
        return sorted(pages, key=lambda page: -matched[self.points[page]])

    def sorted(self, pages: Iterable[str]) -> list[str]:
        """Return `pages` by their total points, the best first."""
        totals = {points: -sum(map(mul, self.weights, points)) for points in self.distinct_points}
        return sorted(pages, key=lambda page: (totals[self.points[page]], *place(page)))


def place(page: str) -> tuple[bool, str]:
    """The order of pages with equal points: pages of the site, such as the one about the alliance, before items."""
    # See `search.pages.page_of_section`.
    return "/#" not in page, page
