"""The shape of all-MiniLM-L6-v2: a six-layer BERT encoder with mean pooling.

Source: `config.json` and `1_Pooling/config.json` of sentence-transformers/all-MiniLM-L6-v2. The
limit of 256 tokens is from its `sentence_bert_config.json`.
"""

import math
from typing import Final

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
