"""Queue of the sessions that wait for a summary; a claim lasts for the length of a lease."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, ParamSpec

from redis.asyncio import Redis

from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import decode
from agent_memory_services.working_memory.domain.session import SessionKey
from agent_memory_services.working_memory.store import keys

_MICROS: Final = 1_000_000

P = ParamSpec("P")


def _step(name: str) -> Callable[[Callable[P, Any]], scripts.Script[P]]:
    shared = ("lua/session/prelude", "lua/session/summaries")
    return scripts.script(
        "agent_memory_services.working_memory.store", *shared, f"lua/summaries/{name}"
    )


@_step("claim")
def _claim(partition: scripts.Key, *, lease: int) -> Any:
    """Take the session that has waited longest, for so many microseconds."""


@_step("postpone")
def _postpone(
    partition: scripts.Key, *, member: bytes, claim: bytes, wait: int, failures: int
) -> Any:
    """Give a claim back for later, by a wait in microseconds, and count failures."""


@_step("dequeue")
def _dequeue(partition: scripts.Key, meta: scripts.Key, *, member: bytes, version: int) -> Any:
    """Remove a session that still has the version that was looked at."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to summarize a session until the lease ends.

    Attributes:
        partition: where it waits.
        member: its place in the queue.
        lease: names the claim.
        trace: of the write that put it down; empty where that was not traced.
        failures: number of attempts that failed in a row before it.
    """

    partition: int
    member: bytes
    lease: bytes
    trace: str
    failures: int

    @property
    def key(self) -> SessionKey:
        """The session."""
        tenant, namespace, session_id = map(decode, self.member.decode().split(":"))
        return SessionKey(tenant, namespace, session_id)


class SummaryQueue:
    """The queues of all partitions of one Redis."""

    def __init__(
        self, client: Redis, partitions: int, backoff: Backoff, *, lease_seconds: float
    ) -> None:
        """Claims last `lease_seconds`; after that a second worker may claim the same session."""
        self._client = client
        self._partitions = partitions
        self._backoff = backoff
        self._lease = int(lease_seconds * _MICROS)

    async def due(self) -> Sequence[int]:
        """Return the partitions in which a session waits; one round trip."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for partition in range(self._partitions):
                pipeline.zcount(keys.summaries_key(partition), "-inf", now_micros())
            counts = await pipeline.execute()
        return [partition for partition, count in enumerate(counts) if count]

    async def claim(self, partition: int) -> Claim | None:
        """Take the session that has waited longest; None where none is due."""
        found = await _claim(self._client, keys.partition_prefix(partition), lease=self._lease)
        if found is None:
            return None
        member, lease, trace, failures = found
        return Claim(partition, member, lease, trace.decode(), failures)

    async def postpone(self, claim: Claim, *, at_least: float | None = None) -> None:
        """Count a failure and let the session wait, for `at_least` so many seconds."""
        wait = self._backoff.wait(claim.failures, at_least=at_least)
        await self._put_back(claim, wait, failures=1)

    async def hand_back(self, claim: Claim) -> None:
        """Let another worker take the session at once."""
        await self._put_back(claim, 0.0, failures=0)

    async def dequeue(self, claim: Claim, version: int) -> None:
        """Remove a session that needs no summary as it was in this version."""
        await _dequeue(
            self._client,
            keys.partition_prefix(claim.partition),
            keys.SessionAddress.of(claim.key, self._partitions).parts.meta,
            member=claim.member,
            version=version,
        )

    async def _put_back(self, claim: Claim, seconds: float, *, failures: int) -> None:
        await _postpone(
            self._client,
            keys.partition_prefix(claim.partition),
            member=claim.member,
            claim=claim.lease,
            wait=int(seconds * _MICROS),
            failures=failures,
        )
