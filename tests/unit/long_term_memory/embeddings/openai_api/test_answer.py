import base64
import json
from typing import Any

import numpy as np
import pytest

from agent_memory_services.long_term_memory.store.embeddings.answers import read_answer
from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    ProviderUnavailable,
)


def answer(*entries: tuple[Any, Any]) -> bytes:
    """A body with these indexes and vectors."""
    return json.dumps(
        {"data": [{"index": index, "embedding": vector} for index, vector in entries]}
    ).encode()


def test_vectors_are_ordered_by_index_and_scaled_to_unit_length() -> None:
    """A provider may answer in any order and any scale."""
    vectors = read_answer(answer((1, [0, 2]), (0, [3, 4])), count=2, dimension=2)

    np.testing.assert_allclose(vectors, np.array([[0.6, 0.8], [0, 1]]), rtol=1e-6)
    assert vectors.dtype == np.float32


def test_base64_is_read_as_little_endian_floats() -> None:
    """The compact form, which the library asks for, means the same."""
    encoded = base64.b64encode(np.array([3, 4], dtype="<f4").tobytes()).decode()

    vectors = read_answer(answer((0, encoded)), count=1, dimension=None)

    np.testing.assert_allclose(vectors, [[0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>busy</html>",
        b"",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": {"index": 0}}',
        b'{"data": ["vector"]}',
        answer((0, "not base64!")),
        answer((0, [[1, 2]])),
        answer((0, ["a", "b"])),
        answer((0, None)),
        answer(([], [1, 2])),
        answer((0, [1, 2]), (0, [1, 2])),
        answer((0, [1, 2]), (2, [1, 2])),
        answer((0, [1, 2])),
        answer((0, [1, 2]), (1, [1])),
        answer((0, [1, 2]), (1, [0, 0])),
        answer((0, [1, 2]), (1, [1, 1e39])),
        answer((0, []), (1, [])),
    ],
)
def test_nonsense_is_unavailable(body: bytes) -> None:
    """An answer that is not the one asked for may be right the next time."""
    with pytest.raises(ProviderUnavailable):
        read_answer(body, count=2, dimension=None)


def test_another_dimension_is_an_operators_matter() -> None:
    """Vectors that do not fit the index are never stored, and asking again does not help."""
    with pytest.raises(EmbeddingMisconfigured, match="not 3"):
        read_answer(answer((0, [1, 2])), count=1, dimension=3)
