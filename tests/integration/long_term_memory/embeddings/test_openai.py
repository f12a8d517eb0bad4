import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import stamina
import structlog

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingError,
    EmbeddingMisconfigured,
    EmbeddingRejected,
    Fingerprint,
    ProviderUnavailable,
)
from agent_memory_services.long_term_memory.store.embeddings.openai import (
    ATTEMPTS,
    LONGEST_WAIT,
    MAX_BATCH,
    MAX_CONCURRENT_CALLS,
    OpenAIEmbedder,
)
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from tests.integration.long_term_memory.embeddings.provider import (
    DIMENSION,
    Provider,
    Reply,
    Request,
    answer,
    failure,
    unless,
    vector_of,
)
from tests.support.settings import configured

DEADLINE = 5.0


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider of this test's own."""
    async with Provider().serve() as provider:
        yield provider


@pytest.fixture
def settings(provider: Provider) -> EmbeddingSettings:
    """Settings that name the provider and its vector length."""
    return configured(
        EmbeddingSettings,
        base_url=provider.url,
        model="m",
        api_key="k",
        dimension=DIMENSION,
        timeout_seconds=60,
    )


@pytest.fixture
async def embedder(settings: EmbeddingSettings) -> AsyncIterator[OpenAIEmbedder]:
    """An embedder that has asked the provider nothing yet."""
    embedder = await OpenAIEmbedder.open(settings)
    yield embedder
    await embedder.aclose()


@pytest.fixture
def impatient() -> Iterator[None]:
    """Retry as often as usual, without the waits."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


def unit(*texts: str) -> np.ndarray:
    """What the provider's vectors become."""
    vectors = np.stack([vector_of(text) for text in texts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


async def test_vectors_are_asked_for_and_scaled(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """The endpoint, the model, the key and the length reach the provider; lengths become one."""
    vectors = await embedder.embed(["a", "\N{SNOWMAN}", "a"])

    np.testing.assert_allclose(vectors, unit("a", "\N{SNOWMAN}", "a"), atol=1e-6)
    [request] = provider.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == "Bearer k"
    assert request.body["model"] == "m"
    assert request.body["dimensions"] == DIMENSION


async def test_an_unknown_length_is_probed_once(provider: Provider) -> None:
    """Without a setting the model's own length is taken, and no length is asked for."""
    embedder = await OpenAIEmbedder.open(EmbeddingSettings(base_url=provider.url, model="m"))
    await embedder.embed(["a"])
    await embedder.aclose()

    assert embedder.fingerprint == Fingerprint("m", "unversioned", DIMENSION, normalized=True)
    assert [request.body["input"] for request in provider.requests] == [["dimension"], ["a"]]
    assert all("dimensions" not in request.body for request in provider.requests)


async def test_no_key_sends_no_key_of_the_environment(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key meant for one provider is not shown to another."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-private")
    embedder = await OpenAIEmbedder.open(EmbeddingSettings(base_url=provider.url, model="m"))
    await embedder.aclose()

    assert "sk-private" not in str(provider.requests[0].headers)


async def test_a_large_set_is_split_and_comes_back_in_order(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """Batches are bounded, and their vectors stay in place."""
    texts = [f"text {number}" for number in range(2 * MAX_BATCH + 3)]

    vectors = await embedder.embed(texts)

    np.testing.assert_allclose(vectors, unit(*texts), atol=1e-6)
    sizes = [len(request.body["input"]) for request in provider.requests]
    assert sorted(sizes) == [3, MAX_BATCH, MAX_BATCH]


async def test_calls_at_the_same_time_are_bounded(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A bulk load does not open a connection per batch."""
    provider.open.clear()
    texts = [str(number) for number in range(MAX_BATCH * (MAX_CONCURRENT_CALLS + 2))]
    bulk = asyncio.create_task(embedder.embed(texts))
    await provider.busy_with(MAX_CONCURRENT_CALLS)
    provider.open.set()

    assert len(await bulk) == len(texts)
    assert provider.most_in_flight == MAX_CONCURRENT_CALLS


async def test_no_texts_ask_nobody(embedder: OpenAIEmbedder, provider: Provider) -> None:
    """An empty set is answered here."""
    assert (await embedder.embed([])).shape == (0, DIMENSION)
    assert provider.requests == []


async def test_answers_in_another_order_are_put_right(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """The index counts, not the place in the answer."""

    def reversed_answer(request: Request) -> Reply:
        body = json.loads(answer(request).body)
        body["data"].reverse()
        return Reply(json.dumps(body).encode())

    provider.script.append(reversed_answer)

    np.testing.assert_allclose(await embedder.embed(["a", "b"]), unit("a", "b"), atol=1e-6)


async def test_a_limit_is_waited_out_as_asked(embedder: OpenAIEmbedder, provider: Provider) -> None:
    """The provider's own wish decides when to ask again."""
    provider.says(failure(429, "rate_limit_exceeded", retry_after_ms="300"))

    await embedder.embed(["a"])

    first, second = provider.requests
    assert second.time - first.time >= 0.3


async def test_a_long_wait_is_passed_on_at_once(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A provider that wants more than a moment is reported as away, with its wish."""
    provider.says(failure(429, retry_after=str(LONGEST_WAIT + 1)))

    with pytest.raises(ProviderUnavailable) as raised:
        await embedder.embed(["a"])

    assert raised.value.retry_after == LONGEST_WAIT + 1
    assert len(provider.requests) == 1


async def test_a_used_up_quota_is_not_hammered(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A limit that no short wait lifts is reported with a long one."""
    provider.says(failure(429, "insufficient_quota", retry_after="1"))

    with pytest.raises(ProviderUnavailable, match="insufficient_quota") as raised:
        await embedder.embed(["a"])

    assert raised.value.retry_after == 60
    assert len(provider.requests) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "bad",
    [
        failure(500),
        failure(503),
        failure(408),
        Reply(b"<html>gateway</html>"),
        Reply(b'{"data": []}'),
        Reply(b'{"data": [{"index": 1, "embedding": [1.0]}]}'),
    ],
    ids=["500", "503", "408", "html", "nothing", "wrong index"],
)
async def test_a_passing_fault_is_tried_again(
    embedder: OpenAIEmbedder, provider: Provider, bad: Reply
) -> None:
    """A provider that recovers within a few attempts is never noticed."""
    provider.says(*[bad] * (ATTEMPTS - 1))

    np.testing.assert_allclose(await embedder.embed(["a"]), unit("a"), atol=1e-6)
    assert len(provider.requests) == ATTEMPTS


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("bad", [failure(500), Reply(b"{garbage")], ids=["500", "garbage"])
async def test_a_lasting_fault_is_unavailable(
    embedder: OpenAIEmbedder, provider: Provider, bad: Reply
) -> None:
    """After the last attempt the caller learns that it is away, and no form is blamed for it."""
    provider.rule = lambda _: bad

    with pytest.raises(ProviderUnavailable):
        await embedder.embed(["a" * 500] * 20)
    assert len(provider.requests) <= ATTEMPTS + 2


@pytest.mark.usefixtures("impatient")
async def test_an_absent_provider_is_unavailable() -> None:
    """A refused connection is a provider that is away."""
    async with Provider().serve() as gone:
        url = gone.url
    embedder = await OpenAIEmbedder.open(EmbeddingSettings(base_url=url, dimension=DIMENSION))

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await embedder.embed(["a"])
    await embedder.aclose()


@pytest.mark.usefixtures("impatient")
async def test_a_silent_provider_is_given_up(
    settings: EmbeddingSettings, provider: Provider
) -> None:
    """Every attempt is bounded by the timeout."""
    provider.open.clear()
    embedder = await OpenAIEmbedder.open(settings.model_copy(update={"timeout_seconds": 0.05}))

    with pytest.raises(ProviderUnavailable, match="in time"):
        await embedder.embed(["a"])
    await embedder.aclose()


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_refused_input_is_rejected(
    embedder: OpenAIEmbedder, provider: Provider, status: int
) -> None:
    """Input that the provider will never take, in no part, is given up with its code."""
    refusal = failure(status, "context_length_exceeded")
    provider.rule = unless(lambda request: "a" in request.body["input"], refusal)

    with pytest.raises(EmbeddingRejected, match=f"{status} context_length_exceeded"):
        await embedder.embed(["a"])
    np.testing.assert_allclose(await embedder.embed(["b"]), unit("b"), atol=1e-6)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_denied_key_or_model_is_an_operators_matter(
    embedder: OpenAIEmbedder, provider: Provider, status: int
) -> None:
    """Retrying a wrong key only locks it out."""
    provider.rule = lambda _: failure(status)

    with pytest.raises(EmbeddingMisconfigured, match=str(status)):
        await embedder.embed(["a"])
    assert len(provider.requests) <= 3


async def test_a_model_of_another_length_is_never_stored(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """Vectors that do not fit the index stop the call, without a retry."""
    provider.script.append(lambda request: answer(request, DIMENSION + 1))

    with pytest.raises(EmbeddingMisconfigured, match=f"not {DIMENSION}"):
        await embedder.embed(["a"])
    assert len(provider.requests) == 1


async def test_a_failing_batch_ends_the_others(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """The caller gets the plain error, and nothing keeps running behind its back."""
    provider.says(failure(401))
    texts = [str(number) for number in range(MAX_BATCH * 10)]

    with pytest.raises(EmbeddingMisconfigured):
        await embedder.embed(texts)
    assert len(provider.requests) < 10


async def test_text_that_is_no_unicode_is_rejected_here(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A lone surrogate never reaches the wire."""
    with pytest.raises(EmbeddingRejected):
        await embedder.embed(["\ud800"])
    assert provider.requests == []


async def test_a_cancelled_caller_stops_waiting(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A deadline upstream ends the call, and its place is free for the next."""
    provider.open.clear()
    leaving = [asyncio.create_task(embedder.embed(["a"])) for _ in range(MAX_CONCURRENT_CALLS)]
    await provider.busy_with(MAX_CONCURRENT_CALLS)
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    provider.open.set()

    async with asyncio.timeout(DEADLINE):
        assert (await embedder.embed(["b"])).shape == (1, DIMENSION)
    assert all(task.cancelled() for task in leaving)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [400, 401, 500])
async def test_no_error_and_no_log_repeats_text_or_key(
    embedder: OpenAIEmbedder, provider: Provider, status: int
) -> None:
    """What a provider quotes stays with the provider."""
    provider.rule = lambda _: failure(status, "sk-private Words!")

    with structlog.testing.capture_logs() as logs, pytest.raises(EmbeddingError) as raised:
        await embedder.embed(["private words"])

    assert "private" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "private" not in str(logs)
    assert bool(logs) == (status == 500)
