"""Which sessions of a user were erased lately, for a caller whom the answer did not reach."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.ids import derived_id
from agent_memory_services.runtime.keys import encode

_REMEMBERED_SECONDS: Final = 24 * 60 * 60
_LATE: Final = "late:"


@dataclass(frozen=True, slots=True)
class ErasedSession:
    """An incarnation that was erased, and whether it had begun before it had an owner."""

    uid: str
    owned_late: bool = False


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
        key = f"am:wm:erased:{encode(tenant)}:{derived_id('user', user)}"
        now = now_micros() // 1_000_000
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
