package agentmemory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	extraction "github.com/agent-memory/agent-memory/clients/go/agent_memory/extraction/v1"
)

// Kinds of failures, for [errors.Is].
var (
	// ErrValidation says that a field breaks its rule; nothing was stored.
	ErrValidation = errors.New("a field breaks its rule")
	// ErrNotFound says that no such thing exists for this caller.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the etag is stale, or the id is taken.
	ErrConflict = errors.New("conflict")
	// ErrState says that the operation does not fit the resource's present state.
	ErrState = errors.New("wrong state")
	// ErrAuthentication says that there is no credential, or one that is not valid.
	ErrAuthentication = errors.New("not authenticated")
	// ErrPermission says that the credential or the owner does not allow it.
	ErrPermission = errors.New("not permitted")
	// ErrResourceExhausted says that a quota or the server's capacity is used up.
	ErrResourceExhausted = errors.New("resources are exhausted")
	// ErrUnavailable says that a service cannot be reached; repeating is safe.
	ErrUnavailable = errors.New("unavailable")
	// ErrTimeout says that the time allowed ran out.
	ErrTimeout = errors.New("timed out")
	// ErrCancelled says that the call was given up.
	ErrCancelled = errors.New("cancelled")
	// ErrServer says that something unforeseen happened on the server's side.
	ErrServer = errors.New("server error")
)

var kinds = map[codes.Code]error{
	codes.Canceled:           ErrCancelled,
	codes.Unknown:            ErrServer,
	codes.InvalidArgument:    ErrValidation,
	codes.DeadlineExceeded:   ErrTimeout,
	codes.NotFound:           ErrNotFound,
	codes.AlreadyExists:      ErrConflict,
	codes.PermissionDenied:   ErrPermission,
	codes.ResourceExhausted:  ErrResourceExhausted,
	codes.FailedPrecondition: ErrState,
	codes.Aborted:            ErrConflict,
	codes.OutOfRange:         ErrValidation,
	codes.Unimplemented:      ErrServer,
	codes.Internal:           ErrServer,
	codes.Unavailable:        ErrUnavailable,
	codes.DataLoss:           ErrServer,
	codes.Unauthenticated:    ErrAuthentication,
}

// A FieldViolation is one field that breaks its rule.
type FieldViolation struct {
	Field       string
	Description string
}

// An Error is the failure of a call. It is one of the kinds, as [errors.Is] tells, and gRPC's
// status.FromError reads it too.
type Error struct {
	// Code is the status of the call.
	Code codes.Code
	// Message says what happened.
	Message string
	// Reason is the stable name of the cause, such as ETAG_MISMATCH; empty where the answer came
	// from something else than the services.
	Reason string
	// Metadata holds the values that belong to the reason, such as current_etag.
	Metadata map[string]string
	// FieldViolations names the fields that break a rule.
	FieldViolations []FieldViolation
	// RetryAfter is the time after which the server suggests to repeat the call; 0 for none.
	RetryAfter time.Duration
	// RequestID is the name under which the server's log knows the request.
	RequestID string

	status *status.Status
}

// Error says what happened, and why.
func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s (%s): %s", e.Code, e.Reason, e.Message)
}

// Is tells whether the error is of a kind.
func (e *Error) Is(target error) bool {
	switch target {
	case context.DeadlineExceeded:
		return e.Code == codes.DeadlineExceeded
	case context.Canceled:
		return e.Code == codes.Canceled
	default:
		return kinds[e.Code] == target
	}
}

// GRPCStatus answers the status as gRPC has it.
func (e *Error) GRPCStatus() *status.Status {
	return e.status
}

// ErrorOf reads the status of one item of a batch, or of a job; nil for none.
func ErrorOf(item *rpcstatus.Status) *Error {
	if item == nil {
		return nil
	}
	return fromStatus(status.FromProto(item), "")
}

// ExtractionError says that a background job gave up; its messages are kept for RetryJob.
type ExtractionError struct {
	Job *extraction.Job
}

// Error names the job, and says why it gave up.
func (e *ExtractionError) Error() string {
	return fmt.Sprintf("extraction job %s gave up: %s", e.Job.GetId(), e.Job.GetError().GetMessage())
}

func fromError(err error, requestID string) error {
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	found, ok := status.FromError(err)
	if !ok {
		found = status.FromContextError(err)
		if found.Code() == codes.Unknown {
			return err
		}
	}
	return fromStatus(found, requestID)
}

func fromStatus(found *status.Status, requestID string) *Error {
	read := &Error{
		Code: found.Code(), Message: found.Message(), RequestID: requestID, status: found,
	}
	for _, detail := range found.Details() {
		switch each := detail.(type) {
		case *errdetails.ErrorInfo:
			read.Reason, read.Metadata = each.GetReason(), each.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range each.GetFieldViolations() {
				read.FieldViolations = append(read.FieldViolations, FieldViolation{
					Field: violation.GetField(), Description: violation.GetDescription(),
				})
			}
		case *errdetails.RetryInfo:
			read.RetryAfter = each.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			read.RequestID = each.GetRequestId()
		}
	}
	return read
}
