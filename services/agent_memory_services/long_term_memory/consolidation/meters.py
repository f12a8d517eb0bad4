"""Metrics of consolidation in this process."""

from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter

from agent_memory_services.long_term_memory.domain.memory import Action

_CALL_OUTCOMES: Final = ("answered", "unavailable", "nonsense", "late")


class Meters:
    """Counts what became of memories, and calls of the model."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Create every series, so that a rate of zero is a zero and not a gap."""
        self._actions = Counter(
            "agent_memory_consolidation_memories",
            "Memories that consolidation looked at, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self._deferred = Counter(
            "agent_memory_consolidation_deferred",
            "Memories left to the next sweep: the store or the judge failed, or they changed.",
            registry=registry,
        )
        self._calls = Counter(
            "agent_memory_consolidation_model_calls",
            "Calls of the model that judges facts, by how they ended.",
            ("outcome",),
            registry=registry,
        )
        for action in Action:
            self._actions.labels(action)
        for outcome in _CALL_OUTCOMES:
            self._calls.labels(outcome)

    def did(self, action: Action) -> None:
        """Count a memory that was compared."""
        self._actions.labels(action).inc()

    def deferred(self, count: int) -> None:
        """Count memories that are left to the next sweep."""
        self._deferred.inc(count)

    def asked(self, outcome: str) -> None:
        """Count a call of the model."""
        self._calls.labels(outcome).inc()


METERS: Final = Meters()
"""Those of this process; a registry takes each series once."""
