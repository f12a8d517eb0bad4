"""Erasing a user: sessions, what waits for extraction, and answers that repeat what was said."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from redis.asyncio import Redis

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.ids import new_id
from agent_memory_services.runtime.keys import encode
from agent_memory_services.runtime.redis import Script
from agent_memory_services.runtime.remembered_answers import erase_answers
from agent_memory_services.working_memory.keyspace import (
    SESSION_PARTS,
    SessionPlace,
    listing_key,
)
from agent_memory_services.working_memory.relay.outbox import Outbox, OutboxEntry

log = structlog.get_logger()

_ERASE: Final = Script(
    "agent_memory_services.working_memory",
    "lua/prelude",
    "lua/changes",
    "lua/expiry",
    "lua/summaries",
    "erasure/erase",
)
_SESSIONS_AT_A_TIME: Final = 100


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased of a user.

    Attributes:
        id: names the erasure in the log.
        erased: how many of each kind went.
        started: when it began, in microseconds since the epoch.
        ended: when nothing was left.
    """

    id: str
    erased: Mapping[str, int]
    started: int
    ended: int


class Eraser:
    """Erases users from one Redis, in steps that each take no longer than any other write."""

    def __init__(self, client: Redis, partitions: int) -> None:
        """Look into `partitions` partitions."""
        self._client = client
        self._partitions = partitions
        self._outbox = Outbox(client)

    async def erase(self, tenant: str, user: str) -> Erasure:
        """Erase everything of a user; when it was interrupted, it may be repeated.

        What extraction has taken in already is extraction's to erase, after this. Who writes for
        the user meanwhile may begin new sessions.
        """
        started, receipt = now_micros(), new_id()
        erased: Counter[str] = Counter(sessions=0, messages=0, memories=0, submissions=0, answers=0)
        gone: set[str] = set()
        for partition in range(self._partitions):
            gone |= await self._sessions(partition, tenant, user, erased)

        def concerns(entry: OutboxEntry) -> bool:
            return entry.tenant == tenant and _is_of(entry, user, gone)

        for partition in range(self._partitions):
            erased["submissions"] += await self._outbox.erase(partition, concerns)
        erased["answers"] = await erase_answers(self._client, tenant, [user, *gone])
        log.info("user.erased", receipt=receipt, **erased)
        return Erasure(receipt, erased, started, now_micros())

    async def _sessions(
        self, partition: int, tenant: str, user: str, erased: Counter[str]
    ) -> set[str]:
        """Erase the sessions of a partition; the incarnations that went."""
        listing = listing_key(partition, tenant, None, user)
        gone: set[str] = set()
        while members := await self._listed(listing):
            for member in members:
                namespace, _, session = member.decode().partition(":")
                place = SessionPlace(partition, encode(tenant), namespace, session)
                found: Any = await _ERASE(
                    self._client, place.keys(*SESSION_PARTS), [*place.spelled, user, encode(user)]
                )
                uid, messages, memories = found
                if uid:
                    gone.add(uid.decode())
                    erased.update(sessions=1, messages=messages, memories=memories)
        return gone

    async def _listed(self, listing: str) -> list[bytes]:
        found: Any = await self._client.zrange(listing, 0, _SESSIONS_AT_A_TIME - 1)
        return list(found)


def _is_of(entry: OutboxEntry, user: str, incarnations: set[str]) -> bool:
    """Whether a user speaks in an entry: its owner, or the owner that its session got later."""
    try:
        request = SubmitMessagesRequest.FromString(entry.request)
    except DecodeError:
        return False
    return request.user_id == user or request.session_uid in incarnations
