"""One `/embeddings` call, with its time limit, its retries and its share of the connection."""

import asyncio
from collections.abc import Sequence
from typing import Final

import stamina
from openai import APIError, AsyncOpenAI, omit

from agent_memory_services.long_term_memory.embeddings.base import EmbeddingUnavailable, Vectors
from agent_memory_services.long_term_memory.embeddings.openai_api.answer import read_answer
from agent_memory_services.long_term_memory.embeddings.openai_api.faults import translate
from agent_memory_services.long_term_memory.embeddings.settings import (
    OPENAI_URL,
    EmbeddingSettings,
)
from agent_memory_services.runtime.model_api.retries import quieten

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
            raise EmbeddingUnavailable("the embedding provider did not answer in time") from None
        except APIError as error:
            raise translate(error) from None
        return response.content


def _next_wait(error: Exception) -> bool | float:
    if not isinstance(error, EmbeddingUnavailable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False
