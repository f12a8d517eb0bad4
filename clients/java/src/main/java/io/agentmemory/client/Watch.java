package io.agentmemory.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;

/** A stream without an end, which is taken up after its last answer where its connection broke. */
final class Watch<A> implements Iterator<A> {
  /** Time without any answer after which a watch gives up. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final long FIRST_PAUSE = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(2).toNanos();

  private final BiFunction<String, Long, AnswerStream<A>> open;
  private final Function<A, String> resume;
  private final Duration patience;
  private final Long due;
  private AnswerStream<A> stream;
  private String token;
  private Long failing;
  private long pause = FIRST_PAUSE;
  private volatile boolean closed;

  /**
   * Keeps what to watch.
   *
   * @param due time at which the watch ends with an error; null for none
   */
  Watch(
      BiFunction<String, Long, AnswerStream<A>> open,
      Function<A, String> resume,
      String token,
      Duration patience,
      Long due) {
    this.open = open;
    this.resume = resume;
    this.token = token;
    this.patience = patience;
    this.due = due;
  }

  @Override
  public boolean hasNext() {
    while (!closed) {
      try {
        if (stream == null) {
          stream = open.apply(token, due);
        }
        if (stream.hasNext()) {
          failing = null;
          pause = FIRST_PAUSE;
          return true;
        }
      } catch (MemoryException broken) {
        if (closed) {
          return false;
        }
        long now = System.nanoTime();
        failing = failing == null ? Long.valueOf(now) : failing;
        if (!isBreak(broken) || now - failing > patience.toNanos()) {
          throw broken;
        }
      }
      stream = null;
      Calls.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
    return false;
  }

  @Override
  public A next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    A answer = stream.next();
    String told = resume.apply(answer);
    token = told.isEmpty() ? token : told;
    return answer;
  }

  void close() {
    closed = true;
    AnswerStream<A> last = stream;
    if (last != null) {
      last.close();
    }
  }

  /** Tells whether a connection ended, here or at a proxy, rather than a service said no. */
  private static boolean isBreak(MemoryException failed) {
    return failed instanceof MemoryException.Unavailable
        || ((failed instanceof MemoryException.Server
                || failed instanceof MemoryException.Cancelled)
            && failed.reason().isEmpty());
  }
}
