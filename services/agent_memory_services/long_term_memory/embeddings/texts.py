"""What every embedder does to its input first."""

from collections.abc import Sequence
from typing import Final

from agent_memory_services.long_term_memory.embeddings.base import EmbeddingRejected

MAX_CHARACTERS: Final = 16_384
"""Characters of a text that are read. Tokenising is linear and comes before any truncation."""


def prepare(texts: Sequence[str]) -> list[str]:
    """Cut each text to `MAX_CHARACTERS`.

    Raises:
        EmbeddingRejected: a text holds a lone surrogate, which no tokenizer and no JSON accepts.
    """
    cut = [text[:MAX_CHARACTERS] for text in texts]
    for position, text in enumerate(cut):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise EmbeddingRejected(f"text {position} is not valid Unicode") from None
    return cut
