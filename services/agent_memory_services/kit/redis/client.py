"""Clients of the store: their connections, the abilities of a server, and observation.

They count and trace their commands, and end scripts that run for long. A span names the command
and, for a script, the script. It holds no key, argument or answer, because those hold ids and what
people said.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlunsplit

import hiredis
import structlog
from opentelemetry.trace import SpanKind
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import Pipeline
from redis.asyncio.cluster import ClusterPipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import MasterDownError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as StoreTimeoutError

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.contract.environment import split_url
from agent_memory_services.kit.contract.store_errors import StoreBusyError, UnusableStoreError
from agent_memory_services.kit.observe.tracing import spans
from agent_memory_services.kit.redis.connections import safe_connection
from agent_memory_services.kit.redis.pool import StorePool
from agent_memory_services.kit.redis.sentinels import sentinel_pool
from agent_memory_services.kit.redis.shared_line import LARGEST, SharedLine

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
_BRIEF: Final = _RUN_SCRIPT | {
    *("DEL", "EXISTS", "GET", "SET", "UNLINK"),
    *("HDEL", "HGET", "HGETALL", "HMGET", "HSET"),
    *("SMISMEMBER", "XDEL", "XLEN", "XRANGE", "XREVRANGE"),
    *("ZADD", "ZCARD", "ZCOUNT", "ZRANGE", "ZREM", "ZREVRANGEBYLEX", "ZSCORE"),
}
"""Commands that never wait for anything but their turn."""


Relieve = Callable[[Exception], Awaitable[None]]
"""Does what may help after an error of those in `_TROUBLE`."""
_MOVED: Final = (ReadOnlyError, MasterDownError, StoreTimeoutError)
"""Errors of a server that may not be the primary any more, or not be there."""
_TROUBLE: Final = (StoreBusyError, *_MOVED)


class ObservedPipeline(Pipeline):
    """A pipeline of one server."""

    relieve: Relieve
    shared: SharedLine

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send the commands together."""
        with _batch(len(self)):
            return await _relieved(self._answers(raise_on_error), self.relieve)

    async def _answers(self, raise_on_error: bool) -> list[Any]:
        stack = self.command_stack
        in_parts = not (self.is_transaction or self.explicit_transaction or self.watching)
        if not (stack and in_parts and all(args[0] in _BRIEF for args, _ in stack)):
            return await super().execute(raise_on_error)
        packed = [_packed(args) for args, _ in stack]
        if sum(map(len, packed)) > LARGEST:
            return await super().execute(raise_on_error)
        self.command_stack = []
        answers = [
            _read(self.response_callbacks, args, options, answer)
            for (args, options), answer in zip(
                stack, await self.shared.ask_all(packed), strict=True
            )
        ]
        if raise_on_error:
            self.raise_first_error(stack, answers)
        return answers


class ObservedClusterPipeline(ClusterPipeline):
    """A pipeline of a cluster."""

    relieve: Relieve

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        """Send the commands, together as far as one node has their keys."""
        with _batch(len(self)):
            return await _relieved(
                super().execute(raise_on_error, allow_redirections), self.relieve
            )


class ObservedRedis(Redis):
    """A client of one server.

    Commands that the store answers at once travel over one connection that they share, because
    there they cost a fraction; all others have connections of the pool. After an error that tells
    of a failover, all are opened anew, and so ask the name of the server again.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._long_scripts = LongScripts()
        self._pool = cast("StorePool", self.connection_pool)
        self._shared = SharedLine(self._pool, self._pool.timeout)
        self._renewed = Timer(_PAUSE_SECONDS, over=True)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command and wait for its answer."""
        with _command(args):
            try:
                if args[0] in _BRIEF and len(packed := _packed(args)) <= LARGEST:
                    answer = await self._shared.ask(packed)
                    return _read(self.response_callbacks, args, options, answer)
                return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
            except _TROUBLE as error:
                await self._relieve(error)
                raise

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close every connection."""
        await self._shared.aclose()
        await super().aclose(close_connection_pool)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """A pipeline that is observed as one."""
        pipeline = ObservedPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipeline.relieve, pipeline.shared = self._relieve, self._shared
        return pipeline

    async def _relieve(self, error: Exception) -> None:
        if isinstance(error, StoreBusyError):
            await self._long_scripts.end(lambda: self.execute_command("SCRIPT KILL"))
        elif self._renewed.is_over:
            self._renewed.restart()
            log.warning("store.connections_renewed", error=type(error).__name__)
            self._shared.renew()
            await self._pool.renew()


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

    async def _relieve(self, error: Exception) -> None:
        # Where a node is or went is asked by the library.
        if isinstance(error, StoreBusyError):
            await self._long_scripts.end(
                lambda: self.execute_command("SCRIPT KILL", target_nodes=RedisCluster.PRIMARIES)
            )


async def _relieved(asked: Awaitable[AnswerT], relieve: Relieve) -> AnswerT:
    """Wait for an answer; where it tells of trouble, do what may end that."""
    try:
        answer = await asked
    except _TROUBLE as error:
        await relieve(error)
        raise
    if isinstance(answer, list):
        trouble = next((part for part in answer if isinstance(part, _TROUBLE)), None)
        if trouble is not None:
            await relieve(trouble)
    return answer


def _packed(args: tuple[Any, ...]) -> bytes:
    packed: bytes = hiredis.pack_command(args)
    return packed


def _read(
    callbacks: Mapping[Any, Callable[..., Any]],
    args: tuple[Any, ...],
    options: Mapping[str, Any],
    answer: Any,
) -> Any:
    """Return an answer as the library's own method gives it; an error stays one."""
    callback = callbacks.get(args[0])
    if callback is None or isinstance(answer, Exception):
        return answer
    return callback(answer, **{name: option for name, option in options.items() if name != "keys"})


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


# The search replies that the index library parses are those of RESP2.
_PROTOCOL = 2
# A command whose answer was lost may have run, so nothing is repeated down here: the caller
# repeats the whole call, which is idempotent. A pooled connection that went stale is noticed
# and replaced before a command is sent.
_NO_RETRY = Retry(NoBackoff(), 0)
# Each connection without one reads the version of the library from its files.
_DRIVER = DriverInfo()


class StoreAddressError(ValueError):
    """A URL that is none of a store; the message follows the name of what holds it."""

    def __init__(self) -> None:
        # What the libraries say quotes a part of the URL, which may be one of the password.
        super().__init__(
            "is no address of a store: write redis://host:port, rediss://, unix://, "
            "redis+cluster:// or redis+sentinel://host:port/name, and what is special in a "
            "password as %XX"
        )


def connect(url: str, *, timeout: float = 5, max_connections: int = 64) -> Redis:
    """A client with a bounded pool; nothing is sent before the first command.

    A URL of the scheme `redis+cluster` or `rediss+cluster`, or with `cluster=true` in its query,
    gives a client of a cluster, which takes the same commands. One of the scheme `redis+sentinel`
    or `rediss+sentinel` gives a client of the primary that sentinels name (`sentinel_pool`).

    Args:
        url: where the store listens, credentials included.
        timeout: seconds for connecting, for each answer, and for a free connection of the pool.
        max_connections: the most connections at a time (on a cluster, per node).

    Raises:
        StoreAddressError: the URL is none of a store.
    """
    try:
        return _client(url, timeout, max_connections)
    except ValueError:
        raise StoreAddressError from None


def _client(url: str, timeout: float, max_connections: int) -> Redis:
    url, cluster = _cluster_url(url)
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "protocol": _PROTOCOL,
        "driver_info": _DRIVER,
        "decode_responses": False,
        "retry": _NO_RETRY,
        "max_connections": max_connections,
    }
    if cluster:
        return _cluster(url, options)
    parts = split_url(url)
    pool: StorePool
    if parts.scheme in {"redis+sentinel", "rediss+sentinel"}:
        pool = sentinel_pool(parts, {**options, "timeout": timeout})
    else:
        if parts.scheme == "unix":
            # There is no network in between that could drop an idle connection.
            del options["socket_keepalive"]
        pool = StorePool.from_url(url, timeout=timeout, **options)
    # `from_pool` hands the pool over: closing the client closes it.
    return ObservedRedis.from_pool(pool)


def _cluster(url: str, options: dict[str, Any]) -> Redis:
    # By default the client closes all its connections, used ones too, at every fifth command that
    # a node sends elsewhere. It follows each such answer anyway.
    cluster = ObservedCluster.from_url(url, reinitialize_steps=0, **options)
    # What connections are made of can be said of a pool only. Nodes that are found later take
    # theirs from here, too.
    kind = cluster.connection_kwargs["connection_class"] = safe_connection(
        cluster.connection_kwargs["connection_class"]
    )
    for node in cluster.nodes_manager.startup_nodes.values():
        node.connection_class = kind
    return cast("Redis", cluster)


def _cluster_url(url: str) -> tuple[str, bool]:
    """The URL as the client library takes it, and whether it means a cluster."""
    parts = split_url(url)
    scheme = parts.scheme.removesuffix("+cluster")
    query = dict(parse_qsl(parts.query))
    flag = query.pop("cluster", "false").lower() in {"true", "yes", "1"}
    plain = urlunsplit(parts._replace(scheme=scheme, query=urlencode(query)))
    return plain, flag or scheme != parts.scheme


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Abilities of a store.

    Attributes:
        server: `redis` or `valkey`.
        version: its version.
        cluster: it is a node of a cluster.
        query_engine: it has secondary indexes with text, tag and vector fields.
    """

    server: str
    version: str
    cluster: bool
    query_engine: bool


class MissingQueryEngineError(UnusableStoreError):
    """The store has no query engine, so it cannot hold memories."""

    def __init__(self, found: Capabilities) -> None:
        super().__init__(
            f"the store ({found.server} {found.version}) has no query engine: "
            "use Redis 8 or later, or Redis Stack"
        )


async def probe(client: Redis) -> Capabilities:
    """Ask a store what it is."""
    info = await client.info()
    if "redis_version" not in info:  # a cluster answers by node
        info = next(iter(info.values()))
    server = "valkey" if "valkey_version" in info else "redis"
    return Capabilities(
        server=server,
        version=str(info[f"{server}_version"]),
        cluster=bool(info.get("cluster_enabled", 0)),
        query_engine=await _has_query_engine(client),
    )


async def require_query_engine(client: Redis) -> Capabilities:
    """Ask a store what it is, and refuse one that cannot hold memories.

    Raises:
        MissingQueryEngineError: it has no query engine.
    """
    found = await probe(client)
    if not found.query_engine:
        raise MissingQueryEngineError(found)
    return found


async def _has_query_engine(client: Redis) -> bool:
    command = cast("Any", client).execute_command
    if isinstance(client, RedisCluster):
        # A command without a key belongs to no node of a cluster, so one has to be named.
        command = partial(command, target_nodes=client.get_random_node())
    try:
        await command("FT._LIST")
    except ResponseError as error:
        if "unknown command" in str(error).lower():
            return False
        raise
    return True
