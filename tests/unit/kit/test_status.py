"""Refusals over the wire."""

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from redis.exceptions import ConnectionError as RedisConnectionError

from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.errors import FieldViolation, ServiceError
from agent_memory_services.kit.contract.status import error_of, item_status, status_of, to_grpc

EXAMPLES = [
    errors.InvalidFields([FieldViolation("a", "b")]),
    errors.InvalidField("messages[3].role", "is empty"),
    errors.InvalidFieldMask("id", "is read-only"),
    errors.InvalidToken(),
    errors.Unauthenticated(),
    errors.AccessDenied("writer"),
    errors.OwnerMismatch("session"),
    errors.SessionNotFound("s"),
    errors.MemoryNotFound("m"),
    errors.JobNotFound("j"),
    errors.SummaryViewNotFound("v"),
    errors.EtagMismatch("e"),
    errors.IdAlreadyExists("i"),
    errors.RequestIdReused(),
    errors.RequestInProgress(0.25),
    errors.InvalidState("running", "the job is running"),
    errors.StoreUnavailable(),
    errors.StoreFull(),
    errors.DependencyUnavailable("x.Y", 2.5),
    errors.EmbeddingUnavailable(),
    errors.ModelUnavailable(),
    errors.Overloaded(),
    errors.QuotaExceeded("memories"),
    errors.DeadlineExceeded(),
    errors.Cancelled(),
    errors.Unimplemented("it"),
    errors.Incident("01"),
    errors.ShuttingDown(),
]


def _details(status: Status) -> dict[str, list[bytes]]:
    details: dict[str, list[bytes]] = {}
    for detail in status.details:
        details.setdefault(detail.TypeName(), []).append(detail.value)
    return details


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_refusal_carries_what_its_code_calls_for(error: ServiceError) -> None:
    """One ErrorInfo always; RetryInfo where retrying helps; BadRequest for violations."""
    status = status_of(error)
    details = _details(status)
    (info,) = map(ErrorInfo.FromString, details["google.rpc.ErrorInfo"])
    assert info.domain == "agent-memory"
    assert dict(info.metadata) == dict(error.metadata)
    code = to_grpc(status).code
    retried = code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert ("google.rpc.RetryInfo" in details) == retried
    assert ("google.rpc.BadRequest" in details) == bool(error.violations)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_a_refusal_survives_the_way_to_another_service(error: ServiceError) -> None:
    """The receiver raises the same class with the same particulars."""
    received = error_of(status_of(error))
    assert received is not None
    assert received.reason == error.reason
    assert (received.message, dict(received.metadata), received.violations) == (
        error.message,
        dict(error.metadata),
        error.violations,
    )
    assert error.retry_after in {None, received.retry_after}


def test_the_wait_is_a_second_unless_known() -> None:
    """RetryInfo always names a positive time."""
    for error, seconds in ((errors.Overloaded(), 1.0), (errors.Overloaded(0.25), 0.25)):
        retry = RetryInfo.FromString(_details(status_of(error))["google.rpc.RetryInfo"][0])
        assert retry.retry_delay.ToNanoseconds() / 1e9 == seconds


def test_details_fit_into_trailers() -> None:
    """However much is wrong and however long its names, the status stays below 6 KB."""
    violations = [FieldViolation(f"messages[{n}].{'x' * 300}", "y" * 1000) for n in range(500)]
    status = status_of(errors.InvalidFields(violations))
    assert status.ByteSize() < 6000
    bad_request = BadRequest.FromString(_details(status)["google.rpc.BadRequest"][0])
    assert 5 < len(bad_request.field_violations) < 20
    assert status_of(errors.SessionNotFound("é" * 5000)).ByteSize() < 6000


def test_an_item_of_a_batch_is_answered_like_a_call() -> None:
    """What is no refusal becomes one, without the exception's text."""
    assert item_status(RedisConnectionError("secret")).code == grpc.StatusCode.UNAVAILABLE.value[0]
    status = item_status(KeyError("secret"))
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert b"secret" not in status.SerializeToString()


def test_a_status_of_somebody_else_is_not_ours() -> None:
    """Proxies and other systems use the same details with other domains and reasons."""
    foreign = Status(code=14, message="x")
    assert error_of(foreign) is None
    foreign.details.add().Pack(ErrorInfo(domain="googleapis.com", reason="STORE_FULL"))
    assert error_of(foreign) is None
    unknown = Status(code=14)
    unknown.details.add().Pack(ErrorInfo(domain="agent-memory", reason="FROM_THE_FUTURE"))
    assert error_of(unknown) is None
