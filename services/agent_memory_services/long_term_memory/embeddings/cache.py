"""A bounded memory of recent vectors, in front of any embedder."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from agent_memory_services.long_term_memory.embeddings import metrics
from agent_memory_services.long_term_memory.embeddings.base import Embedder, Fingerprint, Vectors


class CachedEmbedder:
    """Answers exact repeats of a text from memory, the least recently used going first.

    Entries are keyed by a digest of the text, so that a long text costs no more than a short one
    and nothing anyone wrote stays in the process.

    Attributes:
        hits: Texts answered from memory so far.
        misses: Texts the embedder behind was asked for, repeats within one call included.
    """

    def __init__(self, embedder: Embedder, capacity: int) -> None:
        """Keep the vectors of at most `capacity` texts; at least one."""
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self._embedder = embedder
        self._capacity = capacity
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def fingerprint(self) -> Fingerprint:
        """What the embedder behind makes its vectors with."""
        return self._embedder.fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, asking the embedder behind once for each text it does not know.

        Raises:
            EmbeddingError: as the embedder behind; nothing is kept then.
        """
        keys = [_key(text) for text in texts]
        found = {key: vector for key in keys if (vector := self._recall(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        misses = sum(key in missing for key in keys)
        self.misses += misses
        self.hits += len(keys) - misses
        metrics.MISSES.inc(misses)
        metrics.HITS.inc(len(keys) - misses)
        if missing:
            made = await self._embedder.embed(list(missing.values()))
            for key, vector in zip(missing, made, strict=True):
                # A copy, or one kept row would hold the whole batch's matrix.
                found[key] = vector.copy()
                self._keep(key, found[key])
        matrix = np.empty((len(keys), self.fingerprint.dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            matrix[row] = found[key]
        return matrix

    async def aclose(self) -> None:
        """Forget everything and close the embedder behind."""
        self._vectors.clear()
        await self._embedder.aclose()

    def _recall(self, key: bytes) -> Vectors | None:
        vector = self._vectors.get(key)
        if vector is not None:
            self._vectors.move_to_end(key)
        return vector

    def _keep(self, key: bytes, vector: Vectors) -> None:
        self._vectors[key] = vector
        self._vectors.move_to_end(key)
        if len(self._vectors) > self._capacity:
            self._vectors.popitem(last=False)


def _key(text: str) -> bytes:
    # What cannot be encoded is the embedder's to refuse, not the cache's.
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
