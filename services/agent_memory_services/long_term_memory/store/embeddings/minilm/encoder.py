"""What runs the model, and which of the two ways this machine has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from agent_memory_services.long_term_memory.store.embeddings.base import Vectors


class Encoder(Protocol):
    """Runs the model; called by one thread at a time."""

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Embed token ids; rows of different length are padded to the longest."""
        ...


def load_encoder(weights: Path, threads: int | None = None) -> Encoder:
    """Load the model with onnxruntime, or with numpy where there is no onnxruntime.

    Both give the same vectors; numpy takes about three times as long.

    Args:
        weights: The model's safetensors file.
        threads: Cores one forward may use; None takes two at most. numpy always uses one.

    Raises:
        EmbeddingMisconfigured: the weights are damaged or of another shape.
    """
    # Imported here, on the loading thread: onnxruntime takes longer to import than to load, and
    # has no build for some platforms (musl, Intel macOS).
    try:
        from agent_memory_services.long_term_memory.store.embeddings.minilm.onnx_encoder import (  # noqa: PLC0415
            OnnxEncoder,
        )
    except ImportError:
        from agent_memory_services.long_term_memory.store.embeddings.minilm.numpy_encoder import (  # noqa: PLC0415
            NumpyEncoder,
        )

        return NumpyEncoder(weights)
    return OnnxEncoder(weights, threads)
