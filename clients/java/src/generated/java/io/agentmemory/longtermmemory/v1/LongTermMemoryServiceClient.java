// Generated from agent_memory/long_term_memory/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.longtermmemory.v1;

import io.agentmemory.client.AnswerStream;
import io.agentmemory.client.Caller;
import java.util.Iterator;

/**
 * Durable, searchable memories. A memory that is acknowledged is stored and
 * can be found when the call returns.
 */
public final class LongTermMemoryServiceClient {
  private final Caller caller;

  /** Makes a client whose calls a caller makes. */
  public LongTermMemoryServiceClient(Caller caller) {
    this.caller = caller;
  }

  /**
   * Stores memories; answers what became of each. A malformed one refuses the
   * whole call; one that cannot be stored for another reason does not hinder
   * the rest.
   */
  public io.agentmemory.longtermmemory.v1.CreateMemoriesResponse createMemories(io.agentmemory.longtermmemory.v1.CreateMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getCreateMemoriesMethod(), request);
  }

  /**
   * Answers a memory, superseded and merged ones too.
   */
  public io.agentmemory.longtermmemory.v1.GetMemoryResponse getMemory(io.agentmemory.longtermmemory.v1.GetMemoryRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getGetMemoryMethod(), request);
  }

  /**
   * Answers several memories in the order asked, each or why not.
   */
  public io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse batchGetMemories(io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getBatchGetMemoriesMethod(), request);
  }

  /**
   * Lists memories, the newest first.
   */
  public io.agentmemory.longtermmemory.v1.ListMemoriesResponse listMemories(io.agentmemory.longtermmemory.v1.ListMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getListMemoriesMethod(), request);
  }

  /**
   * Counts memories.
   */
  public io.agentmemory.longtermmemory.v1.CountMemoriesResponse countMemories(io.agentmemory.longtermmemory.v1.CountMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getCountMemoriesMethod(), request);
  }

  /**
   * Lists the values that a field has among memories, those of most memories
   * first.
   */
  public io.agentmemory.longtermmemory.v1.ListFieldValuesResponse listFieldValues(io.agentmemory.longtermmemory.v1.ListFieldValuesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getListFieldValuesMethod(), request);
  }

  /**
   * Finds memories, the best first.
   */
  public io.agentmemory.longtermmemory.v1.SearchMemoriesResponse searchMemories(io.agentmemory.longtermmemory.v1.SearchMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getSearchMemoriesMethod(), request);
  }

  /**
   * Streams everything that a query finds, the best first.
   */
  public AnswerStream<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse> streamSearchMemories(io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest request) {
    return caller.stream(LongTermMemoryServiceGrpc.getStreamSearchMemoriesMethod(), request);
  }

  /**
   * Changes the fields that the mask names: `text`, `type`, `namespace`,
   * `user_id`, `session_id`, `topics`, `entities`, `event_time`, `pinned`,
   * `standing`, `metadata`, `context`, `validity`, `expire_time`, `slot`,
   * `language`, `claims`. A named field that is not set is cleared. Only a new
   * text or context is embedded again.
   */
  public io.agentmemory.longtermmemory.v1.UpdateMemoryResponse updateMemory(io.agentmemory.longtermmemory.v1.UpdateMemoryRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getUpdateMemoryMethod(), request);
  }

  /**
   * Deletes memories. One that does not exist is no error.
   */
  public io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse deleteMemories(io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getDeleteMemoriesMethod(), request);
  }

  /**
   * Deletes the memories that a filter matches, a batch at a time, as
   * `DeleteMemories` would; by default only says what it would delete.
   */
  public io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse deleteMemoriesByFilter(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getDeleteMemoriesByFilterMethod(), request);
  }

  /**
   * Changes the memories that a filter matches, a batch at a time, as
   * `UpdateMemory` would; by default only says what it would change. The mask
   * may name `type`, `namespace`, `user_id`, `session_id`, `topics`,
   * `entities`, `event_time`, `pinned`, `standing`, `metadata`, `expire_time`
   * and `language`.
   */
  public io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse updateMemoriesByFilter(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getUpdateMemoriesByFilterMethod(), request);
  }

  /**
   * Lists the changes of a memory, the latest first. A deleted memory's can
   * be listed for a while.
   */
  public io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse listMemoryRevisions(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getListMemoryRevisionsMethod(), request);
  }

  /**
   * Takes a change back: an edit, a merge, a supersession, a deletion or an
   * earlier revert. What the change did to several memories is taken back as
   * a whole.
   */
  public io.agentmemory.longtermmemory.v1.RevertMemoryResponse revertMemory(io.agentmemory.longtermmemory.v1.RevertMemoryRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getRevertMemoryMethod(), request);
  }

  /**
   * Forgets by policy; by default only says what it would forget.
   */
  public io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse forgetMemories(io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getForgetMemoriesMethod(), request);
  }

  /**
   * Consolidates memories that changed since the last time.
   */
  public io.agentmemory.longtermmemory.v1.CompactMemoriesResponse compactMemories(io.agentmemory.longtermmemory.v1.CompactMemoriesRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getCompactMemoriesMethod(), request);
  }

  /**
   * Takes in a stream of memories; answers what became of each row.
   */
  public io.agentmemory.longtermmemory.v1.ImportMemoriesResponse importMemories(Iterator<io.agentmemory.longtermmemory.v1.ImportMemoriesRequest> requests) {
    return caller.upload(LongTermMemoryServiceGrpc.getImportMemoriesMethod(), requests);
  }

  /**
   * Streams memories out, the oldest first.
   */
  public AnswerStream<io.agentmemory.longtermmemory.v1.ExportMemoriesResponse> exportMemories(io.agentmemory.longtermmemory.v1.ExportMemoriesRequest request) {
    return caller.stream(LongTermMemoryServiceGrpc.getExportMemoriesMethod(), request);
  }

  /**
   * Streams changes of memories as they happen.
   */
  public AnswerStream<io.agentmemory.longtermmemory.v1.WatchMemoriesResponse> watchMemories(io.agentmemory.longtermmemory.v1.WatchMemoriesRequest request) {
    return caller.stream(LongTermMemoryServiceGrpc.getWatchMemoriesMethod(), request);
  }

  /**
   * Forgets for good what was learned from a session alone, with its revisions.
   * What other sessions say too stays, in their words, and what it had ended is
   * true again. Memories that callers stored are left alone.
   */
  public io.agentmemory.longtermmemory.v1.ForgetSessionResponse forgetSession(io.agentmemory.longtermmemory.v1.ForgetSessionRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getForgetSessionMethod(), request);
  }

  /**
   * Erases every memory of a user, with its revisions and everything derived
   * from it.
   */
  public io.agentmemory.longtermmemory.v1.EraseUserResponse eraseUser(io.agentmemory.longtermmemory.v1.EraseUserRequest request) {
    return caller.unary(LongTermMemoryServiceGrpc.getEraseUserMethod(), request);
  }
}
