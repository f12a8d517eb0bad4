"""Creating with consolidation, below the contract."""

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.index.index import VectorIndex
from tests.integration.long_term_memory.consolidation.conftest import world

CREATED, MERGED, SUPERSEDED = (
    ltm.CREATE_OUTCOME_CREATED,
    ltm.CREATE_OUTCOME_MERGED,
    ltm.CREATE_OUTCOME_SUPERSEDED,
)


async def test_a_call_that_lost_its_answer_is_answered_alike(
    redis: Redis, embedder: LocalEmbedder
) -> None:
    """The same call again stores nothing, and says of merges what it said first."""
    made = world(redis, embedder)
    await made.index.create()
    await made.create(Memory(text="User likes coffee"))
    given = (Memory(text="User enjoys coffee"), Memory(text="User has a dog"))
    first = await made.create(*given, request_id="r")
    again = await made.create(*given, request_id="r")
    assert [each.outcome for each in first] == [MERGED, CREATED]
    assert [(each.outcome, each.memory) for each in again] == [
        (each.outcome, each.memory) for each in first
    ]
    assert list(again[0].related) == list(first[0].related)


async def test_vectors_of_half_precision_are_compared(
    redis: Redis, embedder: LocalEmbedder
) -> None:
    """An index that keeps shorter numbers merges and ends alike."""
    half = VectorIndex(algorithm="flat", precision="float16")
    made = world(redis, embedder, vectors=half)
    await made.index.create()
    results = await made.create(
        Memory(text="User is allergic to peanuts"),
        Memory(text="User has a peanut allergy"),
        Memory(text="I work at Acme"),
        Memory(text="I joined Globex"),
    )
    assert [each.outcome for each in results] == [MERGED, MERGED, CREATED, SUPERSEDED]


async def test_a_long_text_takes_no_part(redis: Redis, embedder: LocalEmbedder) -> None:
    """What says many things is no fact that another could repeat."""
    made = world(redis, embedder)
    await made.index.create()
    story = "User likes coffee and tea. " * 50
    results = await made.create(Memory(text=story), Memory(text=f"{story}!"))
    assert [each.outcome for each in results] == [CREATED, CREATED]
