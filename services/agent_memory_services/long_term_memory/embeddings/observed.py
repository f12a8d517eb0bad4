"""Counts, times and traces what an embedder does."""

import time
from collections.abc import Sequence

from opentelemetry.trace import SpanKind

from agent_memory_services.long_term_memory.embeddings import metrics
from agent_memory_services.long_term_memory.embeddings.base import Embedder, Fingerprint, Vectors
from agent_memory_services.runtime.tracing.spans import part


class ObservedEmbedder:
    """An embedder whose work shows in metrics and traces: how much and how long, never what."""

    def __init__(self, embedder: Embedder, *, remote: bool) -> None:
        """Observe `embedder`, which asks a provider where it is `remote`."""
        self._embedder = embedder
        self._kind = SpanKind.CLIENT if remote else SpanKind.INTERNAL
        model = self._model = embedder.fingerprint.model
        self._seconds = metrics.SECONDS.labels(model)
        self._texts = metrics.TEXTS.labels(model)
        self._failures = metrics.FAILURES.labels(model)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the embedder makes its vectors with."""
        return self._embedder.fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order.

        Raises:
            EmbeddingError: as the embedder.
        """
        began = time.monotonic()
        with (
            part(f"embeddings {self._model}", self._kind) as span,
            self._failures.count_exceptions(),
        ):
            span.set_attribute("gen_ai.operation.name", "embeddings")
            span.set_attribute("gen_ai.request.model", self._model)
            span.set_attribute("agent_memory.texts", len(texts))
            vectors = await self._embedder.embed(texts)
        self._seconds.observe(time.monotonic() - began)
        self._texts.inc(len(texts))
        return vectors

    async def aclose(self) -> None:
        """Close the embedder."""
        await self._embedder.aclose()
