"""Fingerprints, texts that can be embedded, and the cache of vectors."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agent_memory_services.long_term_memory.store.embeddings.base import (
    CachedEmbedder,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
)

FINGERPRINT = Fingerprint("model", "version", 384, normalized=True)


def test_digest_is_stable_across_processes() -> None:
    """An index written by one process is recognised by the next."""
    assert FINGERPRINT.digest == "0cb2c46c754c3490"


@pytest.mark.parametrize(
    "other",
    [
        replace(FINGERPRINT, model="other"),
        replace(FINGERPRINT, version="other"),
        replace(FINGERPRINT, dimension=385),
        replace(FINGERPRINT, normalized=False),
        Fingerprint("modelversion", "", 384, normalized=True),
    ],
)
def test_digest_tells_fingerprints_apart(other: Fingerprint) -> None:
    """Any attribute that differs gives another digest."""
    assert other.digest != FINGERPRINT.digest


class CountingEmbedder:
    """Embeds a text as its length, and remembers what it was asked."""

    fingerprint = Fingerprint("counting", "1", 2, normalized=True)

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.away = False
        self.closed = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        if self.away:
            raise ProviderUnavailable("away")
        return np.array([[len(text), 0] for text in texts], dtype=np.float32).reshape(-1, 2)

    async def aclose(self) -> None:
        self.closed = True


async def test_a_repeat_is_answered_from_memory() -> None:
    """The embedder behind sees each text once, and the counters say so."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=10)

    first = await cached.embed(["a", "bb"])
    second = await cached.embed(["bb", "ccc", "a"])

    assert behind.asked == [["a", "bb"], ["ccc"]]
    assert first[:, 0].tolist() == [1, 2]
    assert second[:, 0].tolist() == [2, 3, 1]
    assert (cached.hits, cached.misses) == (2, 3)


async def test_equal_texts_of_one_call_are_asked_for_once() -> None:
    """A batch that repeats itself costs one vector."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=10)

    vectors = await cached.embed(["a", "a", "bb", "a"])

    assert behind.asked == [["a", "bb"]]
    assert vectors[:, 0].tolist() == [1, 1, 2, 1]
    assert (cached.hits, cached.misses) == (0, 4)


async def test_the_least_recently_used_text_goes_first() -> None:
    """Memory is bounded, and a text in use stays."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=2)

    await cached.embed(["a"])
    await cached.embed(["bb"])
    await cached.embed(["a"])
    await cached.embed(["ccc"])
    behind.asked.clear()
    await cached.embed(["a", "bb"])

    assert behind.asked == [["bb"]]


async def test_a_call_larger_than_the_cache_is_whole() -> None:
    """Eviction within a call does not lose the call's own vectors."""
    cached = CachedEmbedder(CountingEmbedder(), capacity=1)

    vectors = await cached.embed(["a", "bb", "ccc", "a"])

    assert vectors[:, 0].tolist() == [1, 2, 3, 1]


async def test_a_failure_is_passed_on_and_not_remembered() -> None:
    """A provider that was away is asked again."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=10)
    behind.away = True
    with pytest.raises(ProviderUnavailable):
        await cached.embed(["a"])
    behind.away = False

    assert (await cached.embed(["a"])).tolist() == [[1, 0]]


async def test_what_a_caller_does_to_its_vectors_stays_with_it() -> None:
    """The cache never shares memory with a caller."""
    cached = CachedEmbedder(CountingEmbedder(), capacity=10)
    for _ in range(2):
        vectors = await cached.embed(["a"])
        vectors[:] = 9

    assert (await cached.embed(["a"])).tolist() == [[1, 0]]


async def test_what_was_made_for_a_caller_who_left_is_kept() -> None:
    """Of a long call, the next attempt asks only for what the one before did not reach."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=10, portion=4)
    asked, embed = asyncio.Event(), behind.embed

    async def never(texts: Sequence[str]) -> Vectors:
        if "ccc" in texts:
            asked.set()
            await asyncio.Event().wait()
        return await embed(texts)

    behind.embed = never  # type: ignore[method-assign]
    texts = ["aa", "bb", "ccc", "longer than a portion"]
    leaving = asyncio.create_task(cached.embed(texts))
    await asked.wait()
    leaving.cancel()
    await asyncio.wait([leaving])
    behind.embed = embed  # type: ignore[method-assign]

    assert (await cached.embed(texts))[:, 0].tolist() == list(map(len, texts))
    assert behind.asked == [["aa", "bb"], ["ccc"], ["longer than a portion"]]


async def test_no_texts_give_an_empty_matrix_of_the_right_width() -> None:
    """An empty batch asks nobody and still has the dimension."""
    behind = CountingEmbedder()

    assert (await CachedEmbedder(behind, capacity=1).embed([])).shape == (0, 2)
    assert behind.asked == []


async def test_closing_closes_the_embedder_behind() -> None:
    """The one in front owns the one behind."""
    behind = CountingEmbedder()

    await CachedEmbedder(behind, capacity=1).aclose()

    assert behind.closed


async def test_what_was_found_stays_what_it_was_while_the_rest_is_computed() -> None:
    """Though others take its place in the cache meanwhile."""
    behind = CountingEmbedder()
    cached = CachedEmbedder(behind, capacity=1)
    await cached.embed(["a"])
    asked, go = asyncio.Event(), asyncio.Event()
    embed = behind.embed

    async def slowly(texts: Sequence[str]) -> Vectors:
        if "bb" in texts:
            asked.set()
            await go.wait()
        return await embed(texts)

    behind.embed = slowly  # type: ignore[method-assign]
    both = asyncio.create_task(cached.embed(["a", "bb"]))
    await asked.wait()
    await cached.embed(["ccc"])
    go.set()

    assert (await both)[:, 0].tolist() == [1, 2]


async def test_a_full_cache_takes_no_more_memory_than_an_empty_one() -> None:
    """A process that grows for as long as its cache fills looks like one that leaks."""
    cached = CachedEmbedder(CountingEmbedder(), capacity=8)
    before = cached._vectors
    await cached.embed(["x" * length for length in range(1, 30)])
    assert cached._vectors is before
    assert len(before) == len(cached._rows) == 8
