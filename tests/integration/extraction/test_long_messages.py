"""Many long messages at once become memories, and each text of theirs is embedded once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.search_pb2 import SearchMode, SearchQuery
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import JobState
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CREATE_OUTCOME_CREATED,
    CREATE_OUTCOME_DUPLICATE,
    DEDUPLICATION_POLICY_NONE,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as MemorySettings
from agent_memory_services.long_term_memory.store.embeddings import local
from agent_memory_services.long_term_memory.store.embeddings.base import Vectors
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    HIDDEN,
    Tokenizer,
    find_model_folder,
)
from tests.support.extraction_service import QUICK, Extraction
from tests.support.recording_memory import RecordingMemory
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stores import emptied

MESSAGES = 100


class CountingEncoder:
    """Gives each piece a direction of its own, at once, and remembers every piece."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, ...]] = []

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Embed token ids by what they add up to."""
        self.pieces += map(tuple, rows)
        made = np.zeros((len(rows), HIDDEN), dtype=np.float32)
        made[range(len(rows)), [sum(row) % HIDDEN for row in rows]] = 1
        return made


def said(number: int) -> str:
    """A long message; what it is found by stands at its very end."""
    return f"Report {number}. " + f"We looked at part {number} again. " * 240 + f"Code q{number}q"


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    """In place of the model, which would need minutes."""
    encoder = CountingEncoder()
    monkeypatch.setattr(local, "_load_encoder", lambda *_: encoder)
    return encoder


@asynccontextmanager
async def remembering(redis_url: str, **settings: Any) -> AsyncIterator[Served]:
    """Serve long-term memory."""
    chosen = configured(
        MemorySettings, redis_url=redis_url, metrics_listen="", access_log=False, **settings
    )
    async with emptied(redis_url), serving(long_term_memory.lifespan, chosen) as served:
        yield served


def pieces_of(texts: Sequence[str]) -> list[tuple[int, ...]]:
    """The pieces of texts, in the order of their tokens."""
    tokenizer = Tokenizer(find_model_folder())
    return sorted(piece for text in texts for piece in tokenizer.pieces(text))


async def test_long_messages_are_searchable_and_embedded_once(
    redis_url: str, encoder: CountingEncoder
) -> None:
    """One attempt stores them all, in calls that are as long as the work allows."""
    async with remembering(redis_url) as memory:
        settings = configured(
            ExtractionSettings,
            redis_url=redis_url,
            long_term_memory_address=memory.address,
            **QUICK,
        )
        async with serving(extraction.lifespan, settings) as served:
            talk = Extraction(ExtractionServiceStub(served.channel), RecordingMemory(), served)
            messages = [
                Message(id=f"m{at}", sequence=at, role="user", content=said(at))
                for at in range(1, MESSAGES + 1)
            ]
            strategy = ExtractionStrategy.EXTRACTION_STRATEGY_NONE
            accepted = await talk.submit(*messages, strategy=strategy, index_messages=True)
            job = await talk.ended(accepted.job_id, within=60)
        assert (job.state, job.attempt) == (JobState.JOB_STATE_SUCCEEDED, 1)
        assert len(job.memory_ids) == MESSAGES
        assert sorted(encoder.pieces) == pieces_of([message.content for message in messages])
        stub = LongTermMemoryServiceStub(memory.channel)
        for at in (1, MESSAGES):
            query = SearchQuery(text=f"q{at}q", mode=SearchMode.SEARCH_MODE_KEYWORD)
            found = await stub.SearchMemories(rpc.SearchMemoriesRequest(query=query), timeout=60)
            assert [hit.memory.text for hit in found.hits] == [messages[at - 1].content]


async def test_a_repeated_call_embeds_only_what_is_new(
    redis_url: str, encoder: CountingEncoder
) -> None:
    """What an earlier call stored is recognised by its id, without a cache."""
    texts = [said(at) for at in range(10)]
    memories = [Memory(id=f"m{at}", text=text) for at, text in enumerate(texts)]
    async with remembering(redis_url, embedding_cache_entries=0) as served:
        stub = LongTermMemoryServiceStub(served.channel)

        async def outcomes(*given: Memory) -> list[int]:
            request = rpc.CreateMemoriesRequest(
                memories=given, deduplication=DEDUPLICATION_POLICY_NONE
            )
            answer = await stub.CreateMemories(request, timeout=60)
            return [result.outcome for result in answer.results]

        assert await outcomes(*memories[:6]) == [CREATE_OUTCOME_CREATED] * 6
        expected = [CREATE_OUTCOME_DUPLICATE] * 6 + [CREATE_OUTCOME_CREATED] * 4
        assert await outcomes(*memories) == expected
    assert sorted(encoder.pieces) == pieces_of(texts)
