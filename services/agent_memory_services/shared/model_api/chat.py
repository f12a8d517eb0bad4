"""Chat requests to a model, in the strictest form that the endpoint understands."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import stamina
from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI

from agent_memory_services.shared.model_api.failures import (
    Ledger,
    ModelFailed,
    Unlimited,
    quieten,
    translate,
)
from agent_memory_services.shared.model_api.meters import ModelMeter, Price, Usage

_ATTEMPTS: Final = 3
"""For what a moment mends; a longer fault is the caller's to wait out."""
_LONGEST_ANSWER: Final = 1_000_000
"""Characters; what is longer is no answer to any question here, and costs time to read."""
_BYTES_PER_TOKEN: Final = 4
_ANSWER_TOKENS: Final = 500
_NOT_UNDERSTOOD: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class Question:
    """Request to a chat model.

    Attributes:
        instructions: What the model shall do; written by us and by the application.
        data: What it shall do it with; written by anybody.
        schema: JSON schema of the answer; None for free text.
        name: The schema's name.
        model: The model to ask; empty for the endpoint's own.
    """

    instructions: str
    data: str
    schema: Mapping[str, Any] | None = None
    name: str = "answer"
    model: str = ""

    @property
    def tokens(self) -> int:
        """About how many tokens it takes, its answer included."""
        said = len(self.instructions.encode()) + len(self.data.encode())
        return said // _BYTES_PER_TOKEN + _ANSWER_TOKENS


class ChatEndpoint:
    """A chat model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None,
        api_key: str | None,
        timeout_seconds: float,
        attempts: int = _ATTEMPTS,
        ledger: Ledger | None = None,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            model: The model to ask.
            base_url: Where it is served; None is OpenAI's own.
            api_key: The key; None where none is needed.
            timeout_seconds: Limit of each attempt.
            attempts: How often a fault of the moment is tried again.
            ledger: Decides which calls may be made; None allows all.
            prices: What models cost, by name.
        """
        self.model = model
        self._meter = ModelMeter(model, prices or {})
        self._ledger = ledger or Unlimited()
        self._timeout = timeout_seconds
        self._attempts = attempts
        quieten()
        # Forms that the endpoint refused are not tried again.
        self._first_form = 0
        self._client = AsyncOpenAI(
            base_url=base_url,
            # Never None: the library would then send whatever key the environment holds.
            api_key=api_key or "none",
            max_retries=0,
            timeout=timeout_seconds,
        )

    async def ask(self, question: Question) -> str:
        """Ask, and return the answer's text.

        Raises:
            BudgetSpent: the present tenant may not ask.
            ModelFailed: there is no answer, or not a whole one.
        """
        forms = _forms(question)
        form = min(self._first_form, len(forms) - 1) if question.schema else 0
        while True:
            try:
                answer = await self._send(question, forms[form])
            except _Refused as refused:
                if not refused.not_understood or form + 1 == len(forms):
                    raise refused.meaning from None
                form += 1
                continue
            if question.schema:
                self._first_form = form
            return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _send(self, question: Question, form: Mapping[str, Any]) -> str:
        # A context, not stamina's decorator: its log line would hold the arguments.
        async for attempt in stamina.retry_context(
            _is_momentary, attempts=self._attempts, timeout=None, wait_initial=0.2, wait_max=2.0
        ):
            with attempt, self._meter.observed(question.model):
                return await self._complete(question, form)
        raise AssertionError  # stamina's last attempt returns or raises

    async def _complete(self, question: Question, form: Mapping[str, Any]) -> str:
        async with self._ledger.opened(question.tokens) as bill:
            completion = await self._completion(question, form)
            bill.tokens = self._meter.count(question.model, _usage(completion, question))
        return _text_of(completion)

    async def _completion(self, question: Question, form: Mapping[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._client.chat.completions.create(
                    model=question.model or self.model,
                    messages=[
                        {"role": "system", "content": question.instructions},
                        {"role": "user", "content": question.data},
                    ],
                    **form,
                )
        except TimeoutError:
            raise ModelFailed("model_unavailable") from None
        except APIError as error:
            # Here, because a caller that sees the error may log what it repeats of the request.
            raise _Refused(error) from None
        except ValueError:
            # A body that is no JSON, such as the page of a proxy.
            raise ModelFailed("bad_answer") from None


class _Refused(Exception):  # noqa: N818 - named for what happened
    """An endpoint's refusal, without its words.

    Attributes:
        meaning: Its meaning to the caller.
        not_understood: Whether another form of the question may help.
        momentary: Whether the same question may be answered in a moment.
    """

    def __init__(self, error: APIError) -> None:
        self.meaning = translate(error)
        super().__init__(self.meaning.reason)
        status = error.status_code if isinstance(error, APIStatusError) else None
        self.not_understood = status in _NOT_UNDERSTOOD
        self.momentary = isinstance(error, APIConnectionError) or (
            status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )


def _usage(completion: Any, question: Question) -> Usage:
    """Return the tokens of a call by the endpoint's own count; estimated where it gives none."""
    usage = getattr(completion, "usage", None)
    counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    if all(isinstance(count, int) and count >= 0 for count in counts) and any(counts):
        return Usage(counts[0] or 0, counts[1] or 0)
    return Usage(question.tokens - _ANSWER_TOKENS, _ANSWER_TOKENS)


def _forms(question: Question) -> list[dict[str, Any]]:
    """Return the ways to request the answer's shape, the strictest first."""
    if question.schema is None:
        return [{"temperature": 0}, {}]
    strict = {
        "type": "json_schema",
        "json_schema": {"name": question.name, "schema": question.schema, "strict": True},
    }
    return [
        {"response_format": strict, "temperature": 0},
        # Reasoning models take no temperature.
        {"response_format": strict},
        {"response_format": {"type": "json_object"}},
        {},
    ]


def _is_momentary(error: Exception) -> bool:
    return isinstance(error, _Refused) and error.momentary


def _text_of(completion: Any) -> str:
    """Return the text of the answer, without trust that an endpoint keeps the published shape.

    Raises:
        ModelFailed: there is none, it was cut off, or the model or its provider refused.
    """
    try:
        choice = completion.choices[0]
        text, reason = choice.message.content, choice.finish_reason
    except (AttributeError, IndexError, TypeError):
        raise ModelFailed("bad_answer") from None
    if reason == "content_filter" or getattr(choice.message, "refusal", None):
        raise ModelFailed("rejected")
    if not isinstance(text, str) or not text.strip() or reason == "length":
        raise ModelFailed("bad_answer")
    if len(text) > _LONGEST_ANSWER:
        raise ModelFailed("bad_answer")
    return text
