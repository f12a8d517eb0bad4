"""Chat requests to a model, in the strictest form that the endpoint understands."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import stamina
from httpx2 import create_ssl_context
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
)

from agent_memory_services.shared.model_api import failures
from agent_memory_services.shared.model_api.answers import Completion, read_completion
from agent_memory_services.shared.model_api.dialects import ChatForm, Dialects, Output
from agent_memory_services.shared.model_api.meters import ModelMeter, Price

with suppress(ImportError):
    # `openai` looks into this module where another library imports it, as the parser's do in a
    # thread, and would find half of it.
    import httpx  # noqa: F401

_ATTEMPTS: Final = 3
"""For what a moment mends; a longer fault is the caller's to wait out."""
_BYTES_PER_TOKEN: Final = 4
_ANSWER_TOKENS: Final = 500


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
    def usage(self) -> failures.Usage:
        """About how many tokens it takes, and its answer."""
        said = len(self.instructions.encode()) + len(self.data.encode())
        return failures.Usage(said // _BYTES_PER_TOKEN, _ANSWER_TOKENS)


def open_client(*, base_url: str | None, api_key: str | None, timeout: float | None) -> AsyncOpenAI:
    """Prepare the connection to an endpoint; nothing is sent yet.

    A redirect is an error: what is said to one host is not for another.
    """
    failures.quieten()
    return AsyncOpenAI(
        base_url=base_url,
        # Never None: the library would then send whatever key the environment holds.
        api_key=api_key or "none",
        max_retries=0,
        timeout=timeout,
        http_client=DefaultAsyncHttpxClient(
            follow_redirects=False, timeout=timeout, verify=_authorities()
        ),
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Read the trusted certificates, which takes longer than a call, once for all clients."""
    return create_ssl_context()


def blame_of(error: APIError) -> failures.Blame:
    """Judge an error of the provider's library."""
    if not isinstance(error, APIStatusError):
        away = failures.ModelFailed("model_unavailable")
        return failures.Blame(away, momentary=isinstance(error, APIConnectionError))
    wish = failures.retry_after(error.response.headers)
    return failures.blame(error.status_code, error.body, wish)


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
        ledger: failures.Ledger | None = None,
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
        self._ledger = ledger or failures.Unlimited()
        self._timeout = timeout_seconds
        self._attempts = attempts
        self._dialects = Dialects()
        self._client = open_client(base_url=base_url, api_key=api_key, timeout=timeout_seconds)

    async def ask(self, question: Question) -> str:
        """Ask, in forms that the model understands, and return the answer's text.

        Raises:
            BudgetSpent: the present tenant may not ask.
            Filtered: the model or its provider refuses what was said.
            ModelFailed: there is no answer, or not a whole one.
        """
        structured = question.schema is not None
        dialect = self._dialects.of(question.model or self.model, structured=structured)
        trial = dialect.trial()
        first: failures.ModelFailed | None = None
        for form in trial.forms():
            try:
                answer = await self._send(question, form, 1 if first else self._attempts)
            except _Refused as refused:
                blame = refused.blame
                if first is None or not blame.form:
                    first = blame.meaning
                trial.refused(blame)
            except failures.ModelFailed as failed:
                if failed.reason == "bad_answer":
                    trial.answered()
                raise
            else:
                trial.answered()
                return answer
        raise first or failures.ModelFailed("model_unavailable")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _send(self, question: Question, form: ChatForm, attempts: int) -> str:
        # A context, not stamina's decorator: its log line would hold the arguments.
        async for attempt in stamina.retry_context(
            _is_momentary, attempts=attempts, timeout=None, wait_initial=0.2, wait_max=2.0
        ):
            with attempt, self._meter.observed(question.model):
                return await self._complete(question, form)
        raise AssertionError  # stamina's last attempt returns or raises

    async def _complete(self, question: Question, form: ChatForm) -> str:
        model = self._meter.label(question.model)
        async with self._ledger.opened(model, question.usage) as bill:
            try:
                body = await self._post(_request(question, form, question.model or self.model))
            except _Refused as refused:
                if not refused.blame.momentary:
                    # Refused before the model read it.
                    bill.usage = failures.Usage(0, 0)
                raise
            completion = read_completion(body, structured=question.schema is not None)
            bill.usage = _usage(completion, question)
            self._meter.count(question.model, bill.usage)
        return completion.text

    async def _post(self, request: Mapping[str, Any]) -> str:
        try:
            # Of the whole answer: bytes that trickle in are no reason to wait on.
            async with asyncio.timeout(self._timeout):
                return await self._client.post("/chat/completions", body=request, cast_to=str)
        except TimeoutError:
            raise failures.ModelFailed("model_unavailable") from None
        except APIError as error:
            # Here, because a caller that sees the error may log what it repeats of the request.
            raise _Refused(blame_of(error)) from None


class _Refused(Exception):  # noqa: N818 - named for what happened
    """An endpoint's refusal, without its words; its only argument is the reason."""

    def __init__(self, blame: failures.Blame) -> None:
        super().__init__(blame.meaning.reason)
        self.blame = blame


def _usage(completion: Completion, question: Question) -> failures.Usage:
    """Return the tokens of a call by the endpoint's own count; estimated where it gives none."""
    if completion.read is not None and completion.written is not None:
        return failures.Usage(completion.read, completion.written)
    return question.usage


_SCHEMA_IN_WORDS: Final = (
    "Answer with one JSON object and nothing else. It fits this JSON schema; every property "
    "stands in it:"
)
_TAKEN_IN: Final = "Understood. I follow these rules and answer about the data that comes next."


def _request(question: Question, form: ChatForm, model: str) -> dict[str, Any]:
    """Return a question in a form; a schema that is not enforced stands in the instructions."""
    request: dict[str, Any] = {"model": model}
    instructions = question.instructions
    if question.schema is not None and form.output is not Output.SCHEMA:
        schema = json.dumps(question.schema)
        instructions = f"{instructions}\n\n{_SCHEMA_IN_WORDS}\n{schema}"
    told: list[dict[str, str]] = [{"role": "system", "content": instructions}]
    if not form.system:
        # A turn of their own, so that data still stands apart from them.
        told = [
            {"role": "user", "content": instructions},
            {"role": "assistant", "content": _TAKEN_IN},
        ]
    request["messages"] = [*told, {"role": "user", "content": question.data}]
    if form.temperature:
        request["temperature"] = 0
    if question.schema is not None and form.output is Output.SCHEMA:
        enforced = {"name": question.name, "schema": question.schema, "strict": True}
        request["response_format"] = {"type": "json_schema", "json_schema": enforced}
    elif form.output is Output.JSON:
        request["response_format"] = {"type": "json_object"}
    return request


def _is_momentary(error: Exception) -> bool:
    return isinstance(error, _Refused) and error.blame.momentary
