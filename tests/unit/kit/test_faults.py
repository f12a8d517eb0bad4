"""Library errors."""

import asyncio

import pytest
from redis import exceptions as redis
from structlog.testing import capture_logs

from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.status import refusal
from agent_memory_services.kit.contract.store_errors import typed


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("refused"),
        redis.TimeoutError("no answer"),
        redis.BusyLoadingError("loading"),
        redis.ReadOnlyError("a replica"),
        redis.ClusterDownError("CLUSTERDOWN"),
        typed(redis.ResponseError("MISCONF cannot persist")),
        typed(redis.ResponseError("BUSY Redis is busy running a script.")),
        typed(redis.ResponseError("UNKILLABLE the script has written")),
        typed(redis.ResponseError("Timeout limit was reached")),
        redis.NoScriptError("flushed meanwhile"),
    ],
)
def test_a_store_that_is_away_is_unavailable(error: redis.RedisError) -> None:
    """A storage fault is never an empty answer nor an incident."""
    assert isinstance(refusal(error), errors.StoreUnavailable)


def test_a_full_store_is_exhausted() -> None:
    """The caller learns that waiting alone may not help."""
    assert isinstance(refusal(redis.OutOfMemoryError("maxmemory")), errors.StoreFull)


def test_refusals_stay_what_they_are() -> None:
    """A rule's refusal and a cancellation pass unchanged."""
    error = errors.StoreFull()
    assert refusal(error) is error
    assert isinstance(refusal(asyncio.CancelledError()), errors.Cancelled)


def test_errors_of_things_done_side_by_side_keep_their_meaning() -> None:
    """A task group that failed for a known reason is no incident."""
    known = [redis.TimeoutError("no answer"), errors.StoreFull()]
    assert isinstance(refusal(ExceptionGroup("tasks", known)), errors.StoreUnavailable)
    nested = ExceptionGroup("outer", [ExceptionGroup("inner", [errors.SessionNotFound("s")])])
    assert isinstance(refusal(nested), errors.SessionNotFound)


def test_one_unforeseen_error_makes_the_group_unforeseen() -> None:
    """A defect does not hide behind a storage fault beside it."""
    mixed = ExceptionGroup("tasks", [redis.TimeoutError("no answer"), KeyError("k")])
    with capture_logs():
        assert isinstance(refusal(mixed), errors.Incident)


@pytest.mark.parametrize(
    "error", [redis.ResponseError("WRONGTYPE"), TimeoutError(), ValueError("redis://:pw@host")]
)
def test_anything_else_is_an_incident(error: Exception) -> None:
    """The log has the traceback under the id that the caller is given, who gets nothing more."""
    with capture_logs() as logs:
        refused = refusal(error)
    assert isinstance(refused, errors.Incident)
    assert "pw" not in refused.message
    (line,) = logs
    assert line["incident_id"] == refused.metadata["incident_id"]
    assert line["exc_info"] is error
