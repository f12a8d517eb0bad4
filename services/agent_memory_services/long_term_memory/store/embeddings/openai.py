"""Embeddings by an endpoint that speaks the OpenAI protocol.

A provider may quote the input or part of the key in its message, so only the status and the short
error code cross over, and the original is not chained.
"""

import asyncio
import base64
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import orjson
import stamina
from openai import APIError, APIStatusError, AsyncOpenAI, omit

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingError,
    EmbeddingMisconfigured,
    EmbeddingRejected,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
    prepare,
)
from agent_memory_services.long_term_memory.store.embeddings.settings import (
    OPENAI_MODEL,
    OPENAI_URL,
    EmbeddingSettings,
)
from agent_memory_services.shared.model_api.failures import quieten, retry_after


# A number too large for float32 becomes infinite, and is refused as such below.
@np.errstate(over="ignore")
def read_answer(body: bytes, *, count: int, dimension: int | None) -> Vectors:
    """Read vectors in the order of the texts, scaled to unit length.

    Args:
        body: JSON; each vector is a list of numbers or base64 of little-endian float32.
        count: Texts asked for.
        dimension: Numbers each vector must have; None takes what the answer has.

    Returns:
        Matrix of shape (count, dimension).

    Raises:
        ProviderUnavailable: the answer is not what was asked for; another may be.
        EmbeddingMisconfigured: the vectors have another dimension.
    """
    rows = _by_index(body, count)
    lengths = {row.size for row in rows}
    if dimension is not None and lengths != {dimension}:
        raise EmbeddingMisconfigured(
            f"the provider answers vectors of {sorted(lengths)} numbers, not {dimension}"
        )
    if len(lengths) != 1:
        raise ProviderUnavailable("the provider answered vectors of different lengths")
    matrix = np.stack(rows)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all()):
        raise ProviderUnavailable("the provider answered a vector without a direction")
    vectors: Vectors = matrix / norms
    return vectors


def _by_index(body: bytes, count: int) -> Sequence[npt.NDArray[np.float32]]:
    try:
        entries = {entry["index"]: _vector(entry["embedding"]) for entry in _entries(body)}
    except (KeyError, TypeError, ValueError):
        raise ProviderUnavailable("the provider's answer cannot be read") from None
    if entries.keys() != set(range(count)):
        raise ProviderUnavailable("the provider did not answer each text once")
    return [entries[index] for index in range(count)]


def _entries(body: bytes) -> list[Any]:
    entries = orjson.loads(body)["data"]
    if not isinstance(entries, list):
        raise TypeError("data is no list")
    return entries


def _vector(encoded: Any) -> npt.NDArray[np.float32]:
    if isinstance(encoded, str):
        return np.frombuffer(base64.b64decode(encoded, validate=True), dtype="<f4")
    vector = np.asarray(encoded, dtype=np.float32)
    if vector.ndim != 1:
        raise ValueError("a vector is a flat list")
    return vector


_CODES: Final = frozenset(
    {
        *("billing_not_active", "context_length_exceeded", "insufficient_quota"),
        *("invalid_api_key", "invalid_request_error", "invalid_type", "invalid_value"),
        *("model_not_found", "permission_denied", "rate_limit_exceeded", "server_error"),
        *("string_above_max_length", "unsupported_country_region_territory"),
    }
)
"""The codes that may be repeated; another may be part of what was asked."""
_OPERATORS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)
QUOTA_PAUSE: Final = 60.0
"""Seconds to leave a provider alone whose quota is used up; nothing sooner will change that."""


def translate(error: APIError) -> EmbeddingError:
    """Say what a provider's error means for the caller: wait, give up, or tell the operator."""
    if not isinstance(error, APIStatusError):
        return ProviderUnavailable("the embedding provider cannot be reached")
    status = error.status_code
    reason = f"{status} {_code(error)}".rstrip()
    if status in _OPERATORS:
        return EmbeddingMisconfigured(f"the embedding provider denies the request: {reason}")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wish = retry_after(error.response.headers)
        if error.code == "insufficient_quota":
            wish = max(wish or 0.0, QUOTA_PAUSE)
        return ProviderUnavailable(f"the embedding provider answers {reason}", retry_after=wish)
    return EmbeddingRejected(f"the embedding provider refuses the input: {reason}")


def _code(error: APIStatusError) -> str:
    for code in (error.code, error.type):
        if code in _CODES:
            return code
    return ""


MAX_CONCURRENT_CALLS: Final = 4
ATTEMPTS: Final = 4
LONGEST_WAIT: Final = 5.0
"""Seconds between attempts; a provider that asks for more is reported as away at once."""


class Endpoint:
    """A provider's model, asked over HTTP."""

    def __init__(self, settings: EmbeddingSettings, model: str) -> None:
        """Prepare the connection; nothing is sent yet."""
        self._model = model
        self._requested = omit if settings.dimension is None else settings.dimension
        self._timeout = settings.timeout_seconds
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        # A caller, not stamina's decorator, whose log line would hold the arguments: the texts.
        quieten()
        self._retrying = stamina.AsyncRetryingCaller(attempts=ATTEMPTS, timeout=None)
        self._client = AsyncOpenAI(
            base_url=settings.base_url or OPENAI_URL,
            # Never None: the library would then send whatever key the environment holds.
            api_key=settings.api_key.get_secret_value() if settings.api_key else "none",
            max_retries=0,
            timeout=None,
        )

    async def ask(self, texts: Sequence[str], dimension: int | None) -> Vectors:
        """Ask for vectors, again while the provider is away, and put them in order.

        Args:
            texts: At most what the provider takes in one call.
            dimension: Numbers each vector must have; None takes what the model has.

        Raises:
            EmbeddingError: as `Embedder.embed`.
        """
        return await self._retrying(_next_wait, self._attempt, texts, dimension)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _attempt(self, texts: Sequence[str], dimension: int | None) -> Vectors:
        async with self._slots:
            body = await self._post(texts)
        # Reading a full batch takes milliseconds that the event loop does not have.
        return await asyncio.to_thread(read_answer, body, count=len(texts), dimension=dimension)

    async def _post(self, texts: Sequence[str]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.embeddings.with_raw_response.create(
                    model=self._model, input=list(texts), dimensions=self._requested
                )
        except TimeoutError:
            raise ProviderUnavailable("the embedding provider did not answer in time") from None
        except APIError as error:
            raise translate(error) from None
        return response.content


def _next_wait(error: Exception) -> bool | float:
    if not isinstance(error, ProviderUnavailable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


MAX_BATCH: Final = 256
"""Texts of one call."""


class OpenAIEmbedder:
    """Asks a provider for vectors, in batches that run side by side."""

    def __init__(self, endpoint: Endpoint, fingerprint: Fingerprint) -> None:
        """Wire the parts; `open` makes them."""
        self._endpoint = endpoint
        self._fingerprint = fingerprint

    @classmethod
    async def open(cls, settings: EmbeddingSettings) -> Self:
        """Connect, asking the model for its vector length unless the settings give one.

        Raises:
            ProviderUnavailable: the length is needed and the provider is away.
            EmbeddingMisconfigured: the provider denies the key or does not know the model.
        """
        model = settings.model or OPENAI_MODEL
        endpoint = Endpoint(settings, model)
        dimension = settings.dimension
        try:
            if dimension is None:
                dimension = (await endpoint.ask(["dimension"], None)).shape[1]
        except BaseException:
            await endpoint.aclose()
            raise
        return cls(endpoint, Fingerprint(model, "unversioned", dimension, normalized=True))

    @property
    def fingerprint(self) -> Fingerprint:
        """The model's name and vector length; a provider does not tell its weights."""
        return self._fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order; the first batch that fails ends the others.

        Raises:
            ProviderUnavailable: the provider is away, limits us or answers nonsense.
            EmbeddingRejected: the provider refuses a text, or it is not valid Unicode.
            EmbeddingMisconfigured: the key, the model or the vector length is wrong.
        """
        ready = prepare(texts)
        dimension = self._fingerprint.dimension
        try:
            async with asyncio.TaskGroup() as group:
                batches = [
                    group.create_task(
                        self._endpoint.ask(ready[start : start + MAX_BATCH], dimension)
                    )
                    for start in range(0, len(ready), MAX_BATCH)
                ]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return np.concatenate(
            [np.empty((0, dimension), dtype=np.float32), *(batch.result() for batch in batches)]
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()
