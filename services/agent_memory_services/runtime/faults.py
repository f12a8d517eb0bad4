"""What the errors of libraries mean to a caller.

Whatever is not recognised becomes an incident: its traceback goes to the log, and the caller
learns nothing but the incident's id, because the text of an exception may hold anything.
"""

import asyncio

import grpc
import structlog
from prometheus_client import Counter
from redis import exceptions as redis

from agent_memory_services.runtime.downstream import refused_by
from agent_memory_services.runtime.errors import (
    Cancelled,
    Incident,
    ServiceError,
    StoreFull,
    StoreUnavailable,
    Unimplemented,
)
from agent_memory_services.runtime.ids import new_id
from agent_memory_services.runtime.redis_connection import StoreAwayError
from agent_memory_services.runtime.shown_errors import described

log = structlog.get_logger()

_STORE_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.ReadOnlyError,
    redis.ClusterDownError,
    redis.MasterDownError,
    redis.TryAgainError,
    redis.RedisClusterException,
    redis.NoScriptError,
    StoreAwayError,
)
_FAULTS = Counter("agent_memory_store_faults", "Calls that the store failed, by how.", ["kind"])
_AWAY, _FULL = _FAULTS.labels("away"), _FAULTS.labels("full")


def refusal(error: BaseException) -> ServiceError:
    """The refusal to answer with when `error` ended a call."""
    if (known := _known(error)) is not None:
        return known
    incident_id = new_id()
    log.error("call.failed", incident_id=incident_id, exc_info=error)
    return Incident(incident_id)


def is_from_elsewhere(error: BaseException) -> bool:
    """Whether the store or another service raised an error, and not the work that needs them."""
    return isinstance(error, ServiceError | grpc.aio.AioRpcError | redis.RedisError)


def _known(error: BaseException) -> ServiceError | None:
    """What the error means, where it was foreseen."""
    meaning: ServiceError | None = None
    match error:
        case ServiceError():
            meaning = error
        case asyncio.CancelledError():
            meaning = Cancelled()
        case NotImplementedError():  # what a generated servicer raises
            meaning = Unimplemented("the method")
        case grpc.aio.AioRpcError():
            meaning = refused_by(error, "dependency")
        case redis.RedisError():
            meaning = _store_fault(error)
        case BaseExceptionGroup():
            meaning = _common(error)
    return meaning


def _common(group: BaseExceptionGroup[BaseException]) -> ServiceError | None:
    """Things done side by side fail in groups; one unforeseen error makes the whole unforeseen."""
    meanings = [_known(error) for error in group.exceptions]
    return None if None in meanings else meanings[0]


def _store_fault(error: redis.RedisError) -> ServiceError | None:
    away = isinstance(error, _STORE_AWAY)
    full = isinstance(error, redis.OutOfMemoryError)
    if not away and not full:
        return None
    log.warning("store.fault", error=described(error))
    (_FULL if full else _AWAY).inc()
    return StoreFull() if full else StoreUnavailable()
