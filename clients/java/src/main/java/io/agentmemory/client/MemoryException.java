package io.agentmemory.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Failure of a call. The nested classes tell its kind. */
public class MemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Facts facts;

  /**
   * Facts about a failure.
   *
   * @param code the status of the call
   * @param reason stable name of the cause, such as {@code ETAG_MISMATCH}; empty where the answer
   *     came from something else than the services
   * @param metadata values that belong to the reason, such as {@code current_etag}
   * @param violations the fields that break a rule
   * @param retryAfter time after which the server suggests to repeat the call
   * @param requestId name under which the server's log knows the request
   */
  public record Facts(
      Status.Code code,
      String reason,
      Map<String, String> metadata,
      List<FieldViolation> violations,
      Optional<Duration> retryAfter,
      String requestId) {}

  /**
   * One field that breaks its rule.
   *
   * @param field path of the field
   * @param description what is wrong
   */
  public record FieldViolation(String field, String description) {}

  MemoryException(String message, Facts facts, Throwable cause) {
    super(message, cause);
    this.facts = facts;
  }

  /** Answers the status of the call. */
  public Status.Code code() {
    return facts.code();
  }

  /** Answers the stable name of the cause; empty where there is none. */
  public String reason() {
    return facts.reason();
  }

  /** Answers the values that belong to the reason. */
  public Map<String, String> metadata() {
    return facts.metadata();
  }

  /** Answers the fields that break a rule. */
  public List<FieldViolation> violations() {
    return facts.violations();
  }

  /** Answers the time after which the server suggests to repeat the call. */
  public Optional<Duration> retryAfter() {
    return facts.retryAfter();
  }

  /** Answers the name under which the server's log knows the request. */
  public String requestId() {
    return facts.requestId();
  }

  /** Reads the status of one item of a batch, or of a job. */
  public static MemoryException of(com.google.rpc.Status status) {
    return of(status, status.getMessage(), "", null);
  }

  static MemoryException of(Throwable thrown, String requestId) {
    if (thrown instanceof MemoryException own) {
      return own;
    }
    Status status = Status.fromThrowable(thrown);
    com.google.rpc.Status rich = StatusProto.fromThrowable(thrown);
    if (rich == null || rich.getCode() != status.getCode().value()) {
      rich = com.google.rpc.Status.newBuilder().setCode(status.getCode().value()).build();
    }
    String said = status.getDescription();
    String message = said == null || said.isEmpty() ? rich.getMessage() : said;
    return of(rich, message, requestId, thrown);
  }

  private static MemoryException of(
      com.google.rpc.Status status, String said, String requestId, Throwable cause) {
    ErrorInfo info = find(status, ErrorInfo.class, ErrorInfo.getDefaultInstance());
    BadRequest bad = find(status, BadRequest.class, BadRequest.getDefaultInstance());
    RetryInfo retry = find(status, RetryInfo.class, RetryInfo.getDefaultInstance());
    RequestInfo request = find(status, RequestInfo.class, RequestInfo.getDefaultInstance());
    Status.Code code = Status.fromCodeValue(status.getCode()).getCode();
    Facts facts =
        new Facts(
            code,
            info.getReason(),
            Map.copyOf(info.getMetadataMap()),
            bad.getFieldViolationsList().stream()
                .map(each -> new FieldViolation(each.getField(), each.getDescription()))
                .toList(),
            retry.hasRetryDelay()
                ? Optional.of(
                    Duration.ofSeconds(
                        retry.getRetryDelay().getSeconds(), retry.getRetryDelay().getNanos()))
                : Optional.empty(),
            request.getRequestId().isEmpty() ? requestId : request.getRequestId());
    String message = said.isEmpty() ? code.name() : said;
    return switch (code) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> new Validation(message, facts, cause);
      case NOT_FOUND -> new NotFound(message, facts, cause);
      case ALREADY_EXISTS, ABORTED -> new Conflict(message, facts, cause);
      case FAILED_PRECONDITION -> new State(message, facts, cause);
      case UNAUTHENTICATED -> new Authentication(message, facts, cause);
      case PERMISSION_DENIED -> new Permission(message, facts, cause);
      case RESOURCE_EXHAUSTED -> new ResourceExhausted(message, facts, cause);
      case UNAVAILABLE -> new Unavailable(message, facts, cause);
      case DEADLINE_EXCEEDED -> new Timeout(message, facts, cause);
      case CANCELLED -> new Cancelled(message, facts, cause);
      default -> new Server(message, facts, cause);
    };
  }

  private static <M extends com.google.protobuf.Message> M find(
      com.google.rpc.Status status, Class<M> type, M none) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException damaged) {
          return none;
        }
      }
    }
    return none;
  }

  static MemoryException timeout(String message) {
    return of(
        new StatusRuntimeException(Status.DEADLINE_EXCEEDED.withDescription(message)), "");
  }

  /** A field breaks its rule; nothing was stored. */
  public static final class Validation extends MemoryException {
    private static final long serialVersionUID = 1L;

    Validation(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** No such thing exists for this caller. */
  public static final class NotFound extends MemoryException {
    private static final long serialVersionUID = 1L;

    NotFound(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** The etag is stale, or the id is taken. */
  public static final class Conflict extends MemoryException {
    private static final long serialVersionUID = 1L;

    Conflict(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** The operation does not fit the resource's present state. */
  public static final class State extends MemoryException {
    private static final long serialVersionUID = 1L;

    State(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** There is no credential, or one that is not valid. */
  public static final class Authentication extends MemoryException {
    private static final long serialVersionUID = 1L;

    Authentication(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** The credential or the owner does not allow it. */
  public static final class Permission extends MemoryException {
    private static final long serialVersionUID = 1L;

    Permission(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** A quota or the server's capacity is used up. */
  public static final class ResourceExhausted extends MemoryException {
    private static final long serialVersionUID = 1L;

    ResourceExhausted(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** A service cannot be reached; repeating is safe. */
  public static final class Unavailable extends MemoryException {
    private static final long serialVersionUID = 1L;

    Unavailable(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** The time allowed ran out. A write may have happened; repeating it with its id is safe. */
  public static final class Timeout extends MemoryException {
    private static final long serialVersionUID = 1L;

    Timeout(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** The call was given up. */
  public static final class Cancelled extends MemoryException {
    private static final long serialVersionUID = 1L;

    Cancelled(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** Something unforeseen happened on the server's side. */
  public static final class Server extends MemoryException {
    private static final long serialVersionUID = 1L;

    Server(String message, Facts facts, Throwable cause) {
      super(message, facts, cause);
    }
  }

  /** A background job gave up; its messages are kept for {@code retryJob}. */
  public static final class ExtractionFailed extends MemoryException {
    private static final long serialVersionUID = 1L;

    private final transient io.agentmemory.extraction.v1.Job job;

    ExtractionFailed(io.agentmemory.extraction.v1.Job job) {
      super(
          "extraction job " + job.getId() + " gave up: " + job.getError().getMessage(),
          of(job.getError()).facts(),
          null);
      this.job = job;
    }

    /** Answers the job. */
    public io.agentmemory.extraction.v1.Job job() {
      return job;
    }
  }

  private Facts facts() {
    return facts;
  }
}
