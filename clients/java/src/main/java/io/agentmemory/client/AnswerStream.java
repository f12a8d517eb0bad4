package io.agentmemory.client;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Answers of a stream, each waited for. Closing it ends the call; so does its last answer.
 *
 * @param <A> type of the answers
 */
public final class AnswerStream<A> implements Iterator<A>, Iterable<A>, AutoCloseable {
  private final Iterator<A> answers;
  private final Runnable end;

  AnswerStream(Iterator<A> answers, Runnable end) {
    this.answers = answers;
    this.end = end;
  }

  @Override
  public boolean hasNext() {
    boolean more = answers.hasNext();
    if (!more) {
      close();
    }
    return more;
  }

  @Override
  public A next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return answers.next();
  }

  /** Answers itself, so that a loop can go over it, once. */
  @Override
  public Iterator<A> iterator() {
    return this;
  }

  /** Ends the call. */
  @Override
  public void close() {
    end.run();
  }
}
