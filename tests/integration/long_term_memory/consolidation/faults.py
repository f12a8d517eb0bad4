"""Failures at a chosen await: before the store is reached, or behind its back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as StoreAway

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.judge import Verdict
from agent_memory_services.long_term_memory.store.embeddings.base import (
    Embedder,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
)


@dataclass(slots=True)
class Plan:
    """Fails the `nth` call; `answered` says that the call was done and its answer is lost."""

    nth: int
    answered: bool = False
    calls: int = 0

    @property
    def met(self) -> bool:
        """Whether the call that fails was reached."""
        return self.calls >= self.nth

    async def around(self, call: Callable[[], Awaitable[Any]], error: Exception) -> Any:
        """Make a call, or fail instead of it or behind it."""
        self.calls += 1
        fails = self.calls == self.nth
        if fails and not self.answered:
            raise error
        answer = await call()
        if fails:
            raise error
        return answer


def failing(client: Redis, plan: Plan) -> Redis:
    """The client, whose round trips fail as planned."""
    command, pipelined = client.execute_command, client.pipeline

    async def execute_command(*args: Any, **options: Any) -> Any:
        return await plan.around(lambda: command(*args, **options), StoreAway("planned"))

    def pipeline(*args: Any, **options: Any) -> Any:
        made: Any = pipelined(*args, **options)
        execute = made.execute
        made.execute = lambda *a, **o: plan.around(lambda: execute(*a, **o), StoreAway("planned"))
        return made

    client.execute_command = execute_command  # type: ignore[method-assign]
    client.pipeline = pipeline  # type: ignore[method-assign]
    return client


class FailingEmbedder:
    """An embedder whose calls are counted, and fail as planned."""

    def __init__(self, embedder: Embedder, plan: Plan) -> None:
        self._embedder = embedder
        self._plan = plan

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the embedder behind."""
        return self._embedder.fingerprint

    async def embed(self, texts: Any) -> Vectors:
        """Embed, unless it fails."""
        vectors: Vectors = await self._plan.around(
            lambda: self._embedder.embed(texts), ProviderUnavailable("planned")
        )
        return vectors

    async def aclose(self) -> None:
        """Leave the embedder behind open."""


@dataclass(slots=True)
class CountingJudge:
    """Knows nothing, and how often it was asked."""

    calls: int = 0

    async def verdicts(self, fact: Memory, others: Any) -> list[Verdict]:  # noqa: ARG002 - see above
        """Every fact is another one."""
        self.calls += 1
        return [Verdict.OTHER] * len(others)

    async def aclose(self) -> None:
        """Hold nothing."""
