// Generated from agent_memory/working_memory/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.workingmemory.v1;

import io.agentmemory.client.AnswerStream;
import io.agentmemory.client.Caller;
import java.util.Iterator;

/**
 * The memory of a session: its messages, their log, its state and summary. A
 * message that is acknowledged is never lost and always reaches extraction,
 * whatever happens to the view, the session or the process.
 */
public final class WorkingMemoryServiceClient {
  private final Caller caller;

  /** Makes a client whose calls a caller makes. */
  public WorkingMemoryServiceClient(Caller caller) {
    this.caller = caller;
  }

  /**
   * Answers the session, creating it empty where it does not exist. Never
   * changes one that does, except to record an owner where it has none.
   */
  public io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse getOrCreateWorkingMemory(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getGetOrCreateWorkingMemoryMethod(), request);
  }

  /**
   * Answers the session. NOT_FOUND where it does not exist or belongs to
   * another user than the one named.
   */
  public io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse getWorkingMemory(io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getGetWorkingMemoryMethod(), request);
  }

  /**
   * Replaces the view, and the session's data, context, extraction and ttl,
   * with what is given; creates the session where it does not exist. Messages
   * that are new join the log; a message without an id that equals, in role,
   * content and order, one already in view is that message.
   */
  public io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse setWorkingMemory(io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getSetWorkingMemoryMethod(), request);
  }

  /**
   * Adds messages to the end of the view and the log; creates the session
   * where it does not exist. A message whose id is already in the log with
   * the same content is left as it is; with other content the whole call is
   * refused with ALREADY_EXISTS.
   */
  public io.agentmemory.workingmemory.v1.AppendMessagesResponse appendMessages(io.agentmemory.workingmemory.v1.AppendMessagesRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getAppendMessagesMethod(), request);
  }

  /**
   * Places memories in the session, from where they are stored in long-term
   * memory, each once; creates the session where it does not exist.
   */
  public io.agentmemory.workingmemory.v1.AddMemoriesResponse addMemories(io.agentmemory.workingmemory.v1.AddMemoriesRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getAddMemoriesMethod(), request);
  }

  /**
   * Changes the fields that the mask names: `data`, `context`, `ttl`,
   * `sliding_ttl`, `extraction`, `time_zone`, `user_id`. A named field that is
   * not set is cleared.
   */
  public io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse updateWorkingMemory(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getUpdateWorkingMemoryMethod(), request);
  }

  /**
   * Copies a session up to a message under a new id: log, view, state, summary
   * and placed memories. Nothing of the copy is extracted again: what was
   * learned comes from the original and stays with it. ALREADY_EXISTS where the
   * id is taken by another session.
   */
  public io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse forkWorkingMemory(io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getForkWorkingMemoryMethod(), request);
  }

  /**
   * Deletes the session: its view, log and state. What was said is still
   * extracted, unless it is to be forgotten; searches find its messages no
   * more as soon as that has arrived. Deleting a session that does not exist is
   * no error.
   */
  public io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse deleteWorkingMemory(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getDeleteWorkingMemoryMethod(), request);
  }

  /**
   * Lists sessions that exist now, the latest written first.
   */
  public io.agentmemory.workingmemory.v1.ListSessionsResponse listSessions(io.agentmemory.workingmemory.v1.ListSessionsRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getListSessionsMethod(), request);
  }

  /**
   * Lists the session's log: every message that was ever accepted, in order.
   */
  public io.agentmemory.workingmemory.v1.ListMessagesResponse listMessages(io.agentmemory.workingmemory.v1.ListMessagesRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getListMessagesMethod(), request);
  }

  /**
   * Builds a prompt from the session, from what long-term memory knows, or
   * from both, with the question last.
   */
  public io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse buildMemoryPrompt(io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getBuildMemoryPromptMethod(), request);
  }

  /**
   * Streams the changes of a session as they happen.
   */
  public AnswerStream<io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse> watchWorkingMemory(io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest request) {
    return caller.stream(WorkingMemoryServiceGrpc.getWatchWorkingMemoryMethod(), request);
  }

  /**
   * Answers whom the caller's credential stands for and what it allows, never the
   * credential itself. All three services take it the same way.
   */
  public io.agentmemory.workingmemory.v1.GetPrincipalResponse getPrincipal(io.agentmemory.workingmemory.v1.GetPrincipalRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getGetPrincipalMethod(), request);
  }

  /**
   * Erases every session of a user, with its log and everything on its way to
   * extraction.
   */
  public io.agentmemory.workingmemory.v1.EraseUserResponse eraseUser(io.agentmemory.workingmemory.v1.EraseUserRequest request) {
    return caller.unary(WorkingMemoryServiceGrpc.getEraseUserMethod(), request);
  }
}
