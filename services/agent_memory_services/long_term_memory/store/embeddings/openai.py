"""Embeddings by an endpoint that speaks the OpenAI protocol, in any of its dialects.

A provider may quote the input or part of the key in its message, so only the status and the short
error code cross over, and the original is not chained.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self

import numpy as np
import stamina
from openai import APIError, APIStatusError

from agent_memory_services.long_term_memory.store.embeddings.answers import (
    NoDirection,
    read_answer,
)
from agent_memory_services.long_term_memory.store.embeddings.base import (
    EmbeddingError,
    EmbeddingMisconfigured,
    EmbeddingRejected,
    Fingerprint,
    ProviderUnavailable,
    Vectors,
    combined,
    prepare,
)
from agent_memory_services.long_term_memory.store.embeddings.settings import (
    OPENAI_MODEL,
    OPENAI_URL,
    EmbeddingSettings,
)
from agent_memory_services.shared.model_api import failures
from agent_memory_services.shared.model_api.chat import blame_of, open_client
from agent_memory_services.shared.model_api.dialects import RETRY_SECONDS, Dialect

_CODES: Final = frozenset(
    {
        *("billing_not_active", "context_length_exceeded", "insufficient_quota"),
        *("invalid_api_key", "invalid_request_error", "invalid_type", "invalid_value"),
        *("model_not_found", "permission_denied", "rate_limit_exceeded", "server_error"),
        *("string_above_max_length", "unsupported_country_region_territory"),
    }
)
"""The codes that may be repeated; another may be part of what was asked."""
_OPERATORS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)
_REDIRECTED: Final = (
    "the embedding provider answers {status}, a redirect, which is not followed: set "
    "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING_BASE_URL to the final address"
)
_EVERYTHING: Final = (
    "the embedding provider refuses every request ({reason}): check "
    "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING_BASE_URL and ..._EMBEDDING_MODEL"
)
QUOTA_PAUSE: Final = 60.0
"""Seconds to leave a provider alone whose quota is used up; nothing sooner will change that."""


def translate(error: APIError) -> EmbeddingError:
    """Say what a provider's error means for the caller: wait, give up, or tell the operator."""
    if not isinstance(error, APIStatusError):
        return ProviderUnavailable("the embedding provider cannot be reached")
    status = error.status_code
    reason = f"{status} {_code(error)}".rstrip()
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return EmbeddingMisconfigured(_REDIRECTED.format(status=status))
    if status in _OPERATORS:
        return EmbeddingMisconfigured(f"the embedding provider denies the request: {reason}")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wish = failures.retry_after(error.response.headers)
        if error.code == "insufficient_quota":
            wish = max(wish or 0.0, QUOTA_PAUSE)
        return ProviderUnavailable(f"the embedding provider answers {reason}", retry_after=wish)
    return EmbeddingRejected(f"the embedding provider refuses the input: {reason}")


def _code(error: APIStatusError) -> str:
    for code in (error.code, error.type):
        if code in _CODES:
            return code
    return ""


MAX_CONCURRENT_CALLS: Final = 4
ATTEMPTS: Final = 4
LONGEST_WAIT: Final = 5.0
"""Seconds between attempts; a provider that asks for more is reported as away at once."""


MAX_BATCH: Final = 256
"""Texts of one call."""
_PROBE: Final = ("dimension",)
"""A text that no endpoint has a reason to refuse."""
_FEWEST_BYTES: Final = 64
"""Bytes of a text that is too long for no model."""
_UNLIMITED: Final = 1 << 30
_MOST_CHANGES: Final = 4


@dataclass(frozen=True, slots=True)
class EmbeddingForm:
    """Form of a request for vectors.

    Attributes:
        encoding: How vectors are to be written; None leaves it to the endpoint.
        dimensions: Whether the length goes along.
    """

    encoding: str | None
    dimensions: bool = True

    def avoids(self, hint: failures.Hint) -> bool:
        """Return true if the form leaves out what an endpoint named."""
        match hint:
            case failures.Hint.ENCODING:
                return self.encoding != "base64"
            case failures.Hint.DIMENSIONS:
                return not self.dimensions
        return True


_FORMS: Final = (
    EmbeddingForm("base64"),
    EmbeddingForm("float"),
    EmbeddingForm(None),
    EmbeddingForm("base64", dimensions=False),
    EmbeddingForm(None, dimensions=False),
)


_NO_LENGTHS: Final = 3
"""Forms that differ where no length is asked for."""


class _NotTaken(Exception):  # noqa: N818 - named for what happened
    """A refusal of a request; its only argument is the meaning.

    Attributes:
        meaning: Its meaning to the caller.
        blame: Whether the form of the request may be at fault.
        size: Whether the texts may be, by their number or their length.
    """

    def __init__(self, meaning: EmbeddingError, blame: failures.Blame, *, size: bool) -> None:
        super().__init__(str(meaning))
        self.meaning = meaning
        self.blame = blame
        self.size = size


class Learned:
    """Bound that an endpoint's refusals taught, until it is tried again whether it still holds."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with `most`."""
        self._most = self._learned = most
        self._clock = clock
        self._until = 0.0

    @property
    def value(self) -> int:
        """The bound."""
        return self._learned if self._clock() < self._until else self._most

    def learn(self, value: int) -> None:
        """Take in that this was taken, and twice as much was not."""
        if value < self.value:
            self._learned, self._until = value, self._clock() + RETRY_SECONDS


class Endpoint:
    """A provider's model, asked over HTTP.

    Attributes:
        batch: Texts that it takes in one call, as far as its refusals have told.
        window: Bytes of a text that it takes, likewise.
    """

    def __init__(self, settings: EmbeddingSettings, model: str) -> None:
        """Prepare the connection; nothing is sent yet."""
        self._model = model
        self._dimensions = settings.dimension
        self._timeout = settings.timeout_seconds
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        # Without a length of its own to ask for, a request never names one.
        self._proven: EmbeddingForm | None = None
        self._dialect = Dialect(_FORMS if settings.dimension is not None else _FORMS[:_NO_LENGTHS])
        self.batch, self.window = Learned(MAX_BATCH), Learned(_UNLIMITED)
        key = settings.api_key
        self._client = open_client(
            base_url=settings.base_url or OPENAI_URL,
            api_key=key.get_secret_value() if key else None,
            timeout=None,
        )
        # A caller, not stamina's decorator, whose log line would hold the arguments: the texts.
        self._retrying = stamina.AsyncRetryingCaller(attempts=ATTEMPTS, timeout=None)

    async def ask(self, texts: Sequence[str], dimension: int | None) -> Vectors:
        """Ask for vectors, again while the provider is away, and put them in order.

        What it refuses is asked for in smaller parts: fewer texts, and pieces of a text, whose
        vectors are then put together.

        Args:
            texts: At most what the provider takes in one call.
            dimension: Numbers each vector must have; None takes what the model has.

        Raises:
            EmbeddingError: as `Embedder.embed`.
        """
        asking = _Asking(self, dimension)
        return await asking.vectors(texts)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def usual(self, texts: Sequence[str], dimension: int | None) -> Vectors:
        """Ask in the usual form.

        Raises:
            EmbeddingError: as `Embedder.embed`.
            _NotTaken: the form or the texts are refused.
        """
        if self._dialect.is_due:
            await self.find_form(dimension)
        form = self._dialect.usual
        try:
            found = await self._retrying(_next_wait, self._attempt, texts, dimension, form)
        except NoDirection as empty:
            raise _NotTaken(empty, _BLAMELESS, size=True) from None
        self._proven = form
        return found

    def may_mean_the_form(self, blame: failures.Blame) -> bool:
        """Return true if a refusal may be of the form, and not of the number or length of texts."""
        named = blame.hint in {failures.Hint.ENCODING, failures.Hint.DIMENSIONS}
        return named or blame.elsewhere or self._proven != self._dialect.usual

    async def find_form(self, dimension: int | None) -> bool:
        """Find the form that the endpoint understands, by a text that it has no reason to refuse.

        Returns:
            True where it is another one than before.

        Raises:
            EmbeddingError: it understands none.
        """
        before, trial = self._dialect.usual, self._dialect.trial()
        first: EmbeddingError | None = None
        for form in trial.forms():
            try:
                await self._attempt(_PROBE, dimension, form)
            except _NotTaken as refused:
                first = first or _of_everything(refused.meaning)
                trial.refused(refused.blame)
            else:
                trial.answered()
                self._proven = form
                return self._dialect.usual != before
        raise first or ProviderUnavailable("the embedding provider cannot be reached")

    async def _attempt(
        self, texts: Sequence[str], dimension: int | None, form: EmbeddingForm
    ) -> Vectors:
        async with self._slots:
            body = await self._post(texts, form)
        # Reading a full batch takes milliseconds that the event loop does not have.
        return await asyncio.to_thread(read_answer, body, count=len(texts), dimension=dimension)

    async def _post(self, texts: Sequence[str], form: EmbeddingForm) -> str:
        request: dict[str, Any] = {"model": self._model, "input": list(texts)}
        if form.encoding is not None:
            request["encoding_format"] = form.encoding
        if form.dimensions and self._dimensions is not None:
            request["dimensions"] = self._dimensions
        try:
            # Of the whole answer: bytes that trickle in are no reason to wait on.
            async with asyncio.timeout(self._timeout):
                return await self._client.post("/embeddings", body=request, cast_to=str)
        except TimeoutError:
            raise ProviderUnavailable("the embedding provider did not answer in time") from None
        except APIError as error:
            blame, meaning = blame_of(error), translate(error)
            size = isinstance(meaning, EmbeddingRejected) or blame.momentary
            if blame.form or isinstance(meaning, EmbeddingRejected):
                raise _NotTaken(meaning, blame, size=size) from None
            raise meaning from None


_BLAMELESS: Final = failures.Blame(failures.ModelFailed("bad_answer"))


def _of_everything(meaning: EmbeddingError) -> EmbeddingError:
    """Return the meaning of a refusal of what nobody has a reason to refuse."""
    if isinstance(meaning, EmbeddingRejected):
        reason = str(meaning).rpartition(": ")[2]
        return EmbeddingMisconfigured(_EVERYTHING.format(reason=reason))
    return meaning


def _next_wait(error: Exception) -> bool | float:
    if isinstance(error, _NotTaken):
        error = error.meaning
    if not isinstance(error, ProviderUnavailable):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False


class _Asking:
    """One request for vectors, in as many calls as the endpoint's limits take."""

    def __init__(self, endpoint: Endpoint, dimension: int | None) -> None:
        self._endpoint = endpoint
        self._dimension = dimension
        self._cut = 0
        """Texts that were refused alone."""
        self._changed = 0
        """How often the endpoint turned out to understand another form than before."""

    async def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, each in pieces where it is longer than the model takes."""
        window = self._endpoint.window.value
        pieces = [cut(text, window) for text in texts]
        flat = await self._in_batches([piece for some in pieces for piece in some])
        if len(flat) == len(texts):
            return flat
        ends = np.cumsum([len(some) for some in pieces])
        parts = zip(pieces, np.split(flat, ends[:-1]), strict=True)
        return np.stack([_combined(some, rows) for some, rows in parts])

    async def _in_batches(self, texts: Sequence[str]) -> Vectors:
        found, at = [], 0
        while at < len(texts):
            some = texts[at : at + self._endpoint.batch.value]
            found.append(await self._taken(some))
            at += len(some)
        return np.concatenate(found)

    async def _taken(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what fits into one call, as far as is known."""
        short = len(texts) == 1 and _size(texts[0]) <= _FEWEST_BYTES
        try:
            return await self._endpoint.usual(texts, self._dimension)
        except _NotTaken as refused:
            if short or not refused.size or self._endpoint.may_mean_the_form(refused.blame):
                changed = await self._endpoint.find_form(self._dimension)
                self._changed += changed
                if changed and self._changed <= _MOST_CHANGES:
                    return await self._taken(texts)
            if short or not refused.size:
                return await self._at_last(texts)
        if len(texts) == 1:
            return await self._in_pieces(texts[0])
        cut_before, middle = self._cut, len(texts) // 2
        halves = [await self._in_batches(texts[:middle]), await self._in_batches(texts[middle:])]
        if cut_before == self._cut and not self._changed:
            self._endpoint.batch.learn(len(texts) - middle)
        return np.concatenate(halves)

    async def _at_last(self, texts: Sequence[str]) -> Vectors:
        """Ask once more for what is refused although the endpoint takes other things."""
        try:
            return await self._endpoint.usual(texts, self._dimension)
        except _NotTaken as refused:
            if isinstance(refused.meaning, NoDirection):
                raise EmbeddingRejected("the provider gives the text no direction") from None
            if isinstance(refused.meaning, ProviderUnavailable) and refused.size:
                raise EmbeddingRejected(f"the provider fails at the text: {refused}") from None
            raise refused.meaning from None

    async def _in_pieces(self, text: str) -> Vectors:
        self._cut += 1
        pieces = cut(text, max(_FEWEST_BYTES, (_size(text) + 1) // 2))
        rows = np.concatenate([await self._taken([piece]) for piece in pieces])
        if not self._changed:
            self._endpoint.window.learn(max(map(_size, pieces)))
        return _combined(pieces, rows)[np.newaxis]


def cut(text: str, most: int) -> list[str]:
    """Cut a text into pieces of at most so many bytes, between words where there are any."""
    if _size(text) <= most or len(text) < _SHORTEST_PAIR:
        return [text]
    middle = len(text) // 2
    seam = text.find(" ", middle, middle + len(text) // 8) + 1 or middle
    halves = [half for half in (text[:seam], text[seam:]) if half.strip()]
    return [piece for half in halves for piece in cut(half, most)] or [text]


_SHORTEST_PAIR: Final = 2


def _size(text: str) -> int:
    return len(text.encode())


def _combined(pieces: Sequence[str], rows: Vectors) -> Vectors:
    return combined(rows, list(map(_size, pieces)))


class OpenAIEmbedder:
    """Asks a provider for vectors, in batches that run side by side."""

    def __init__(self, endpoint: Endpoint, fingerprint: Fingerprint) -> None:
        """Wire the parts; `open` makes them."""
        self._endpoint = endpoint
        self._fingerprint = fingerprint

    @classmethod
    async def open(cls, settings: EmbeddingSettings) -> Self:
        """Connect, asking the model for its vector length unless the settings give one.

        Raises:
            ProviderUnavailable: the length is needed and the provider is away.
            EmbeddingMisconfigured: the provider denies the key or does not know the model.
        """
        model = settings.model or OPENAI_MODEL
        endpoint = Endpoint(settings, model)
        dimension = settings.dimension
        try:
            if dimension is None:
                dimension = (await endpoint.ask(["dimension"], None)).shape[1]
        except BaseException:
            await endpoint.aclose()
            raise
        return cls(endpoint, Fingerprint(model, "unversioned", dimension, normalized=True))

    @property
    def fingerprint(self) -> Fingerprint:
        """The model's name and vector length; a provider does not tell its weights."""
        return self._fingerprint

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, in order; the first batch that fails ends the others.

        Raises:
            ProviderUnavailable: the provider is away, limits us or answers nonsense.
            EmbeddingRejected: the provider refuses a text, or it is not valid Unicode.
            EmbeddingMisconfigured: the key, the model or the vector length is wrong.
        """
        ready = prepare(texts)
        dimension, most = self._fingerprint.dimension, self._endpoint.batch.value
        try:
            async with asyncio.TaskGroup() as group:
                batches = [
                    group.create_task(self._endpoint.ask(ready[start : start + most], dimension))
                    for start in range(0, len(ready), most)
                ]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return np.concatenate(
            [np.empty((0, dimension), dtype=np.float32), *(batch.result() for batch in batches)]
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()
