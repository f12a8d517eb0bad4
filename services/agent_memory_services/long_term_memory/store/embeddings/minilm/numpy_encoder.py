"""Runs the model with numpy alone, where onnxruntime has no build."""

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent_memory_services.long_term_memory.store.embeddings.base import Vectors
from agent_memory_services.long_term_memory.store.embeddings.minilm import model
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import pad
from agent_memory_services.long_term_memory.store.embeddings.minilm.safetensors import TensorFile

Array = npt.NDArray[np.float32]


class NumpyEncoder:
    """The same arithmetic as the graph, written out; the word embeddings stay memory-mapped."""

    def __init__(self, weights: Path) -> None:
        """Map the weights, and keep BLAS to one thread in this process.

        Raises:
            EmbeddingMisconfigured: the weights are damaged or of another shape.
        """
        file = TensorFile(weights, model.TENSOR_SHAPES)
        self._weights = {name: _by_inputs(name, tensor) for name, tensor in file.tensors.items()}
        file.release_pages()
        _keep_blas_to_one_thread()

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Embed token ids; rows of different length are padded to the longest."""
        ids, tokens = pad(rows)
        present = tokens.astype(np.float32)
        penalty = ((1 - present) * np.float32(model.MASKED_SCORE))[:, None, None, :]
        hidden = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normalize(hidden, "embeddings.LayerNorm")
        for number in range(model.LAYERS):
            hidden = self._layer(hidden, penalty, f"encoder.layer.{number}")
        # The mean needs no division by the token count: scaling to unit length cancels it.
        total: Array = (present[:, None, :] @ hidden)[:, 0, :]
        vectors: Vectors = total / np.linalg.norm(total, axis=1, keepdims=True)
        return vectors

    def _layer(self, hidden: Array, penalty: Array, layer: str) -> Array:
        attended = hidden + self._attend(hidden, penalty, layer)
        attended = self._normalize(attended, f"{layer}.attention.output.LayerNorm")
        inner = _gelu(self._dense(attended, f"{layer}.intermediate.dense"))
        outer = attended + self._dense(inner, f"{layer}.output.dense")
        return self._normalize(outer, f"{layer}.output.LayerNorm")

    def _attend(self, hidden: Array, penalty: Array, layer: str) -> Array:
        query = self._heads(hidden, f"{layer}.attention.self.query")
        key = self._heads(hidden, f"{layer}.attention.self.key")
        value = self._heads(hidden, f"{layer}.attention.self.value")
        scale = np.float32(model.ATTENTION_SCALE)
        scores = query @ key.transpose(0, 1, 3, 2) * scale + penalty
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        context = (weights @ value).transpose(0, 2, 1, 3).reshape(hidden.shape)
        return self._dense(context, f"{layer}.attention.output.dense")

    def _heads(self, hidden: Array, name: str) -> Array:
        batch, length, _ = hidden.shape
        split = self._dense(hidden, name).reshape(batch, length, model.HEADS, model.HEAD_SIZE)
        return split.transpose(0, 2, 1, 3)

    def _dense(self, value: Array, name: str) -> Array:
        # One flat product: numpy would otherwise call BLAS once per text.
        flat: Array = value.reshape(-1, value.shape[-1]) @ self._weights[f"{name}.weight"]
        flat += self._weights[f"{name}.bias"]
        return flat.reshape(*value.shape[:-1], -1)

    def _normalize(self, value: Array, name: str) -> Array:
        centred = value - value.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        centred /= np.sqrt(variance + np.float32(model.LAYER_NORM_EPSILON))
        scaled: Array = centred * self._weights[f"{name}.weight"]
        return scaled + self._weights[f"{name}.bias"]


def _by_inputs(name: str, tensor: Array) -> Array:
    # Stored as (outputs, inputs); BLAS is twice as fast on a few tokens the other way round.
    return np.ascontiguousarray(tensor.T) if ".layer." in name else tensor


def _gelu(value: Array) -> Array:
    return value * (1 + _erf(value * np.float32(math.sqrt(0.5)))) * np.float32(0.5)


def _erf(value: Array) -> Array:
    """Error function, to 1.5e-7. Source: Abramowitz and Stegun, formula 7.1.26."""
    size = np.abs(value)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(coefficient)) * t
    return np.copysign(1 - series * np.exp(-np.square(size)), value)


def _keep_blas_to_one_thread() -> None:
    # Two BLAS threads stall for a whole time slice whenever one of their cores is taken away.
    # Only numpy's own wheels carry this library; another BLAS keeps its default.
    for library in Path(np.__file__).parent.parent.glob("numpy.libs/libscipy_openblas64_*"):
        ctypes.CDLL(str(library)).scipy_openblas_set_num_threads64_(1)
