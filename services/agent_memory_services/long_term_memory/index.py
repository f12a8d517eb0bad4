"""The indexes: made where they are missing, checked, and asked."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

import structlog
from redis.asyncio import Redis, RedisCluster
from redis.commands.search.aggregation import AggregateRequest
from redis.commands.search.index_definition import IndexDefinition, IndexType
from redis.exceptions import RedisError, ResponseError, SlotNotCoveredError
from redisvl.exceptions import RedisSearchError
from redisvl.index import AsyncSearchIndex
from redisvl.index.index import SearchParams
from redisvl.query import CountQuery

from agent_memory_services.long_term_memory.answers import Answer, answer_of
from agent_memory_services.long_term_memory.keys import Shard, shard_of
from agent_memory_services.long_term_memory.schema import VectorIndex, index_schema
from agent_memory_services.runtime.errors import StoreUnavailable

log = structlog.get_logger()

Row: TypeAlias = list[bytes]
"""Names and values of fields in turn."""

_SCORED: Final = "WITHSCORES"
# An index that is gone, in the words of several versions, and a query that took too long.
_AWAY: Final = ("no such index", "unknown index name", "timeout limit was reached")


class QueryRefusedError(Exception):
    """The engine did not understand a query, which is a fault of this program."""


class MemoryIndex:
    """The indexes of all shards."""

    def __init__(self, client: Redis, shards: int, vectors: VectorIndex, dimension: int) -> None:
        """Describe one index per shard, for vectors of `dimension` numbers."""
        self._client = client
        self._indexes = {
            shard: AsyncSearchIndex(index_schema(shard, vectors, dimension), redis_client=client)
            for shard in map(Shard, range(shards))
        }

    async def create(self) -> None:
        """Make the indexes that are missing; returns before they have read what is there."""
        for shard, index in self._indexes.items():
            # The library asks any node of a cluster, and only the shard's own may answer.
            try:
                await self._client.ft(shard.index).create_index(
                    index.schema.redis_fields,
                    stopwords=index.schema.index.stopwords,
                    definition=_hashes(shard.memory_prefix),
                )
            except ResponseError as error:
                if "already exists" not in str(error).lower():
                    raise

    async def indexing(self) -> bool:
        """Whether some index is still reading what the store holds."""
        for index in self._indexes.values():
            try:
                info = await index.info()
            except RedisSearchError as error:
                raise _cause(error) from error
            if int(info["indexing"]):
                return True
        return False

    async def search(self, tenant: str, queries: Sequence[SearchParams]) -> list[Answer]:
        """Answer several queries about a tenant in one round trip."""
        name = self._of(tenant).name
        asked = [_arguments(query) for query in queries]
        async with self._client.pipeline(transaction=False) as pipeline:
            run: Any = pipeline.execute_command
            for arguments in asked:
                run("FT.SEARCH", name, *arguments, **self._where(name))
            try:
                replies = await pipeline.execute()
            except ResponseError as error:
                raise _without_query(error) from None
        return [
            answer_of(reply, scored=_SCORED in arguments)
            for reply, arguments in zip(replies, asked, strict=True)
        ]

    async def rows(self, tenant: str, request: AggregateRequest) -> list[Row]:
        """Answer an aggregation about a tenant."""
        name = self._of(tenant).name
        async with self._client.pipeline(transaction=False) as pipeline:
            run: Any = pipeline.execute_command
            run("FT.AGGREGATE", name, *request.build_args(), **self._where(name))
            try:
                [(_, *found)] = await pipeline.execute()
            except ResponseError as error:
                raise _without_query(error) from None
        rows: list[Row] = found
        return rows

    async def page(
        self, tenant: str, request: AggregateRequest, counted: CountQuery
    ) -> tuple[list[Row], int]:
        """Answer an aggregation about a tenant and count something else, in one round trip."""
        name = self._of(tenant).name
        async with self._client.pipeline(transaction=False) as pipeline:
            run: Any = pipeline.execute_command
            run("FT.AGGREGATE", name, *request.build_args(), **self._where(name))
            run("FT.SEARCH", name, *counted.get_args(), **self._where(name))
            try:
                (_, *rows), (total,) = await pipeline.execute()
            except ResponseError as error:
                raise _without_query(error) from None
        return rows, total

    def _where(self, name: str) -> dict[str, Any]:
        """Which node of a cluster has an index; the library would ask any of them first."""
        if not isinstance(self._client, RedisCluster):
            return {}
        try:
            return {"target_nodes": self._client.get_node_from_key(name)}
        except SlotNotCoveredError:
            # It asks for the cluster's layout when a command comes that it cannot place.
            return {}

    def _of(self, tenant: str) -> AsyncSearchIndex:
        return self._indexes[shard_of(tenant, len(self._indexes))]


def _arguments(query: SearchParams) -> list[Any]:
    """A query in the engine's words, behind the name of the index."""
    asked, params = query if isinstance(query, tuple) else (query, None)
    arguments = [asked] if isinstance(asked, str) else list(asked.get_args())
    named = [part for pair in (params or {}).items() for part in pair]
    return [*arguments, "PARAMS", len(named), *named] if named else arguments


def _hashes(prefix: str) -> IndexDefinition:
    return IndexDefinition([prefix], index_type=IndexType.HASH)  # type: ignore[no-untyped-call]


def _without_query(error: Exception) -> Exception:
    """The engine's complaint as it may be answered and logged: the query holds a caller's words."""
    said = str(error).rpartition("caused error:")[2].partition(" near ")[0].strip("(', )")
    if any(reply in said.lower() for reply in _AWAY):
        log.warning("index.away", said=said)
        return StoreUnavailable()
    return QueryRefusedError(said) if type(error) is ResponseError else error


def _cause(error: RedisSearchError) -> Exception:
    """What the store said, before the index library put it in its own words."""
    cause = error.__cause__
    return cause if isinstance(cause, RedisError) else cast("Exception", error)
