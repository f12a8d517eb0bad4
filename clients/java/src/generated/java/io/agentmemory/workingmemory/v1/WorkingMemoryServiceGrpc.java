// Generated from agent_memory/working_memory/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.workingmemory.v1;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.AbstractAsyncStub;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.AbstractFutureStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

/**
 * The memory of a session: its messages, their log, its state and summary. A
 * message that is acknowledged is never lost and always reaches extraction,
 * whatever happens to the view, the session or the process.
 */
public final class WorkingMemoryServiceGrpc {

  /** Name of the service. */
  public static final String SERVICE_NAME = "agent_memory.working_memory.v1.WorkingMemoryService";

  private WorkingMemoryServiceGrpc() {}

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse> GET_OR_CREATE_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetOrCreateWorkingMemory"))
          .setIdempotent(true)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetOrCreateWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse> getGetOrCreateWorkingMemoryMethod() {
    return GET_OR_CREATE_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse> GET_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetWorkingMemory"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse> getGetWorkingMemoryMethod() {
    return GET_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse> SET_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "SetWorkingMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method SetWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest, io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse> getSetWorkingMemoryMethod() {
    return SET_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.AppendMessagesRequest, io.agentmemory.workingmemory.v1.AppendMessagesResponse> APPEND_MESSAGES =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.AppendMessagesRequest, io.agentmemory.workingmemory.v1.AppendMessagesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "AppendMessages"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.AppendMessagesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.AppendMessagesResponse.getDefaultInstance()))
          .build();

  /** Describes the method AppendMessages. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.AppendMessagesRequest, io.agentmemory.workingmemory.v1.AppendMessagesResponse> getAppendMessagesMethod() {
    return APPEND_MESSAGES;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.AddMemoriesRequest, io.agentmemory.workingmemory.v1.AddMemoriesResponse> ADD_MEMORIES =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.AddMemoriesRequest, io.agentmemory.workingmemory.v1.AddMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "AddMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.AddMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.AddMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method AddMemories. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.AddMemoriesRequest, io.agentmemory.workingmemory.v1.AddMemoriesResponse> getAddMemoriesMethod() {
    return ADD_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse> UPDATE_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "UpdateWorkingMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method UpdateWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest, io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse> getUpdateWorkingMemoryMethod() {
    return UPDATE_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest, io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse> FORK_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest, io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ForkWorkingMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method ForkWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest, io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse> getForkWorkingMemoryMethod() {
    return FORK_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest, io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse> DELETE_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest, io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "DeleteWorkingMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method DeleteWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest, io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse> getDeleteWorkingMemoryMethod() {
    return DELETE_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.ListSessionsRequest, io.agentmemory.workingmemory.v1.ListSessionsResponse> LIST_SESSIONS =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.ListSessionsRequest, io.agentmemory.workingmemory.v1.ListSessionsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListSessions"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ListSessionsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ListSessionsResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListSessions. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.ListSessionsRequest, io.agentmemory.workingmemory.v1.ListSessionsResponse> getListSessionsMethod() {
    return LIST_SESSIONS;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.ListMessagesRequest, io.agentmemory.workingmemory.v1.ListMessagesResponse> LIST_MESSAGES =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.ListMessagesRequest, io.agentmemory.workingmemory.v1.ListMessagesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListMessages"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ListMessagesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.ListMessagesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListMessages. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.ListMessagesRequest, io.agentmemory.workingmemory.v1.ListMessagesResponse> getListMessagesMethod() {
    return LIST_MESSAGES;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest, io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse> BUILD_MEMORY_PROMPT =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest, io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "BuildMemoryPrompt"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse.getDefaultInstance()))
          .build();

  /** Describes the method BuildMemoryPrompt. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest, io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse> getBuildMemoryPromptMethod() {
    return BUILD_MEMORY_PROMPT;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest, io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse> WATCH_WORKING_MEMORY =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest, io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "WatchWorkingMemory"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method WatchWorkingMemory. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest, io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse> getWatchWorkingMemoryMethod() {
    return WATCH_WORKING_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.GetPrincipalRequest, io.agentmemory.workingmemory.v1.GetPrincipalResponse> GET_PRINCIPAL =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.GetPrincipalRequest, io.agentmemory.workingmemory.v1.GetPrincipalResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetPrincipal"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetPrincipalRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.GetPrincipalResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetPrincipal. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.GetPrincipalRequest, io.agentmemory.workingmemory.v1.GetPrincipalResponse> getGetPrincipalMethod() {
    return GET_PRINCIPAL;
  }

  private static final MethodDescriptor<io.agentmemory.workingmemory.v1.EraseUserRequest, io.agentmemory.workingmemory.v1.EraseUserResponse> ERASE_USER =
      MethodDescriptor.<io.agentmemory.workingmemory.v1.EraseUserRequest, io.agentmemory.workingmemory.v1.EraseUserResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "EraseUser"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.EraseUserRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.workingmemory.v1.EraseUserResponse.getDefaultInstance()))
          .build();

  /** Describes the method EraseUser. */
  public static MethodDescriptor<io.agentmemory.workingmemory.v1.EraseUserRequest, io.agentmemory.workingmemory.v1.EraseUserResponse> getEraseUserMethod() {
    return ERASE_USER;
  }

  /** Makes a stub whose calls tell an observer. */
  public static WorkingMemoryServiceStub newStub(Channel channel) {
    return WorkingMemoryServiceStub.newStub(WorkingMemoryServiceStub::new, channel);
  }

  /** Makes a stub whose calls wait for the answer. */
  public static WorkingMemoryServiceBlockingStub newBlockingStub(Channel channel) {
    return WorkingMemoryServiceBlockingStub.newStub(WorkingMemoryServiceBlockingStub::new, channel);
  }

  /** Makes a stub whose calls answer a future. */
  public static WorkingMemoryServiceFutureStub newFutureStub(Channel channel) {
    return WorkingMemoryServiceFutureStub.newStub(WorkingMemoryServiceFutureStub::new, channel);
  }

  /** Stub whose calls tell an observer. */
  public static final class WorkingMemoryServiceStub extends AbstractAsyncStub<WorkingMemoryServiceStub> {
    private WorkingMemoryServiceStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected WorkingMemoryServiceStub build(Channel channel, CallOptions options) {
      return new WorkingMemoryServiceStub(channel, options);
    }

    /**
     * Answers the session, creating it empty where it does not exist. Never
     * changes one that does, except to record an owner where it has none.
     */
    public void getOrCreateWorkingMemory(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_OR_CREATE_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Answers the session. NOT_FOUND where it does not exist or belongs to
     * another user than the one named.
     */
    public void getWorkingMemory(io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Replaces the view, and the session's data, context, extraction and ttl,
     * with what is given; creates the session where it does not exist. Messages
     * that are new join the log; a message without an id that equals, in role,
     * content and order, one already in view is that message.
     */
    public void setWorkingMemory(io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(SET_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Adds messages to the end of the view and the log; creates the session
     * where it does not exist. A message whose id is already in the log with
     * the same content is left as it is; with other content the whole call is
     * refused with ALREADY_EXISTS.
     */
    public void appendMessages(io.agentmemory.workingmemory.v1.AppendMessagesRequest request, StreamObserver<io.agentmemory.workingmemory.v1.AppendMessagesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(APPEND_MESSAGES, getCallOptions()), request, observer);
    }

    /**
     * Places memories in the session, from where they are stored in long-term
     * memory, each once; creates the session where it does not exist.
     */
    public void addMemories(io.agentmemory.workingmemory.v1.AddMemoriesRequest request, StreamObserver<io.agentmemory.workingmemory.v1.AddMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(ADD_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Changes the fields that the mask names: `data`, `context`, `ttl`,
     * `sliding_ttl`, `extraction`, `time_zone`, `user_id`. A named field that is
     * not set is cleared.
     */
    public void updateWorkingMemory(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(UPDATE_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Copies a session up to a message under a new id: log, view, state, summary
     * and placed memories. Nothing of the copy is extracted again: what was
     * learned comes from the original and stays with it. ALREADY_EXISTS where the
     * id is taken by another session.
     */
    public void forkWorkingMemory(io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(FORK_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Deletes the session: its view, log and state. What was said is still
     * extracted, unless it is to be forgotten; searches find its messages no
     * more as soon as that has arrived. Deleting a session that does not exist is
     * no error.
     */
    public void deleteWorkingMemory(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(DELETE_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Lists sessions that exist now, the latest written first.
     */
    public void listSessions(io.agentmemory.workingmemory.v1.ListSessionsRequest request, StreamObserver<io.agentmemory.workingmemory.v1.ListSessionsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_SESSIONS, getCallOptions()), request, observer);
    }

    /**
     * Lists the session's log: every message that was ever accepted, in order.
     */
    public void listMessages(io.agentmemory.workingmemory.v1.ListMessagesRequest request, StreamObserver<io.agentmemory.workingmemory.v1.ListMessagesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_MESSAGES, getCallOptions()), request, observer);
    }

    /**
     * Builds a prompt from the session, from what long-term memory knows, or
     * from both, with the question last.
     */
    public void buildMemoryPrompt(io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest request, StreamObserver<io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(BUILD_MEMORY_PROMPT, getCallOptions()), request, observer);
    }

    /**
     * Streams the changes of a session as they happen.
     */
    public void watchWorkingMemory(io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest request, StreamObserver<io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse> observer) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(WATCH_WORKING_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Answers whom the caller's credential stands for and what it allows, never the
     * credential itself. All three services take it the same way.
     */
    public void getPrincipal(io.agentmemory.workingmemory.v1.GetPrincipalRequest request, StreamObserver<io.agentmemory.workingmemory.v1.GetPrincipalResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_PRINCIPAL, getCallOptions()), request, observer);
    }

    /**
     * Erases every session of a user, with its log and everything on its way to
     * extraction.
     */
    public void eraseUser(io.agentmemory.workingmemory.v1.EraseUserRequest request, StreamObserver<io.agentmemory.workingmemory.v1.EraseUserResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request, observer);
    }
  }

  /** Stub whose calls wait for the answer. */
  public static final class WorkingMemoryServiceBlockingStub extends AbstractBlockingStub<WorkingMemoryServiceBlockingStub> {
    private WorkingMemoryServiceBlockingStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected WorkingMemoryServiceBlockingStub build(Channel channel, CallOptions options) {
      return new WorkingMemoryServiceBlockingStub(channel, options);
    }

    /**
     * Answers the session, creating it empty where it does not exist. Never
     * changes one that does, except to record an owner where it has none.
     */
    public io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse getOrCreateWorkingMemory(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_OR_CREATE_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Answers the session. NOT_FOUND where it does not exist or belongs to
     * another user than the one named.
     */
    public io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse getWorkingMemory(io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Replaces the view, and the session's data, context, extraction and ttl,
     * with what is given; creates the session where it does not exist. Messages
     * that are new join the log; a message without an id that equals, in role,
     * content and order, one already in view is that message.
     */
    public io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse setWorkingMemory(io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), SET_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Adds messages to the end of the view and the log; creates the session
     * where it does not exist. A message whose id is already in the log with
     * the same content is left as it is; with other content the whole call is
     * refused with ALREADY_EXISTS.
     */
    public io.agentmemory.workingmemory.v1.AppendMessagesResponse appendMessages(io.agentmemory.workingmemory.v1.AppendMessagesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), APPEND_MESSAGES, getCallOptions(), request);
    }

    /**
     * Places memories in the session, from where they are stored in long-term
     * memory, each once; creates the session where it does not exist.
     */
    public io.agentmemory.workingmemory.v1.AddMemoriesResponse addMemories(io.agentmemory.workingmemory.v1.AddMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), ADD_MEMORIES, getCallOptions(), request);
    }

    /**
     * Changes the fields that the mask names: `data`, `context`, `ttl`,
     * `sliding_ttl`, `extraction`, `time_zone`, `user_id`. A named field that is
     * not set is cleared.
     */
    public io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse updateWorkingMemory(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), UPDATE_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Copies a session up to a message under a new id: log, view, state, summary
     * and placed memories. Nothing of the copy is extracted again: what was
     * learned comes from the original and stays with it. ALREADY_EXISTS where the
     * id is taken by another session.
     */
    public io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse forkWorkingMemory(io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), FORK_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Deletes the session: its view, log and state. What was said is still
     * extracted, unless it is to be forgotten; searches find its messages no
     * more as soon as that has arrived. Deleting a session that does not exist is
     * no error.
     */
    public io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse deleteWorkingMemory(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), DELETE_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Lists sessions that exist now, the latest written first.
     */
    public io.agentmemory.workingmemory.v1.ListSessionsResponse listSessions(io.agentmemory.workingmemory.v1.ListSessionsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_SESSIONS, getCallOptions(), request);
    }

    /**
     * Lists the session's log: every message that was ever accepted, in order.
     */
    public io.agentmemory.workingmemory.v1.ListMessagesResponse listMessages(io.agentmemory.workingmemory.v1.ListMessagesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_MESSAGES, getCallOptions(), request);
    }

    /**
     * Builds a prompt from the session, from what long-term memory knows, or
     * from both, with the question last.
     */
    public io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse buildMemoryPrompt(io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), BUILD_MEMORY_PROMPT, getCallOptions(), request);
    }

    /**
     * Streams the changes of a session as they happen.
     */
    public Iterator<io.agentmemory.workingmemory.v1.WatchWorkingMemoryResponse> watchWorkingMemory(io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), WATCH_WORKING_MEMORY, getCallOptions(), request);
    }

    /**
     * Answers whom the caller's credential stands for and what it allows, never the
     * credential itself. All three services take it the same way.
     */
    public io.agentmemory.workingmemory.v1.GetPrincipalResponse getPrincipal(io.agentmemory.workingmemory.v1.GetPrincipalRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_PRINCIPAL, getCallOptions(), request);
    }

    /**
     * Erases every session of a user, with its log and everything on its way to
     * extraction.
     */
    public io.agentmemory.workingmemory.v1.EraseUserResponse eraseUser(io.agentmemory.workingmemory.v1.EraseUserRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), ERASE_USER, getCallOptions(), request);
    }
  }

  /** Stub whose calls answer a future. */
  public static final class WorkingMemoryServiceFutureStub extends AbstractFutureStub<WorkingMemoryServiceFutureStub> {
    private WorkingMemoryServiceFutureStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected WorkingMemoryServiceFutureStub build(Channel channel, CallOptions options) {
      return new WorkingMemoryServiceFutureStub(channel, options);
    }

    /**
     * Answers the session, creating it empty where it does not exist. Never
     * changes one that does, except to record an owner where it has none.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryResponse> getOrCreateWorkingMemory(io.agentmemory.workingmemory.v1.GetOrCreateWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_OR_CREATE_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Answers the session. NOT_FOUND where it does not exist or belongs to
     * another user than the one named.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.GetWorkingMemoryResponse> getWorkingMemory(io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Replaces the view, and the session's data, context, extraction and ttl,
     * with what is given; creates the session where it does not exist. Messages
     * that are new join the log; a message without an id that equals, in role,
     * content and order, one already in view is that message.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.SetWorkingMemoryResponse> setWorkingMemory(io.agentmemory.workingmemory.v1.SetWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(SET_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Adds messages to the end of the view and the log; creates the session
     * where it does not exist. A message whose id is already in the log with
     * the same content is left as it is; with other content the whole call is
     * refused with ALREADY_EXISTS.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.AppendMessagesResponse> appendMessages(io.agentmemory.workingmemory.v1.AppendMessagesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(APPEND_MESSAGES, getCallOptions()), request);
    }

    /**
     * Places memories in the session, from where they are stored in long-term
     * memory, each once; creates the session where it does not exist.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.AddMemoriesResponse> addMemories(io.agentmemory.workingmemory.v1.AddMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(ADD_MEMORIES, getCallOptions()), request);
    }

    /**
     * Changes the fields that the mask names: `data`, `context`, `ttl`,
     * `sliding_ttl`, `extraction`, `time_zone`, `user_id`. A named field that is
     * not set is cleared.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.UpdateWorkingMemoryResponse> updateWorkingMemory(io.agentmemory.workingmemory.v1.UpdateWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(UPDATE_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Copies a session up to a message under a new id: log, view, state, summary
     * and placed memories. Nothing of the copy is extracted again: what was
     * learned comes from the original and stays with it. ALREADY_EXISTS where the
     * id is taken by another session.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.ForkWorkingMemoryResponse> forkWorkingMemory(io.agentmemory.workingmemory.v1.ForkWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(FORK_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Deletes the session: its view, log and state. What was said is still
     * extracted, unless it is to be forgotten; searches find its messages no
     * more as soon as that has arrived. Deleting a session that does not exist is
     * no error.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.DeleteWorkingMemoryResponse> deleteWorkingMemory(io.agentmemory.workingmemory.v1.DeleteWorkingMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(DELETE_WORKING_MEMORY, getCallOptions()), request);
    }

    /**
     * Lists sessions that exist now, the latest written first.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.ListSessionsResponse> listSessions(io.agentmemory.workingmemory.v1.ListSessionsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_SESSIONS, getCallOptions()), request);
    }

    /**
     * Lists the session's log: every message that was ever accepted, in order.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.ListMessagesResponse> listMessages(io.agentmemory.workingmemory.v1.ListMessagesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_MESSAGES, getCallOptions()), request);
    }

    /**
     * Builds a prompt from the session, from what long-term memory knows, or
     * from both, with the question last.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.BuildMemoryPromptResponse> buildMemoryPrompt(io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(BUILD_MEMORY_PROMPT, getCallOptions()), request);
    }

    /**
     * Answers whom the caller's credential stands for and what it allows, never the
     * credential itself. All three services take it the same way.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.GetPrincipalResponse> getPrincipal(io.agentmemory.workingmemory.v1.GetPrincipalRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_PRINCIPAL, getCallOptions()), request);
    }

    /**
     * Erases every session of a user, with its log and everything on its way to
     * extraction.
     */
    public ListenableFuture<io.agentmemory.workingmemory.v1.EraseUserResponse> eraseUser(io.agentmemory.workingmemory.v1.EraseUserRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request);
    }
  }
}
