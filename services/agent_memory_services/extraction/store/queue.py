"""Partitions of the store, and the scripts that run on them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.typing import EncodableT

from agent_memory_services.extraction.domain.records import partition_prefix
from agent_memory_services.kit.redis.partitions import claim_partitions
from agent_memory_services.kit.redis.scripts import Script

_PARTITIONS_KEY = "am:ex:partitions"
_PARTITIONS_SETTING = "AGENT_MEMORY_EXTRACTION_PARTITIONS"


@dataclass(frozen=True, slots=True)
class Retention:
    """Retention times of records.

    Attributes:
        job_seconds: A finished job.
        session_seconds: What is known of a session after its last job.
        changes: Changes of one partition, for watchers that come back.
    """

    job_seconds: float = 7 * 86_400
    session_seconds: float = 30 * 86_400
    changes: int = 10_000


class Step(Script):
    """A Lua script that changes one partition, atomically."""

    def __init__(self, name: str, *, folder: str = "queue") -> None:
        """Load `<folder>/lua/<name>.lua`."""
        super().__init__(
            "agent_memory_services.extraction.store", "lua/queue/prelude", f"lua/{folder}/{name}"
        )


class Store:
    """The partitions of one Redis."""

    def __init__(self, client: Redis, partitions: int, retention: Retention) -> None:
        """Use `partitions` partitions; `open` checks that the store agrees."""
        self.client = client
        self.partitions = partitions
        self._limits: tuple[EncodableT, ...] = (
            int(retention.job_seconds * 1_000_000),
            int(retention.session_seconds * 1_000),
            retention.changes,
        )

    async def open(self) -> None:
        """Claim the number of partitions.

        Raises:
            PartitionsMismatchError: another number is in use.
        """
        await claim_partitions(
            self.client,
            _PARTITIONS_KEY,
            self.partitions,
            setting=_PARTITIONS_SETTING,
        )

    async def take(self, step: Step, partition: int, args: Iterable[EncodableT] = ()) -> Any:
        """Take a step on a partition and return its answer."""
        return await step(self.client, [partition_prefix(partition)], [*self._limits, *args])
