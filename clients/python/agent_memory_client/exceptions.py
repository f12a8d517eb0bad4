"""The errors under the name older clients used; see `agent_memory_client.errors` for the tree."""

from agent_memory_client.errors import (
    ErrorInfo,
    ExtractionFailedError,
    FieldViolation,
    MemoryAuthenticationError,
    MemoryCancelledError,
    MemoryClientError,
    MemoryConflictError,
    MemoryNotFoundError,
    MemoryPermissionError,
    MemoryResourceExhaustedError,
    MemoryServerError,
    MemoryStateError,
    MemoryTimeoutError,
    MemoryUnavailableError,
    MemoryValidationError,
)

__all__ = [
    "ErrorInfo",
    "ExtractionFailedError",
    "FieldViolation",
    "MemoryAuthenticationError",
    "MemoryCancelledError",
    "MemoryClientError",
    "MemoryConflictError",
    "MemoryNotFoundError",
    "MemoryPermissionError",
    "MemoryResourceExhaustedError",
    "MemoryServerError",
    "MemoryStateError",
    "MemoryTimeoutError",
    "MemoryUnavailableError",
    "MemoryValidationError",
]
