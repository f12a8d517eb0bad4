"""Vectors in the answers of embedding endpoints, in each of the shapes that these give them."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    ProviderUnavailable,
    Vectors,
)


class NoDirection(ProviderUnavailable):
    """The provider answered a vector of zeros, or of what is no number."""


_OTHER_LENGTH: Final = (
    "the embedding provider answers vectors of {found} numbers, not {wanted}: set "
    "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING_DIMENSION to what the model of "
    "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING_MODEL has"
)


# A number too large for float32 becomes infinite, and is refused as such below.
@np.errstate(over="ignore")
def read_answer(body: str | bytes, *, count: int, dimension: int | None) -> Vectors:
    """Read vectors in the order of the texts, scaled to unit length.

    Args:
        body: JSON; each vector is a list of numbers or base64 of little-endian float32.
        count: Texts asked for.
        dimension: Numbers each vector must have; None takes what the answer has.

    Returns:
        Matrix of shape (count, dimension).

    Raises:
        NoDirection: a vector holds no number but zero, or what is no number.
        ProviderUnavailable: the answer is not what was asked for; another may be.
        EmbeddingMisconfigured: the vectors have another dimension.
    """
    rows = _in_order(body, count)
    lengths = {row.size for row in rows}
    if dimension is not None and lengths != {dimension}:
        raise EmbeddingMisconfigured(_OTHER_LENGTH.format(found=sorted(lengths), wanted=dimension))
    if len(lengths) != 1:
        raise ProviderUnavailable("the provider answered vectors of different lengths")
    matrix = np.stack(rows)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all()):
        raise NoDirection("the provider answered a vector without a direction")
    vectors: Vectors = matrix / norms
    return vectors


def _in_order(body: str | bytes, count: int) -> Sequence[npt.NDArray[np.float32]]:
    """Return the vectors by their indexes, or as they stand where none has an index."""
    try:
        entries = _entries(body)
        vectors = [_vector(entry) for entry in entries]
        indexes = [_index(entry) for entry in entries]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ProviderUnavailable("the provider's answer cannot be read") from None
    if all(index is None for index in indexes):
        indexes = list(range(len(vectors)))
    if len(vectors) != count or set(indexes) != set(range(count)):
        raise ProviderUnavailable("the provider did not answer each text once")
    placed = dict(zip(indexes, vectors, strict=True))
    return [placed[index] for index in range(count)]


def _entries(body: str | bytes) -> Sequence[Any]:
    """Return what an answer says of each text."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Numbers that are none, as many libraries write them.
        answer = json.loads(body)
    if isinstance(answer, dict):
        answer = answer["data"] if "data" in answer else answer["embeddings"]
    if not isinstance(answer, list):
        raise TypeError("the answer holds no list")
    return answer


def _index(entry: Any) -> int | None:
    index = entry.get("index") if isinstance(entry, dict) else None
    if index is None:
        return None
    if isinstance(index, bool) or not isinstance(index, (int, str)):
        raise TypeError("an index is a number")
    return int(index)


def _vector(entry: Any) -> npt.NDArray[np.float32]:
    encoded = entry["embedding"] if isinstance(entry, dict) else entry
    if isinstance(encoded, str):
        return _written_out(encoded)
    vector = np.asarray(encoded, dtype=np.float32)
    if vector.ndim != 1:
        raise ValueError("a vector is a flat list")
    return vector


def _written_out(text: str) -> npt.NDArray[np.float32]:
    """Return the vector of a text: base64, or the numbers themselves."""
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4")
    except (binascii.Error, ValueError):
        numbers = text.strip().removeprefix("[").removesuffix("]").split(",")
        return np.asarray([float(number) for number in numbers], dtype=np.float32)
