"""How deep the legs are read.

The first window is what a first page is ranked from. A reader who pages past it gets what deeper
legs add, ranked by itself and put behind, so that what earlier pages showed keeps its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Windows:
    """Growing depths.

    Attributes:
        first: the first depth.
        growth: by how much each depth exceeds the one before.
        last: the depth at which growing ends.
    """

    first: int
    growth: int
    last: int

    def up_to(self, depth: int) -> Iterator[int]:
        """The depths from the first one to `depth`."""
        window = self.first
        while window < depth:
            yield window
            window = self.after(window)
        yield depth

    def after(self, depth: int) -> int:
        """The depth that follows `depth`."""
        return min(depth * self.growth, self.last)

    def reaching(self, place: int) -> int:
        """The least depth that exceeds a place in a leg's order, as far as depths go."""
        depth = self.first
        while depth <= place and depth < self.last:
            depth = self.after(depth)
        return depth
