"""What a provider's refusals mean, without its words: they may quote what was asked."""

import math
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus
from typing import Final

from openai import APIError, APIStatusError

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
    """Seconds a response asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date.

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
