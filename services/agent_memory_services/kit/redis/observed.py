"""Clients of the store that count and trace their commands, and end scripts that run for long.

A span names the command and, for a script, the script. It holds no key, argument or answer,
because those hold ids and what people said.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeVar

import structlog
from opentelemetry.trace import SpanKind
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import Pipeline
from redis.asyncio.cluster import ClusterPipeline
from redis.exceptions import RedisError

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.contract.store_errors import StoreBusyError
from agent_memory_services.kit.observe.tracing import spans

log = structlog.get_logger()

_PAUSE_SECONDS: Final = 1.0
"""The least time between two attempts of one client."""
_OVER: Final = "NOTBUSY"


class LongScripts:
    """Asks a store to end the script that it is busy with, at most once a second.

    The store answers that it is busy only when a script has run for its `busy-reply-threshold`,
    which is far longer than any script of ours takes. It ends a script that has written nothing
    and refuses for any other, so nothing is ever left half done. It does not say whose script
    runs: where other applications use the same store, a long reading script of theirs ends too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure the pause on a clock in seconds."""
        self._rest = Timer(_PAUSE_SECONDS, over=True, clock=clock)

    async def end(self, kill: Callable[[], Awaitable[Any]]) -> None:
        """Let `kill` send SCRIPT KILL, unless that was tried a moment ago."""
        if not self._rest.is_over:
            return
        self._rest.restart()
        try:
            await kill()
        except RedisError as error:
            # Another process was quicker, or the other nodes of a cluster run nothing.
            if not str(error).startswith(_OVER):
                log.warning("store.script_not_ended", error=type(error).__name__)
        else:
            log.warning("store.script_ended")


AnswerT = TypeVar("AnswerT")

SCRIPT_NAMES: Final[dict[str, str]] = {}
"""Names of scripts, by their source and by the digest that the protocol knows them by."""
_RUN_SCRIPT: Final = frozenset({"EVALSHA", "EVAL"})


class ObservedPipeline(Pipeline):
    """A pipeline of one server."""

    relieve: Callable[[], Awaitable[None]]

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send the commands together."""
        with _batch(len(self)):
            return await _relieved(super().execute(raise_on_error), self.relieve)


class ObservedClusterPipeline(ClusterPipeline):
    """A pipeline of a cluster."""

    relieve: Callable[[], Awaitable[None]]

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        """Send the commands, together as far as one node has their keys."""
        with _batch(len(self)):
            return await _relieved(
                super().execute(raise_on_error, allow_redirections), self.relieve
            )


class ObservedRedis(Redis):
    """A client of one server."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._long_scripts = LongScripts()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command and wait for its answer."""
        with _command(args):
            asked = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
            return await _relieved(asked, self._relieve)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """A pipeline that is observed as one."""
        pipeline = ObservedPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipeline.relieve = self._relieve
        return pipeline

    async def _relieve(self) -> None:
        await self._long_scripts.end(lambda: self.execute_command("SCRIPT KILL"))


class ObservedCluster(RedisCluster):
    """A client of a cluster."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._long_scripts = LongScripts()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command to the node that holds its keys, and wait for the answer."""
        with _command(args):
            return await _relieved(super().execute_command(*args, **options), self._relieve)

    def pipeline(
        self, transaction: bool | None = None, shard_hint: str | None = None
    ) -> ClusterPipeline:
        """A pipeline that is observed as one."""
        if shard_hint:
            return super().pipeline(transaction, shard_hint)
        pipeline = ObservedClusterPipeline(self, transaction)  # type: ignore[abstract] # like its base
        pipeline.relieve = self._relieve
        return pipeline

    async def _relieve(self) -> None:
        await self._long_scripts.end(
            lambda: self.execute_command("SCRIPT KILL", target_nodes=RedisCluster.PRIMARIES)
        )


async def _relieved(asked: Awaitable[AnswerT], relieve: Callable[[], Awaitable[None]]) -> AnswerT:
    """Wait for an answer; where the store is busy with a script, have that one ended."""
    try:
        answer = await asked
    except StoreBusyError:
        await relieve()
        raise
    if isinstance(answer, list) and any(isinstance(part, StoreBusyError) for part in answer):
        await relieve()
    return answer


def _command(args: tuple[Any, ...]) -> AbstractContextManager[Any]:
    context.count_round_trip()
    return _command_span(args) if spans.being_recorded() else spans.NOTHING


def _batch(size: int) -> AbstractContextManager[Any]:
    context.count_round_trip()
    return _batch_span(size) if spans.being_recorded() else spans.NOTHING


@contextmanager
def _command_span(args: tuple[Any, ...]) -> Iterator[None]:
    operation = str(args[0])
    script = SCRIPT_NAMES.get(args[1]) if operation in _RUN_SCRIPT else None
    with spans.part(f"{operation} {script}" if script else operation, SpanKind.CLIENT) as span:
        span.set_attributes({"db.system.name": "redis", "db.operation.name": operation})
        if script:
            span.set_attribute("db.stored_procedure.name", script)
        yield


@contextmanager
def _batch_span(size: int) -> Iterator[None]:
    with spans.part("PIPELINE", SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "db.system.name": "redis",
                "db.operation.name": "PIPELINE",
                "db.operation.batch.size": size,
            }
        )
        yield
