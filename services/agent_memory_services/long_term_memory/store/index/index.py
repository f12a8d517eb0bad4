"""The indexes of all shards: their schema, made where they are missing, checked, and asked.

The engine counts by visiting. A whole tenant is selected by what it leaves out: hidden, expired,
not yet or no longer true. That is visited instead, and taken off the number of the tenant's
memories, which every commit keeps.

The index library makes an object with an attribute for each field of each row, which for the
hundreds of rows behind a search takes longer than the engine needs to find them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import structlog
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import Pipeline
from redis.commands.search.aggregation import AggregateRequest
from redis.commands.search.field import Field as EngineField
from redis.commands.search.index_definition import IndexDefinition, IndexType
from redis.exceptions import RedisError, ResponseError, SlotNotCoveredError
from redisvl.exceptions import RedisSearchError
from redisvl.index import AsyncSearchIndex
from redisvl.index.index import SearchParams
from redisvl.query import CountQuery
from redisvl.schema import IndexSchema

from agent_memory_services.kit.contract.errors import StoreUnavailable
from agent_memory_services.kit.redis.scripts import mapping_of
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.fields import FIRST_GENERATION
from agent_memory_services.long_term_memory.domain.scope import Selection
from agent_memory_services.long_term_memory.store.documents import Shard, shard_of

REVISION: Final = 1
"""Counts up when the fields change, so that an index of another build is noticed."""


Precision: TypeAlias = Literal["float32", "float16"]
"""The type of a vector's numbers."""
NEW_PRECISION: Final[Precision] = "float16"
"""That of a store that nobody chose another one for."""
NEW_LINKS: Final = 12
"""Links per vector of such a store. All of the ten nearest among 20,000 are found, as with 16, and
each vector takes a hundred bytes less."""


class VectorIndex(BaseModel):
    """Settings of the vector index.

    Measured on 100,000 vectors of 384 numbers: a graph built with `ef_construction` 64 finds
    98.7 % of the ten nearest with `ef_runtime` 100, and 60 % with the engine's own default of 10.
    """

    model_config = ConfigDict(frozen=True)

    algorithm: Literal["hnsw", "flat"] = "hnsw"
    precision: Precision = "float32"
    m: int = Field(default=16, ge=2, le=512)
    ef_construction: int = Field(default=64, ge=1, le=4096)
    ef_runtime: int = Field(default=100, ge=1, le=4096)

    def attributes(self, dimension: int) -> dict[str, object]:
        """Return the attributes of a vector field, in the words of the index library."""
        shared = {"dims": dimension, "distance_metric": "cosine", "datatype": self.precision}
        if self.algorithm == "flat":
            return {**shared, "algorithm": "flat"}
        return {**shared, **self.model_dump(exclude={"precision"})}

    def packed(self, vectors: npt.NDArray[np.float32]) -> list[bytes]:
        """Return each row as the engine takes it."""
        return [row.tobytes() for row in vectors.astype(self.precision, copy=False)]

    def __str__(self) -> str:
        if self.algorithm == "flat":
            return f"flat {self.precision}"
        links = f"m={self.m} ef_construction={self.ef_construction} ef={self.ef_runtime}"
        return f"hnsw {self.precision} {links}"


_EXACT: Final = {"case_sensitive": True, "separator": fields.SEPARATOR}
# The order of listings: by time, ties by id.
_SORTABLE: Final = {"sortable": True, "unf": True}


def _tag(field: fields.Field[Sequence[str]]) -> dict[str, object]:
    attributes = {**_EXACT, **(_SORTABLE if field.sortable else {})}
    return {"name": field.name, "type": "tag", "attrs": attributes}


def _number(field: fields.Field[int | None]) -> dict[str, object]:
    return {"name": field.name, "type": "numeric", "attrs": _SORTABLE if field.sortable else {}}


def index_schema(
    shard: Shard, vectors: VectorIndex, dimension: int, generation: int
) -> IndexSchema:
    """Return a generation of the index of a shard, for vectors of `dimension` numbers."""
    vector = vectors.attributes(dimension)
    declared = [
        {"name": fields.TENANT, "type": "tag", "attrs": _EXACT},
        *map(_tag, fields.TAGS.values()),
        *map(_number, fields.NUMBERS.values()),
        *({"name": name, "type": "text"} for name in (fields.TEXT, fields.CONTEXT)),
        *({"name": name, "type": "vector", "attrs": vector} for name in fields.VECTORS),
    ]
    index = {
        "name": shard.index(generation),
        "prefix": shard.memory_prefix,
        "storage_type": "hash",
        # Every word counts in a phrase; a question drops its own stop words.
        "stopwords": [],
    }
    return IndexSchema.from_dict({"index": index, "fields": declared})


@dataclass(frozen=True, slots=True)
class Counting:
    """Query that counts a selection.

    Attributes:
        query: what the engine has to count.
        left_out: whether that is what the selection lacks of its tenant's memories.
    """

    query: CountQuery
    left_out: bool

    def total(self, counted: int, stored: int) -> int:
        """Return the size of the selection, by what was counted and what the tenant has stored."""
        return max(0, stored - counted) if self.left_out else counted


def counting(selection: Selection) -> Counting:
    """Return the cheapest way to count a selection."""
    tenant = conditions.Tag(fields.TENANT, (selection.tenant,))
    parts = _parts(selection.condition)
    excluded = [part.part for part in parts if isinstance(part, conditions.Not)]
    if len(excluded) == len(parts) - 1 and tenant in parts:
        return Counting(
            CountQuery(str(conditions.every([tenant, conditions.some(excluded)]))), left_out=True
        )
    return Counting(CountQuery(str(selection.condition)), left_out=False)


def _parts(condition: conditions.Node) -> Sequence[conditions.Node]:
    return condition.parts if isinstance(condition, conditions.AllOf) else (condition,)


@dataclass(frozen=True, slots=True)
class Row:
    """A hash that was found.

    Attributes:
        key: its key.
        score: what the engine scored it, where the query asked for scores.
        fields: the fields that the query asked for, by name.
    """

    key: bytes
    score: float | None
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, in its order.

    Attributes:
        total: how many match in all.
        rows: those that were asked for.
    """

    total: int
    rows: Sequence[Row]


def answer_of(reply: Sequence[Any], *, scored: bool) -> Answer:
    """Read a reply: the total, then for each row its key, its score if `scored`, its fields."""
    total, *items = reply
    step = 3 if scored else 2
    scores = map(float, items[1::step]) if scored else iter([None] * len(items))
    # A hash that went away while the query ran has no fields any more.
    held = (mapping_of(given) if given else {} for given in items[step - 1 :: step])
    return Answer(int(total), list(map(Row, items[::step], scores, held)))


log = structlog.get_logger()

AggregateRow: TypeAlias = list[bytes]
"""Names and values of fields in turn."""

_SCORED: Final = "WITHSCORES"
# An index that is gone, in the words of several versions, and a query that took too long.
_AWAY: Final = ("no such index", "unknown index name", "timeout limit was reached")
# What is wrong with a query, without the part of it that the engine repeats.
_COMPLAINT: Final = re.compile(
    r"(?:Syntax error|Unknown field|Unknown argument|Invalid query|No such parameter"
    r"|Expecting numeric or parameter|Error parsing vector similarity query)(?: at offset \d+)?"
)


class QueryRefusedError(Exception):
    """The engine did not understand a query, which is a fault of this program."""


class MemoryIndex:
    """The indexes of all shards.

    Attributes:
        generation: the generation that is asked, unless a query is for another one.
    """

    def __init__(
        self,
        client: Redis,
        shards: int,
        vectors: VectorIndex,
        dimension: int,
        generation: int = FIRST_GENERATION,
    ) -> None:
        """Describe one index per shard, for vectors of `dimension` numbers."""
        self.generation = generation
        self._client = client
        self._shards = shards
        self._indexes = {
            shard: AsyncSearchIndex(
                index_schema(shard, vectors, dimension, generation), redis_client=client
            )
            for shard in map(Shard, range(shards))
        }

    async def create(self) -> None:
        """Make the indexes that are missing; returns before they have read what is there.

        Those of an earlier release get the fields that were added since.
        """
        for shard, index in self._indexes.items():
            # The library asks any node of a cluster, and only the shard's own may answer.
            declared = _named(index.schema.redis_fields, self.generation)
            try:
                await self._client.ft(index.name).create_index(
                    declared,
                    stopwords=index.schema.index.stopwords,
                    no_highlight=True,
                    definition=_hashes(shard.memory_prefix),
                )
            except ResponseError as error:
                if "already exists" not in str(error).lower():
                    raise
                await self._complete(index.name, declared)

    async def _complete(self, name: str, declared: Sequence[EngineField]) -> None:
        """Add the fields that an index lacks; what is stored has no value in them."""
        for field in declared:
            if not (known := fields.TAGS.get(field.name)) or not known.added:
                continue
            asked: Any = field
            alter: Any = self._client.execute_command
            add = ("SKIPINITIALSCAN", "SCHEMA", "ADD", *asked.redis_args())
            try:
                await alter("FT.ALTER", name, *add, **self._where(name))
            except ResponseError as error:
                if "duplicate field" not in str(error).lower():
                    raise

    async def drop(self) -> None:
        """Remove the indexes that are there; what they read stays."""
        for index in self._indexes.values():
            try:
                await self._client.ft(index.name).dropindex()
            except ResponseError as error:
                if not any(reply in str(error).lower() for reply in _AWAY):
                    raise

    async def indexing(self) -> bool:
        """Return true if some index is still reading what the store holds."""
        for index in self._indexes.values():
            try:
                info = await index.info()
            except RedisSearchError as error:
                raise _cause(error) from error
            if int(info["indexing"]):
                return True
        return False

    async def search(
        self, tenant: str, queries: Sequence[SearchParams], generation: int | None = None
    ) -> list[Answer]:
        """Answer several queries about a tenant in one round trip."""
        async with self._client.pipeline(transaction=False) as pipeline:
            read = self._ask(pipeline, tenant, queries, generation)
            return read(await _replies(pipeline))

    async def find(
        self, selection: Selection, queries: Sequence[SearchParams], generation: int | None = None
    ) -> tuple[list[Answer], int]:
        """Answer queries about a selection's tenant and count the selection, in one round trip."""
        async with self._client.pipeline(transaction=False) as pipeline:
            read = self._ask(pipeline, selection.tenant, queries, generation)
            total = self._count(pipeline, selection)
            *replies, counted, stored = await _replies(pipeline)
        return read(replies), total(counted, stored)

    async def count(self, selection: Selection) -> int:
        """Count the memories of a selection."""
        _, total = await self.find(selection, [])
        return total

    async def rows(self, tenant: str, request: AggregateRequest) -> list[AggregateRow]:
        """Answer an aggregation about a tenant."""
        async with self._client.pipeline(transaction=False) as pipeline:
            self._aggregate(pipeline, tenant, request)
            [(_, *found)] = await _replies(pipeline)
        rows: list[AggregateRow] = found
        return rows

    async def page(
        self, selection: Selection, request: AggregateRequest
    ) -> tuple[list[AggregateRow], int]:
        """Answer an aggregation and count a selection, in one round trip."""
        async with self._client.pipeline(transaction=False) as pipeline:
            self._aggregate(pipeline, selection.tenant, request)
            total = self._count(pipeline, selection)
            (_, *rows), counted, stored = await _replies(pipeline)
        return rows, total(counted, stored)

    def _ask(
        self,
        pipeline: Pipeline,
        tenant: str,
        queries: Sequence[SearchParams],
        generation: int | None,
    ) -> Callable[[Sequence[Any]], list[Answer]]:
        """Queue queries; answers what reads their replies."""
        name = self._shard(tenant).index(generation or self.generation)
        asked = [_arguments(query) for query in queries]
        for arguments in asked:
            self._queue(pipeline, "FT.SEARCH", name, *arguments)

        def read(replies: Sequence[Any]) -> list[Answer]:
            return [
                answer_of(reply, scored=_SCORED in arguments)
                for reply, arguments in zip(replies, asked, strict=True)
            ]

        return read

    def _aggregate(self, pipeline: Pipeline, tenant: str, request: AggregateRequest) -> None:
        name = self._shard(tenant).index(self.generation)
        self._queue(pipeline, "FT.AGGREGATE", name, *request.build_args())

    def _count(
        self, pipeline: Pipeline, selection: Selection
    ) -> Callable[[Sequence[Any], bytes | None], int]:
        """Queue what counts a selection; answers what reads the two replies."""
        how, shard = counting(selection), self._shard(selection.tenant)
        name = shard.index(self.generation)
        self._queue(pipeline, "FT.SEARCH", name, *how.query.get_args())
        pipeline.hget(shard.sizes, selection.tenant)
        return lambda counted, stored: how.total(counted[0], int(stored or 0))

    def _queue(self, pipeline: Pipeline, command: str, name: str, *arguments: Any) -> None:
        """Queue a command for the node of a cluster that has the index of this name.

        The library would ask any of them first.
        """
        queue: Any = pipeline.execute_command
        queue(command, name, *arguments, **self._where(name))

    def _where(self, name: str) -> dict[str, Any]:
        if not isinstance(self._client, RedisCluster):
            return {}
        try:
            return {"target_nodes": self._client.get_node_from_key(name)}
        except SlotNotCoveredError:
            # It asks for the cluster's layout when a command comes that it cannot place.
            return {}

    def _shard(self, tenant: str) -> Shard:
        return shard_of(tenant, self._shards)


async def _replies(pipeline: Pipeline) -> list[Any]:
    try:
        return await pipeline.execute()
    except ResponseError as error:
        raise _without_query(error) from None


def _named(given: Sequence[EngineField], generation: int) -> list[EngineField]:
    """Return the fields; those that each generation has its own of get their plain names."""
    for field in given:
        name = fields.stored(field.name, generation)
        if field.name in fields.VECTORS and name != field.name:
            field.name, field.as_name = name, field.name
    return list(given)


def _arguments(query: SearchParams) -> list[Any]:
    """Return a query in the engine's words, to stand behind the name of the index."""
    asked, params = query if isinstance(query, tuple) else (query, None)
    arguments = [asked] if isinstance(asked, str) else list(asked.get_args())
    named = [part for pair in (params or {}).items() for part in pair]
    return [*arguments, "PARAMS", len(named), *named] if named else arguments


def _hashes(prefix: str) -> IndexDefinition:
    return IndexDefinition([prefix], index_type=IndexType.HASH)  # type: ignore[no-untyped-call]


def _without_query(error: Exception) -> Exception:
    """Return the engine's error without the query, which holds a caller's words."""
    said = str(error).rpartition("caused error:")[2].strip("(', )")
    for reply in _AWAY:
        if reply in said.lower():
            log.warning("index.away", said=reply)
            return StoreUnavailable()
    if type(error) is not ResponseError:
        return error
    complaint = _COMPLAINT.search(said)
    return QueryRefusedError(complaint.group() if complaint else "")


def _cause(error: RedisSearchError) -> Exception:
    """Return the store's own error behind the index library's."""
    cause = error.__cause__
    return cause if isinstance(cause, RedisError) else cast("Exception", error)
