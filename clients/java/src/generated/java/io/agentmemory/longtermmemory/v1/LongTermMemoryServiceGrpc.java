// Generated from agent_memory/long_term_memory/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.longtermmemory.v1;

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
 * Durable, searchable memories. A memory that is acknowledged is stored and
 * can be found when the call returns.
 */
public final class LongTermMemoryServiceGrpc {

  /** Name of the service. */
  public static final String SERVICE_NAME = "agent_memory.long_term_memory.v1.LongTermMemoryService";

  private LongTermMemoryServiceGrpc() {}

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.CreateMemoriesRequest, io.agentmemory.longtermmemory.v1.CreateMemoriesResponse> CREATE_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.CreateMemoriesRequest, io.agentmemory.longtermmemory.v1.CreateMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "CreateMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CreateMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CreateMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method CreateMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.CreateMemoriesRequest, io.agentmemory.longtermmemory.v1.CreateMemoriesResponse> getCreateMemoriesMethod() {
    return CREATE_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.GetMemoryRequest, io.agentmemory.longtermmemory.v1.GetMemoryResponse> GET_MEMORY =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.GetMemoryRequest, io.agentmemory.longtermmemory.v1.GetMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetMemory"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.GetMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.GetMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetMemory. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.GetMemoryRequest, io.agentmemory.longtermmemory.v1.GetMemoryResponse> getGetMemoryMethod() {
    return GET_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest, io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse> BATCH_GET_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest, io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "BatchGetMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method BatchGetMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest, io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse> getBatchGetMemoriesMethod() {
    return BATCH_GET_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ListMemoriesRequest, io.agentmemory.longtermmemory.v1.ListMemoriesResponse> LIST_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ListMemoriesRequest, io.agentmemory.longtermmemory.v1.ListMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ListMemoriesRequest, io.agentmemory.longtermmemory.v1.ListMemoriesResponse> getListMemoriesMethod() {
    return LIST_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.CountMemoriesRequest, io.agentmemory.longtermmemory.v1.CountMemoriesResponse> COUNT_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.CountMemoriesRequest, io.agentmemory.longtermmemory.v1.CountMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "CountMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CountMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CountMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method CountMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.CountMemoriesRequest, io.agentmemory.longtermmemory.v1.CountMemoriesResponse> getCountMemoriesMethod() {
    return COUNT_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ListFieldValuesRequest, io.agentmemory.longtermmemory.v1.ListFieldValuesResponse> LIST_FIELD_VALUES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ListFieldValuesRequest, io.agentmemory.longtermmemory.v1.ListFieldValuesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListFieldValues"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListFieldValuesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListFieldValuesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListFieldValues. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ListFieldValuesRequest, io.agentmemory.longtermmemory.v1.ListFieldValuesResponse> getListFieldValuesMethod() {
    return LIST_FIELD_VALUES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.SearchMemoriesRequest, io.agentmemory.longtermmemory.v1.SearchMemoriesResponse> SEARCH_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.SearchMemoriesRequest, io.agentmemory.longtermmemory.v1.SearchMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "SearchMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.SearchMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.SearchMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method SearchMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.SearchMemoriesRequest, io.agentmemory.longtermmemory.v1.SearchMemoriesResponse> getSearchMemoriesMethod() {
    return SEARCH_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest, io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse> STREAM_SEARCH_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest, io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "StreamSearchMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method StreamSearchMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest, io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse> getStreamSearchMemoriesMethod() {
    return STREAM_SEARCH_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.UpdateMemoryRequest, io.agentmemory.longtermmemory.v1.UpdateMemoryResponse> UPDATE_MEMORY =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.UpdateMemoryRequest, io.agentmemory.longtermmemory.v1.UpdateMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "UpdateMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.UpdateMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.UpdateMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method UpdateMemory. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.UpdateMemoryRequest, io.agentmemory.longtermmemory.v1.UpdateMemoryResponse> getUpdateMemoryMethod() {
    return UPDATE_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse> DELETE_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "DeleteMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method DeleteMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse> getDeleteMemoriesMethod() {
    return DELETE_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse> DELETE_MEMORIES_BY_FILTER =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "DeleteMemoriesByFilter"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse.getDefaultInstance()))
          .build();

  /** Describes the method DeleteMemoriesByFilter. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse> getDeleteMemoriesByFilterMethod() {
    return DELETE_MEMORIES_BY_FILTER;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse> UPDATE_MEMORIES_BY_FILTER =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "UpdateMemoriesByFilter"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse.getDefaultInstance()))
          .build();

  /** Describes the method UpdateMemoriesByFilter. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest, io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse> getUpdateMemoriesByFilterMethod() {
    return UPDATE_MEMORIES_BY_FILTER;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest, io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse> LIST_MEMORY_REVISIONS =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest, io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListMemoryRevisions"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListMemoryRevisions. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest, io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse> getListMemoryRevisionsMethod() {
    return LIST_MEMORY_REVISIONS;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.RevertMemoryRequest, io.agentmemory.longtermmemory.v1.RevertMemoryResponse> REVERT_MEMORY =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.RevertMemoryRequest, io.agentmemory.longtermmemory.v1.RevertMemoryResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "RevertMemory"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.RevertMemoryRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.RevertMemoryResponse.getDefaultInstance()))
          .build();

  /** Describes the method RevertMemory. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.RevertMemoryRequest, io.agentmemory.longtermmemory.v1.RevertMemoryResponse> getRevertMemoryMethod() {
    return REVERT_MEMORY;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest, io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse> FORGET_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest, io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ForgetMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ForgetMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest, io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse> getForgetMemoriesMethod() {
    return FORGET_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.CompactMemoriesRequest, io.agentmemory.longtermmemory.v1.CompactMemoriesResponse> COMPACT_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.CompactMemoriesRequest, io.agentmemory.longtermmemory.v1.CompactMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "CompactMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CompactMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.CompactMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method CompactMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.CompactMemoriesRequest, io.agentmemory.longtermmemory.v1.CompactMemoriesResponse> getCompactMemoriesMethod() {
    return COMPACT_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ImportMemoriesRequest, io.agentmemory.longtermmemory.v1.ImportMemoriesResponse> IMPORT_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ImportMemoriesRequest, io.agentmemory.longtermmemory.v1.ImportMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.CLIENT_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ImportMemories"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ImportMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ImportMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ImportMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ImportMemoriesRequest, io.agentmemory.longtermmemory.v1.ImportMemoriesResponse> getImportMemoriesMethod() {
    return IMPORT_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ExportMemoriesRequest, io.agentmemory.longtermmemory.v1.ExportMemoriesResponse> EXPORT_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ExportMemoriesRequest, io.agentmemory.longtermmemory.v1.ExportMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ExportMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ExportMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ExportMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ExportMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ExportMemoriesRequest, io.agentmemory.longtermmemory.v1.ExportMemoriesResponse> getExportMemoriesMethod() {
    return EXPORT_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.WatchMemoriesRequest, io.agentmemory.longtermmemory.v1.WatchMemoriesResponse> WATCH_MEMORIES =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.WatchMemoriesRequest, io.agentmemory.longtermmemory.v1.WatchMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "WatchMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.WatchMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.WatchMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method WatchMemories. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.WatchMemoriesRequest, io.agentmemory.longtermmemory.v1.WatchMemoriesResponse> getWatchMemoriesMethod() {
    return WATCH_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.ForgetSessionRequest, io.agentmemory.longtermmemory.v1.ForgetSessionResponse> FORGET_SESSION =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.ForgetSessionRequest, io.agentmemory.longtermmemory.v1.ForgetSessionResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ForgetSession"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ForgetSessionRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.ForgetSessionResponse.getDefaultInstance()))
          .build();

  /** Describes the method ForgetSession. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.ForgetSessionRequest, io.agentmemory.longtermmemory.v1.ForgetSessionResponse> getForgetSessionMethod() {
    return FORGET_SESSION;
  }

  private static final MethodDescriptor<io.agentmemory.longtermmemory.v1.EraseUserRequest, io.agentmemory.longtermmemory.v1.EraseUserResponse> ERASE_USER =
      MethodDescriptor.<io.agentmemory.longtermmemory.v1.EraseUserRequest, io.agentmemory.longtermmemory.v1.EraseUserResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "EraseUser"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.EraseUserRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.longtermmemory.v1.EraseUserResponse.getDefaultInstance()))
          .build();

  /** Describes the method EraseUser. */
  public static MethodDescriptor<io.agentmemory.longtermmemory.v1.EraseUserRequest, io.agentmemory.longtermmemory.v1.EraseUserResponse> getEraseUserMethod() {
    return ERASE_USER;
  }

  /** Makes a stub whose calls tell an observer. */
  public static LongTermMemoryServiceStub newStub(Channel channel) {
    return LongTermMemoryServiceStub.newStub(LongTermMemoryServiceStub::new, channel);
  }

  /** Makes a stub whose calls wait for the answer. */
  public static LongTermMemoryServiceBlockingStub newBlockingStub(Channel channel) {
    return LongTermMemoryServiceBlockingStub.newStub(LongTermMemoryServiceBlockingStub::new, channel);
  }

  /** Makes a stub whose calls answer a future. */
  public static LongTermMemoryServiceFutureStub newFutureStub(Channel channel) {
    return LongTermMemoryServiceFutureStub.newStub(LongTermMemoryServiceFutureStub::new, channel);
  }

  /** Stub whose calls tell an observer. */
  public static final class LongTermMemoryServiceStub extends AbstractAsyncStub<LongTermMemoryServiceStub> {
    private LongTermMemoryServiceStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected LongTermMemoryServiceStub build(Channel channel, CallOptions options) {
      return new LongTermMemoryServiceStub(channel, options);
    }

    /**
     * Stores memories; answers what became of each. A malformed one refuses the
     * whole call; one that cannot be stored for another reason does not hinder
     * the rest.
     */
    public void createMemories(io.agentmemory.longtermmemory.v1.CreateMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.CreateMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(CREATE_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Answers a memory, superseded and merged ones too.
     */
    public void getMemory(io.agentmemory.longtermmemory.v1.GetMemoryRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.GetMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Answers several memories in the order asked, each or why not.
     */
    public void batchGetMemories(io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(BATCH_GET_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Lists memories, the newest first.
     */
    public void listMemories(io.agentmemory.longtermmemory.v1.ListMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ListMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Counts memories.
     */
    public void countMemories(io.agentmemory.longtermmemory.v1.CountMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.CountMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(COUNT_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Lists the values that a field has among memories, those of most memories
     * first.
     */
    public void listFieldValues(io.agentmemory.longtermmemory.v1.ListFieldValuesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ListFieldValuesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_FIELD_VALUES, getCallOptions()), request, observer);
    }

    /**
     * Finds memories, the best first.
     */
    public void searchMemories(io.agentmemory.longtermmemory.v1.SearchMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.SearchMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(SEARCH_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Streams everything that a query finds, the best first.
     */
    public void streamSearchMemories(io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse> observer) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(STREAM_SEARCH_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Changes the fields that the mask names: `text`, `type`, `namespace`,
     * `user_id`, `session_id`, `topics`, `entities`, `event_time`, `pinned`,
     * `standing`, `metadata`, `context`, `validity`, `expire_time`, `slot`,
     * `language`, `claims`. A named field that is not set is cleared. Only a new
     * text or context is embedded again.
     */
    public void updateMemory(io.agentmemory.longtermmemory.v1.UpdateMemoryRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.UpdateMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(UPDATE_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Deletes memories. One that does not exist is no error.
     */
    public void deleteMemories(io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(DELETE_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Deletes the memories that a filter matches, a batch at a time, as
     * `DeleteMemories` would; by default only says what it would delete.
     */
    public void deleteMemoriesByFilter(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(DELETE_MEMORIES_BY_FILTER, getCallOptions()), request, observer);
    }

    /**
     * Changes the memories that a filter matches, a batch at a time, as
     * `UpdateMemory` would; by default only says what it would change. The mask
     * may name `type`, `namespace`, `user_id`, `session_id`, `topics`,
     * `entities`, `event_time`, `pinned`, `standing`, `metadata`, `expire_time`
     * and `language`.
     */
    public void updateMemoriesByFilter(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(UPDATE_MEMORIES_BY_FILTER, getCallOptions()), request, observer);
    }

    /**
     * Lists the changes of a memory, the latest first. A deleted memory's can
     * be listed for a while.
     */
    public void listMemoryRevisions(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_MEMORY_REVISIONS, getCallOptions()), request, observer);
    }

    /**
     * Takes a change back: an edit, a merge, a supersession, a deletion or an
     * earlier revert. What the change did to several memories is taken back as
     * a whole.
     */
    public void revertMemory(io.agentmemory.longtermmemory.v1.RevertMemoryRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.RevertMemoryResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(REVERT_MEMORY, getCallOptions()), request, observer);
    }

    /**
     * Forgets by policy; by default only says what it would forget.
     */
    public void forgetMemories(io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(FORGET_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Consolidates memories that changed since the last time.
     */
    public void compactMemories(io.agentmemory.longtermmemory.v1.CompactMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.CompactMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(COMPACT_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Takes in a stream of memories; answers what became of each row.
     */
    public StreamObserver<io.agentmemory.longtermmemory.v1.ImportMemoriesRequest> importMemories(StreamObserver<io.agentmemory.longtermmemory.v1.ImportMemoriesResponse> observer) {
      return ClientCalls.asyncClientStreamingCall(
          getChannel().newCall(IMPORT_MEMORIES, getCallOptions()), observer);
    }

    /**
     * Streams memories out, the oldest first.
     */
    public void exportMemories(io.agentmemory.longtermmemory.v1.ExportMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ExportMemoriesResponse> observer) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(EXPORT_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Streams changes of memories as they happen.
     */
    public void watchMemories(io.agentmemory.longtermmemory.v1.WatchMemoriesRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.WatchMemoriesResponse> observer) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(WATCH_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Forgets for good what was learned from a session alone, with its revisions.
     * What other sessions say too stays, in their words, and what it had ended is
     * true again. Memories that callers stored are left alone.
     */
    public void forgetSession(io.agentmemory.longtermmemory.v1.ForgetSessionRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.ForgetSessionResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(FORGET_SESSION, getCallOptions()), request, observer);
    }

    /**
     * Erases every memory of a user, with its revisions and everything derived
     * from it.
     */
    public void eraseUser(io.agentmemory.longtermmemory.v1.EraseUserRequest request, StreamObserver<io.agentmemory.longtermmemory.v1.EraseUserResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request, observer);
    }
  }

  /** Stub whose calls wait for the answer. */
  public static final class LongTermMemoryServiceBlockingStub extends AbstractBlockingStub<LongTermMemoryServiceBlockingStub> {
    private LongTermMemoryServiceBlockingStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected LongTermMemoryServiceBlockingStub build(Channel channel, CallOptions options) {
      return new LongTermMemoryServiceBlockingStub(channel, options);
    }

    /**
     * Stores memories; answers what became of each. A malformed one refuses the
     * whole call; one that cannot be stored for another reason does not hinder
     * the rest.
     */
    public io.agentmemory.longtermmemory.v1.CreateMemoriesResponse createMemories(io.agentmemory.longtermmemory.v1.CreateMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), CREATE_MEMORIES, getCallOptions(), request);
    }

    /**
     * Answers a memory, superseded and merged ones too.
     */
    public io.agentmemory.longtermmemory.v1.GetMemoryResponse getMemory(io.agentmemory.longtermmemory.v1.GetMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_MEMORY, getCallOptions(), request);
    }

    /**
     * Answers several memories in the order asked, each or why not.
     */
    public io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse batchGetMemories(io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), BATCH_GET_MEMORIES, getCallOptions(), request);
    }

    /**
     * Lists memories, the newest first.
     */
    public io.agentmemory.longtermmemory.v1.ListMemoriesResponse listMemories(io.agentmemory.longtermmemory.v1.ListMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_MEMORIES, getCallOptions(), request);
    }

    /**
     * Counts memories.
     */
    public io.agentmemory.longtermmemory.v1.CountMemoriesResponse countMemories(io.agentmemory.longtermmemory.v1.CountMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), COUNT_MEMORIES, getCallOptions(), request);
    }

    /**
     * Lists the values that a field has among memories, those of most memories
     * first.
     */
    public io.agentmemory.longtermmemory.v1.ListFieldValuesResponse listFieldValues(io.agentmemory.longtermmemory.v1.ListFieldValuesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_FIELD_VALUES, getCallOptions(), request);
    }

    /**
     * Finds memories, the best first.
     */
    public io.agentmemory.longtermmemory.v1.SearchMemoriesResponse searchMemories(io.agentmemory.longtermmemory.v1.SearchMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), SEARCH_MEMORIES, getCallOptions(), request);
    }

    /**
     * Streams everything that a query finds, the best first.
     */
    public Iterator<io.agentmemory.longtermmemory.v1.StreamSearchMemoriesResponse> streamSearchMemories(io.agentmemory.longtermmemory.v1.StreamSearchMemoriesRequest request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), STREAM_SEARCH_MEMORIES, getCallOptions(), request);
    }

    /**
     * Changes the fields that the mask names: `text`, `type`, `namespace`,
     * `user_id`, `session_id`, `topics`, `entities`, `event_time`, `pinned`,
     * `standing`, `metadata`, `context`, `validity`, `expire_time`, `slot`,
     * `language`, `claims`. A named field that is not set is cleared. Only a new
     * text or context is embedded again.
     */
    public io.agentmemory.longtermmemory.v1.UpdateMemoryResponse updateMemory(io.agentmemory.longtermmemory.v1.UpdateMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), UPDATE_MEMORY, getCallOptions(), request);
    }

    /**
     * Deletes memories. One that does not exist is no error.
     */
    public io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse deleteMemories(io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), DELETE_MEMORIES, getCallOptions(), request);
    }

    /**
     * Deletes the memories that a filter matches, a batch at a time, as
     * `DeleteMemories` would; by default only says what it would delete.
     */
    public io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse deleteMemoriesByFilter(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), DELETE_MEMORIES_BY_FILTER, getCallOptions(), request);
    }

    /**
     * Changes the memories that a filter matches, a batch at a time, as
     * `UpdateMemory` would; by default only says what it would change. The mask
     * may name `type`, `namespace`, `user_id`, `session_id`, `topics`,
     * `entities`, `event_time`, `pinned`, `standing`, `metadata`, `expire_time`
     * and `language`.
     */
    public io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse updateMemoriesByFilter(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), UPDATE_MEMORIES_BY_FILTER, getCallOptions(), request);
    }

    /**
     * Lists the changes of a memory, the latest first. A deleted memory's can
     * be listed for a while.
     */
    public io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse listMemoryRevisions(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_MEMORY_REVISIONS, getCallOptions(), request);
    }

    /**
     * Takes a change back: an edit, a merge, a supersession, a deletion or an
     * earlier revert. What the change did to several memories is taken back as
     * a whole.
     */
    public io.agentmemory.longtermmemory.v1.RevertMemoryResponse revertMemory(io.agentmemory.longtermmemory.v1.RevertMemoryRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), REVERT_MEMORY, getCallOptions(), request);
    }

    /**
     * Forgets by policy; by default only says what it would forget.
     */
    public io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse forgetMemories(io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), FORGET_MEMORIES, getCallOptions(), request);
    }

    /**
     * Consolidates memories that changed since the last time.
     */
    public io.agentmemory.longtermmemory.v1.CompactMemoriesResponse compactMemories(io.agentmemory.longtermmemory.v1.CompactMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), COMPACT_MEMORIES, getCallOptions(), request);
    }

    /**
     * Streams memories out, the oldest first.
     */
    public Iterator<io.agentmemory.longtermmemory.v1.ExportMemoriesResponse> exportMemories(io.agentmemory.longtermmemory.v1.ExportMemoriesRequest request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), EXPORT_MEMORIES, getCallOptions(), request);
    }

    /**
     * Streams changes of memories as they happen.
     */
    public Iterator<io.agentmemory.longtermmemory.v1.WatchMemoriesResponse> watchMemories(io.agentmemory.longtermmemory.v1.WatchMemoriesRequest request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), WATCH_MEMORIES, getCallOptions(), request);
    }

    /**
     * Forgets for good what was learned from a session alone, with its revisions.
     * What other sessions say too stays, in their words, and what it had ended is
     * true again. Memories that callers stored are left alone.
     */
    public io.agentmemory.longtermmemory.v1.ForgetSessionResponse forgetSession(io.agentmemory.longtermmemory.v1.ForgetSessionRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), FORGET_SESSION, getCallOptions(), request);
    }

    /**
     * Erases every memory of a user, with its revisions and everything derived
     * from it.
     */
    public io.agentmemory.longtermmemory.v1.EraseUserResponse eraseUser(io.agentmemory.longtermmemory.v1.EraseUserRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), ERASE_USER, getCallOptions(), request);
    }
  }

  /** Stub whose calls answer a future. */
  public static final class LongTermMemoryServiceFutureStub extends AbstractFutureStub<LongTermMemoryServiceFutureStub> {
    private LongTermMemoryServiceFutureStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected LongTermMemoryServiceFutureStub build(Channel channel, CallOptions options) {
      return new LongTermMemoryServiceFutureStub(channel, options);
    }

    /**
     * Stores memories; answers what became of each. A malformed one refuses the
     * whole call; one that cannot be stored for another reason does not hinder
     * the rest.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.CreateMemoriesResponse> createMemories(io.agentmemory.longtermmemory.v1.CreateMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(CREATE_MEMORIES, getCallOptions()), request);
    }

    /**
     * Answers a memory, superseded and merged ones too.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.GetMemoryResponse> getMemory(io.agentmemory.longtermmemory.v1.GetMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_MEMORY, getCallOptions()), request);
    }

    /**
     * Answers several memories in the order asked, each or why not.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.BatchGetMemoriesResponse> batchGetMemories(io.agentmemory.longtermmemory.v1.BatchGetMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(BATCH_GET_MEMORIES, getCallOptions()), request);
    }

    /**
     * Lists memories, the newest first.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.ListMemoriesResponse> listMemories(io.agentmemory.longtermmemory.v1.ListMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_MEMORIES, getCallOptions()), request);
    }

    /**
     * Counts memories.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.CountMemoriesResponse> countMemories(io.agentmemory.longtermmemory.v1.CountMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(COUNT_MEMORIES, getCallOptions()), request);
    }

    /**
     * Lists the values that a field has among memories, those of most memories
     * first.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.ListFieldValuesResponse> listFieldValues(io.agentmemory.longtermmemory.v1.ListFieldValuesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_FIELD_VALUES, getCallOptions()), request);
    }

    /**
     * Finds memories, the best first.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.SearchMemoriesResponse> searchMemories(io.agentmemory.longtermmemory.v1.SearchMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(SEARCH_MEMORIES, getCallOptions()), request);
    }

    /**
     * Changes the fields that the mask names: `text`, `type`, `namespace`,
     * `user_id`, `session_id`, `topics`, `entities`, `event_time`, `pinned`,
     * `standing`, `metadata`, `context`, `validity`, `expire_time`, `slot`,
     * `language`, `claims`. A named field that is not set is cleared. Only a new
     * text or context is embedded again.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.UpdateMemoryResponse> updateMemory(io.agentmemory.longtermmemory.v1.UpdateMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(UPDATE_MEMORY, getCallOptions()), request);
    }

    /**
     * Deletes memories. One that does not exist is no error.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.DeleteMemoriesResponse> deleteMemories(io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(DELETE_MEMORIES, getCallOptions()), request);
    }

    /**
     * Deletes the memories that a filter matches, a batch at a time, as
     * `DeleteMemories` would; by default only says what it would delete.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterResponse> deleteMemoriesByFilter(io.agentmemory.longtermmemory.v1.DeleteMemoriesByFilterRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(DELETE_MEMORIES_BY_FILTER, getCallOptions()), request);
    }

    /**
     * Changes the memories that a filter matches, a batch at a time, as
     * `UpdateMemory` would; by default only says what it would change. The mask
     * may name `type`, `namespace`, `user_id`, `session_id`, `topics`,
     * `entities`, `event_time`, `pinned`, `standing`, `metadata`, `expire_time`
     * and `language`.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterResponse> updateMemoriesByFilter(io.agentmemory.longtermmemory.v1.UpdateMemoriesByFilterRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(UPDATE_MEMORIES_BY_FILTER, getCallOptions()), request);
    }

    /**
     * Lists the changes of a memory, the latest first. A deleted memory's can
     * be listed for a while.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.ListMemoryRevisionsResponse> listMemoryRevisions(io.agentmemory.longtermmemory.v1.ListMemoryRevisionsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_MEMORY_REVISIONS, getCallOptions()), request);
    }

    /**
     * Takes a change back: an edit, a merge, a supersession, a deletion or an
     * earlier revert. What the change did to several memories is taken back as
     * a whole.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.RevertMemoryResponse> revertMemory(io.agentmemory.longtermmemory.v1.RevertMemoryRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(REVERT_MEMORY, getCallOptions()), request);
    }

    /**
     * Forgets by policy; by default only says what it would forget.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.ForgetMemoriesResponse> forgetMemories(io.agentmemory.longtermmemory.v1.ForgetMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(FORGET_MEMORIES, getCallOptions()), request);
    }

    /**
     * Consolidates memories that changed since the last time.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.CompactMemoriesResponse> compactMemories(io.agentmemory.longtermmemory.v1.CompactMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(COMPACT_MEMORIES, getCallOptions()), request);
    }

    /**
     * Forgets for good what was learned from a session alone, with its revisions.
     * What other sessions say too stays, in their words, and what it had ended is
     * true again. Memories that callers stored are left alone.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.ForgetSessionResponse> forgetSession(io.agentmemory.longtermmemory.v1.ForgetSessionRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(FORGET_SESSION, getCallOptions()), request);
    }

    /**
     * Erases every memory of a user, with its revisions and everything derived
     * from it.
     */
    public ListenableFuture<io.agentmemory.longtermmemory.v1.EraseUserResponse> eraseUser(io.agentmemory.longtermmemory.v1.EraseUserRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request);
    }
  }
}
