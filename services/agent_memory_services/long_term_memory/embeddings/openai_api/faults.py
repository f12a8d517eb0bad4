"""Translates a provider's refusals into ours, leaving its words behind.

A provider may quote the input or part of the key in its message, so only the status and the short
error code cross over, and the original is not chained.
"""

import re
from http import HTTPStatus
from typing import Final

from openai import APIError, APIStatusError

from agent_memory_services.long_term_memory.embeddings.base import (
    EmbeddingError,
    EmbeddingMisconfigured,
    EmbeddingRejected,
    EmbeddingUnavailable,
)
from agent_memory_services.runtime.model_api.failures import retry_after

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OPERATORS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)
QUOTA_PAUSE: Final = 60.0
"""Seconds to leave a provider alone whose quota is used up; nothing sooner will change that."""


def translate(error: APIError) -> EmbeddingError:
    """Say what a provider's error means for the caller: wait, give up, or tell the operator."""
    if not isinstance(error, APIStatusError):
        return EmbeddingUnavailable("the embedding provider cannot be reached")
    status = error.status_code
    reason = f"{status} {_code(error)}".rstrip()
    if status in _OPERATORS:
        return EmbeddingMisconfigured(f"the embedding provider denies the request: {reason}")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wish = retry_after(error.response.headers)
        if error.code == "insufficient_quota":
            wish = max(wish or 0.0, QUOTA_PAUSE)
        return EmbeddingUnavailable(f"the embedding provider answers {reason}", retry_after=wish)
    return EmbeddingRejected(f"the embedding provider refuses the input: {reason}")


def _code(error: APIStatusError) -> str:
    for code in (error.code, error.type):
        if code and _CODE.fullmatch(code):
            return code
    return ""
