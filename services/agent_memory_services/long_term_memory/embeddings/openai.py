"""Embeddings from any endpoint that speaks OpenAI's `/embeddings`."""

import asyncio
from collections.abc import Sequence
from typing import Final, Self

import numpy as np

from agent_memory_services.long_term_memory.embeddings.base import Fingerprint, Vectors
from agent_memory_services.long_term_memory.embeddings.openai_api.endpoint import Endpoint
from agent_memory_services.long_term_memory.embeddings.settings import (
    OPENAI_MODEL,
    EmbeddingSettings,
)
from agent_memory_services.long_term_memory.embeddings.texts import prepare

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
            EmbeddingUnavailable: the length is needed and the provider is away.
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
            EmbeddingUnavailable: the provider is away, limits us or answers nonsense.
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
