"""Translates a provider's refusals into ours, leaving its words behind.

A provider may quote the input or part of the key in its message, so only the status and the short
error code cross over, and the original is not chained.
"""

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
        if code in _CODES:
            return code
    return ""
