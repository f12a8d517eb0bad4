package io.agentmemory.client;

import com.google.protobuf.Message;
import io.agentmemory.common.v1.ErasedSession;
import io.agentmemory.common.v1.EraseReceipt;
import io.agentmemory.common.v1.Memory;
import io.agentmemory.common.v1.MemoryFilter;
import io.agentmemory.common.v1.MemoryHit;
import io.agentmemory.common.v1.MemoryType;
import io.agentmemory.common.v1.SearchMode;
import io.agentmemory.common.v1.SearchQuery;
import io.agentmemory.common.v1.SessionRef;
import io.agentmemory.common.v1.TypeFilter;
import io.agentmemory.extraction.v1.ExtractionServiceClient;
import io.agentmemory.extraction.v1.ExtractionServiceGrpc;
import io.agentmemory.extraction.v1.Job;
import io.agentmemory.extraction.v1.JobState;
import io.agentmemory.extraction.v1.SessionProgress;
import io.agentmemory.extraction.v1.WatchJobsRequest;
import io.agentmemory.extraction.v1.WatchJobsResponse;
import io.agentmemory.longtermmemory.v1.BatchGetMemoriesItem;
import io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest;
import io.agentmemory.longtermmemory.v1.ListMemoriesRequest;
import io.agentmemory.longtermmemory.v1.ListMemoriesResponse;
import io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest;
import io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse;
import io.agentmemory.longtermmemory.v1.LongTermMemoryServiceClient;
import io.agentmemory.longtermmemory.v1.LongTermMemoryServiceGrpc;
import io.agentmemory.longtermmemory.v1.MemoryRevision;
import io.agentmemory.longtermmemory.v1.SearchMemoriesRequest;
import io.agentmemory.longtermmemory.v1.SearchMemoriesResponse;
import io.agentmemory.longtermmemory.v1.WatchMemoriesRequest;
import io.agentmemory.longtermmemory.v1.WatchMemoriesResponse;
import io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest;
import io.agentmemory.workingmemory.v1.ListSessionsRequest;
import io.agentmemory.workingmemory.v1.ListSessionsResponse;
import io.agentmemory.workingmemory.v1.SessionSummary;
import io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest;
import io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse;
import io.agentmemory.workingmemory.v1.WorkingMemory;
import io.agentmemory.workingmemory.v1.WorkingMemoryServiceClient;
import io.agentmemory.workingmemory.v1.WorkingMemoryServiceGrpc;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Client of the three Agent Memory services. Connections open with the first call, and any number of
 * threads may share it.
 *
 * <pre>{@code
 * try (var memory = AgentMemoryClient.builder("http://localhost:8000").apiKey(key).build()) {
 *   memory.longTermMemory().createMemories(request);
 * }
 * }</pre>
 */
public final class AgentMemoryClient implements AutoCloseable {
  private static final int MAX_RECEIVE_BYTES = 64 * 1024 * 1024;
  private static final int LARGEST_ERASURE = 10_000;
  private static final int NEIGHBOURS = 5;
  private static final Duration WAIT = Duration.ofSeconds(60);
  private static final Duration FIRST_STORED_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_STORED_PAUSE = Duration.ofSeconds(1);
  private static final Duration FOR_EVER = Duration.ofDays(36_500);
  private static final String FORGOTTEN = "INVALID_TOKEN";

  private final Collection<ManagedChannel> open;
  private final Calls calls;
  private final WorkingMemoryServiceClient workingMemory;
  private final LongTermMemoryServiceClient longTermMemory;
  private final ExtractionServiceClient extraction;

  private AgentMemoryClient(Builder builder) {
    Map<String, ManagedChannel> byAddress = new LinkedHashMap<>();
    Map<String, Channel> byService = new HashMap<>();
    builder.addresses.forEach(
        (service, address) ->
            byService.put(service, byAddress.computeIfAbsent(address, builder::connect)));
    open = byAddress.values();
    calls = new Calls(byService::get, builder.credential, builder.tenant, builder.timeout);
    workingMemory = new WorkingMemoryServiceClient(calls);
    longTermMemory = new LongTermMemoryServiceClient(calls);
    extraction = new ExtractionServiceClient(calls);
  }

  /**
   * Begins a client of the services behind an address: {@code http(s)://host[:port]}, {@code
   * grpc(s)://host[:port]} or {@code host:port}; {@code https} and {@code grpcs} mean TLS.
   */
  public static Builder builder(String address) {
    return new Builder(address);
  }

  /** Answers the calls about sessions, their messages, and prompts built from them. */
  public WorkingMemoryServiceClient workingMemory() {
    return workingMemory;
  }

  /** Answers the calls that store, find and change memories. */
  public LongTermMemoryServiceClient longTermMemory() {
    return longTermMemory;
  }

  /** Answers the calls about background work, and about summaries. */
  public ExtractionServiceClient extraction() {
    return extraction;
  }

  /** Iterates over everything a search finds, each memory once, the best first. */
  public Iterable<MemoryHit> searchAll(SearchMemoriesRequest request) {
    return pages(
        token -> longTermMemory.searchMemories(request.toBuilder().setPageToken(token).build()),
        SearchMemoriesResponse::getHitsList,
        SearchMemoriesResponse::getNextPageToken);
  }

  /** Iterates over the memories that match, the newest first. */
  public Iterable<Memory> listAll(ListMemoriesRequest request) {
    return pages(
        token -> longTermMemory.listMemories(request.toBuilder().setPageToken(token).build()),
        ListMemoriesResponse::getMemoriesList,
        ListMemoriesResponse::getNextPageToken);
  }

  /** Iterates over every change of a memory, the latest first. */
  public Iterable<MemoryRevision> revisions(String memoryId) {
    ListMemoryRevisionsRequest.Builder request =
        ListMemoryRevisionsRequest.newBuilder().setMemoryId(memoryId).setPageSize(100);
    return pages(
        token -> longTermMemory.listMemoryRevisions(request.clone().setPageToken(token).build()),
        ListMemoryRevisionsResponse::getRevisionsList,
        ListMemoryRevisionsResponse::getNextPageToken);
  }

  /** Iterates over the sessions that exist now, the latest written first. */
  public Iterable<SessionSummary> sessions(ListSessionsRequest request) {
    return pages(
        token -> workingMemory.listSessions(request.toBuilder().setPageToken(token).build()),
        ListSessionsResponse::getSessionsList,
        ListSessionsResponse::getNextPageToken);
  }

  /**
   * Tells every change of memories from now on; a connection that breaks is made again. An answer
   * without a change is a sign of life.
   */
  public AnswerStream<WatchMemoriesResponse> watchMemories(WatchMemoriesRequest request) {
    return watch(
        (token, due) ->
            calls.stream(
                LongTermMemoryServiceGrpc.getWatchMemoriesMethod(),
                request.toBuilder().setResumeToken(token).build(),
                due),
        WatchMemoriesResponse::getResumeToken,
        request.getResumeToken(),
        Watch.PATIENCE,
        null);
  }

  /** Tells every change of a session from now on, which need not exist yet. */
  public AnswerStream<WatchWorkingMemoryResponse> watchSession(WatchWorkingMemoryRequest request) {
    return watch(
        (token, due) ->
            calls.stream(
                WorkingMemoryServiceGrpc.getWatchWorkingMemoryMethod(),
                request.toBuilder().setResumeToken(token).build(),
                due),
        WatchWorkingMemoryResponse::getResumeToken,
        request.getResumeToken(),
        Watch.PATIENCE,
        null);
  }

  /** Tells where jobs stand, then every change of them. */
  public AnswerStream<WatchJobsResponse> watchJobs(WatchJobsRequest request) {
    return watchJobs(request, Watch.PATIENCE, null);
  }

  private AnswerStream<WatchJobsResponse> watchJobs(
      WatchJobsRequest request, Duration patience, Long due) {
    return watch(
        (token, until) ->
            calls.stream(
                ExtractionServiceGrpc.getWatchJobsMethod(),
                request.toBuilder().setResumeToken(token).build(),
                until),
        WatchJobsResponse::getResumeToken,
        request.getResumeToken(),
        patience,
        due);
  }

  /**
   * Waits, for a minute at the most, until what is in the session now has become memories, and these
   * are stored; see {@link #waitForExtraction(SessionRef, Duration)}.
   */
  public SessionProgress waitForExtraction(SessionRef session) {
    return waitForExtraction(session, WAIT);
  }

  /**
   * Waits until what is in the session now has become memories, and these are stored: every message
   * of its log, and every memory placed in it.
   *
   * @throws MemoryException.ExtractionFailed a job gave up on some of the messages
   * @throws MemoryException.Timeout the time ran out; extraction goes on
   */
  public SessionProgress waitForExtraction(SessionRef session, Duration timeout) {
    long due = System.nanoTime() + timeout.toNanos();
    WorkingMemory found =
        new WorkingMemoryServiceClient(calls.within(timeout))
            .getWorkingMemory(
                GetWorkingMemoryRequest.newBuilder()
                    .setNamespace(session.getNamespace())
                    .setSessionId(session.getSessionId())
                    .setRecentMessagesLimit(1)
                    .build())
            .getWorkingMemory();
    SessionProgress progress = reach(found, due);
    untilStored(found, due);
    return progress;
  }

  private SessionProgress reach(WorkingMemory session, long due) {
    WatchJobsRequest request =
        WatchJobsRequest.newBuilder()
            .setNamespace(session.getNamespace())
            .setSessionId(session.getSessionId())
            .build();
    while (session.getLastSequence() > 0) {
      boolean told = false;
      try (AnswerStream<WatchJobsResponse> answers = watchJobs(request, FOR_EVER, due)) {
        for (WatchJobsResponse answer : answers) {
          told = true;
          SessionProgress progress = answer.getProgress();
          if (progress.getSessionUid().equals(session.getSessionUid())
              && progress.getExtractedSequence() >= session.getLastSequence()) {
            return progress;
          }
          Job job = answer.getJob();
          if (job.getState() == JobState.JOB_STATE_FAILED
              && job.getSessionUid().equals(session.getSessionUid())
              && job.getFirstSequence() <= session.getLastSequence()
              && job.getLastSequence() > progress.getExtractedSequence()) {
            throw new MemoryException.ExtractionFailed(job);
          }
        }
      } catch (MemoryException.Validation forgotten) {
        // A server that forgot the token tells everything anew.
        if (!told || !forgotten.reason().equals(FORGOTTEN)) {
          throw forgotten;
        }
      }
    }
    return SessionProgress.newBuilder().setSessionUid(session.getSessionUid()).build();
  }

  private void untilStored(WorkingMemory session, long due) {
    List<Memory> missing = session.getMemoriesList();
    long pause = FIRST_STORED_PAUSE.toNanos();
    while (!missing.isEmpty()) {
      try {
        missing = notStored(session, missing);
      } catch (MemoryException.Unavailable away) {
        if (System.nanoTime() >= due) {
          throw away;
        }
      }
      if (missing.isEmpty()) {
        return;
      }
      if (System.nanoTime() >= due) {
        throw MemoryException.timeout("the memories of the session are not stored yet");
      }
      Calls.sleep(pause);
      pause = Math.min(2 * pause, LONGEST_STORED_PAUSE.toNanos());
    }
  }

  private List<Memory> notStored(WorkingMemory session, List<Memory> placed) {
    List<BatchGetMemoriesItem> items =
        longTermMemory
            .batchGetMemories(
                BatchGetMemoriesRequest.newBuilder()
                    .addAllMemoryIds(placed.stream().map(Memory::getId).toList())
                    .build())
            .getItemsList();
    List<Memory> missing = new ArrayList<>();
    for (int position = 0; position < placed.size(); position++) {
      Memory memory = placed.get(position);
      if (!items.get(position).hasMemory() && !isDuplicate(session, memory)) {
        missing.add(memory);
      }
    }
    return missing;
  }

  /** Looks for the same words of the same owner: a duplicate never gets an id of its own. */
  private boolean isDuplicate(WorkingMemory session, Memory memory) {
    MemoryFilter.Builder filter =
        MemoryFilter.newBuilder()
            .setUserId(Conditions.is(first(memory.getUserId(), session.getUserId())))
            .setNamespace(Conditions.is(first(memory.getNamespace(), session.getNamespace())));
    if (memory.getType() != MemoryType.MEMORY_TYPE_UNSPECIFIED) {
      filter.setType(TypeFilter.newBuilder().addAny(memory.getType()));
    }
    SearchMemoriesRequest request =
        SearchMemoriesRequest.newBuilder()
            .setQuery(
                SearchQuery.newBuilder()
                    .setText(memory.getText())
                    .setMode(SearchMode.SEARCH_MODE_SEMANTIC)
                    .setFilter(filter)
                    .setUntracked(true))
            .setPageSize(NEIGHBOURS)
            .build();
    String words = plain(memory.getText());
    return longTermMemory.searchMemories(request).getHitsList().stream()
        .anyMatch(hit -> plain(hit.getMemory().getText()).equals(words));
  }

  /**
   * Erases a user's sessions, what waits for extraction, and memories, in the order in which memories
   * flow; each service tells the next which sessions went. Answers the receipts in the order of the
   * calls. After an error the whole call may be repeated. Needs the access of an admin.
   */
  public List<EraseReceipt> eraseUser(String userId) {
    Map<String, ErasedSession> sessions = new LinkedHashMap<>();
    List<EraseReceipt> receipts = new ArrayList<>();
    var erased =
        workingMemory.eraseUser(
            io.agentmemory.workingmemory.v1.EraseUserRequest.newBuilder()
                .setUserId(userId)
                .build());
    receipts.add(erased.getReceipt());
    note(sessions, erased.getSessionsList());
    for (List<ErasedSession> batch : erasures(sessions)) {
      var answer =
          extraction.eraseUser(
              io.agentmemory.extraction.v1.EraseUserRequest.newBuilder()
                  .setUserId(userId)
                  .addAllSessions(batch)
                  .build());
      receipts.add(answer.getReceipt());
      note(sessions, answer.getSessionsList());
    }
    for (List<ErasedSession> batch : erasures(sessions)) {
      receipts.add(
          longTermMemory
              .eraseUser(
                  io.agentmemory.longtermmemory.v1.EraseUserRequest.newBuilder()
                      .setUserId(userId)
                      .addAllSessions(batch)
                      .build())
              .getReceipt());
    }
    return receipts;
  }

  /** Ends the client for good; calls under way are cancelled. */
  @Override
  public void close() {
    open.forEach(ManagedChannel::shutdownNow);
  }

  private static void note(Map<String, ErasedSession> known, List<ErasedSession> more) {
    for (ErasedSession session : more) {
      known.merge(
          session.getSessionUid(),
          session,
          (before, now) -> now.getOwnedLate() ? now : before);
    }
  }

  /** Cuts sessions into batches that a call takes; one batch where there are none. */
  private static List<List<ErasedSession>> erasures(Map<String, ErasedSession> sessions) {
    List<ErasedSession> all = List.copyOf(sessions.values());
    List<List<ErasedSession>> batches = new ArrayList<>();
    for (int start = 0; start == 0 || start < all.size(); start += LARGEST_ERASURE) {
      batches.add(all.subList(start, Math.min(start + LARGEST_ERASURE, all.size())));
    }
    return batches;
  }

  private static <P, I> Iterable<I> pages(
      Function<String, P> fetch, Function<P, List<I>> items, Function<P, String> next) {
    return () -> new Pages<>(fetch, items, next);
  }

  private static <A extends Message> AnswerStream<A> watch(
      BiFunction<String, Long, AnswerStream<A>> open,
      Function<A, String> token,
      String first,
      Duration patience,
      Long due) {
    Watch<A> watch = new Watch<>(open, token, first, patience, due);
    return new AnswerStream<>(watch, watch::close);
  }

  private static String first(String own, String other) {
    return own.isEmpty() ? other : own;
  }

  private static String plain(String text) {
    return String.join(" ", text.toLowerCase(Locale.ROOT).strip().split("\\s+"));
  }

  /** Settings of a client that is to be made. */
  public static final class Builder {
    private final Map<String, String> addresses = new LinkedHashMap<>();
    private String credential;
    private String tenant;
    private Duration timeout;
    private ChannelCredentials tls;

    private Builder(String address) {
      addresses.put(WorkingMemoryServiceGrpc.SERVICE_NAME, address);
      addresses.put(LongTermMemoryServiceGrpc.SERVICE_NAME, address);
      addresses.put(ExtractionServiceGrpc.SERVICE_NAME, address);
    }

    /** Names the address of working memory, where it differs. */
    public Builder workingMemoryAddress(String address) {
      addresses.put(WorkingMemoryServiceGrpc.SERVICE_NAME, address);
      return this;
    }

    /** Names the address of long-term memory, where it differs. */
    public Builder longTermMemoryAddress(String address) {
      addresses.put(LongTermMemoryServiceGrpc.SERVICE_NAME, address);
      return this;
    }

    /** Names the address of extraction, where it differs. */
    public Builder extractionAddress(String address) {
      addresses.put(ExtractionServiceGrpc.SERVICE_NAME, address);
      return this;
    }

    /** Sends a key, or a token, as bearer credential with every call. */
    public Builder apiKey(String key) {
      credential = key;
      return this;
    }

    /** Acts for a tenant, where the servers let callers name one. */
    public Builder tenant(String name) {
      tenant = name;
      return this;
    }

    /** Bounds every call with one answer, instead of the method's own time. */
    public Builder timeout(Duration allowed) {
      timeout = allowed;
      return this;
    }

    /** Uses TLS with these credentials, whatever the scheme of the address. */
    public Builder tls(ChannelCredentials credentials) {
      tls = credentials;
      return this;
    }

    /**
     * Makes the client.
     *
     * @throws IllegalArgumentException an address has another form
     */
    public AgentMemoryClient build() {
      return new AgentMemoryClient(this);
    }

    private ManagedChannel connect(String address) {
      URI parsed = URI.create(address.contains("://") ? address : "grpc://" + address);
      String scheme = parsed.getScheme().toLowerCase(Locale.ROOT);
      boolean secure = scheme.equals("https") || scheme.equals("grpcs");
      boolean known = secure || scheme.equals("http") || scheme.equals("grpc");
      String path = parsed.getPath() == null ? "" : parsed.getPath();
      if (!known
          || parsed.getHost() == null
          || parsed.getUserInfo() != null
          || parsed.getQuery() != null
          || parsed.getFragment() != null
          || !(path.isEmpty() || path.equals("/"))) {
        throw new IllegalArgumentException(
            address + " is no http(s)://, grpc(s):// or host:port with nothing behind it");
      }
      if (parsed.getPort() < 0 && !address.contains("://")) {
        throw new IllegalArgumentException(address + " needs a scheme or a port");
      }
      int port = parsed.getPort() >= 0 ? parsed.getPort() : secure ? 443 : 80;
      ChannelCredentials credentials =
          tls != null
              ? tls
              : secure ? TlsChannelCredentials.create() : InsecureChannelCredentials.create();
      return Grpc.newChannelBuilder("dns:///" + parsed.getHost() + ":" + port, credentials)
          .defaultServiceConfig(Calls.serviceConfig())
          .enableRetry()
          .maxInboundMessageSize(MAX_RECEIVE_BYTES)
          // Servers refuse pings that come more often than every 20 s.
          .keepAliveTime(30, TimeUnit.SECONDS)
          .keepAliveTimeout(10, TimeUnit.SECONDS)
          .build();
    }
  }
}
