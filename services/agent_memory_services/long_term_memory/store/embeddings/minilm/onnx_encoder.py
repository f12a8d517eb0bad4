"""Runs the model with onnxruntime on the CPU."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnxruntime

from agent_memory_services.long_term_memory.store.embeddings.base import Vectors
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import TENSOR_SHAPES, pad
from agent_memory_services.long_term_memory.store.embeddings.minilm.safetensors import TensorFile

GRAPH_FILE: Final = Path(__file__).with_name("all_minilm_l6_v2.onnx")
"""The graph without its weights, built by `scripts/build_embedding_graph.py`."""

INPUT_IDS: Final = "input_ids"
ATTENTION_MASK: Final = "attention_mask"
OUTPUT: Final = "sentence_embedding"
DEFAULT_THREADS: Final = 2
"""More gain little on texts of a sentence or two."""


class OnnxEncoder:
    """The shipped graph with the weights of a safetensors file, which stay memory-mapped."""

    def __init__(self, weights: Path, threads: int | None = None) -> None:
        """Load the graph. Not to be shared with a process forked later.

        Raises:
            EmbeddingMisconfigured: the weights are damaged or of another shape.
        """
        file = TensorFile(weights, TENSOR_SHAPES)
        # The session reads from these arrays, so they live as long as it does.
        self._weights = [
            onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for tensor in file.tensors.values()
        ]
        options = _session_options(threads or min(DEFAULT_THREADS, _usable_cores()))
        options.add_external_initializers(list(TENSOR_SHAPES), self._weights)
        self._session = onnxruntime.InferenceSession(
            GRAPH_FILE.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        # The session has packed its own copy of all but the word embeddings.
        file.release_pages()

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Embed token ids; rows of different length are padded to the longest."""
        ids, mask = pad(rows)
        vectors: Vectors
        (vectors,) = self._session.run([OUTPUT], {INPUT_IDS: ids, ATTENTION_MASK: mask})
        return vectors


def _session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    # A plan would be kept for every shape of a batch that ever came, and saves no time.
    options.enable_mem_pattern = False
    # A spinning pool would burn a core of an idle server.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
