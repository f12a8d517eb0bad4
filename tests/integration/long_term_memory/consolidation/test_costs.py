"""What consolidation costs: embeddings, calls of a judge, and round trips."""

import numpy as np
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from tests.integration.long_term_memory.consolidation.conftest import (
    SCOPE,
    World,
    world,
)
from tests.integration.long_term_memory.consolidation.faults import (
    CountingJudge,
    FailingEmbedder,
    Plan,
    failing,
)

NEVER = 10**9
LIKING = ("likes", "enjoys")
TEAS = ("green", "black", "white", "herbal", "iced")


async def test_unchanged_memories_cost_nothing(redis: Redis, embedder: LocalEmbedder) -> None:
    """A compaction of a thousand unchanged memories embeds nothing, asks nobody, reads one set."""
    embedded, judge, trips = Plan(NEVER), CountingJudge(), Plan(NEVER)
    made = world(redis, FailingEmbedder(embedder, embedded), judge)
    await made.index.create()
    for users in ("abcde", "fghij"):
        notes = (Memory(text=f"Note {at}", user_id=user) for user in users for at in range(100))
        await made.create(*notes)
    embedded.calls = judge.calls = 0
    idle = world(failing(redis, trips), FailingEmbedder(embedder, embedded), judge)
    report = await idle.compact()
    assert (report.considered, embedded.calls, judge.calls, trips.calls) == (0, 0, 0, 1)


async def test_a_pin_costs_nothing(redis: Redis, embedder: LocalEmbedder) -> None:
    """Toggling it leaves nothing to look at."""
    embedded, judge = Plan(NEVER), CountingJudge()
    made = world(redis, FailingEmbedder(embedder, embedded), judge)
    await made.index.create()
    [created] = await made.create(Memory(text="User likes tea"))
    assert created.memory is not None
    pinned = Memory()
    pinned.CopyFrom(created.memory)
    pinned.pinned = True
    normalise(pinned, now_micros())
    change = Change(created.memory, pinned, ltm.REVISION_CAUSE_UPDATE)
    commit = await made.store.commit("acme", [change], actor="tests", now=now_micros())
    assert commit.committed
    embedded.calls = judge.calls = 0
    report = await made.compact()
    assert (report.considered, embedded.calls, judge.calls) == (0, 0, 0)


async def test_one_beside_five_is_one_embedding_and_one_judgement(
    redis: Redis, embedder: LocalEmbedder
) -> None:
    """However many are near, the text is embedded once and a judge is asked once."""
    embedded, judge, trips = Plan(NEVER), CountingJudge(), Plan(NEVER)
    made = world(redis, FailingEmbedder(embedder, embedded), judge)
    await made.index.create()
    await made.create(*(Memory(text=f"User likes {tea} tea") for tea in TEAS))
    embedded.calls = judge.calls = 0
    counted = world(failing(redis, trips), FailingEmbedder(embedder, embedded), judge)
    await counted.create(Memory(text="User likes strong tea"))
    assert (embedded.calls, judge.calls) == (1, 1)
    # Store, look around, take off the list of what is to be looked at.
    assert trips.calls == 3


async def test_many_that_meet_are_decided_about_together(
    redis: Redis, embedder: LocalEmbedder
) -> None:
    """However many there are: one reading of what they touch, and one round trip to do it."""
    trips = Plan(NEVER)
    await world(redis, embedder).index.create()
    made = world(failing(redis, trips), embedder)
    spent = []
    # The first ones hand the store its scripts.
    for user, drinks in (("cleo", TEAS[:2]), ("ann", TEAS[:2]), ("ben", TEAS)):
        given = [Memory(text=f"User {v} {d} tea", user_id=user) for d in drinks for v in LIKING]
        trips.calls = 0
        created = await made.create(*given)
        spent.append(trips.calls)
        assert {each.outcome for each in created} == {ltm.CREATE_OUTCOME_MERGED}
    assert spent[1] == spent[2]


async def test_a_merge_embeds_nothing_again(redis: Redis, embedder: LocalEmbedder) -> None:
    """Its text is an original's, and so are its vectors; compaction needs no model at all."""
    embedded = Plan(NEVER)
    made: World = world(redis, FailingEmbedder(embedder, embedded))
    await made.index.create()
    texts = ("User is an engineer", "The user is an engineer", "User is an engineer!")
    slotted = [Memory(text=text, slot="user/job") for text in texts]
    await made.create(*slotted, policy=ltm.DEDUPLICATION_POLICY_EXACT)
    embedded.calls = 0
    report = await made.compact()
    assert (report.merged, embedded.calls) == (3, 0)
    page = await Listing(made.index).page(SCOPE, ALWAYS, size=10, after=None)
    [shown] = [each.id for each in page.memories if not each.merged_into]
    [stored] = await made.store.get_whole("acme", [shown])
    assert stored is not None
    assert stored.memory.text == texts[0]
    [vector] = await embedder.embed([stored.memory.text])
    assert np.allclose(np.frombuffer(stored.vectors.text, np.float32), vector, atol=1e-4)
