package io.agentmemory.client;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** Items of all pages of a listing, each page fetched when it is needed. */
final class Pages<P, I> implements Iterator<I> {
  private final Function<String, P> fetch;
  private final Function<P, List<I>> items;
  private final Function<P, String> next;
  private Iterator<I> page = List.<I>of().iterator();
  private String token = "";
  private boolean last;

  Pages(Function<String, P> fetch, Function<P, List<I>> items, Function<P, String> next) {
    this.fetch = fetch;
    this.items = items;
    this.next = next;
  }

  @Override
  public boolean hasNext() {
    while (!page.hasNext() && !last) {
      P answer = fetch.apply(token);
      page = items.apply(answer).iterator();
      token = next.apply(answer);
      last = token.isEmpty();
    }
    return page.hasNext();
  }

  @Override
  public I next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.next();
  }
}
