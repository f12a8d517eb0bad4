"""Process of the long-term memory service: its parts, opened and put together from settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import Final

import structlog
from redis.asyncio import Redis

from agent_memory.long_term_memory.v1 import service_pb2, service_pb2_grpc
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.kit.redis.client import connect, require_query_engine
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.language.en.parser import adopt
from agent_memory_services.long_term_memory.api.servicer import History, LongTermMemoryServicer
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction, Sweep
from agent_memory_services.long_term_memory.consolidation.consolidator import Consolidator
from agent_memory_services.long_term_memory.consolidation.judge import Judge
from agent_memory_services.long_term_memory.consolidation.neighbours import Neighbourhood
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY
from agent_memory_services.long_term_memory.erasure import ConversationForgetting, Eraser
from agent_memory_services.long_term_memory.history.revert import Reverter
from agent_memory_services.long_term_memory.history.watch import MemoryEvent, MemoryWatch
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgetting
from agent_memory_services.long_term_memory.lifecycle.requests import RequestedForgetting
from agent_memory_services.long_term_memory.lifecycle.schedule import Retention, Schedule
from agent_memory_services.long_term_memory.listing import Listing, Walk
from agent_memory_services.long_term_memory.memories.creating import Creating
from agent_memory_services.long_term_memory.memories.editing import Memories
from agent_memory_services.long_term_memory.memories.matching import MatchingMemories
from agent_memory_services.long_term_memory.search.search import Search
from agent_memory_services.long_term_memory.store.access import AccessTracker
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.base import Embedder
from agent_memory_services.long_term_memory.store.embeddings.factory import create_embedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index import generations, layout
from agent_memory_services.long_term_memory.store.index.engine import require_complete_answers
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.index.reindexing import Rewording
from agent_memory_services.long_term_memory.store.memories import DirtySets, MemoryStore
from agent_memory_services.long_term_memory.store.owners import OwnerColumns
from agent_memory_services.long_term_memory.store.revisions import RevisionLog
from agent_memory_services.long_term_memory.store.rounds import Rounds
from agent_memory_services.long_term_memory.store.traces import Traces
from agent_memory_services.long_term_memory.transfer import Import
from agent_memory_services.long_term_memory.values import Values
from agent_memory_services.shared.lifetimes import Lifetimes


@asynccontextmanager
async def chosen(settings: Settings) -> AsyncIterator[Judge | None]:
    """Open the judge where the settings name one, else None; closed when the context ends."""
    if not settings.uses_judge:
        yield None
        return
    # The provider's library takes longer to import than all the rest.
    from agent_memory_services.long_term_memory.consolidation.model_judge import (  # noqa: PLC0415
        OpenAIJudge,
    )
    from agent_memory_services.shared.model_api.chat import ChatEndpoint  # noqa: PLC0415

    key, patience = settings.consolidation_openai_api_key, settings.consolidation_timeout_seconds
    endpoint = ChatEndpoint(
        model=settings.consolidation_model,
        base_url=settings.consolidation_openai_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_seconds=patience,
        # One call for each new memory; what it does not tell stays as it is.
        attempts=1,
    )
    judge = OpenAIJudge(endpoint, timeout_seconds=patience)
    try:
        yield judge
    finally:
        await judge.aclose()


log = structlog.get_logger()

SERVICE_NAME: Final = service_pb2.DESCRIPTOR.services_by_name["LongTermMemoryService"].full_name

_POLL_SECONDS: Final = 0.1
_WORDING_SECONDS: Final = 60.0
"""Pause before it is asked whether the words of a shard have to be set anew."""


@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[Service]:
    """Everything the service owns; it starts when every memory in the store can be found.

    Raises:
        MissingQueryEngineError: the store has no query engine.
        EngineSettingsError: the engine would answer incompletely.
        LayoutMismatchError: the store was written for other settings.
        EmbeddingError: the embedder cannot be opened.
    """
    client = connect(
        settings.redis_url,
        timeout=settings.redis_timeout_seconds,
        max_connections=settings.redis_max_connections,
    )
    async with (
        client,
        aclosing(await create_embedder(settings.embedding)) as embedder,
        chosen(settings) as judge,
    ):
        vectors = await layout.as_stored(client, settings.vectors, settings.unset_of_index)
        mine = layout.Generation.of(
            embedder.fingerprint, vectors, settings.shards, settings.embedding
        )
        index, vectorizer = await _open_index(client, mine, embedder)
        store = MemoryStore(client, settings.shards, settings.history)
        revisions = RevisionLog(client, settings.shards)
        feed = Feed(client, MemoryEvent.read)
        history = History(
            revisions,
            Reverter(store, revisions, vectorizer),
            MemoryWatch(
                feed, settings.shards, checkpoint_seconds=settings.watch_checkpoint_seconds
            ),
        )
        accesses = AccessTracker(store)
        room = settings.owner_columns_bytes
        owners = OwnerColumns(client, index, settings.shards, room) if room else None
        dirty = DirtySets(client, settings.shards)
        parser = adopt(settings.parser_model)
        # Loads beside the start: the process is ready before it, and consolidation waits for it.
        parser.warm()
        reading = ClaimReading(parser)
        consolidator = Consolidator(
            store,
            Neighbourhood(index, owners, vectorizer),
            judge,
            reading=reading,
            precision=vectorizer.precision,
        )
        compaction = Compaction(store, index, dirty, consolidator)
        shards = [Shard(number) for number in range(settings.shards)]
        sweeps = Rounds(
            "consolidation",
            client,
            {shard: shard.sweep_lease for shard in shards},
            Sweep(dirty, compaction).over,
            seconds=settings.consolidation_sweep_seconds,
        )
        forgetting = Forgetting(store, index)
        schedule = Schedule(
            client,
            forgetting,
            Retention(store, index, micros=round(settings.archive_retention_days * MICROS_PER_DAY)),
            {tenant: each.plan for tenant, each in settings.forgetting_plans.items()},
        )
        forgetting_rounds = Rounds(
            "forgetting",
            client,
            {shard: shard.forgetting_lease for shard in shards},
            schedule.over,
            seconds=settings.forgetting_interval_seconds,
        )
        wording_rounds = Rounds(
            "words",
            client,
            {shard: shard.words_lease for shard in shards},
            Rewording(client).over,
            seconds=_WORDING_SECONDS,
        )
        memories = Memories(store, vectorizer, reading=reading, accesses=accesses)
        servicer = LongTermMemoryServicer(
            creating=Creating(
                store,
                vectorizer,
                compaction,
                settings.deduplication,
                reading=reading,
                lifetimes=Lifetimes(settings.default_ttls) if settings.default_ttls else None,
            ),
            memories=memories,
            matching=MatchingMemories(memories, Walk(index), Listing(index)),
            listing=Listing(index),
            values=Values(index),
            search=Search(index, vectorizer, accesses, owners=owners),
            compaction=compaction,
            walk=Walk(index),
            imports=Import(store, vectorizer, ContractRules().violations),
            history=history,
            forgetting=forgetting,
            requested=RequestedForgetting(store, index),
            eraser=Eraser(client, Walk(index), Traces(client, settings.shards)),
            conversations=ConversationForgetting(
                client, store, Walk(index), Traces(client, settings.shards)
            ),
        )
        follower = generations.Follower(
            client,
            settings.embedding,
            embedder,
            index=index,
            store=store,
            vectorizer=vectorizer,
        )
        async with (
            follower.following(),
            aclosing(feed),
            accesses.running(),
            wording_rounds.running(),
            sweeps.running() if settings.consolidation_sweep_seconds else nullcontext(),
            forgetting_rounds.running() if settings.forgetting_interval_seconds else nullcontext(),
        ):
            yield Service(
                SERVICE_NAME,
                service_pb2_grpc.add_LongTermMemoryServiceServicer_to_server,
                servicer,
            )


async def _open_index(
    client: Redis, mine: layout.Generation, embedder: Embedder
) -> tuple[MemoryIndex, Vectorizer]:
    """Open the present index, complete, and a vectorizer for the one this process is set to."""
    await require_query_engine(client)
    await require_complete_answers(client)
    indexes = await layout.claim(client, mine)
    index = generations.index_of(client, indexes.current)
    await index.create()
    while await index.indexing():
        log.info("index.reading")
        await asyncio.sleep(_POLL_SECONDS)
    own = indexes.of(mine.layout)
    return index, Vectorizer(Space(embedder, own.vectors, own.number))


def run() -> None:
    """Run the process until it is told to stop."""
    server.run(Settings, lifespan)
