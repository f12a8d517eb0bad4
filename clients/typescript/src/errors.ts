/**
 * Errors of the client.
 *
 *     MemoryClientError
 *     ├── MemoryValidationError         a field breaks its rule
 *     ├── MemoryNotFoundError           no such session, memory, job or view for this caller
 *     ├── MemoryConflictError           the etag is stale, or the id is taken
 *     ├── MemoryStateError              it does not fit the resource's state, or the client is closed
 *     ├── MemoryAuthenticationError     no credential, or one that is not valid
 *     ├── MemoryPermissionError         the credential or the owner does not allow it
 *     ├── MemoryResourceExhaustedError  a quota or the server's capacity is used up
 *     ├── MemoryUnavailableError        the service cannot be reached; repeating is safe
 *     ├── MemoryTimeoutError            the time allowed ran out
 *     ├── MemoryCancelledError          the call was given up, by the server or by the caller's signal
 *     ├── MemoryServerError             something unforeseen on the server's side
 *     └── ExtractionFailedError         a background job gave up; carries the job
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";
import { createRegistry } from "@bufbuild/protobuf";

import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo as ErrorInfoMessage,
  ErrorInfoSchema,
  type RequestInfo,
  RequestInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import type { Status } from "./gen/google/rpc/status_pb.js";
import type { Job } from "./models.js";

/** Name of a gRPC status. */
export type StatusName =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** One field that breaks its rule. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** Facts about a failure besides its message. */
export interface ErrorInfo {
  /** The status of the call; absent where the client refused it itself. */
  readonly code?: StatusName | undefined;
  /** Stable name of the cause, such as `ETAG_MISMATCH`; empty where the services gave none. */
  readonly reason?: string;
  /** Values that belong to the reason, such as `current_etag`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fields that break a rule, each with its path. */
  readonly fieldViolations?: readonly FieldViolation[];
  /** Seconds after which the server suggests to repeat the call. */
  readonly retryAfter?: number | undefined;
  /** Id under which the server's log knows the request. */
  readonly requestId?: string;
  /** The error of the transport. */
  readonly cause?: unknown;
}

/** Root of every error; also thrown for a status that has no class of its own. */
export class MemoryClientError extends Error {
  readonly code: StatusName | undefined;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fieldViolations: readonly FieldViolation[];
  readonly retryAfter: number | undefined;
  readonly requestId: string;

  constructor(message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.name = new.target.name;
    this.code = info.code;
    this.reason = info.reason ?? "";
    this.metadata = info.metadata ?? {};
    this.fieldViolations = info.fieldViolations ?? [];
    this.retryAfter = info.retryAfter;
    this.requestId = info.requestId ?? "";
  }
}

/** A field breaks its rule; nothing was stored. */
export class MemoryValidationError extends MemoryClientError {}
/** No such thing exists for this caller. */
export class MemoryNotFoundError extends MemoryClientError {}
/** The resource changed since its etag was read, or the id belongs to something else. */
export class MemoryConflictError extends MemoryClientError {}
/** The operation does not fit the resource's present state, or the client is closed. */
export class MemoryStateError extends MemoryClientError {}
/** The call carries no credential, or one that is not valid. */
export class MemoryAuthenticationError extends MemoryClientError {}
/** The credential does not allow this, or the resource belongs to another user. */
export class MemoryPermissionError extends MemoryClientError {}
/** A quota is used up, or the server is at its limit. */
export class MemoryResourceExhaustedError extends MemoryClientError {}
/** The service, its store or something it needs cannot be reached. */
export class MemoryUnavailableError extends MemoryClientError {}
/** The time allowed ran out. A write may have happened; repeating it with its id is safe. */
export class MemoryTimeoutError extends MemoryClientError {}
/** The call was given up. */
export class MemoryCancelledError extends MemoryClientError {}
/** Something unforeseen happened on the server's side. */
export class MemoryServerError extends MemoryClientError {}

/** A background job gave up; its messages are kept for `retryJob`. */
export class ExtractionFailedError extends MemoryClientError {
  readonly job: Job;

  constructor(message: string, job: Job) {
    super(message);
    this.job = job;
  }
}

type ErrorClass = new (message: string, info?: ErrorInfo) => MemoryClientError;

const KINDS: Readonly<Record<Code, readonly [StatusName, ErrorClass]>> = {
  [Code.Canceled]: ["CANCELLED", MemoryCancelledError],
  [Code.Unknown]: ["UNKNOWN", MemoryServerError],
  [Code.InvalidArgument]: ["INVALID_ARGUMENT", MemoryValidationError],
  [Code.DeadlineExceeded]: ["DEADLINE_EXCEEDED", MemoryTimeoutError],
  [Code.NotFound]: ["NOT_FOUND", MemoryNotFoundError],
  [Code.AlreadyExists]: ["ALREADY_EXISTS", MemoryConflictError],
  [Code.PermissionDenied]: ["PERMISSION_DENIED", MemoryPermissionError],
  [Code.ResourceExhausted]: ["RESOURCE_EXHAUSTED", MemoryResourceExhaustedError],
  [Code.FailedPrecondition]: ["FAILED_PRECONDITION", MemoryStateError],
  [Code.Aborted]: ["ABORTED", MemoryConflictError],
  [Code.OutOfRange]: ["OUT_OF_RANGE", MemoryValidationError],
  [Code.Unimplemented]: ["UNIMPLEMENTED", MemoryServerError],
  [Code.Internal]: ["INTERNAL", MemoryServerError],
  [Code.Unavailable]: ["UNAVAILABLE", MemoryUnavailableError],
  [Code.DataLoss]: ["DATA_LOSS", MemoryServerError],
  [Code.Unauthenticated]: ["UNAUTHENTICATED", MemoryAuthenticationError],
};

/** Convert what a transport throws to the error of the class that stands for its status. */
export function fromTransport(cause: unknown, requestId: string): MemoryClientError {
  if (cause instanceof MemoryClientError) return cause;
  const error = ConnectError.from(cause);
  const [code, kind] = KINDS[error.code];
  const info = detailed(
    {
      cause: error.findDetails(ErrorInfoSchema)[0],
      bad: error.findDetails(BadRequestSchema)[0],
      retry: error.findDetails(RetryInfoSchema)[0],
      request: error.findDetails(RequestInfoSchema)[0],
    },
    requestId,
  );
  return new kind(error.rawMessage || info.reason || code, { ...info, code, cause: error });
}

const DETAILS = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema, RequestInfoSchema);

/** Convert the status of one item of a batch, or of a job, to an error. */
export function fromStatus(status: Status): MemoryClientError {
  const [code, kind] = KINDS[status.code as Code] ?? KINDS[Code.Unknown];
  const found: Details = {};
  for (const any of status.details) note(found, any);
  const info = detailed(found, "");
  return new kind(status.message || info.reason || code, { ...info, code });
}

/** Make the error for a value that the client refuses before it makes a call. */
export function invalid(field: string, description: string): MemoryValidationError {
  return new MemoryValidationError(`${field}: ${description}`, {
    fieldViolations: [{ field, description }],
  });
}

interface Details {
  cause?: ErrorInfoMessage | undefined;
  bad?: BadRequest | undefined;
  retry?: RetryInfo | undefined;
  request?: RequestInfo | undefined;
}

function note(found: Details, any: Any): void {
  const message = anyUnpack(any, DETAILS);
  switch (message?.$typeName) {
    case ErrorInfoSchema.typeName:
      found.cause = message as ErrorInfoMessage;
      break;
    case BadRequestSchema.typeName:
      found.bad = message as BadRequest;
      break;
    case RetryInfoSchema.typeName:
      found.retry = message as RetryInfo;
      break;
    case RequestInfoSchema.typeName:
      found.request = message as RequestInfo;
      break;
    default:
  }
}

function detailed(found: Details, requestId: string): Required<Pick<ErrorInfo, "reason">> & ErrorInfo {
  const delay = found.retry?.retryDelay;
  return {
    reason: found.cause?.reason ?? "",
    metadata: { ...found.cause?.metadata },
    fieldViolations: (found.bad?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    retryAfter: delay && Number(delay.seconds) + delay.nanos / 1e9,
    requestId: found.request?.requestId || requestId,
  };
}
