"""Erasure of a user from working memory."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from redis.asyncio import Redis

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.contract.erasure import ErasedSession, Erasure
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.replay_cache import erase_answers
from agent_memory_services.kit.redis.scripts import script
from agent_memory_services.working_memory.store import records
from agent_memory_services.working_memory.store.outbox import (
    Outbox,
    OutboxEntry,
    Position,
    position,
)

_REMEMBERED_SECONDS: Final = 24 * 60 * 60
_LATE: Final = "late:"


class ErasedSessions:
    """The incarnations that were erased within a day.

    Neither the user nor the names of sessions are in it: a user goes by a digest.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def remember(
        self, tenant: str, user: str, erased: Iterable[ErasedSession]
    ) -> list[ErasedSession]:
        """Add sessions; answers all that are remembered of the user."""
        key = f"am:wm:erased:{encode(tenant)}:{ids.derived_id('user', user)}"
        now = clock.now_micros() // 1_000_000
        members = {
            f"{_LATE if session.owned_late else ''}{session.uid}": now + _REMEMBERED_SECONDS
            for session in erased
        }
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.zremrangebyscore(key, "-inf", now)
            if members:
                pipeline.zadd(key, members)
                pipeline.expire(key, _REMEMBERED_SECONDS)
            pipeline.zrange(key, 0, -1)
            answers: Any = await pipeline.execute()
        return [_session(member.decode()) for member in answers[-1]]


def _session(member: str) -> ErasedSession:
    return ErasedSession(member.removeprefix(_LATE), member.startswith(_LATE))


log = structlog.get_logger()

_SESSIONS_AT_A_TIME: Final = 100


@script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/summaries",
    "lua/erase",
)
def _erase(
    address: records.SpelledAddress, parts: records.SessionParts, *, user: str, owner: str
) -> Any:
    """Erase a session of a user, who is named as it is and spelled for keys."""


class Eraser:
    """Eraser of users from one Redis, in steps that each take no longer than any other write."""

    def __init__(self, client: Redis, partitions: int) -> None:
        """Look into `partitions` partitions."""
        self._client = client
        self._partitions = partitions
        self._outbox = Outbox(client)
        self._remembered = ErasedSessions(client)

    async def erase(self, tenant: str, user: str) -> Erasure:
        """Erase everything of a user; when it was interrupted, it may be repeated.

        What extraction has taken in already is extraction's to erase, after this, and what is on
        its way there is refused on arrival: the answer names the sessions. Who writes for the
        user meanwhile may begin new sessions.
        """
        started, receipt = clock.now_micros(), ids.new_id()
        erased: Counter[str] = Counter(sessions=0, messages=0, memories=0, submissions=0, answers=0)
        partitions = range(self._partitions)
        # What is said from here on belongs to a session that is found below, or to a new one.
        ends = [await self._outbox.end(partition) for partition in partitions]
        gone: dict[str, ErasedSession] = {}
        for partition in partitions:
            gone |= await self._sessions(partition, tenant, user, erased)
        pending: set[str] = set()
        ownerless: set[str] = set()
        for partition, end in zip(partitions, ends, strict=True):
            words = _Words(tenant, user, gone, end, pending, ownerless)
            erased["submissions"] += await self._outbox.erase(partition, words.waiting)
            erased["submissions"] += await self._outbox.erase_dead_letters(partition, words.dead)
        erased["answers"] = await erase_answers(self._client, tenant, [user, *gone])
        expired = {uid: ErasedSession(uid, uid in ownerless) for uid in pending - set(gone)}
        sessions = await self._remembered.remember(tenant, user, (gone | expired).values())
        log.info("user.erased", receipt=receipt, **erased)
        return Erasure(receipt, erased, started, clock.now_micros(), sessions)

    async def _sessions(
        self, partition: int, tenant: str, user: str, erased: Counter[str]
    ) -> dict[str, ErasedSession]:
        """Erase the sessions of a partition; the incarnations that went."""
        listing = records.listing_key(partition, tenant, None, user)
        gone: dict[str, ErasedSession] = {}
        while members := await self._listed(listing):
            for member in members:
                namespace, _, session = member.decode().partition(":")
                address = records.SessionAddress(partition, encode(tenant), namespace, session)
                found: Any = await _erase(
                    self._client, address.spelled, address.parts, user=user, owner=encode(user)
                )
                uid, messages, memories, late = found
                if uid:
                    gone[uid.decode()] = ErasedSession(uid.decode(), bool(late))
                    erased.update(sessions=1, messages=messages, memories=memories)
        return gone

    async def _listed(self, listing: str) -> list[bytes]:
        found: Any = await self._client.zrange(listing, 0, _SESSIONS_AT_A_TIME - 1)
        return list(found)


@dataclass(frozen=True, slots=True)
class _Words:
    """Test for outbox entries that hold a user's words.

    Attributes:
        tenant: whose user.
        user: the user.
        gone: the incarnations that were erased; early entries of them may name no user.
        end: the last entry when the erasure began.
        pending: the incarnations of the entries that were found, to be added to.
        ownerless: the incarnations that an entry without an owner is of, likewise.
    """

    tenant: str
    user: str
    gone: Container[str]
    end: Position
    pending: set[str]
    ownerless: set[str]

    def waiting(self, entry: OutboxEntry) -> bool:
        """Return true if a waiting entry holds them; a later one may be of a session that lives."""
        request = self._request(entry)
        if request is None:
            return False
        if not request.user_id:
            self.ownerless.add(request.session_uid)
        before = position(entry.id) <= self.end
        found = request.session_uid in self.gone or (before and request.user_id == self.user)
        if found:
            self.pending.add(request.session_uid)
        return found

    def dead(self, entry: OutboxEntry) -> bool:
        """Return true if a dead-lettered entry holds them."""
        request = self._request(entry)
        return request is not None and (
            request.session_uid in self.gone or request.user_id == self.user
        )

    def _request(self, entry: OutboxEntry) -> SubmitMessagesRequest | None:
        if entry.tenant != self.tenant:
            return None
        try:
            return entry.request()
        except DecodeError:
            return None
