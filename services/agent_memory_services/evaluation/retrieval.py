"""Retrieval evaluation: memories, queries and baselines on a real service."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CREATE_OUTCOME_CREATED,
    DEDUPLICATION_POLICY_NONE,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.evaluation import corpus
from agent_memory_services.evaluation.report import DEPTHS, Outcome
from agent_memory_services.extraction.domain.memories import run_before
from agent_memory_services.kit.contract import ids, transport
from agent_memory_services.kit.contract.messages import batched, copied

_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_SECONDS = 120.0


class Connection:
    """Long-term memory over a channel; every call raises `grpc.aio.AioRpcError` when refused."""

    def __init__(self, channel: grpc.aio.Channel, token: str | None) -> None:
        """Call with a bearer token, if there is one."""
        self._stub = LongTermMemoryServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def create(self, request: rpc.CreateMemoriesRequest) -> rpc.CreateMemoriesResponse:
        """Store memories."""
        return await self._stub.CreateMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def search(self, request: rpc.SearchMemoriesRequest) -> rpc.SearchMemoriesResponse:
        """Search for a question."""
        return await self._stub.SearchMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def delete(self, request: rpc.DeleteMemoriesRequest) -> rpc.DeleteMemoriesResponse:
        """Delete memories."""
        return await self._stub.DeleteMemories(request, metadata=self._metadata, timeout=_SECONDS)


@asynccontextmanager
async def connected(address: str, token: str | None = None) -> AsyncIterator[Connection]:
    """Provide a connection to the service at `host:port`."""
    async with grpc.aio.insecure_channel(
        address, transport.channel_options(_MAX_MESSAGE_BYTES)
    ) as channel:
        yield Connection(channel, token)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Settings of search that are compared with others.

    Attributes:
        name: label in the report.
        settings: fields of every query besides its text and filter.
    """

    name: str
    settings: SearchQuery


def _bare(**fields: bool) -> RankingOptions:
    """Return ranking options for only the legs over the memories' own texts."""
    return RankingOptions(
        context_legs=False,
        neighbour_smoothing=False,
        session_prior=False,
        entity_match=False,
        temporal_intent=False,
        kind_match=False,
        telling=False,
        **fields,  # type: ignore[arg-type]
    )


def _settings(mode: SearchMode.ValueType, ranking: RankingOptions) -> SearchQuery:
    return SearchQuery(mode=mode, ranking=ranking, recency=RecencyOptions(enabled=False))


_RANKS: Final = RankingOptions(fusion=FusionMethod.FUSION_METHOD_RECIPROCAL_RANK)
_RANKS.MergeFrom(_bare())

DEFAULT: Final = Baseline("default", SearchQuery())
BASELINES: Final[Sequence[Baseline]] = (
    DEFAULT,
    Baseline("words (BM25)", _settings(SearchMode.SEARCH_MODE_KEYWORD, _bare())),
    Baseline("meaning (dense)", _settings(SearchMode.SEARCH_MODE_SEMANTIC, _bare())),
    Baseline("ranks (RRF)", _settings(SearchMode.SEARCH_MODE_HYBRID, _RANKS)),
)
"""The server's defaults first, then the usual methods of the field."""


def _without(part: str, **fields: bool | float) -> Baseline:
    return Baseline(f"without {part}", SearchQuery(ranking=RankingOptions(**fields)))  # type: ignore[arg-type]


LESSENED: Final[Sequence[Baseline]] = (
    DEFAULT,
    _without("meaning", dense_weight=0.0),
    _without("words", dense_weight=1.0),
    _without("words around", context_legs=False),
    _without("neighbours", neighbour_smoothing=False),
    _without("sessions", session_prior=False),
    _without("names", entity_match=False),
    _without("times", temporal_intent=False),
    _without("kinds", kind_match=False),
    _without("telling", telling=False),
)
"""The server's defaults first, then without one part of the ranking at a time."""


_PER_CALL = 200


class NotStoredError(Exception):
    """A turn was not stored."""


async def store(
    connection: Connection,
    conversation: corpus.Conversation,
    namespace: str,
    form: corpus.SpeakerForm,
) -> dict[str, str]:
    """Store every turn as the conversation's user, and return turn ids by memory id.

    Raises:
        NotStoredError: the service refused a turn.
    """
    turns_by_memory: dict[str, str] = {}
    memories = list(memories_of(conversation, namespace, form))
    for start in range(0, len(memories), _PER_CALL):
        batch = memories[start : start + _PER_CALL]
        request = rpc.CreateMemoriesRequest(memories=batch, deduplication=DEDUPLICATION_POLICY_NONE)
        response = await connection.create(request)
        for turn, result in zip(conversation.turns[start:], response.results, strict=False):
            if result.outcome != CREATE_OUTCOME_CREATED:
                raise NotStoredError(f"turn {turn.id}: {result.error.message}")
            turns_by_memory[result.memory_id] = turn.id
    return turns_by_memory


async def remove(connection: Connection, memory_ids: Sequence[str]) -> None:
    """Delete stored memories."""
    for some in batched(memory_ids, _PER_CALL):
        await connection.delete(rpc.DeleteMemoriesRequest(memory_ids=some))


def memories_of(
    conversation: corpus.Conversation, namespace: str, form: corpus.SpeakerForm
) -> Iterator[Memory]:
    """Yield the turns of a conversation as the memories that the suite makes of messages."""
    before: list[corpus.Turn] = []
    for number, turn in enumerate(conversation.turns, 1):
        memory = Memory(
            text=_labelled(turn) if form == corpus.SpeakerForm.LABEL else turn.text,
            type=MemoryType.MEMORY_TYPE_MESSAGE,
            namespace=namespace,
            user_id=conversation.id,
            session_id=turn.session_id,
            sequence=number,
        )
        if form == corpus.SpeakerForm.ENTITY:
            memory.entities.append(turn.speaker)
        if before and before[-1].session_id != turn.session_id:
            before.clear()
        memory.context = run_before(
            [(earlier.speaker, earlier.text) for earlier in before], turn.speaker
        )
        memory.create_time.FromDatetime(turn.said)
        memory.event_time.start.FromDatetime(turn.said)
        yield memory
        before.append(turn)


def _labelled(turn: corpus.Turn) -> str:
    return f"{turn.speaker}: {turn.text}"


async def search(
    connection: Connection,
    baseline: Baseline,
    conversation: corpus.Conversation,
    question: corpus.Question,
    *,
    namespace: str,
    turns_by_memory: Mapping[str, str],
    depth: int,
) -> Outcome:
    """Return the first `depth` turns that a search for a question finds."""
    request = rpc.SearchMemoriesRequest(
        query=_query(baseline, conversation, question, namespace), page_size=depth
    )
    started = perf_counter()
    response = await connection.search(request)
    seconds = perf_counter() - started
    found = [turns_by_memory[hit.memory.id] for hit in response.hits]
    return Outcome(question.kind, question.evidence, found, seconds, question.counts)


def _query(
    baseline: Baseline, conversation: corpus.Conversation, question: corpus.Question, namespace: str
) -> SearchQuery:
    query = SearchQuery(
        text=question.text,
        filter=MemoryFilter(
            namespace=TagFilter(eq=namespace), user_id=TagFilter(eq=conversation.id)
        ),
    )
    if question.asked is not None:
        query.as_of.FromDatetime(question.asked)
    query.MergeFrom(baseline.settings)
    return query


def _silent(done: int, whole: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Settings of an evaluation.

    Attributes:
        baselines: settings to compare.
        form: naming of the speaker in memories.
        tracked: count hits as accesses, as in use. It is off unless
            asked for, so that no question changes the answer to the next one.
        progress: called after each question with the number done and the total.
    """

    baselines: Sequence[Baseline] = BASELINES
    form: corpus.SpeakerForm = corpus.SpeakerForm.ENTITY
    tracked: bool = False
    progress: Callable[[int, int], None] = _silent

    async def run(
        self, connection: Connection, conversations: Sequence[corpus.Conversation]
    ) -> dict[str, list[Outcome]]:
        """Return the outcomes of each baseline, over memories that are deleted again.

        Raises:
            NotStoredError: a turn was refused.
            grpc.aio.AioRpcError: the service refused a question, or is unavailable.
        """
        namespace = f"evaluation-{ids.new_id()}"
        stored: dict[str, dict[str, str]] = {}
        try:
            for conversation in conversations:
                stored[conversation.id] = await store(
                    connection, conversation, namespace, self.form
                )
            return await self._ask(connection, conversations, namespace, stored)
        finally:
            await remove(connection, [memory for turns in stored.values() for memory in turns])

    async def _ask(
        self,
        connection: Connection,
        conversations: Sequence[corpus.Conversation],
        namespace: str,
        stored: Mapping[str, Mapping[str, str]],
    ) -> dict[str, list[Outcome]]:
        outcomes: dict[str, list[Outcome]] = {each.name: [] for each in self.baselines}
        rounds = [
            (baseline, conversation, question)
            for baseline in map(self._tracked, self.baselines)
            for conversation in conversations
            for question in conversation.questions
        ]
        for done, (baseline, conversation, question) in enumerate(rounds, 1):
            outcome = await search(
                connection,
                baseline,
                conversation,
                question,
                namespace=namespace,
                turns_by_memory=stored[conversation.id],
                depth=max(DEPTHS),
            )
            outcomes[baseline.name].append(outcome)
            self.progress(done, len(rounds))
        return outcomes

    def _tracked(self, baseline: Baseline) -> Baseline:
        settings = copied(baseline.settings)
        settings.untracked = not self.tracked
        return Baseline(baseline.name, settings)
