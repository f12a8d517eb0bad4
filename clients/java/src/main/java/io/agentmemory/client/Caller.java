package io.agentmemory.client;

import io.grpc.MethodDescriptor;
import java.util.Iterator;

/**
 * Calls of methods, with deadlines, credentials, names of changes and repetitions. Every failure is a
 * {@link MemoryException}.
 */
public interface Caller {

  /** Calls a method of one request and one answer. */
  <Q, A> A unary(MethodDescriptor<Q, A> method, Q request);

  /** Calls a method whose answer is a stream; closing that ends the call. */
  <Q, A> AnswerStream<A> stream(MethodDescriptor<Q, A> method, Q request);

  /** Calls a method whose requests are a stream; each is taken when there is room. */
  <Q, A> A upload(MethodDescriptor<Q, A> method, Iterator<Q> requests);
}
