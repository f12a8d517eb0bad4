import pytest
from prometheus_client import REGISTRY

from agent_memory_services.long_term_memory.store.embeddings.base import (
    CachedEmbedder,
    ProviderUnavailable,
)
from agent_memory_services.long_term_memory.store.embeddings.factory import create_embedder
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from tests.integration.long_term_memory.embeddings.provider import DIMENSION, Provider


async def test_by_default_the_local_model_answers_behind_a_cache() -> None:
    """With nothing set, repeats cost no forward."""
    embedder = await create_embedder(EmbeddingSettings())
    assert isinstance(embedder, CachedEmbedder)
    await embedder.embed(["a", "b"])
    await embedder.embed(["b"])
    await embedder.aclose()

    assert (embedder.hits, embedder.misses) == (1, 2)
    assert embedder.fingerprint.dimension == 384


async def test_a_cache_of_nothing_is_left_out() -> None:
    """An operator can turn the cache off."""
    embedder = await create_embedder(EmbeddingSettings(cache_entries=0))
    await embedder.aclose()

    assert not isinstance(embedder, CachedEmbedder)


async def test_the_multilingual_model_reads_languages_alike() -> None:
    """What is said in two languages lies nearer than what else is said, and nothing is cut off."""
    embedder = await create_embedder(EmbeddingSettings(provider="multilingual", cache_entries=0))
    texts = ("Ich spiele Cello im Orchester.", "I play the cello.", "The train is late.")
    said, same, other = await embedder.embed(texts)
    asked, marked = await embedder.embed(["query: What does she play?", f"\0{texts[1]}"])
    lengths = [float(vector @ vector) for vector in (said, same, other)]
    await embedder.aclose()

    assert lengths == pytest.approx([1, 1, 1], abs=1e-5)
    assert said @ same > 0.4 > said @ other
    assert same @ marked > 0.9
    assert min(said @ asked, same @ asked) > other @ asked
    assert embedder.fingerprint.model != "all-MiniLM-L6-v2"
    with pytest.raises(ProviderUnavailable):
        await embedder.embed(["late"])


async def test_a_named_endpoint_is_asked() -> None:
    """An endpoint in the settings is where texts go."""
    async with Provider().serve() as provider:
        embedder = await create_embedder(
            EmbeddingSettings(base_url=provider.url, model="m", cache_entries=0)
        )
        await embedder.embed(["a"])
        await embedder.aclose()

    assert embedder.fingerprint.dimension == DIMENSION
    assert len(provider.requests) == 2


async def test_an_operator_sees_what_embedding_costs() -> None:
    """Texts, time and failures by model; repeats count as hits of the cache."""

    def told(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"agent_memory_embedding_{name}", labels) or 0

    before = told("cache_lookups_total", outcome="hit")
    async with Provider().serve() as provider:
        embedder = await create_embedder(EmbeddingSettings(base_url=provider.url, model="seen"))
        await embedder.embed(["a", "b"])
        await embedder.embed(["b"])
        await embedder.aclose()
        with pytest.raises(RuntimeError):
            await embedder.embed(["c"])

    assert told("texts_total", model="seen") == 2
    assert told("seconds_count", model="seen") == 1
    assert told("failures_total", model="seen") == 1
    assert told("cache_lookups_total", outcome="hit") == before + 1
