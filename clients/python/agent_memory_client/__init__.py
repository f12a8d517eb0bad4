"""Memory for LLM agents: the client of the Agent Memory services.

`MemoryAPIClient` is the way in from asynchronous code, and `MemoryClient` from any other:
scripts, threads, notebooks. `agent_memory_client.models` holds what they take and answer,
`agent_memory_client.filters` the conditions of a search, and `agent_memory_client.errors` the
tree of everything they raise.
"""

from agent_memory_client._distribution import __version__  # isort: split

from agent_memory_client._async.client import MemoryAPIClient, create_memory_client
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._sync.client import MemoryClient, create_sync_memory_client
from agent_memory_client.errors import (
    ExtractionFailedError,
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
from agent_memory_client.models import (
    ForgetPolicy,
    ForgetResponse,
    Job,
    MemoryMessage,
    MemoryRecord,
    MemoryRecordResult,
    MemoryRecordResults,
    MemoryStrategyConfig,
    MemoryTypeEnum,
    RecencyConfig,
    SearchOptions,
    SummaryView,
    WorkingMemory,
)
from agent_memory_client.tools import ToolCallResult, ToolSchema, ToolSchemaCollection

__all__ = [
    "ExtractionFailedError",
    "ForgetPolicy",
    "ForgetResponse",
    "Job",
    "MemoryAPIClient",
    "MemoryAuthenticationError",
    "MemoryCancelledError",
    "MemoryClient",
    "MemoryClientConfig",
    "MemoryClientError",
    "MemoryConflictError",
    "MemoryMessage",
    "MemoryNotFoundError",
    "MemoryPermissionError",
    "MemoryRecord",
    "MemoryRecordResult",
    "MemoryRecordResults",
    "MemoryResourceExhaustedError",
    "MemoryServerError",
    "MemoryStateError",
    "MemoryStrategyConfig",
    "MemoryTimeoutError",
    "MemoryTypeEnum",
    "MemoryUnavailableError",
    "MemoryValidationError",
    "RecencyConfig",
    "SearchOptions",
    "SummaryView",
    "ToolCallResult",
    "ToolSchema",
    "ToolSchemaCollection",
    "WorkingMemory",
    "__version__",
    "create_memory_client",
    "create_sync_memory_client",
]
