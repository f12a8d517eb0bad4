"""Partitions of the store, and the scripts that run on them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from redis.asyncio import Redis

from agent_memory_services.extraction.domain.records import partition_prefix
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.partitions import claim_partitions

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


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of what a partition keeps, as every script on it takes them.

    Attributes:
        retention: microseconds that a finished job is kept.
        idle: milliseconds that a settled session is kept.
        backlog: changes that are kept for watchers.
    """

    retention: int
    idle: int
    backlog: int


P = ParamSpec("P")


def step(name: str, *, folder: str = "queue") -> Callable[[Callable[P, Any]], scripts.Script[P]]:
    """Return the decorator of a script that changes one partition, atomically.

    The script takes the prefix of the partition's keys and its limits, before what is its own.
    """
    package = "agent_memory_services.extraction.store"
    return scripts.script(package, "lua/queue/prelude", f"lua/{folder}/{name}")


class Store:
    """The partitions of one Redis."""

    def __init__(self, client: Redis, partitions: int, retention: Retention) -> None:
        """Use `partitions` partitions; `open` checks that the store agrees."""
        self.client = client
        self.partitions = partitions
        self._limits = Limits(
            retention=int(retention.job_seconds * 1_000_000),
            idle=int(retention.session_seconds * 1_000),
            backlog=retention.changes,
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

    async def take(
        self,
        own: scripts.Script[Concatenate[scripts.Key, Limits, P]],
        partition: int,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """Take a step on a partition and return its answer."""
        base = partition_prefix(partition)
        return await own(self.client, base, self._limits, *args, **kwargs)
