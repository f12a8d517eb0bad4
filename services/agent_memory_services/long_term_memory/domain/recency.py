"""The preference for what is fresh, the same in the ranking of a search and in forgetting.

    freshness = 2 ^ -(days since the last access / half_life_last_access_days)
    novelty   = 2 ^ -(days since creation / half_life_create_days)

The formula and its defaults are those of the Agent Memory Server of Redis.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

MICROS_PER_DAY: Final = 86_400_000_000

Amount = TypeVar("Amount", float, npt.NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Recency:
    """Weights and half-lives of the two parts of recency.

    Attributes:
        freshness: weight of the time since the last access.
        novelty: weight of the time since creation.
        half_life_last_access_days: days after which half of the freshness is left.
        half_life_create_days: days after which half of the novelty is left.
        found: worth of an access as such, where creation, the first access, is worth 1.
    """

    freshness: float = 0.6
    novelty: float = 0.4
    half_life_last_access_days: float = 7.0
    half_life_create_days: float = 30.0
    found: float = 1.0

    def fresh(self, created: Amount, accessed: Amount, now: int) -> Amount:
        """Return the freshness, 0 to 1, of memories by their times, in microseconds."""
        half_life = self.half_life_last_access_days
        last: Amount = np.maximum(created, accessed)
        freshness: Amount = np.maximum(
            _left(now - created, half_life), self.found * _left(now - last, half_life)
        )
        return freshness

    def novel(self, created: Amount, now: int) -> Amount:
        """Return the novelty, 0 to 1, of memories by their creation, in microseconds."""
        return _left(now - created, self.half_life_create_days)


def _left(age: Amount, half_life_days: float) -> Amount:
    """Return the part of 1 that is left at an age; a time in the future counts as the present."""
    days = np.maximum(0.0, age) / MICROS_PER_DAY
    left: Amount = np.exp2(-days / half_life_days)
    return left
