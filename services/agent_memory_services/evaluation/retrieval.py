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
from agent_memory_services.evaluation.corpus import Conversation, Question, SpeakerForm, Turn
from agent_memory_services.evaluation.report import DEPTHS, Outcome
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.transport import channel_options

_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_SECONDS = 120.0


class Connection:
    """Long-term memory over a channel; every call raises `grpc.aio.AioRpcError` when refused."""

    def __init__(self, channel: grpc.aio.Channel, token: str | None) -> None:
        """Call as the bearer of a token, if there is one."""
        self._stub = LongTermMemoryServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def create(self, request: rpc.CreateMemoriesRequest) -> rpc.CreateMemoriesResponse:
        """Store memories."""
        return await self._stub.CreateMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def search(self, request: rpc.SearchMemoriesRequest) -> rpc.SearchMemoriesResponse:
        """Ask a question."""
        return await self._stub.SearchMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def delete(self, request: rpc.DeleteMemoriesRequest) -> rpc.DeleteMemoriesResponse:
        """Delete memories."""
        return await self._stub.DeleteMemories(request, metadata=self._metadata, timeout=_SECONDS)


@asynccontextmanager
async def connected(address: str, token: str | None = None) -> AsyncIterator[Connection]:
    """Provide a connection to the service at `host:port`."""
    async with grpc.aio.insecure_channel(address, channel_options(_MAX_MESSAGE_BYTES)) as channel:
        yield Connection(channel, token)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of asking.

    Attributes:
        name: how the report calls it.
        settings: what every query carries besides its text and filter.
    """

    name: str
    settings: SearchQuery


def _bare(**fields: bool) -> RankingOptions:
    """Only the legs over the memories' own texts."""
    return RankingOptions(
        context_legs=False,
        neighbour_smoothing=False,
        session_prior=False,
        entity_match=False,
        temporal_intent=False,
        **fields,  # type: ignore[arg-type]
    )


def _baseline(mode: SearchMode.ValueType, ranking: RankingOptions) -> SearchQuery:
    return SearchQuery(mode=mode, ranking=ranking, recency=RecencyOptions(enabled=False))


_RANKS: Final = RankingOptions(fusion=FusionMethod.FUSION_METHOD_RECIPROCAL_RANK)
_RANKS.MergeFrom(_bare())

DEFAULT: Final = Contender("default", SearchQuery())
CONTENDERS: Final[Sequence[Contender]] = (
    DEFAULT,
    Contender("words (BM25)", _baseline(SearchMode.SEARCH_MODE_KEYWORD, _bare())),
    Contender("meaning (dense)", _baseline(SearchMode.SEARCH_MODE_SEMANTIC, _bare())),
    Contender("ranks (RRF)", _baseline(SearchMode.SEARCH_MODE_HYBRID, _RANKS)),
)
"""The server's defaults first, then the usual answers of the field."""


_PER_CALL = 200


class NotStoredError(Exception):
    """A turn was not stored."""


async def store(
    connection: Connection, conversation: Conversation, namespace: str, form: SpeakerForm
) -> dict[str, str]:
    """Store every turn as said by the conversation's own user; answers turn ids by memory id.

    Raises:
        NotStoredError: the service refused a turn.
    """
    turns_by_memory: dict[str, str] = {}
    memories = list(_memories(conversation, namespace, form))
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
    """Delete what was stored."""
    for start in range(0, len(memory_ids), _PER_CALL):
        request = rpc.DeleteMemoriesRequest(memory_ids=memory_ids[start : start + _PER_CALL])
        await connection.delete(request)


def _memories(conversation: Conversation, namespace: str, form: SpeakerForm) -> Iterator[Memory]:
    before: Turn | None = None
    for number, turn in enumerate(conversation.turns, 1):
        memory = Memory(
            text=_labelled(turn) if form == SpeakerForm.LABEL else turn.text,
            type=MemoryType.MEMORY_TYPE_MESSAGE,
            namespace=namespace,
            user_id=conversation.id,
            session_id=turn.session_id,
            sequence=number,
        )
        if form == SpeakerForm.ENTITY:
            memory.entities.append(turn.speaker)
        if before is not None and before.session_id == turn.session_id:
            memory.context = _labelled(before)
        memory.create_time.FromDatetime(turn.said)
        memory.event_time.start.FromDatetime(turn.said)
        yield memory
        before = turn


def _labelled(turn: Turn) -> str:
    return f"{turn.speaker}: {turn.text}"


async def ask(
    connection: Connection,
    contender: Contender,
    conversation: Conversation,
    question: Question,
    *,
    namespace: str,
    turns_by_memory: Mapping[str, str],
    depth: int,
) -> Outcome:
    """Return the first `depth` turns that a search for a question finds."""
    request = rpc.SearchMemoriesRequest(
        query=_query(contender, conversation, question, namespace), page_size=depth
    )
    started = perf_counter()
    response = await connection.search(request)
    seconds = perf_counter() - started
    found = [turns_by_memory[hit.memory.id] for hit in response.hits]
    return Outcome(question.kind, question.evidence, found, seconds, question.counts)


def _query(
    contender: Contender, conversation: Conversation, question: Question, namespace: str
) -> SearchQuery:
    query = SearchQuery(
        text=question.text,
        filter=MemoryFilter(
            namespace=TagFilter(eq=namespace), user_id=TagFilter(eq=conversation.id)
        ),
    )
    if question.asked is not None:
        query.as_of.FromDatetime(question.asked)
    query.MergeFrom(contender.settings)
    return query


def _silent(done: int, whole: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Settings of an evaluation.

    Attributes:
        contenders: the settings to compare.
        form: how memories say who speaks.
        tracked: whether what is found counts as accessed, as it does in use. It is off unless
            asked for, so that no question changes the answer to the next one.
        progress: told after each question how many are done, and of how many.
    """

    contenders: Sequence[Contender] = CONTENDERS
    form: SpeakerForm = SpeakerForm.ENTITY
    tracked: bool = False
    progress: Callable[[int, int], None] = _silent

    async def run(
        self, connection: Connection, conversations: Sequence[Conversation]
    ) -> dict[str, list[Outcome]]:
        """Return the outcomes of each baseline, over memories that are deleted again.

        Raises:
            NotStoredError: a turn was refused.
            grpc.aio.AioRpcError: the service refused a question, or is away.
        """
        namespace = f"evaluation-{new_id()}"
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
        conversations: Sequence[Conversation],
        namespace: str,
        stored: Mapping[str, Mapping[str, str]],
    ) -> dict[str, list[Outcome]]:
        outcomes: dict[str, list[Outcome]] = {each.name: [] for each in self.contenders}
        rounds = [
            (contender, conversation, question)
            for contender in map(self._as_asked, self.contenders)
            for conversation in conversations
            for question in conversation.questions
        ]
        for done, (contender, conversation, question) in enumerate(rounds, 1):
            outcome = await ask(
                connection,
                contender,
                conversation,
                question,
                namespace=namespace,
                turns_by_memory=stored[conversation.id],
                depth=max(DEPTHS),
            )
            outcomes[contender.name].append(outcome)
            self.progress(done, len(rounds))
        return outcomes

    def _as_asked(self, contender: Contender) -> Contender:
        settings = SearchQuery()
        settings.CopyFrom(contender.settings)
        settings.untracked = not self.tracked
        return Contender(contender.name, settings)
