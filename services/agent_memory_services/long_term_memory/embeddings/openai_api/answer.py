"""Reads the body of an `/embeddings` answer, trusting none of it."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from agent_memory_services.long_term_memory.embeddings.base import (
    EmbeddingMisconfigured,
    EmbeddingUnavailable,
    Vectors,
)


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
        EmbeddingUnavailable: the answer is not what was asked for; another may be.
        EmbeddingMisconfigured: the vectors have another dimension.
    """
    rows = _by_index(body, count)
    lengths = {row.size for row in rows}
    if dimension is not None and lengths != {dimension}:
        raise EmbeddingMisconfigured(
            f"the provider answers vectors of {sorted(lengths)} numbers, not {dimension}"
        )
    if len(lengths) != 1:
        raise EmbeddingUnavailable("the provider answered vectors of different lengths")
    matrix = np.stack(rows)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all()):
        raise EmbeddingUnavailable("the provider answered a vector without a direction")
    vectors: Vectors = matrix / norms
    return vectors


def _by_index(body: bytes, count: int) -> Sequence[npt.NDArray[np.float32]]:
    try:
        entries = {entry["index"]: _vector(entry["embedding"]) for entry in _entries(body)}
    except (KeyError, TypeError, ValueError):
        raise EmbeddingUnavailable("the provider's answer cannot be read") from None
    if entries.keys() != set(range(count)):
        raise EmbeddingUnavailable("the provider did not answer each text once")
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
