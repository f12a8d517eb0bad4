"""Embedding endpoints of other makers, over real HTTP: what they understand is learned once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
import stamina

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    EmbeddingRejected,
    ProviderUnavailable,
)
from agent_memory_services.long_term_memory.store.embeddings.openai import (
    Learned,
    OpenAIEmbedder,
    cut,
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

# One of each kind by default: about the request, about something that is not there, and a fault.
STATUSES = [
    400,
    404,
    500,
    *(pytest.param(each, marks=pytest.mark.long) for each in (405, 415, 422, 501)),
]
NOTES = "The meeting notes say more. " * 108
CHINESE = "\u4f1a\u8bae\u8bb0\u5f55" * 2500


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider of this test's own."""
    async with Provider().serve() as provider:
        yield provider


def settings_for(provider: Provider, **more: Any) -> EmbeddingSettings:
    """Settings that name the provider and its vector length."""
    chosen = {"dimension": DIMENSION, "timeout_seconds": 2, **more}
    return configured(EmbeddingSettings, base_url=provider.url, model="m", **chosen)


@pytest.fixture
async def embedder(provider: Provider) -> AsyncIterator[OpenAIEmbedder]:
    """An embedder that tries again without waits."""
    with stamina.set_testing(True, attempts=2):
        embedder = await OpenAIEmbedder.open(settings_for(provider))
        yield embedder
        await embedder.aclose()


def unit(*texts: str) -> np.ndarray:
    """What the provider's vectors become."""
    vectors = np.stack([vector_of(text) for text in texts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def tokens(text: str) -> float:
    """About what a tokenizer counts."""
    return sum(1 if ord(character) > 0x2E80 else 0.25 for character in text)


def edited(change: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Reply]:
    """A provider whose good answers are changed."""

    def reply(request: Request) -> Reply:
        body = json.loads(answer(request).body)
        changed = change(body)
        return Reply(json.dumps(body if changed is None else changed).encode())

    return reply


def without_index(body: dict[str, Any]) -> None:
    """Leave the places of the texts out."""
    for entry in body["data"]:
        del entry["index"]


def with_texts_for_indexes(body: dict[str, Any]) -> None:
    """Turn the order round, and write the places as texts."""
    for entry in body["data"]:
        entry["index"] = str(entry["index"])
    body["data"].reverse()


def encoding(request: Request) -> str | None:
    """How vectors were asked for."""
    return request.body.get("encoding_format")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "refused",
    [
        lambda request: encoding(request) == "base64",
        lambda request: encoding(request) is not None,
        lambda request: "dimensions" in request.body,
        lambda request: encoding(request) is not None or "dimensions" in request.body,
    ],
    ids=["base64", "any encoding", "dimensions", "both"],
)
async def test_a_parameter_that_is_not_understood_is_left_out(
    embedder: OpenAIEmbedder, provider: Provider, status: int, refused: Callable[[Request], bool]
) -> None:
    """Whatever the refusal looks like; afterwards each call is answered at once."""
    provider.rule = unless(refused, failure(status))
    long = "word " * 200
    np.testing.assert_allclose(await embedder.embed([long, "b"]), unit(long, "b"), atol=1e-6)
    asked = len(provider.requests)
    for number in range(20):
        await embedder.embed([f"text {number}"])
    assert len(provider.requests) == asked + 20


@pytest.mark.parametrize(
    "change",
    [
        without_index,
        with_texts_for_indexes,
        lambda body: {"embeddings": [entry["embedding"] for entry in body["data"]]},
        lambda body: [entry["embedding"] for entry in body["data"]],
    ],
    ids=["no index", "indexes as texts, in another order", "vectors alone", "a bare list"],
)
async def test_vectors_are_found_in_other_shapes(
    embedder: OpenAIEmbedder, provider: Provider, change: Callable[[dict[str, Any]], Any]
) -> None:
    """Without an index the order of the answer is that of the texts."""
    provider.rule = edited(change)
    np.testing.assert_allclose(await embedder.embed(["a", "b"]), unit("a", "b"), atol=1e-6)


@pytest.mark.parametrize(
    "status",
    [
        400,
        pytest.param(413, marks=pytest.mark.long),
        pytest.param(422, marks=pytest.mark.long),
        500,
    ],
)
@pytest.mark.parametrize("limit", [512, 100])
@pytest.mark.parametrize("text", [NOTES, CHINESE[:3000]], ids=["English", "Chinese"])
async def test_a_text_longer_than_the_window_is_embedded_in_pieces(
    embedder: OpenAIEmbedder, provider: Provider, status: int, limit: int, text: str
) -> None:
    """Its neighbours stay whole, and the window is learned: no further text is refused."""
    provider.rule = unless(
        lambda request: max(map(tokens, request.body["input"])) > limit, failure(status)
    )
    first, short = await embedder.embed([text, "short"])
    assert np.linalg.norm(first) == pytest.approx(1)
    np.testing.assert_allclose(short, unit("short")[0], atol=1e-6)
    asked = len(provider.requests)
    again = await embedder.embed([text + " And more."])
    assert np.linalg.norm(again) == pytest.approx(1)
    assert len(provider.requests) == asked + 1


async def test_pieces_tell_what_a_text_is_about(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A text of pieces is near each of them, by its share."""
    provider.rule = unless(lambda request: max(map(len, request.body["input"])) > 80, failure(400))
    halves = ["tea " * 20, "rain " * 12]
    whole = await embedder.embed(["".join(halves)])
    assert ((whole @ unit(*map(str.strip, halves)).T) > -1).all()
    pieces = cut("".join(halves), 80)
    assert all(len(piece) <= 80 for piece in pieces)
    assert "".join(pieces) == "".join(halves)


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("limit", [1, 7, 30])
async def test_a_limit_of_texts_in_one_call_is_learned(
    embedder: OpenAIEmbedder, provider: Provider, status: int, limit: int
) -> None:
    """All vectors come, in order, and the second time no call is refused."""
    provider.rule = unless(lambda request: len(request.body["input"]) > limit, failure(status))
    texts = [f"text {number}" for number in range(40)]
    np.testing.assert_allclose(await embedder.embed(texts), unit(*texts), atol=1e-6)
    before = len(provider.requests)
    np.testing.assert_allclose(await embedder.embed(texts), unit(*texts), atol=1e-6)
    sizes = [len(request.body["input"]) for request in provider.requests[before:]]
    assert max(sizes) <= limit


async def test_one_refused_text_teaches_no_limit(
    embedder: OpenAIEmbedder, provider: Provider
) -> None:
    """A text that is refused for what it says costs itself; calls stay as large as they were."""
    provider.rule = unless(lambda request: "odd" in str(request.body["input"]), failure(400))
    with pytest.raises(EmbeddingRejected):
        await embedder.embed([*(f"text {number}" for number in range(50)), "odd"])
    before = len(provider.requests)
    await embedder.embed([f"other {number}" for number in range(50)])
    assert len(provider.requests) == before + 1


@pytest.mark.parametrize(
    "vector",
    [[0.0] * DIMENSION, [float("nan")] * DIMENSION, [None] * DIMENSION, [float("inf")] * DIMENSION],
    ids=["zeros", "NaN", "null", "infinite"],
)
async def test_a_vector_without_a_direction_is_never_taken(
    embedder: OpenAIEmbedder, provider: Provider, vector: list[Any]
) -> None:
    """The text is rejected where others are embedded; a provider that does so always is away."""

    def odd(request: Request) -> Reply:
        body = json.loads(answer(request).body)
        for entry, text in zip(body["data"], request.body["input"], strict=True):
            if text == "odd":
                entry["embedding"] = vector
        return Reply(json.dumps(body).encode())

    provider.rule = odd
    with pytest.raises(EmbeddingRejected, match="direction"):
        await embedder.embed(["a", "odd"])
    np.testing.assert_allclose(await embedder.embed(["a", "b"]), unit("a", "b"), atol=1e-6)
    provider.rule = edited(lambda body: [vector for _ in body["data"]])
    with pytest.raises(ProviderUnavailable):
        await embedder.embed(["c"])


@pytest.mark.parametrize("status", [None, 400])
async def test_another_length_is_an_error_that_names_the_setting(
    embedder: OpenAIEmbedder, provider: Provider, status: int | None
) -> None:
    """Also where the model does not let its length be asked for."""

    def fixed(request: Request) -> Reply:
        if status and "dimensions" in request.body:
            return failure(status)
        return answer(request, DIMENSION + 1)

    provider.rule = fixed
    with pytest.raises(EmbeddingMisconfigured, match="LONG_TERM_MEMORY_EMBEDDING_DIMENSION"):
        await embedder.embed(["a"])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    embedder: OpenAIEmbedder, provider: Provider, status: int
) -> None:
    """Texts go to the address that was set, and to no other host, port or path."""
    async with Provider().serve() as other:
        for place in (other.url, f"{provider.url}/elsewhere", "http://localhost:1/v1"):
            provider.says(failure(status, location=f"{place}/embeddings"))
            with pytest.raises(EmbeddingMisconfigured, match=f"{status}.*BASE_URL"):
                await embedder.embed(["private words"])
        assert other.requests == []
    assert {request.path for request in provider.requests} == {"/v1/embeddings"}


async def test_an_answer_that_trickles_in_ends_at_the_limit(provider: Provider) -> None:
    """The time is that of the whole answer, not of each byte."""
    provider.rule = lambda request: Reply(answer(request).body, pause=0.02)
    with stamina.set_testing(True, attempts=1):
        embedder = await OpenAIEmbedder.open(settings_for(provider, timeout_seconds=0.2))
        with pytest.raises(ProviderUnavailable, match="in time"):
            async with asyncio.timeout(20):
                await embedder.embed(["a"])
        await embedder.aclose()


def test_what_was_learned_is_tried_again_after_a_while() -> None:
    """A bound falls, holds for a time, and is then the first one again."""
    now = [0.0]
    bound = Learned(256, clock=lambda: now[0])
    bound.learn(64)
    bound.learn(100)
    assert bound.value == 64
    now[0] = 599.0
    assert bound.value == 64
    now[0] = 601.0
    assert bound.value == 256
