"""all-MiniLM-L6-v2 in this process: no network, no torch, no accelerator."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from agent_memory_services.long_term_memory.embeddings.base import Fingerprint, Vectors
from agent_memory_services.long_term_memory.embeddings.batching import MicroBatcher
from agent_memory_services.long_term_memory.embeddings.minilm.architecture import (
    HIDDEN,
    MODEL_NAME,
)
from agent_memory_services.long_term_memory.embeddings.minilm.encoder import Encoder, load_encoder
from agent_memory_services.long_term_memory.embeddings.minilm.folder import (
    WEIGHTS,
    find_model_folder,
    weights_digest,
)
from agent_memory_services.long_term_memory.embeddings.minilm.tokens import Tokenizer
from agent_memory_services.long_term_memory.embeddings.packing import pack
from agent_memory_services.long_term_memory.embeddings.texts import prepare


class LocalEmbedder:
    """Embeds on one worker thread, batching what callers send at the same time.

    Only the first 256 tokens of a text count, as the model was trained. An empty text has a
    vector too.
    """

    def __init__(self, encoder: Encoder, tokenizer: Tokenizer, fingerprint: Fingerprint) -> None:
        """Wire the parts; `open` loads them."""
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._fingerprint = fingerprint
        self._batcher = MicroBatcher(self._compute, fingerprint.dimension)

    @classmethod
    async def open(cls, *, model_dir: Path | None = None, threads: int | None = None) -> Self:
        """Load the model without blocking the event loop.

        Args:
            model_dir: A folder with the model's files; None takes the installed package's.
            threads: Cores one forward may use; None takes two at most.

        Raises:
            EmbeddingMisconfigured: the model is missing, damaged or of another shape.
        """
        folder = find_model_folder(model_dir)
        # Hashing 90 MB releases the interpreter lock, so it costs no time beside the loading.
        version, encoder, tokenizer = await asyncio.gather(
            asyncio.to_thread(weights_digest, folder, pinned=model_dir is None),
            asyncio.to_thread(load_encoder, folder / WEIGHTS, threads),
            asyncio.to_thread(Tokenizer, folder),
        )
        return cls(encoder, tokenizer, Fingerprint(MODEL_NAME, version, HIDDEN, normalized=True))

    @property
    def fingerprint(self) -> Fingerprint:
        """The model's name and the hash of its weights."""
        return self._fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order.

        Raises:
            EmbeddingRejected: a text is not valid Unicode.
            EmbeddingUnavailable: the embedder is closed.
        """
        return await self._batcher.embed(prepare(texts))

    async def aclose(self) -> None:
        """Stop the worker thread."""
        await self._batcher.aclose()

    def _compute(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Vectors]]:
        tokens = [self._tokenizer.encode(text) for text in texts]
        for group in pack([len(ids) for ids in tokens]):
            yield group, self._encoder.encode([tokens[position] for position in group])
