"""The refusals a service may answer with.

Rules and stores raise these; `status.py` alone turns them into what goes over the wire.

    ServiceError
    ├── InvalidFields               a field breaks its rule
    │   └── InvalidField            the same, for one field
    ├── MessageTooLarge             the request, or the answer to it
    ├── InvalidFieldMask            an update mask names an unknown or read-only path
    ├── InvalidToken                a page or resume token is damaged or foreign
    ├── Unauthenticated             no valid credential
    ├── AccessDenied                the credential does not allow this
    ├── OwnerMismatch               the session or memory belongs to another user
    ├── NotFound
    │   ├── SessionNotFound
    │   ├── MemoryNotFound
    │   ├── JobNotFound
    │   └── SummaryViewNotFound
    ├── EtagMismatch                the resource changed since the etag was read
    ├── IdAlreadyExists             the id is taken by a record with other content
    ├── RequestIdReused             the request id was used with another body
    ├── SessionErased               what the session said is not wanted any more
    ├── InvalidState                the operation does not fit the resource's state
    ├── Unavailable                 try again later
    │   ├── RequestInProgress       the first call with this request id still runs
    │   ├── StoreUnavailable
    │   ├── DependencyUnavailable   another service of the suite
    │   ├── EmbeddingUnavailable
    │   ├── ModelUnavailable
    │   └── ShuttingDown            this process is about to end
    │       └── OpenForLong         a stream continues in another call
    ├── Exhausted                   a limit is reached; try again later
    │   ├── StoreFull
    │   ├── Overloaded
    │   └── QuotaExceeded
    ├── DeadlineExceeded            the time allowed for the call ran out
    ├── Cancelled                   the caller went away
    ├── Unimplemented               this build does not serve it
    └── Incident                    something unforeseen; the log has the rest
"""
# ruff: noqa: N818 - the base says Error; `raise SessionNotFound` reads as what happened.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from agent_memory.common.v1.error_reason_pb2 import ErrorReason

# What ErrorInfo names as the origin of every reason.
DOMAIN = "agent-memory"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that breaks a rule.

    Attributes:
        field: path from the request's root, such as `messages[3].role`.
        description: what the rule asks for, without the offending value.
    """

    field: str
    description: str


class ServiceError(Exception):
    """A refusal with a reason from the catalogue, safe to show to the caller.

    Attributes:
        reason: the catalogue's entry; it decides the gRPC code.
        message: one sentence for a developer, without anybody's data.
        metadata: the keys that the catalogue documents for the reason.
        violations: the fields at fault, for invalid requests.
        retry_after: seconds to wait before trying again, where waiting helps.
    """

    reason: ClassVar[ErrorReason.ValueType]

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: Mapping[str, str] = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after = retry_after


class InvalidFields(ServiceError):
    """Fields break their rules; nothing was stored."""

    reason = ErrorReason.ERROR_REASON_INVALID_FIELD

    def __init__(self, violations: Sequence[FieldViolation]) -> None:
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        at = f"{first.field}: " if first.field else ""
        super().__init__(f"{at}{first.description}{more}", violations=violations)


class InvalidField(InvalidFields):
    """One field breaks its rule; nothing was stored."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__((FieldViolation(field, description),))


class MessageTooLarge(ServiceError):
    """The request, or the answer to it, is larger than a message may be."""

    reason = ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE

    def __init__(self, message: str, size: int, limit: int) -> None:
        """Say which `message` it is (`request` or `answer`), with both sizes in bytes."""
        less = "send" if message == "request" else "ask for"
        super().__init__(
            f"the {message} has {size} bytes, and may have {limit}; {less} less at a time",
            metadata={"message": message, "max_bytes": str(limit)},
        )


class InvalidFieldMask(ServiceError):
    """An update mask names an unknown or read-only path."""

    reason = ErrorReason.ERROR_REASON_INVALID_FIELD_MASK

    def __init__(self, path: str, description: str) -> None:
        super().__init__(
            f"update_mask: a path {description}",
            metadata={"path": path},
            violations=(FieldViolation("update_mask", f"a path {description}"),),
        )


class InvalidToken(ServiceError):
    """A page or resume token is damaged, or belongs to other arguments."""

    reason = ErrorReason.ERROR_REASON_INVALID_TOKEN

    def __init__(
        self, description: str = "the token is damaged or belongs to other arguments"
    ) -> None:
        super().__init__(description)


class Unauthenticated(ServiceError):
    """No credential, or one that is not valid."""

    reason = ErrorReason.ERROR_REASON_UNAUTHENTICATED

    def __init__(self, message: str = "no valid credential") -> None:
        super().__init__(message)


class AccessDenied(ServiceError):
    """The credential does not allow this; `required` names the access that would."""

    reason = ErrorReason.ERROR_REASON_ACCESS_DENIED

    def __init__(self, required: str) -> None:
        super().__init__(
            f"the credential does not allow this; it needs {required}",
            metadata={"required_access": required},
        )


class OwnerMismatch(ServiceError):
    """The resource, a `session` or a `memory`, belongs to another user."""

    reason = ErrorReason.ERROR_REASON_OWNER_MISMATCH

    def __init__(self, resource_type: str) -> None:
        super().__init__(
            f"the {resource_type} belongs to another user",
            metadata={"resource_type": resource_type},
        )


class NotFound(ServiceError):
    """No such resource for this caller."""


class SessionNotFound(NotFound):
    """No such session for this caller."""

    reason = ErrorReason.ERROR_REASON_SESSION_NOT_FOUND

    def __init__(self, session_id: str) -> None:
        super().__init__("no such session", metadata={"session_id": session_id})


class MemoryNotFound(NotFound):
    """No such memory for this caller."""

    reason = ErrorReason.ERROR_REASON_MEMORY_NOT_FOUND

    def __init__(self, memory_id: str) -> None:
        super().__init__("no such memory", metadata={"memory_id": memory_id})


class JobNotFound(NotFound):
    """No such job for this caller."""

    reason = ErrorReason.ERROR_REASON_JOB_NOT_FOUND

    def __init__(self, job_id: str) -> None:
        super().__init__("no such job", metadata={"job_id": job_id})


class SummaryViewNotFound(NotFound):
    """No such summary view for this caller."""

    reason = ErrorReason.ERROR_REASON_SUMMARY_VIEW_NOT_FOUND

    def __init__(self, view_id: str) -> None:
        super().__init__("no such summary view", metadata={"view_id": view_id})


class EtagMismatch(ServiceError):
    """The resource changed since the etag was read; `current` is its etag now."""

    reason = ErrorReason.ERROR_REASON_ETAG_MISMATCH

    def __init__(self, current: str) -> None:
        super().__init__(
            "the resource changed since its etag was read", metadata={"current_etag": current}
        )


class IdAlreadyExists(ServiceError):
    """The id is taken by a record with other content."""

    reason = ErrorReason.ERROR_REASON_ID_ALREADY_EXISTS

    def __init__(self, id: str) -> None:  # noqa: A002 - the catalogue's own name for it
        super().__init__("the id is taken by another record", metadata={"id": id})


class RequestIdReused(ServiceError):
    """The request id was used before with another body."""

    reason = ErrorReason.ERROR_REASON_REQUEST_ID_REUSED

    def __init__(self) -> None:
        super().__init__("the request id was used before with another body")


class SessionErased(ServiceError):
    """The session was erased; nothing of it is taken in any more."""

    reason = ErrorReason.ERROR_REASON_SESSION_ERASED

    def __init__(self) -> None:
        super().__init__("the session was erased")


class InvalidState(ServiceError):
    """The operation does not fit the resource's present state."""

    reason = ErrorReason.ERROR_REASON_INVALID_STATE

    def __init__(self, state: str, description: str) -> None:
        super().__init__(description, metadata={"state": state})


class Unavailable(ServiceError):
    """Something this call needs is away for the moment; nothing is wrong with the request."""


class RequestInProgress(Unavailable):
    """The first call with this request id is still running."""

    reason = ErrorReason.ERROR_REASON_REQUEST_IN_PROGRESS

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(
            "the first call with this request id is still running", retry_after=retry_after
        )


class StoreUnavailable(Unavailable):
    """The store cannot be reached or is starting."""

    reason = ErrorReason.ERROR_REASON_STORE_UNAVAILABLE

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("the store cannot be reached or is starting", retry_after=retry_after)


class DependencyUnavailable(Unavailable):
    """Another service that this call depends on cannot be reached."""

    reason = ErrorReason.ERROR_REASON_DEPENDENCY_UNAVAILABLE

    def __init__(self, service: str, retry_after: float | None = None) -> None:
        super().__init__(
            f"{service} cannot be reached", metadata={"service": service}, retry_after=retry_after
        )


class EmbeddingUnavailable(Unavailable):
    """The embedding provider cannot be reached or limits us."""

    reason = ErrorReason.ERROR_REASON_EMBEDDING_UNAVAILABLE

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(
            "the embedding provider cannot be reached or limits its callers",
            retry_after=retry_after,
        )


class ModelUnavailable(Unavailable):
    """The language model cannot be reached or limits us."""

    reason = ErrorReason.ERROR_REASON_MODEL_UNAVAILABLE

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(
            "the language model cannot be reached or limits its callers", retry_after=retry_after
        )


class ShuttingDown(Unavailable):
    """This process is about to end; another one will answer."""

    reason = ErrorReason.ERROR_REASON_SHUTTING_DOWN

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(self._why(), retry_after=retry_after)

    def _why(self) -> str:
        return "the process is shutting down"


class OpenForLong(ShuttingDown):
    """A stream was open for as long as any may be; it continues from its last token."""

    def _why(self) -> str:
        return "the stream was open for long; continue from its last token"


class Exhausted(ServiceError):
    """A limit is reached for the moment."""


class StoreFull(Exhausted):
    """The store refuses writes because its memory is full."""

    reason = ErrorReason.ERROR_REASON_STORE_FULL

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("the store's memory is full", retry_after=retry_after)


class Overloaded(Exhausted):
    """Too many calls are running for this process or tenant."""

    reason = ErrorReason.ERROR_REASON_OVERLOADED

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("too many calls are running", retry_after=retry_after)


class QuotaExceeded(Exhausted):
    """A limit of the tenant is reached; `limit` names it."""

    reason = ErrorReason.ERROR_REASON_QUOTA_EXCEEDED

    def __init__(self, limit: str, retry_after: float | None = None) -> None:
        super().__init__(
            f"the limit {limit} is reached", metadata={"limit": limit}, retry_after=retry_after
        )


class DeadlineExceeded(ServiceError):
    """The time allowed for the call ran out."""

    reason = ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED

    def __init__(self) -> None:
        super().__init__("the time allowed for the call ran out")


class Cancelled(ServiceError):
    """The caller went away."""

    reason = ErrorReason.ERROR_REASON_CANCELLED

    def __init__(self) -> None:
        super().__init__("the caller went away")


class Unimplemented(ServiceError):
    """This build does not serve `what`, a method or one of its options."""

    reason = ErrorReason.ERROR_REASON_UNIMPLEMENTED

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not served by this build")


class Incident(ServiceError):
    """Something unforeseen, described in the server's log under `incident_id` only."""

    reason = ErrorReason.ERROR_REASON_INTERNAL

    def __init__(self, incident_id: str) -> None:
        super().__init__(
            f"internal error; the server's log has incident {incident_id}",
            metadata={"incident_id": incident_id},
        )
