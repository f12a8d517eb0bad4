"""Limits of what is kept of the past."""

from dataclasses import dataclass

_DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Limits of the history that the store keeps.

    Attributes:
        revisions: latest revisions of each memory.
        changes: about how many of a tenant's latest changes watchers may resume from.
        retention_days: how long a deleted memory can be looked up and restored.
    """

    revisions: int = 1000
    changes: int = 10_000
    retention_days: float = 30.0

    @property
    def retention_milliseconds(self) -> int:
        """Time that the revisions of a deleted memory stay, in milliseconds."""
        return round(self.retention_days * _DAY_MILLISECONDS)
