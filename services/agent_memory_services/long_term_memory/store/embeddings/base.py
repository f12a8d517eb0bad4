"""Interface of embedders with fingerprints and errors, and the embedders around one.

They are a cache of vectors, metrics and spans.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.contract.messages import batched
from agent_memory_services.kit.observe.tracing.spans import part

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Float32 matrix of shape (texts, dimension); every row has unit length."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identity of the model behind a vector; only vectors of one fingerprint can be compared.

    Attributes:
        model: Name of the model.
        version: Hash of the weights, or `unversioned` where the provider does not tell.
        dimension: Numbers per vector.
        normalized: True when vectors have unit length, so that a dot product is a cosine.
    """

    model: str
    version: str
    dimension: int
    normalized: bool

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when any attribute does."""
        parts = (self.model, self.version, str(self.dimension), str(self.normalized))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Embedder(Protocol):
    """Turns texts into unit-length vectors."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Fingerprint of the vectors; constant for the embedder's life."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order; shape (len(texts), dimension).

        A text's vector does not depend on its neighbours. What is longer than the model's window
        is embedded in pieces, whose vectors are put together. Only the first `MAX_CHARACTERS`
        characters of a text count.

        Raises:
            ProviderUnavailable: the provider is away or limits us; try again later.
            EmbeddingRejected: a text cannot be embedded, now or later.
            EmbeddingMisconfigured: an operator has to change a setting.
        """
        ...

    async def aclose(self) -> None:
        """Release threads and connections; calls still waiting fail as unavailable."""
        ...


class EmbeddingError(Exception):
    """A text could not be embedded. Messages never hold text, keys or a provider's words."""


class ProviderUnavailable(EmbeddingError):  # noqa: N818 - named for the state, as gRPC names it
    """The provider is away, overloaded, or limits us.

    Attributes:
        retry_after: Seconds the provider asked to wait; None when it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Keep the message and the provider's wish."""
        super().__init__(message)
        self.retry_after = retry_after


class EmbeddingRejected(EmbeddingError):  # noqa: N818 - named for what happened to the input
    """The input can never be embedded: the model refuses it, or it is not valid Unicode."""


class EmbeddingMisconfigured(EmbeddingError):  # noqa: N818 - named for the state
    """A setting, a key or an installed file is wrong; retrying does not help."""


MAX_CHARACTERS: Final = 65_536
"""Characters of a text that are read. Tokenising is linear and comes before any truncation."""


def combined(rows: Vectors, sizes: Sequence[int]) -> Vectors:
    """Return the direction of a text by those of its pieces, each by its size."""
    if len(rows) == 1:
        only: Vectors = rows[0]
        return only
    mean = np.average(rows, axis=0, weights=sizes)
    length = np.linalg.norm(mean)
    whole: Vectors = (mean / length if length > _NO_LENGTH else rows[0]).astype(np.float32)
    return whole


_NO_LENGTH: Final = 1e-6


def prepare(texts: Sequence[str]) -> list[str]:
    """Cut each text to `MAX_CHARACTERS`.

    Raises:
        EmbeddingRejected: a text holds a lone surrogate, which no tokenizer and no JSON accepts.
    """
    cut = [text[:MAX_CHARACTERS] for text in texts]
    for position, text in enumerate(cut):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise EmbeddingRejected(f"text {position} is not valid Unicode") from None
    return cut


LOOKUPS: Final = Counter(
    "agent_memory_embedding_cache_lookups",
    "Texts looked up in the memory of recent vectors, by outcome.",
    ["outcome"],
)
HITS: Final = LOOKUPS.labels("hit")
MISSES: Final = LOOKUPS.labels("miss")
SECONDS: Final = Histogram(
    "agent_memory_embedding_seconds",
    "Seconds that embedding the texts of one call took, by model.",
    ["model"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TEXTS: Final = Counter("agent_memory_embedding_texts", "Texts embedded, by model.", ["model"])
FAILURES: Final = Counter(
    "agent_memory_embedding_failures", "Calls that embedded nothing, by model.", ["model"]
)


class CachedEmbedder:
    """Answers exact repeats of a text from memory, the least recently used going first.

    Entries are keyed by a digest of the text, so that a long text costs no more than a short one
    and nothing anyone wrote stays in the process. All memory for vectors is taken at the start: a
    process that grows for as long as its cache fills looks like one that leaks.

    Attributes:
        hits: Texts answered from memory so far.
        misses: Texts the embedder behind was asked for, repeats within one call included.
    """

    def __init__(self, embedder: Embedder, capacity: int, *, portion: int | None = None) -> None:
        """Keep the vectors of at most `capacity` texts; at least one.

        Args:
            embedder: The embedder behind.
            capacity: Most texts.
            portion: Characters that the embedder behind is asked for at a time, so that a caller
                who leaves in the middle, and comes back, finds what was made. None asks for all
                at once.
        """
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self._embedder = embedder
        self._portion = portion
        # Written to, so that the pages are really there.
        self._vectors: Vectors = np.full(
            (capacity, embedder.fingerprint.dimension), 0, dtype=np.float32
        )
        self._rows: LRUCache[bytes, int] = LRUCache(capacity)
        self.hits = 0
        self.misses = 0

    @property
    def fingerprint(self) -> Fingerprint:
        """Fingerprint of the embedder behind."""
        return self._embedder.fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, asking the embedder behind once for each text it does not know.

        Raises:
            EmbeddingError: as the embedder behind; only earlier portions are kept then.
        """
        keys = [_key(text) for text in texts]
        matrix = np.empty((len(keys), self.fingerprint.dimension), dtype=np.float32)
        missing: dict[bytes, str] = {}
        for place, (key, text) in enumerate(zip(keys, texts, strict=True)):
            if (row := self._rows.get(key)) is None:
                missing[key] = text
            else:
                matrix[place] = self._vectors[row]
        misses = sum(key in missing for key in keys)
        self.misses += misses
        self.hits += len(keys) - misses
        MISSES.inc(misses)
        HITS.inc(len(keys) - misses)
        if missing:
            vectors: dict[bytes, Vectors] = {}
            for portion in self._portions(missing):
                made = await self._embedder.embed([missing[key] for key in portion])
                for key, vector in zip(portion, made, strict=True):
                    vectors[key] = vector
                    self._keep(key, vector)
            for place, key in enumerate(keys):
                if key in vectors:
                    matrix[place] = vectors[key]
        return matrix

    async def aclose(self) -> None:
        """Forget everything and close the embedder behind."""
        self._rows.clear()
        await self._embedder.aclose()

    def _portions(self, missing: Mapping[bytes, str]) -> Iterator[list[bytes]]:
        if self._portion is None:
            return iter([list(missing)])
        return batched(missing, self._portion, weight=lambda key: len(missing[key]))

    def _keep(self, key: bytes, vector: Vectors) -> None:
        row = self._rows.pop(key, None)
        if row is None:
            full = len(self._rows) == len(self._vectors)
            row = self._rows.popitem()[1] if full else len(self._rows)
        self._vectors[row] = vector
        self._rows[key] = row


def _key(text: str) -> bytes:
    # What cannot be encoded is the embedder's to refuse, not the cache's.
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


class ObservedEmbedder:
    """An embedder whose work shows in metrics and traces: how much and how long, never what."""

    def __init__(self, embedder: Embedder, *, remote: bool) -> None:
        """Observe `embedder`, which asks a provider where it is `remote`."""
        self._embedder = embedder
        self._kind = SpanKind.CLIENT if remote else SpanKind.INTERNAL
        model = self._model = embedder.fingerprint.model
        self._seconds = SECONDS.labels(model)
        self._texts = TEXTS.labels(model)
        self._failures = FAILURES.labels(model)

    @property
    def fingerprint(self) -> Fingerprint:
        """Fingerprint of the embedder."""
        return self._embedder.fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order.

        Raises:
            EmbeddingError: as the embedder.
        """
        timer = Timer()
        with (
            part(f"embeddings {self._model}", self._kind) as span,
            self._failures.count_exceptions(),
        ):
            span.set_attribute("gen_ai.operation.name", "embeddings")
            span.set_attribute("gen_ai.request.model", self._model)
            span.set_attribute("agent_memory.texts", len(texts))
            vectors = await self._embedder.embed(texts)
        self._seconds.observe(timer.elapsed)
        self._texts.inc(len(texts))
        return vectors

    async def aclose(self) -> None:
        """Close the embedder."""
        await self._embedder.aclose()
