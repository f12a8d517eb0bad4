"""Failures of a model endpoint and their retries, the ledger of its tokens, JSON in its answers.

The library's own line holds the error as it was, and so whatever a provider repeats of a prompt.
"""

import json
import math
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, Protocol

import structlog
from openai import APIError, APIStatusError
from stamina.instrumentation import (
    PrometheusOnRetryHook,
    RetryDetails,
    set_on_retry_hooks,
)

from agent_memory_services.kit.contract.shown_errors import described

_AWAY: Final = "model_unavailable"
_DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})


class ModelFailed(Exception):  # noqa: N818 - named for what happened
    """A model gave no answer, or none that can be used.

    Attributes:
        reason: Short and stable, safe to show: `model_unavailable`, `rate_limited`,
            `model_denied`, `rejected` or `bad_answer`.
        retry_after: Seconds the provider asked to wait; None when it did not say.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        """Keep the reason and the provider's wish."""
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


def translate(error: APIError) -> ModelFailed:
    """Say why a call failed: `model_unavailable`, `rate_limited`, `model_denied` or `rejected`.

    Only the last one is about what was asked.
    """
    if not isinstance(error, APIStatusError):
        return ModelFailed(_AWAY)
    status, wish = error.status_code, retry_after(error.response.headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ModelFailed("rate_limited", retry_after=wish)
    if status in _DENIED:
        return ModelFailed("model_denied")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ModelFailed(_AWAY, retry_after=wish)
    return ModelFailed("rejected")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait by `retry-after-ms`, or by `retry-after` in seconds or as a date.

    None where it does not say, or not in a way that can be read.
    """
    seconds = _number(headers.get("retry-after-ms"), 1000)
    if seconds is None:
        seconds = _number(headers.get("retry-after"), 1)
    if seconds is None and (date := parsedate_tz(headers.get("retry-after", ""))):
        seconds = mktime_tz(date) - time.time()
    return None if seconds is None else max(0.0, seconds)


def _number(text: str | None, divisor: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value / divisor if math.isfinite(value) else None


class BudgetSpent(ModelFailed):
    """The present tenant's budget does not allow the call; other means may do the work."""

    def __init__(self) -> None:
        super().__init__("budget_spent")


@dataclass(slots=True)
class Bill:
    """Cost of a call.

    Attributes:
        tokens: those of question and answer; an estimate until they are known.
    """

    tokens: int


class Ledger(Protocol):
    """Interface of ledgers that admit calls and record their cost."""

    def opened(self, tokens: int) -> AbstractAsyncContextManager[Bill]:
        """Let the present tenant make a call of about so many tokens.

        What the bill says at the end is what the call cost, however it ended.

        Raises:
            BudgetSpent: on entering; it may not.
        """
        ...


class Unlimited:
    """Ledger that admits every call."""

    @asynccontextmanager
    async def opened(self, tokens: int) -> AsyncIterator[Bill]:
        """Let a call be made."""
        yield Bill(tokens)


_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLACE = re.compile(r'"(\d+)"')
_MOST_STARTS: Final = 50
# Models put raw line breaks into strings.
_DECODER: Final = json.JSONDecoder(strict=False)


def json_values(text: str) -> Iterator[Any]:
    """Yield every object and list that can be read from `text`, the likeliest first.

    Looks at the text as it is, into fenced blocks, behind leading words, and past trailing
    commas; what is cut off in the middle is never completed.
    """
    texts = [*_FENCE.findall(text), text]
    for candidate in [*texts, *map(_without_trailing_commas, texts)]:
        for start in islice(re.finditer(r"[{\[]", candidate), _MOST_STARTS):
            try:
                yield _DECODER.raw_decode(candidate, start.start())[0]
            except (ValueError, RecursionError):
                continue


def _without_trailing_commas(text: str) -> str:
    strings: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        strings.append(match.group())
        return f'"{len(strings) - 1}"'

    bare = _TRAILING_COMMA.sub(r"\1", _STRING.sub(put_aside, text))
    return _PLACE.sub(lambda match: strings[int(match.group(1))], bare)


log = structlog.get_logger()


def quieten() -> None:
    """Say of every retry its number, the kind of its cause and the wait, and nothing else."""
    set_on_retry_hooks([PrometheusOnRetryHook, _tell])


def _tell(details: RetryDetails) -> None:
    log.warning(
        "retry.scheduled",
        attempt=details.retry_num,
        error=described(details.caused_by),
        wait_seconds=round(details.wait_for, 2),
    )
