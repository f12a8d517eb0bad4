"""Embeddings by the local model: pieces of texts packed by length into batches that fill the cores.

A piece is what fits into the model's window, a text one piece or several. There is no timer. A
lone text is computed at once; under load a batch is whatever arrived during the batch before it.

A forward costs a fixed part plus its padded tokens, on one thread and on two alike. So pieces are
sorted by length and the cheapest cuts are found exactly: a few long ones are not worth padding
for, many of almost one length are not worth splitting.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from agent_memory_services.long_term_memory.store.embeddings.base import (
    Fingerprint,
    ProviderUnavailable,
    Vectors,
    combined,
    prepare,
)
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import (
    HIDDEN,
    MODEL_NAME,
    WEIGHTS,
    OnnxEncoder,
    Piece,
    Tokenizer,
    find_model_folder,
    weights_digest,
)

MAX_GATHERED_PIECES: Final = 64
MAX_GATHERED_TOKENS: Final = 1024
"""Bounds of one turn of the worker: enough to fill a forward, little enough that a
search query that arrives behind a bulk load waits for a fraction of a second."""


class _Piece(Hashable, Sized, Protocol):
    """A text, or as much of it as a forward takes; its length is the work it is, in tokens."""


PieceT = TypeVar("PieceT", bound=_Piece)

Compute: TypeAlias = Callable[[Sequence[PieceT]], Iterator[tuple[Sequence[int], Vectors]]]
"""Embeds pieces in the worker's thread, yielding positions and their vectors by forwards."""


@dataclass(slots=True)
class _Call(Generic[PieceT]):
    """One caller: its pieces, all different, and the vectors that have arrived."""

    pieces: Sequence[PieceT]
    vectors: Vectors
    done: asyncio.Future[None]
    taken: int = 0
    arrived: int = 0

    def receive(self, row: int, vector: Vectors) -> None:
        if self.done.done():
            return
        self.vectors[row] = vector
        self.arrived += 1
        if self.arrived == len(self.pieces):
            self.done.set_result(None)

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)


@dataclass(slots=True)
class _Turn(Generic[PieceT]):
    """The pieces of one turn, each once, with the callers that wait for it."""

    waiting: dict[PieceT, list[tuple[_Call[PieceT], int]]] = field(default_factory=dict)
    tokens: int = 0

    @property
    def full(self) -> bool:
        return len(self.waiting) >= MAX_GATHERED_PIECES or self.tokens >= MAX_GATHERED_TOKENS

    def take_one(self, call: _Call[PieceT]) -> None:
        row = call.taken
        call.taken += 1
        piece = call.pieces[row]
        if piece not in self.waiting:
            self.tokens += len(piece)
        self.waiting.setdefault(piece, []).append((call, row))

    def receive(self, pieces: Sequence[PieceT], vectors: Vectors) -> None:
        for piece, vector in zip(pieces, vectors, strict=True):
            for call, row in self.waiting[piece]:
                call.receive(row, vector)
            del self.waiting[piece]

    def fail(self, error: BaseException) -> None:
        for callers in self.waiting.values():
            for call, _ in callers:
                call.fail(error)


class MicroBatcher(Generic[PieceT]):
    """Shares one worker thread fairly between callers.

    Each turn takes one piece from every caller in rotation until it is full, so that a search
    query never queues behind another caller's bulk load. A caller that is cancelled is skipped; a
    turn that fails fails its callers alone.
    """

    def __init__(self, compute: Compute[PieceT], dimension: int) -> None:
        """Start idle; the thread starts with the first piece.

        Args:
            compute: Runs in the worker thread, one call at a time.
            dimension: Numbers per vector.
        """
        self._compute = compute
        self._dimension = dimension
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
        self._calls: deque[_Call[PieceT]] = deque()
        self._turns: asyncio.Task[None] | None = None
        self._closed = False

    async def embed(self, pieces: Sequence[PieceT]) -> Vectors:
        """Embed pieces, in order; equal ones are computed once.

        Raises:
            ProviderUnavailable: the batcher is closed, or closes while pieces wait.
        """
        if self._closed:
            raise ProviderUnavailable("the embedder is closed")
        # By length, so that what one turn takes of a bulk load needs little padding.
        rows = {piece: row for row, piece in enumerate(sorted(dict.fromkeys(pieces), key=len))}
        vectors = np.empty((len(rows), self._dimension), dtype=np.float32)
        if rows:
            call = _Call(list(rows), vectors, asyncio.get_running_loop().create_future())
            self._calls.append(call)
            if self._turns is None or self._turns.done():
                self._turns = asyncio.create_task(self._take_turns())
            await call.done
        return vectors[[rows[piece] for piece in pieces]]

    async def aclose(self) -> None:
        """Finish the turn that runs, fail the callers that wait, stop the thread."""
        self._closed = True
        for call in self._calls:
            call.fail(ProviderUnavailable("the embedder is closing"))
        if self._turns is not None:
            await self._turns
        self._executor.shutdown(wait=False)

    async def _take_turns(self) -> None:
        loop = asyncio.get_running_loop()
        while turn := self._gather():
            work = loop.run_in_executor(self._executor, self._run, loop, turn)
            await asyncio.wait({work})
            # Nobody waits on for a piece that the turn took and left unanswered, for any reason.
            turn.fail(work.exception() or ProviderUnavailable("the model left out a piece"))

    def _gather(self) -> _Turn[PieceT] | None:
        turn = _Turn[PieceT]()
        while self._calls and not turn.full:
            call = self._calls.popleft()
            if call.done.done():
                continue
            turn.take_one(call)
            if call.taken < len(call.pieces):
                self._calls.append(call)
        return turn if turn.waiting else None

    def _run(self, loop: asyncio.AbstractEventLoop, turn: _Turn[PieceT]) -> None:
        pieces = list(turn.waiting)
        for positions, vectors in self._compute(pieces):
            # Short pieces come first; they need not wait for the long ones of their turn.
            answered = [pieces[position] for position in positions]
            loop.call_soon_threadsafe(turn.receive, answered, vectors)


MAX_PADDED_TOKENS: Final = 1024
MAX_TEXTS: Final = 32
FORWARD_TOKENS: Final = 20
"""What a forward costs before its first token, in tokens; measured between 10 and 25."""


def pack(
    lengths: Sequence[int], *, max_tokens: int = MAX_PADDED_TOKENS, max_texts: int = MAX_TEXTS
) -> Iterator[list[int]]:
    """Group positions by length, shortest first.

    A group's padded tokens are its size times its longest member. A text that is longer than
    `max_tokens` alone gets a group of its own. Takes time of O(texts x `max_texts`).

    Args:
        lengths: Tokens of each text.
        max_tokens: Most tokens of a group, padding included.
        max_texts: Most texts of a group.

    Yields:
        Positions in `lengths`; every position exactly once.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    start = 0
    for end in _cuts([lengths[position] for position in order], max_tokens, max_texts):
        yield order[start:end]
        start = end


def _cuts(ascending: Sequence[int], max_tokens: int, max_texts: int) -> list[int]:
    """End of each group, by dynamic programming over where the last group starts."""
    cost = [0]
    starts = [0]
    for end, longest in enumerate(ascending, start=1):
        largest = max(1, min(max_texts, max_tokens // longest, end))
        total, start = min(
            (cost[end - size] + FORWARD_TOKENS + size * longest, end - size)
            for size in range(1, largest + 1)
        )
        cost.append(total)
        starts.append(start)
    cuts = []
    end = len(ascending)
    while end:
        cuts.append(end)
        end = starts[end]
    return cuts[::-1]


class Encoder(Protocol):
    """Runner of the model, called by one thread at a time."""

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Embed token ids; rows of different length are padded to the longest."""
        ...


def _load_encoder(weights: Path, threads: int | None) -> Encoder:
    return OnnxEncoder(weights, threads)


_CUT_AT_ONCE: Final = 4096
"""Characters that are cut into tokens in less time than a thread needs to begin with them."""


class LocalEmbedder:
    """Embeds on one worker thread, batching what callers send at the same time.

    A text of more than 256 tokens, the window that the model was trained on, is embedded in
    pieces. An empty text has a vector too.
    """

    def __init__(self, encoder: Encoder, tokenizer: Tokenizer, fingerprint: Fingerprint) -> None:
        """Wire the parts; `open` loads them."""
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._fingerprint = fingerprint
        self._batcher: MicroBatcher[Piece] = MicroBatcher(self._compute, fingerprint.dimension)

    @classmethod
    async def open(cls, *, model_dir: Path | None = None, threads: int | None = None) -> Self:
        """Load the model without blocking the event loop.

        Args:
            model_dir: A folder with the model's files; None takes the installed package's.
            threads: Cores one forward may use; None takes two at most.

        Raises:
            EmbeddingMisconfigured: the model is missing, damaged or of another shape.
        """
        folder = find_model_folder(model_dir)
        # Hashing 90 MB releases the interpreter lock, so it costs no time beside the loading.
        version, encoder, tokenizer = await asyncio.gather(
            asyncio.to_thread(weights_digest, folder, pinned=model_dir is None),
            asyncio.to_thread(_load_encoder, folder / WEIGHTS, threads),
            asyncio.to_thread(Tokenizer, folder),
        )
        return cls(encoder, tokenizer, Fingerprint(MODEL_NAME, version, HIDDEN, normalized=True))

    @property
    def fingerprint(self) -> Fingerprint:
        """The model's name and the hash of its weights."""
        return self._fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order.

        Raises:
            EmbeddingRejected: a text is not valid Unicode.
            ProviderUnavailable: the embedder is closed.
        """
        ready = prepare(texts)
        if sum(map(len, ready)) <= _CUT_AT_ONCE:
            cut = self._cut(ready)
        else:
            cut = await asyncio.to_thread(self._cut, ready)
        rows = await self._batcher.embed([piece for pieces in cut for piece in pieces])
        if len(rows) == len(cut):
            return rows
        ends = np.cumsum([len(pieces) for pieces in cut])
        parts = zip(np.split(rows, ends[:-1]), cut, strict=True)
        return np.stack([combined(some, list(map(len, pieces))) for some, pieces in parts])

    async def aclose(self) -> None:
        """Stop the worker thread."""
        await self._batcher.aclose()

    def _cut(self, texts: Sequence[str]) -> list[list[Piece]]:
        return [self._tokenizer.pieces(text) for text in texts]

    def _compute(self, pieces: Sequence[Piece]) -> Iterator[tuple[Sequence[int], Vectors]]:
        for group in pack([len(piece) for piece in pieces]):
            yield group, self._encoder.encode([pieces[position] for position in group])
