package io.agentmemory.client;

import com.google.gson.Gson;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Calls over gRPC, for one client. */
final class Calls implements Caller {
  private static final Metadata.Key<String> REQUEST_ID = key("x-request-id");
  private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
  private static final Metadata.Key<String> TENANT = key("x-agent-memory-tenant");
  private static final Set<String> PASSING = Set.of("OVERLOADED", "QUOTA_EXCEEDED");
  private static final int MOST_DOUBLINGS = 3;
  private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(30);
  private static final Map<String, ?> POLICIES = read();

  private final Function<String, Channel> channels;
  private final String credential;
  private final String tenant;
  private final Duration timeout;

  /**
   * Keeps what calls need.
   *
   * @param channels answers the channel of a service
   * @param credential sent with every call; null for none
   * @param tenant sent with every call; null for none
   * @param timeout bounds every call; null for the contract's own times
   */
  Calls(
      Function<String, Channel> channels, String credential, String tenant, Duration timeout) {
    this.channels = channels;
    this.credential = credential;
    this.tenant = tenant;
    this.timeout = timeout;
  }

  /** Answers the service config for who gives every change a name of its own, as this does. */
  @SuppressWarnings("unchecked")
  static Map<String, ?> serviceConfig() {
    return (Map<String, ?>) POLICIES.get("named_calls_service_config");
  }

  /** Makes the same calls within another time. */
  Calls within(Duration allowed) {
    return new Calls(channels, credential, tenant, allowed);
  }

  @Override
  public <Q, A> A unary(MethodDescriptor<Q, A> method, Q request) {
    Q named = named(request);
    Long due = due(method, timeout);
    for (int refusals = 0; ; refusals++) {
      String requestId = Ulid.make();
      try {
        return ClientCalls.blockingUnaryCall(
            channel(method, requestId), method, options(due), named);
      } catch (StatusRuntimeException thrown) {
        sleep(pause(MemoryException.of(thrown, requestId), due, refusals));
      }
    }
  }

  @Override
  public <Q, A> AnswerStream<A> stream(MethodDescriptor<Q, A> method, Q request) {
    return stream(method, request, due(method, null));
  }

  /** Calls a method whose answer is a stream, until a time; null for none. */
  <Q, A> AnswerStream<A> stream(MethodDescriptor<Q, A> method, Q request, Long due) {
    String requestId = Ulid.make();
    Context.CancellableContext context = Context.current().withCancellation();
    Context outer = context.attach();
    try {
      Iterator<A> answers =
          ClientCalls.blockingServerStreamingCall(
              channel(method, requestId), method, options(due), request);
      Iterator<A> translated =
          new Iterator<>() {
            @Override
            public boolean hasNext() {
              try {
                return answers.hasNext();
              } catch (StatusRuntimeException thrown) {
                context.cancel(null);
                throw MemoryException.of(thrown, requestId);
              }
            }

            @Override
            public A next() {
              return answers.next();
            }
          };
      return new AnswerStream<>(translated, () -> context.cancel(null));
    } finally {
      context.detach(outer);
    }
  }

  @Override
  public <Q, A> A upload(MethodDescriptor<Q, A> method, Iterator<Q> requests) {
    String requestId = Ulid.make();
    BlockingClientCall<Q, A> call =
        ClientCalls.blockingClientStreamingCall(
            channel(method, requestId), method, options(due(method, null)));
    try {
      while (requests.hasNext()) {
        if (!call.write(requests.next())) {
          break;
        }
      }
      call.halfClose();
      return call.read();
    } catch (StatusException thrown) {
      throw MemoryException.of(thrown, requestId);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      call.cancel("interrupted", interrupted);
      throw MemoryException.of(Status.CANCELLED.withCause(interrupted).asRuntimeException(), "");
    }
  }

  /** Waits; an interruption gives the call up. */
  static void sleep(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw MemoryException.of(Status.CANCELLED.withCause(interrupted).asRuntimeException(), "");
    }
  }

  private <Q, A> Channel channel(MethodDescriptor<Q, A> method, String requestId) {
    Metadata headers = new Metadata();
    headers.put(REQUEST_ID, requestId);
    if (credential != null) {
      headers.put(AUTHORIZATION, "Bearer " + credential);
    }
    if (tenant != null) {
      headers.put(TENANT, tenant);
    }
    return ClientInterceptors.intercept(
        channels.apply(method.getServiceName()),
        MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static CallOptions options(Long due) {
    return due == null
        ? CallOptions.DEFAULT
        : CallOptions.DEFAULT.withDeadlineAfter(
            Math.max(1, due - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Answers when a call has to be over: the time of the client, or the contract's own. */
  private static Long due(MethodDescriptor<?, ?> method, Duration own) {
    if (own != null) {
      return System.nanoTime() + own.toNanos();
    }
    Map<?, ?> deadlines = (Map<?, ?>) POLICIES.get("deadlines_seconds");
    Object seconds = deadlines.get("/" + method.getFullMethodName());
    return seconds instanceof Number number
        ? Long.valueOf(System.nanoTime() + (long) (number.doubleValue() * 1e9))
        : null;
  }

  /**
   * Answers how long to wait for a server that is at its limit. Those who were refused together come
   * back spread out, and each time later.
   */
  private static long pause(MemoryException refused, Long due, int refusals) {
    if (!(refused instanceof MemoryException.ResourceExhausted)
        || !PASSING.contains(refused.reason())
        || refused.retryAfter().isEmpty()) {
      throw refused;
    }
    long base =
        Math.max(refused.retryAfter().get().toNanos(), SHORTEST_PAUSE)
            << Math.min(refusals, MOST_DOUBLINGS);
    long wait = base + ThreadLocalRandom.current().nextLong(base);
    if (wait >= (due == null ? LONGEST_PAUSE : due - System.nanoTime())) {
      throw refused;
    }
    return wait;
  }

  /** Gives a change a name of its own, where the caller gave it none. */
  @SuppressWarnings("unchecked")
  private static <Q> Q named(Q request) {
    if (request instanceof Message message) {
      FieldDescriptor field = message.getDescriptorForType().findFieldByName("request_id");
      if (field != null && "".equals(message.getField(field))) {
        return (Q) message.toBuilder().setField(field, Ulid.make()).build();
      }
    }
    return request;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, ?> read() {
    try (InputStream in = Calls.class.getResourceAsStream("/io/agentmemory/service_config.json");
        InputStreamReader text = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return new Gson().fromJson(text, Map.class);
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }
}
