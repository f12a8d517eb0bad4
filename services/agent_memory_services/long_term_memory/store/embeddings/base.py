"""Interface of embedders, their fingerprints and errors."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Float32 matrix of shape (texts, dimension); every row has unit length."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identity of the model behind a vector; only vectors of one fingerprint can be compared.

    Attributes:
        model: Name of the model.
        version: Hash of the weights, or `unversioned` where the provider does not tell.
        dimension: Numbers per vector.
        normalized: True when vectors have unit length, so that a dot product is a cosine.
    """

    model: str
    version: str
    dimension: int
    normalized: bool

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change when any attribute does."""
        parts = (self.model, self.version, str(self.dimension), str(self.normalized))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Embedder(Protocol):
    """Turns texts into unit-length vectors."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Fingerprint of the vectors; constant for the embedder's life."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order; shape (len(texts), dimension).

        A text's vector does not depend on its neighbours. What is longer than the model's window
        is embedded in pieces, whose vectors are put together. Only the first `MAX_CHARACTERS`
        characters of a text count.

        Raises:
            ProviderUnavailable: the provider is away or limits us; try again later.
            EmbeddingRejected: a text cannot be embedded, now or later.
            EmbeddingMisconfigured: an operator has to change a setting.
        """
        ...

    async def aclose(self) -> None:
        """Release threads and connections; calls still waiting fail as unavailable."""
        ...


class EmbeddingError(Exception):
    """A text could not be embedded. Messages never hold text, keys or a provider's words."""


class ProviderUnavailable(EmbeddingError):  # noqa: N818 - named for the state, as gRPC names it
    """The provider is away, overloaded, or limits us.

    Attributes:
        retry_after: Seconds the provider asked to wait; None when it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Keep the message and the provider's wish."""
        super().__init__(message)
        self.retry_after = retry_after


class EmbeddingRejected(EmbeddingError):  # noqa: N818 - named for what happened to the input
    """The input can never be embedded: the model refuses it, or it is not valid Unicode."""


class EmbeddingMisconfigured(EmbeddingError):  # noqa: N818 - named for the state
    """A setting, a key or an installed file is wrong; retrying does not help."""


MAX_CHARACTERS: Final = 65_536
"""Characters of a text that are read. Tokenising is linear and comes before any truncation."""


def combined(rows: Vectors, sizes: Sequence[int]) -> Vectors:
    """Return the direction of a text by those of its pieces, each by its size."""
    if len(rows) == 1:
        only: Vectors = rows[0]
        return only
    mean = np.average(rows, axis=0, weights=sizes)
    length = np.linalg.norm(mean)
    whole: Vectors = (mean / length if length > _NO_LENGTH else rows[0]).astype(np.float32)
    return whole


_NO_LENGTH: Final = 1e-6


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
