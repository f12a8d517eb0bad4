"""Text to token ids, and token ids to the matrices a forward takes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tokenizers

from agent_memory_services.long_term_memory.embeddings.minilm.architecture import MAX_TOKENS
from agent_memory_services.long_term_memory.embeddings.minilm.folder import TOKENIZER

TokenMatrix = npt.NDArray[np.int64]


class Tokenizer:
    """The model's own word pieces, cut to the length it was trained on."""

    def __init__(self, folder: Path) -> None:
        """Load `tokenizer.json` from the model's folder."""
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        # The file pads and cuts to 128 tokens; the model's own configuration says 256, unpadded.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, with [CLS] and [SEP] around them; at most `MAX_TOKENS`."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids


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
