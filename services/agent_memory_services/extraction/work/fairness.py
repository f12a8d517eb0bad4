"""Whose turn it is."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

_REMEMBERED: Final = 10_000


class Turns:
    """Shares a worker's places among tenants.

    Whoever has the fewest jobs running goes next; among equals, whoever was served longest ago.
    """

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        # In order of serving, so that the one forgotten first was served longest ago.
        self._served: dict[str, int] = {}
        self._clock = 0

    def next(self, waiting: Iterable[str]) -> str:
        """Choose among tenants that have something due; there is at least one."""
        return min(waiting, key=lambda tenant: (self._running[tenant], self._served.get(tenant, 0)))

    def begin(self, tenant: str) -> None:
        """One of the tenant's jobs begins."""
        self._clock += 1
        self._served.pop(tenant, None)
        self._served[tenant] = self._clock
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]
        self._running[tenant] += 1

    def end(self, tenant: str) -> None:
        """One of the tenant's jobs ended."""
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]
