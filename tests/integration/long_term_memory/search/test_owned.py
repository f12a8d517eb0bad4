"""Searches over an owner's columns, beside the same searches through the index."""

import random
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import (
    EventTime,
    Memory,
    MemoryType,
    Provenance,
    TimePrecision,
    Validity,
)
from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.memory import draft
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.search.search import Search
from agent_memory_services.long_term_memory.search.weights import Weights
from agent_memory_services.long_term_memory.store import documents, owners
from agent_memory_services.long_term_memory.store.embeddings.base import Fingerprint
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import (
    MemoryIndex,
    Precision,
    VectorIndex,
)
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.owners import OwnerColumns
from agent_memory_services.long_term_memory.store.traces import Traces
from tests.integration.long_term_memory.conftest import changed, creation, deletion, update
from tests.integration.long_term_memory.search.conftest import Untracked

TENANT, USER = "acme", "ann"
DAY: Final = 86_400_000_000
WHOLE = Weights(depth=2000)
WORDS = (
    *("tea", "coffee", "cello", "guitar", "dog", "garden", "Lisbon", "Porto", "moved", "bought"),
    *("likes", "played", "Monday", "yesterday", "wi-fi", "C++", "getUserProfile", "Müller"),
    *("喜欢喝茶", "42", "the", "a", "in", "on"),
)
QUESTIONS = (
    SearchQuery(text="Which instruments did Ben play in Lisbon?"),
    SearchQuery(text="When did I buy the dog? getUserProfile Muller wifi"),
    SearchQuery(text="What did you say about tea yesterday?"),
    SearchQuery(text="Where does Ann live? 喝茶", mode=SearchMode.SEARCH_MODE_SEMANTIC),
    SearchQuery(text="tea", min_score=0.2),
    SearchQuery(text="dog", mode=SearchMode.SEARCH_MODE_SEMANTIC, max_distance=0.9),
    SearchQuery(text="garden of Cleo", include_superseded=True),
    SearchQuery(text="coffee in Porto", as_of=to_timestamp(now_micros() - 5 * DAY)),
    SearchQuery(
        text="guitar and cello",
        ranking=RankingOptions(fusion=FusionMethod.FUSION_METHOD_RECIPROCAL_RANK, diversity=0.5),
    ),
    SearchQuery(text="moved", filter=MemoryFilter(standing=True)),
    SearchQuery(
        text="bought a dog",
        filter=MemoryFilter(
            any_of=[
                MemoryFilter(namespace=TagFilter(eq="n")),
                MemoryFilter(none_of=[MemoryFilter(session_id=TagFilter(any=["s1", "s2"]))]),
            ]
        ),
    ),
    # These are left to the index.
    SearchQuery(text='likes "tea coffee"'),
    SearchQuery(text="tea", mode=SearchMode.SEARCH_MODE_KEYWORD),
    SearchQuery(text="tea", filter=MemoryFilter(entities=TagFilter(any=["Ann"]))),
    SearchQuery(),
    SearchQuery(filter=MemoryFilter(standing=True)),
)


class Scattering:
    """Embedder that gives each text a direction of its own."""

    fingerprint = Fingerprint("scattering", "1", 16, normalized=True)

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed texts."""
        seeds = [np.random.default_rng(zlib.crc32(text.encode())) for text in texts]
        made = np.array([seed.normal(size=16) for seed in seeds])
        unit: npt.NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit.astype(np.float32)

    async def aclose(self) -> None:
        """Release nothing."""


@dataclass(frozen=True)
class Both:
    """A store, with searches through the index and over columns."""

    redis: Redis
    store: MemoryStore
    vectorizer: Vectorizer
    index: Search
    columns: Search
    owners: OwnerColumns

    async def add(self, *given: Memory, tenant: str = TENANT) -> list[Memory]:
        """Store memories."""
        records = [draft(each, now_micros(), "model") for each in given]
        made = await self.vectorizer.of_memories(records)
        changes = [creation(each, own) for each, own in zip(records, made, strict=True)]
        for commit in await self.store.commit_each(tenant, changes, actor="t", now=now_micros()):
            assert not isinstance(commit, Exception)
            assert commit.committed
        return records

    async def commit(self, *changes: object) -> None:
        """Make changes together."""
        commit = await self.store.commit(TENANT, changes, actor="t", now=now_micros())  # type: ignore[arg-type]
        assert commit.committed

    async def hits(
        self, search: Search, query: SearchQuery, *, user: str = USER, tenant: str = TENANT
    ) -> list[tuple[str, float]]:
        """Ids and scores of every page."""
        asked = SearchQuery()
        asked.CopyFrom(query)
        asked.filter.user_id.eq = user
        found: list[tuple[str, float]] = []
        totals = set()
        after: bytes | None = None
        while True:
            page = await search.page(Scope(tenant), asked, size=60, after=after)
            found += [(hit.memory.id, hit.score) for hit in page.hits]
            totals.add(page.total)
            if (after := page.next) is None:
                assert len(totals) == 1
                return found

    async def agree(self, queries: Iterable[SearchQuery] = QUESTIONS) -> None:
        """Compare the answers of both."""
        for query in queries:
            expected = await self.hits(self.index, query)
            found = await self.hits(self.columns, query)
            assert [name for name, _ in found] == [name for name, _ in expected], query
            assert [score for _, score in found] == pytest.approx(
                [score for _, score in expected], abs=1e-5
            )

    async def found(self, text: str, **options: str) -> set[str]:
        """Ids that columns find."""
        return {
            name for name, _ in await self.hits(self.columns, SearchQuery(text=text), **options)
        }


async def both(redis: Redis, precision: Precision = "float32") -> Both:
    """Both ways of searching over an empty store."""
    vectors = VectorIndex(precision=precision, algorithm="flat")
    index = MemoryIndex(redis, 1, vectors, 16)
    await index.create()
    vectorizer = Vectorizer(Space(Scattering(), vectors))
    own = OwnerColumns(redis, index, 1, 1 << 26)
    return Both(
        redis,
        MemoryStore(redis, 1),
        vectorizer,
        Search(index, vectorizer, Untracked(), WHOLE),
        Search(index, vectorizer, Untracked(), WHOLE, own),
        own,
    )


@pytest.fixture
async def ways(redis: Redis) -> Both:
    """Both ways of searching over an empty store."""
    return await both(redis)


def made_up(count: int, seed: int, user: str = USER) -> list[Memory]:
    """Memories of every kind."""
    draw = random.Random(seed)
    return [_made_up(draw, f"{user}{seed}-{at}", user) for at in range(count)]


def _made_up(draw: random.Random, name: str, user: str) -> Memory:
    now = now_micros()
    text = " ".join(draw.choices(WORDS, k=draw.randint(2, 12)))
    memory = Memory(
        id=name,
        user_id=user,
        text=f"{draw.choice(('', 'Ben: ', 'Ann: '))}{text} {name}",
        type=draw.choice((MemoryType.MEMORY_TYPE_MESSAGE, MemoryType.MEMORY_TYPE_SEMANTIC)),
        namespace=draw.choice(("", "n")),
        session_id=draw.choice(("", "s1", "s2", "s3")),
        sequence=draw.randint(0, 40),
        entities=draw.sample(("Ann", "Ben", "Cleo"), k=draw.randint(0, 2)),
        context=" ".join(draw.choices(WORDS, k=draw.randint(0, 20))),
        standing=draw.random() < 0.2,
        create_time=to_timestamp(now - draw.randint(0, 60) * DAY - draw.randint(0, DAY)),
        provenance=Provenance(
            session_uid=draw.choice(("", "u1", "u2")), message_ids=[f"m{draw.randint(0, 30)}"]
        ),
    )
    if draw.random() < 0.3:
        memory.event_time.CopyFrom(
            EventTime(
                start=to_timestamp(now - draw.randint(0, 20) * DAY),
                precision=TimePrecision.TIME_PRECISION_DAY,
            )
        )
    if draw.random() < 0.1:
        memory.validity.CopyFrom(Validity(invalid_from=to_timestamp(now - DAY)))
    if draw.random() < 0.1:
        memory.expire_time.CopyFrom(to_timestamp(now + draw.choice((-1, 1)) * DAY))
    if memory.type == MemoryType.MEMORY_TYPE_MESSAGE:
        memory.metadata["role"] = draw.choice(("user", "assistant"))
    return memory


@pytest.mark.parametrize("precision", ["float32", "float16"])
async def test_columns_rank_as_the_index_does(redis: Redis, precision: Precision) -> None:
    """Every kind of question has the same hits, in one order, with the same scores."""
    ways = await both(redis, precision)
    await ways.add(*made_up(150, 1), *made_up(60, 2, "ben"))
    await ways.agree()


async def test_columns_follow_every_change(ways: Both) -> None:
    """What was created, changed, found, ended, deleted or erased is so for the next search."""
    records = {each.id: each for each in await ways.add(*made_up(60, 3))}
    await ways.agree(QUESTIONS[:3])
    names = list(records)
    ended = changed(records[names[0]])
    ended.validity.invalid_from.CopyFrom(to_timestamp(now_micros()))
    reworded = changed(records[names[1]], text="Ben: plays the cello in Lisbon")
    hidden = changed(records[names[2]], merged_into=names[1])
    moved = changed(records[names[3]])
    moved.user_id = "ben"
    for before, after in ((0, ended), (1, reworded), (2, hidden), (3, moved)):
        [made] = await ways.vectorizer.of_memories([after])
        change = update(records[names[before]], after)
        await ways.commit(replace(change, vectors=made if before == 1 else None))
        await ways.agree(QUESTIONS[:3])
    await ways.store.touch(TENANT, names[4:8], now=now_micros() + DAY, interval=1)
    await ways.agree(QUESTIONS[:3])
    await ways.add(*made_up(5, 4))
    await ways.commit(deletion(records[names[9]]), deletion(records[names[10]]))
    await ways.agree()
    assert names[3] in await ways.found("tea", user="ben")
    traces = Traces(ways.redis, 1)
    for at in (11, 12):
        assert await traces.erase(TENANT, [records[names[at]]]) == 1
        assert names[at] not in await ways.found("tea")
    await ways.agree()


async def test_nothing_is_left_of_an_owner_whose_memories_are_gone(ways: Both) -> None:
    """The last deletion removes the owner's roster, and what comes later is found again."""
    [first] = await ways.add(Memory(id="one", text="likes tea", user_id=USER))
    assert await ways.found("tea") == {"one"}
    await ways.commit(deletion(first))
    assert await ways.found("tea") == set()
    assert not await ways.redis.keys("*:own:*")
    await ways.add(Memory(id="two", text="likes tea", user_id=USER))
    assert await ways.found("tea") == {"two"}


async def test_tenants_and_owners_have_columns_of_their_own(ways: Both) -> None:
    """The same owner of another tenant, and another owner, are never reached."""
    await ways.add(Memory(id="mine", text="likes tea", user_id=USER))
    await ways.add(Memory(id="theirs", text="likes tea", user_id=USER), tenant="other")
    await ways.add(Memory(id="his", text="likes tea", user_id="ben"))
    for _ in range(2):
        assert await ways.found("tea") == {"mine"}
        assert await ways.found("tea", tenant="other") == {"theirs"}
        assert await ways.found("tea", user="ben") == {"his"}
        assert await ways.found("tea", tenant="third") == set()


async def test_a_writer_of_an_earlier_release_is_noticed(ways: Both) -> None:
    """What is stored, changed and erased without rosters is right in the next search as well."""
    [first, second] = await ways.add(
        Memory(id="one", text="likes tea", user_id=USER),
        Memory(id="two", text="tea at noon", user_id=USER),
    )
    assert await ways.found("tea") == {"one", "two"}
    shard, feed = ways.store.shard(TENANT), ways.store.shard(TENANT).feed(TENANT)
    [made] = await ways.vectorizer.of_memories([first])
    third = draft(Memory(id="three", text="green tea", user_id=USER), now_micros(), "model")
    old = documents.document(TENANT, third, made) | documents.accesses(third)
    old.pop(fields.ROW)
    await ways.redis.hset(shard.memory(TENANT, "three"), mapping=old)  # type: ignore[arg-type]
    await ways.redis.hincrby(shard.sizes, TENANT, 1)
    await ways.redis.xadd(feed, {"id": "three"})
    assert await ways.found("tea") == {"one", "two", "three"}
    after = changed(second, merged_into="one")
    changes = documents.document(TENANT, after, None)
    changes.pop(fields.ROW)
    await ways.redis.hset(shard.memory(TENANT, "two"), mapping=changes)  # type: ignore[arg-type]
    await ways.redis.xadd(feed, {"id": "two"})
    assert await ways.found("tea") == {"one", "three"}
    await ways.redis.delete(shard.memory(TENANT, "one"), shard.revisions(TENANT, "one"))
    await ways.redis.hincrby(shard.sizes, TENANT, -1)
    assert await ways.found("tea") == {"three"}


async def test_a_lost_ledger_and_a_reset_store_are_noticed(ways: Both) -> None:
    """Columns of what a store held before it was emptied or put back are never used."""
    await ways.add(Memory(id="one", text="likes tea", user_id=USER))
    assert await ways.found("tea") == {"one"}
    shard = ways.store.shard(TENANT)
    await ways.redis.delete(shard.ledger(TENANT))
    assert await ways.found("tea") == {"one"}
    await ways.redis.delete(*await ways.redis.keys("am:lt:*"))
    await ways.add(Memory(id="two", text="likes tea", user_id=USER))
    assert await ways.found("tea") == {"two"}


async def test_large_owners_and_little_room_are_left_to_the_index(
    ways: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has too many memories is still answered, and what does not fit is not kept."""
    await ways.add(*made_up(30, 5), *made_up(30, 6, "ben"))
    small = OwnerColumns(ways.redis, MemoryIndex(ways.redis, 1, VectorIndex(), 16), 1, 1000)
    for _ in range(2):
        assert await small.of(TENANT, USER, fields.FIRST_GENERATION, "float32") is not None
    assert not small.kept
    monkeypatch.setattr(owners, "MOST", 20)
    assert await ways.owners.of(TENANT, USER, fields.FIRST_GENERATION, "float32") is None
    await ways.agree(QUESTIONS[:3])


async def test_the_owners_that_were_asked_for_last_are_kept(ways: Both) -> None:
    """Where room is short, the owner that was asked for longest ago goes."""
    await ways.add(*made_up(20, 7), *made_up(20, 8, "ben"), *made_up(20, 9, "cleo"))
    one = await ways.owners.of(TENANT, USER, fields.FIRST_GENERATION, "float32")
    assert one is not None
    kept = OwnerColumns(
        ways.redis, MemoryIndex(ways.redis, 1, VectorIndex(), 16), 1, int(2.5 * (one.nbytes + 1000))
    )
    for user in (USER, "ben", USER, "cleo"):
        assert await kept.of(TENANT, user, fields.FIRST_GENERATION, "float32") is not None
    assert [name[1] for name in kept.kept] == [USER, "cleo"]
