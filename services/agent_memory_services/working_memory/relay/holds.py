"""Tenants whom extraction refuses for now, so that the others of a partition need not wait."""

from dataclasses import dataclass

from agent_memory_services.working_memory.relay.outbox import ORIGIN, OutboxEntry, position


@dataclass(slots=True)
class _Hold:
    """Why a tenant waits.

    Attributes:
        first: its earliest entry, the one that was refused.
        until: when to try that one again, on the loop's clock.
        refusals: how often it has been refused.
    """

    first: bytes
    until: float
    refusals: int


class Holds:
    """The held tenants of one partition, and how far it has been read past them.

    All entries of a held tenant stay in the outbox and in order. They are not read again and
    again: delivery goes on behind them, and comes back when the first of them was accepted.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Hold] = {}
        self._next = ORIGIN

    @property
    def start(self) -> str:
        """Where to read on; every entry before is delivered or held."""
        return "{}-{}".format(*self._next)

    def covers(self, tenant: str) -> bool:
        """Whether a tenant waits."""
        return tenant in self._held

    def refusals(self, tenant: str) -> int:
        """How often the tenant has been refused since it was last accepted."""
        return self._held[tenant].refusals if tenant in self._held else 0

    def hold(self, entry: OutboxEntry, until: float) -> None:
        """Let the tenant of an entry that was refused wait until a moment of the loop's clock."""
        self._held[entry.tenant] = _Hold(entry.id, until, self.refusals(entry.tenant) + 1)

    def pass_over(self, entry: OutboxEntry) -> None:
        """An entry was read, and is delivered or held."""
        if self._held:
            milliseconds, number = position(entry.id)
            self._next = milliseconds, number + 1

    def due(self, now: float) -> list[tuple[str, bytes]]:
        """Tenants to be tried again, each with its first entry."""
        return [(tenant, held.first) for tenant, held in self._held.items() if held.until <= now]

    def release(self, tenant: str) -> None:
        """Deliver a tenant's entries again, from the first that was held."""
        held = self._held.pop(tenant, None)
        if held is not None:
            self._next = min(self._next, position(held.first))
        if not self._held:
            self._next = ORIGIN
