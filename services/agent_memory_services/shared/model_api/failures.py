"""Failures of a model endpoint, its refusals and their retries, and the ledger of its tokens.

An endpoint's words may repeat a prompt, and so they end here: what crosses over is a reason of
ours. The retrying library's own line holds the error as it was, and is replaced.
"""

import math
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Protocol

import structlog
from stamina.instrumentation import (
    PrometheusOnRetryHook,
    RetryDetails,
    set_on_retry_hooks,
)

from agent_memory_services.kit.contract.shown_errors import described

_AWAY: Final = "model_unavailable"
_DENIED: Final = frozenset(
    {
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        *(HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.PAYMENT_REQUIRED),
    }
)
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


class Filtered(ModelFailed):
    """The model or its provider's filter refuses what was said; other means may read it."""

    def __init__(self) -> None:
        super().__init__("rejected")


class Hint(StrEnum):
    """Part of a request that an endpoint names when it refuses."""

    TEMPERATURE = "temperature"
    SYSTEM = "system"
    JSON_SCHEMA = "json_schema"
    JSON = "json"
    DIMENSIONS = "dimensions"
    ENCODING = "encoding"


@dataclass(frozen=True, slots=True)
class Blame:
    """Judgement of a refusal.

    Attributes:
        meaning: Its meaning to the caller.
        form: True where the form of the request may be at fault, not what it says.
        elsewhere: True where the same answer may as well be of an outage or a wrong address.
        momentary: True where the same request may be answered in a moment.
        hint: The part of the form that the endpoint names; None where it names none.
    """

    meaning: ModelFailed
    form: bool = False
    elsewhere: bool = False
    momentary: bool = False
    hint: Hint | None = None


_FILTER: Final = re.compile(
    r"content[ _-]?(?:filter|polic|management|violation|moderat)|moderation|responsible.?ai|flagged"
    r"|inappropriate content|sensitive|prohibited|safety|data_inspection|harmful",
    re.IGNORECASE,
)
_TOO_LONG: Final = re.compile(
    r"context.?(?:length|window|size)|too (?:long|large|many tokens)|maximum.{0,20}tokens"
    r"|string_above_max_length",
    re.IGNORECASE,
)
_HINTS: Final = {
    Hint.TEMPERATURE: re.compile(r"temperature", re.IGNORECASE),
    Hint.DIMENSIONS: re.compile(r"dimensions|matryoshka", re.IGNORECASE),
    Hint.ENCODING: re.compile(r"encoding.?format|base64", re.IGNORECASE),
    Hint.JSON: re.compile(r"json_object|json.?mode", re.IGNORECASE),
    Hint.JSON_SCHEMA: re.compile(
        r"json.?schema|response.?format|structured.?output|guided|grammar", re.IGNORECASE
    ),
    Hint.SYSTEM: re.compile(
        r"(?:system|developer).{0,20}(?:role|message|prompt|instruction)|roles?.{0,40}system",
        re.IGNORECASE | re.DOTALL,
    ),
}
_LISTENED_TO: Final = 2_000
"""Characters of an endpoint's words that are looked at."""
_ABOUT_FORM: Final = frozenset(
    {
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED),
        *(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY),
        *(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_IMPLEMENTED),
    }
)
_ABOUT_WORDS: Final = frozenset(
    {
        *(HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN),
        *(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS),
    }
)
_PLAIN: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


def blame(status: int | None, words: Any, wish: float | None = None) -> Blame:
    """Judge a refusal.

    Args:
        status: Its HTTP status; None where it has none.
        words: The endpoint's account of it, of any shape; looked at here and never repeated.
        wish: Seconds that it asks to wait.
    """
    said = str(words)[:_LISTENED_TO]
    if (status or HTTPStatus.OK) in _ABOUT_WORDS and _FILTER.search(said):
        return Blame(Filtered())
    if status in _ABOUT_FORM and not (status in _PLAIN and _TOO_LONG.search(said)):
        return Blame(
            ModelFailed(_reason(status), retry_after=wish),
            form=True,
            elsewhere=status not in _PLAIN,
            momentary=status == HTTPStatus.INTERNAL_SERVER_ERROR,
            hint=next((hint for hint, named in _HINTS.items() if named.search(said)), None),
        )
    momentary = status is not None and status > HTTPStatus.NOT_IMPLEMENTED
    return Blame(ModelFailed(_reason(status), retry_after=wish), momentary=momentary)


def _reason(status: int | None) -> str:
    """Say why a call failed: `model_unavailable`, `rate_limited`, `model_denied` or `rejected`.

    Only the last one is about what was asked. A redirect is an address that an operator has to
    set right; nothing is ever sent after it.
    """
    if status is None:
        return "bad_answer"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    if status in _DENIED or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "model_denied"
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _AWAY
    return "rejected"


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


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a call read and wrote."""

    read: int
    written: int

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.read + self.written


@dataclass(slots=True)
class Bill:
    """Cost of a call.

    Attributes:
        usage: tokens of question and answer; an estimate until they are known.
    """

    usage: Usage


class Ledger(Protocol):
    """Interface of ledgers that admit calls and record their cost."""

    def opened(self, model: str, expected: Usage) -> AbstractAsyncContextManager[Bill]:
        """Let the present tenant make a call of a model that takes about so many tokens.

        What the bill says at the end is what the call cost, however it ended. `model` is one of a
        few names.

        Raises:
            BudgetSpent: on entering; it may not.
        """
        ...


class Unlimited:
    """Ledger that admits every call."""

    @asynccontextmanager
    async def opened(self, model: str, expected: Usage) -> AsyncIterator[Bill]:  # noqa: ARG002
        """Let a call be made."""
        yield Bill(expected)


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
