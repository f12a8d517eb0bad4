// Generated from agent_memory/extraction/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.extraction.v1;

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
 * Facts out of conversations, in the background. What is submitted is kept
 * until its results are stored in long-term memory.
 */
public final class ExtractionServiceGrpc {

  /** Name of the service. */
  public static final String SERVICE_NAME = "agent_memory.extraction.v1.ExtractionService";

  private ExtractionServiceGrpc() {}

  private static final MethodDescriptor<io.agentmemory.extraction.v1.SubmitMessagesRequest, io.agentmemory.extraction.v1.SubmitMessagesResponse> SUBMIT_MESSAGES =
      MethodDescriptor.<io.agentmemory.extraction.v1.SubmitMessagesRequest, io.agentmemory.extraction.v1.SubmitMessagesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "SubmitMessages"))
          .setIdempotent(true)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.SubmitMessagesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.SubmitMessagesResponse.getDefaultInstance()))
          .build();

  /** Describes the method SubmitMessages. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.SubmitMessagesRequest, io.agentmemory.extraction.v1.SubmitMessagesResponse> getSubmitMessagesMethod() {
    return SUBMIT_MESSAGES;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.BatchSubmitMessagesRequest, io.agentmemory.extraction.v1.BatchSubmitMessagesResponse> BATCH_SUBMIT_MESSAGES =
      MethodDescriptor.<io.agentmemory.extraction.v1.BatchSubmitMessagesRequest, io.agentmemory.extraction.v1.BatchSubmitMessagesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "BatchSubmitMessages"))
          .setIdempotent(true)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.BatchSubmitMessagesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.BatchSubmitMessagesResponse.getDefaultInstance()))
          .build();

  /** Describes the method BatchSubmitMessages. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.BatchSubmitMessagesRequest, io.agentmemory.extraction.v1.BatchSubmitMessagesResponse> getBatchSubmitMessagesMethod() {
    return BATCH_SUBMIT_MESSAGES;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.ExtractMemoriesRequest, io.agentmemory.extraction.v1.ExtractMemoriesResponse> EXTRACT_MEMORIES =
      MethodDescriptor.<io.agentmemory.extraction.v1.ExtractMemoriesRequest, io.agentmemory.extraction.v1.ExtractMemoriesResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ExtractMemories"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ExtractMemoriesRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ExtractMemoriesResponse.getDefaultInstance()))
          .build();

  /** Describes the method ExtractMemories. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.ExtractMemoriesRequest, io.agentmemory.extraction.v1.ExtractMemoriesResponse> getExtractMemoriesMethod() {
    return EXTRACT_MEMORIES;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.SummarizeRequest, io.agentmemory.extraction.v1.SummarizeResponse> SUMMARIZE =
      MethodDescriptor.<io.agentmemory.extraction.v1.SummarizeRequest, io.agentmemory.extraction.v1.SummarizeResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "Summarize"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.SummarizeRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.SummarizeResponse.getDefaultInstance()))
          .build();

  /** Describes the method Summarize. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.SummarizeRequest, io.agentmemory.extraction.v1.SummarizeResponse> getSummarizeMethod() {
    return SUMMARIZE;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.GetJobRequest, io.agentmemory.extraction.v1.GetJobResponse> GET_JOB =
      MethodDescriptor.<io.agentmemory.extraction.v1.GetJobRequest, io.agentmemory.extraction.v1.GetJobResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetJob"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetJobRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetJobResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetJob. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.GetJobRequest, io.agentmemory.extraction.v1.GetJobResponse> getGetJobMethod() {
    return GET_JOB;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.ListJobsRequest, io.agentmemory.extraction.v1.ListJobsResponse> LIST_JOBS =
      MethodDescriptor.<io.agentmemory.extraction.v1.ListJobsRequest, io.agentmemory.extraction.v1.ListJobsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListJobs"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListJobsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListJobsResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListJobs. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.ListJobsRequest, io.agentmemory.extraction.v1.ListJobsResponse> getListJobsMethod() {
    return LIST_JOBS;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.RetryJobRequest, io.agentmemory.extraction.v1.RetryJobResponse> RETRY_JOB =
      MethodDescriptor.<io.agentmemory.extraction.v1.RetryJobRequest, io.agentmemory.extraction.v1.RetryJobResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "RetryJob"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RetryJobRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RetryJobResponse.getDefaultInstance()))
          .build();

  /** Describes the method RetryJob. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.RetryJobRequest, io.agentmemory.extraction.v1.RetryJobResponse> getRetryJobMethod() {
    return RETRY_JOB;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.CancelJobRequest, io.agentmemory.extraction.v1.CancelJobResponse> CANCEL_JOB =
      MethodDescriptor.<io.agentmemory.extraction.v1.CancelJobRequest, io.agentmemory.extraction.v1.CancelJobResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "CancelJob"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.CancelJobRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.CancelJobResponse.getDefaultInstance()))
          .build();

  /** Describes the method CancelJob. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.CancelJobRequest, io.agentmemory.extraction.v1.CancelJobResponse> getCancelJobMethod() {
    return CANCEL_JOB;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.WatchJobsRequest, io.agentmemory.extraction.v1.WatchJobsResponse> WATCH_JOBS =
      MethodDescriptor.<io.agentmemory.extraction.v1.WatchJobsRequest, io.agentmemory.extraction.v1.WatchJobsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "WatchJobs"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.WatchJobsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.WatchJobsResponse.getDefaultInstance()))
          .build();

  /** Describes the method WatchJobs. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.WatchJobsRequest, io.agentmemory.extraction.v1.WatchJobsResponse> getWatchJobsMethod() {
    return WATCH_JOBS;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.GetStatisticsRequest, io.agentmemory.extraction.v1.GetStatisticsResponse> GET_STATISTICS =
      MethodDescriptor.<io.agentmemory.extraction.v1.GetStatisticsRequest, io.agentmemory.extraction.v1.GetStatisticsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetStatistics"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetStatisticsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetStatisticsResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetStatistics. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.GetStatisticsRequest, io.agentmemory.extraction.v1.GetStatisticsResponse> getGetStatisticsMethod() {
    return GET_STATISTICS;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.CreateSummaryViewRequest, io.agentmemory.extraction.v1.CreateSummaryViewResponse> CREATE_SUMMARY_VIEW =
      MethodDescriptor.<io.agentmemory.extraction.v1.CreateSummaryViewRequest, io.agentmemory.extraction.v1.CreateSummaryViewResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "CreateSummaryView"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.CreateSummaryViewRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.CreateSummaryViewResponse.getDefaultInstance()))
          .build();

  /** Describes the method CreateSummaryView. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.CreateSummaryViewRequest, io.agentmemory.extraction.v1.CreateSummaryViewResponse> getCreateSummaryViewMethod() {
    return CREATE_SUMMARY_VIEW;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.GetSummaryViewRequest, io.agentmemory.extraction.v1.GetSummaryViewResponse> GET_SUMMARY_VIEW =
      MethodDescriptor.<io.agentmemory.extraction.v1.GetSummaryViewRequest, io.agentmemory.extraction.v1.GetSummaryViewResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "GetSummaryView"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetSummaryViewRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.GetSummaryViewResponse.getDefaultInstance()))
          .build();

  /** Describes the method GetSummaryView. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.GetSummaryViewRequest, io.agentmemory.extraction.v1.GetSummaryViewResponse> getGetSummaryViewMethod() {
    return GET_SUMMARY_VIEW;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.ListSummaryViewsRequest, io.agentmemory.extraction.v1.ListSummaryViewsResponse> LIST_SUMMARY_VIEWS =
      MethodDescriptor.<io.agentmemory.extraction.v1.ListSummaryViewsRequest, io.agentmemory.extraction.v1.ListSummaryViewsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListSummaryViews"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListSummaryViewsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListSummaryViewsResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListSummaryViews. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.ListSummaryViewsRequest, io.agentmemory.extraction.v1.ListSummaryViewsResponse> getListSummaryViewsMethod() {
    return LIST_SUMMARY_VIEWS;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.UpdateSummaryViewRequest, io.agentmemory.extraction.v1.UpdateSummaryViewResponse> UPDATE_SUMMARY_VIEW =
      MethodDescriptor.<io.agentmemory.extraction.v1.UpdateSummaryViewRequest, io.agentmemory.extraction.v1.UpdateSummaryViewResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "UpdateSummaryView"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.UpdateSummaryViewRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.UpdateSummaryViewResponse.getDefaultInstance()))
          .build();

  /** Describes the method UpdateSummaryView. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.UpdateSummaryViewRequest, io.agentmemory.extraction.v1.UpdateSummaryViewResponse> getUpdateSummaryViewMethod() {
    return UPDATE_SUMMARY_VIEW;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.DeleteSummaryViewRequest, io.agentmemory.extraction.v1.DeleteSummaryViewResponse> DELETE_SUMMARY_VIEW =
      MethodDescriptor.<io.agentmemory.extraction.v1.DeleteSummaryViewRequest, io.agentmemory.extraction.v1.DeleteSummaryViewResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "DeleteSummaryView"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.DeleteSummaryViewRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.DeleteSummaryViewResponse.getDefaultInstance()))
          .build();

  /** Describes the method DeleteSummaryView. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.DeleteSummaryViewRequest, io.agentmemory.extraction.v1.DeleteSummaryViewResponse> getDeleteSummaryViewMethod() {
    return DELETE_SUMMARY_VIEW;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.RunSummaryViewRequest, io.agentmemory.extraction.v1.RunSummaryViewResponse> RUN_SUMMARY_VIEW =
      MethodDescriptor.<io.agentmemory.extraction.v1.RunSummaryViewRequest, io.agentmemory.extraction.v1.RunSummaryViewResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "RunSummaryView"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RunSummaryViewRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RunSummaryViewResponse.getDefaultInstance()))
          .build();

  /** Describes the method RunSummaryView. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.RunSummaryViewRequest, io.agentmemory.extraction.v1.RunSummaryViewResponse> getRunSummaryViewMethod() {
    return RUN_SUMMARY_VIEW;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest, io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse> RUN_SUMMARY_VIEW_PARTITION =
      MethodDescriptor.<io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest, io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "RunSummaryViewPartition"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse.getDefaultInstance()))
          .build();

  /** Describes the method RunSummaryViewPartition. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest, io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse> getRunSummaryViewPartitionMethod() {
    return RUN_SUMMARY_VIEW_PARTITION;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest, io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse> LIST_SUMMARY_VIEW_PARTITIONS =
      MethodDescriptor.<io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest, io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ListSummaryViewPartitions"))
          .setIdempotent(true)
          .setSafe(true)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse.getDefaultInstance()))
          .build();

  /** Describes the method ListSummaryViewPartitions. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest, io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse> getListSummaryViewPartitionsMethod() {
    return LIST_SUMMARY_VIEW_PARTITIONS;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.ForgetSessionRequest, io.agentmemory.extraction.v1.ForgetSessionResponse> FORGET_SESSION =
      MethodDescriptor.<io.agentmemory.extraction.v1.ForgetSessionRequest, io.agentmemory.extraction.v1.ForgetSessionResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "ForgetSession"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ForgetSessionRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.ForgetSessionResponse.getDefaultInstance()))
          .build();

  /** Describes the method ForgetSession. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.ForgetSessionRequest, io.agentmemory.extraction.v1.ForgetSessionResponse> getForgetSessionMethod() {
    return FORGET_SESSION;
  }

  private static final MethodDescriptor<io.agentmemory.extraction.v1.EraseUserRequest, io.agentmemory.extraction.v1.EraseUserResponse> ERASE_USER =
      MethodDescriptor.<io.agentmemory.extraction.v1.EraseUserRequest, io.agentmemory.extraction.v1.EraseUserResponse>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "EraseUser"))
          .setIdempotent(false)
          .setSafe(false)
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.EraseUserRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(io.agentmemory.extraction.v1.EraseUserResponse.getDefaultInstance()))
          .build();

  /** Describes the method EraseUser. */
  public static MethodDescriptor<io.agentmemory.extraction.v1.EraseUserRequest, io.agentmemory.extraction.v1.EraseUserResponse> getEraseUserMethod() {
    return ERASE_USER;
  }

  /** Makes a stub whose calls tell an observer. */
  public static ExtractionServiceStub newStub(Channel channel) {
    return ExtractionServiceStub.newStub(ExtractionServiceStub::new, channel);
  }

  /** Makes a stub whose calls wait for the answer. */
  public static ExtractionServiceBlockingStub newBlockingStub(Channel channel) {
    return ExtractionServiceBlockingStub.newStub(ExtractionServiceBlockingStub::new, channel);
  }

  /** Makes a stub whose calls answer a future. */
  public static ExtractionServiceFutureStub newFutureStub(Channel channel) {
    return ExtractionServiceFutureStub.newStub(ExtractionServiceFutureStub::new, channel);
  }

  /** Stub whose calls tell an observer. */
  public static final class ExtractionServiceStub extends AbstractAsyncStub<ExtractionServiceStub> {
    private ExtractionServiceStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected ExtractionServiceStub build(Channel channel, CallOptions options) {
      return new ExtractionServiceStub(channel, options);
    }

    /**
     * Takes messages and memories in for extraction and returns when they are
     * durable. Repeating a message of the same session and sequence changes
     * nothing. Working memory calls it for what it acknowledged; a credential
     * that is confined to users does not. The owner of a session is set once.
     */
    public void submitMessages(io.agentmemory.extraction.v1.SubmitMessagesRequest request, StreamObserver<io.agentmemory.extraction.v1.SubmitMessagesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(SUBMIT_MESSAGES, getCallOptions()), request, observer);
    }

    /**
     * Takes several submissions in, each for itself and in no particular order.
     * Working memory hands over by it what gathers while calls come in quickly. A
     * caller who may not submit one of them may submit none.
     */
    public void batchSubmitMessages(io.agentmemory.extraction.v1.BatchSubmitMessagesRequest request, StreamObserver<io.agentmemory.extraction.v1.BatchSubmitMessagesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(BATCH_SUBMIT_MESSAGES, getCallOptions()), request, observer);
    }

    /**
     * Answers what a strategy would find in the given messages; stores nothing.
     */
    public void extractMemories(io.agentmemory.extraction.v1.ExtractMemoriesRequest request, StreamObserver<io.agentmemory.extraction.v1.ExtractMemoriesResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(EXTRACT_MEMORIES, getCallOptions()), request, observer);
    }

    /**
     * Summarizes messages, continuing a summary where one is given.
     */
    public void summarize(io.agentmemory.extraction.v1.SummarizeRequest request, StreamObserver<io.agentmemory.extraction.v1.SummarizeResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(SUMMARIZE, getCallOptions()), request, observer);
    }

    /**
     * Answers a job.
     */
    public void getJob(io.agentmemory.extraction.v1.GetJobRequest request, StreamObserver<io.agentmemory.extraction.v1.GetJobResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_JOB, getCallOptions()), request, observer);
    }

    /**
     * Lists jobs, the latest first.
     */
    public void listJobs(io.agentmemory.extraction.v1.ListJobsRequest request, StreamObserver<io.agentmemory.extraction.v1.ListJobsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_JOBS, getCallOptions()), request, observer);
    }

    /**
     * Tries a failed job again.
     */
    public void retryJob(io.agentmemory.extraction.v1.RetryJobRequest request, StreamObserver<io.agentmemory.extraction.v1.RetryJobResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(RETRY_JOB, getCallOptions()), request, observer);
    }

    /**
     * Cancels a job that waits or runs.
     */
    public void cancelJob(io.agentmemory.extraction.v1.CancelJobRequest request, StreamObserver<io.agentmemory.extraction.v1.CancelJobResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(CANCEL_JOB, getCallOptions()), request, observer);
    }

    /**
     * Streams jobs as they change, with the progress of their sessions; starts
     * with those that are under way.
     */
    public void watchJobs(io.agentmemory.extraction.v1.WatchJobsRequest request, StreamObserver<io.agentmemory.extraction.v1.WatchJobsResponse> observer) {
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(WATCH_JOBS, getCallOptions()), request, observer);
    }

    /**
     * Answers what extraction did for the caller's tenant, by minutes or by hours,
     * with the tokens that models took, and what waits now. It tells of the tenant
     * as a whole: a credential that is confined to users or namespaces does not.
     */
    public void getStatistics(io.agentmemory.extraction.v1.GetStatisticsRequest request, StreamObserver<io.agentmemory.extraction.v1.GetStatisticsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_STATISTICS, getCallOptions()), request, observer);
    }

    /**
     * Creates a summary view.
     */
    public void createSummaryView(io.agentmemory.extraction.v1.CreateSummaryViewRequest request, StreamObserver<io.agentmemory.extraction.v1.CreateSummaryViewResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(CREATE_SUMMARY_VIEW, getCallOptions()), request, observer);
    }

    /**
     * Answers a summary view.
     */
    public void getSummaryView(io.agentmemory.extraction.v1.GetSummaryViewRequest request, StreamObserver<io.agentmemory.extraction.v1.GetSummaryViewResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(GET_SUMMARY_VIEW, getCallOptions()), request, observer);
    }

    /**
     * Lists summary views.
     */
    public void listSummaryViews(io.agentmemory.extraction.v1.ListSummaryViewsRequest request, StreamObserver<io.agentmemory.extraction.v1.ListSummaryViewsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_SUMMARY_VIEWS, getCallOptions()), request, observer);
    }

    /**
     * Changes a summary view.
     */
    public void updateSummaryView(io.agentmemory.extraction.v1.UpdateSummaryViewRequest request, StreamObserver<io.agentmemory.extraction.v1.UpdateSummaryViewResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(UPDATE_SUMMARY_VIEW, getCallOptions()), request, observer);
    }

    /**
     * Deletes a summary view and its partitions.
     */
    public void deleteSummaryView(io.agentmemory.extraction.v1.DeleteSummaryViewRequest request, StreamObserver<io.agentmemory.extraction.v1.DeleteSummaryViewResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(DELETE_SUMMARY_VIEW, getCallOptions()), request, observer);
    }

    /**
     * Refreshes every partition of a view in the background.
     */
    public void runSummaryView(io.agentmemory.extraction.v1.RunSummaryViewRequest request, StreamObserver<io.agentmemory.extraction.v1.RunSummaryViewResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(RUN_SUMMARY_VIEW, getCallOptions()), request, observer);
    }

    /**
     * Refreshes one partition of a view and answers it.
     */
    public void runSummaryViewPartition(io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest request, StreamObserver<io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(RUN_SUMMARY_VIEW_PARTITION, getCallOptions()), request, observer);
    }

    /**
     * Lists the partitions of a view.
     */
    public void listSummaryViewPartitions(io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest request, StreamObserver<io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(LIST_SUMMARY_VIEW_PARTITIONS, getCallOptions()), request, observer);
    }

    /**
     * Gives up everything of a session that waits for extraction, and takes in
     * nothing of it any more; or gives up some of its messages, wherever they are.
     */
    public void forgetSession(io.agentmemory.extraction.v1.ForgetSessionRequest request, StreamObserver<io.agentmemory.extraction.v1.ForgetSessionResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(FORGET_SESSION, getCallOptions()), request, observer);
    }

    /**
     * Erases everything of a user that waits for extraction, and its jobs and
     * summaries.
     */
    public void eraseUser(io.agentmemory.extraction.v1.EraseUserRequest request, StreamObserver<io.agentmemory.extraction.v1.EraseUserResponse> observer) {
      ClientCalls.asyncUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request, observer);
    }
  }

  /** Stub whose calls wait for the answer. */
  public static final class ExtractionServiceBlockingStub extends AbstractBlockingStub<ExtractionServiceBlockingStub> {
    private ExtractionServiceBlockingStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected ExtractionServiceBlockingStub build(Channel channel, CallOptions options) {
      return new ExtractionServiceBlockingStub(channel, options);
    }

    /**
     * Takes messages and memories in for extraction and returns when they are
     * durable. Repeating a message of the same session and sequence changes
     * nothing. Working memory calls it for what it acknowledged; a credential
     * that is confined to users does not. The owner of a session is set once.
     */
    public io.agentmemory.extraction.v1.SubmitMessagesResponse submitMessages(io.agentmemory.extraction.v1.SubmitMessagesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), SUBMIT_MESSAGES, getCallOptions(), request);
    }

    /**
     * Takes several submissions in, each for itself and in no particular order.
     * Working memory hands over by it what gathers while calls come in quickly. A
     * caller who may not submit one of them may submit none.
     */
    public io.agentmemory.extraction.v1.BatchSubmitMessagesResponse batchSubmitMessages(io.agentmemory.extraction.v1.BatchSubmitMessagesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), BATCH_SUBMIT_MESSAGES, getCallOptions(), request);
    }

    /**
     * Answers what a strategy would find in the given messages; stores nothing.
     */
    public io.agentmemory.extraction.v1.ExtractMemoriesResponse extractMemories(io.agentmemory.extraction.v1.ExtractMemoriesRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), EXTRACT_MEMORIES, getCallOptions(), request);
    }

    /**
     * Summarizes messages, continuing a summary where one is given.
     */
    public io.agentmemory.extraction.v1.SummarizeResponse summarize(io.agentmemory.extraction.v1.SummarizeRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), SUMMARIZE, getCallOptions(), request);
    }

    /**
     * Answers a job.
     */
    public io.agentmemory.extraction.v1.GetJobResponse getJob(io.agentmemory.extraction.v1.GetJobRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_JOB, getCallOptions(), request);
    }

    /**
     * Lists jobs, the latest first.
     */
    public io.agentmemory.extraction.v1.ListJobsResponse listJobs(io.agentmemory.extraction.v1.ListJobsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_JOBS, getCallOptions(), request);
    }

    /**
     * Tries a failed job again.
     */
    public io.agentmemory.extraction.v1.RetryJobResponse retryJob(io.agentmemory.extraction.v1.RetryJobRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), RETRY_JOB, getCallOptions(), request);
    }

    /**
     * Cancels a job that waits or runs.
     */
    public io.agentmemory.extraction.v1.CancelJobResponse cancelJob(io.agentmemory.extraction.v1.CancelJobRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), CANCEL_JOB, getCallOptions(), request);
    }

    /**
     * Streams jobs as they change, with the progress of their sessions; starts
     * with those that are under way.
     */
    public Iterator<io.agentmemory.extraction.v1.WatchJobsResponse> watchJobs(io.agentmemory.extraction.v1.WatchJobsRequest request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), WATCH_JOBS, getCallOptions(), request);
    }

    /**
     * Answers what extraction did for the caller's tenant, by minutes or by hours,
     * with the tokens that models took, and what waits now. It tells of the tenant
     * as a whole: a credential that is confined to users or namespaces does not.
     */
    public io.agentmemory.extraction.v1.GetStatisticsResponse getStatistics(io.agentmemory.extraction.v1.GetStatisticsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_STATISTICS, getCallOptions(), request);
    }

    /**
     * Creates a summary view.
     */
    public io.agentmemory.extraction.v1.CreateSummaryViewResponse createSummaryView(io.agentmemory.extraction.v1.CreateSummaryViewRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), CREATE_SUMMARY_VIEW, getCallOptions(), request);
    }

    /**
     * Answers a summary view.
     */
    public io.agentmemory.extraction.v1.GetSummaryViewResponse getSummaryView(io.agentmemory.extraction.v1.GetSummaryViewRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), GET_SUMMARY_VIEW, getCallOptions(), request);
    }

    /**
     * Lists summary views.
     */
    public io.agentmemory.extraction.v1.ListSummaryViewsResponse listSummaryViews(io.agentmemory.extraction.v1.ListSummaryViewsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_SUMMARY_VIEWS, getCallOptions(), request);
    }

    /**
     * Changes a summary view.
     */
    public io.agentmemory.extraction.v1.UpdateSummaryViewResponse updateSummaryView(io.agentmemory.extraction.v1.UpdateSummaryViewRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), UPDATE_SUMMARY_VIEW, getCallOptions(), request);
    }

    /**
     * Deletes a summary view and its partitions.
     */
    public io.agentmemory.extraction.v1.DeleteSummaryViewResponse deleteSummaryView(io.agentmemory.extraction.v1.DeleteSummaryViewRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), DELETE_SUMMARY_VIEW, getCallOptions(), request);
    }

    /**
     * Refreshes every partition of a view in the background.
     */
    public io.agentmemory.extraction.v1.RunSummaryViewResponse runSummaryView(io.agentmemory.extraction.v1.RunSummaryViewRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), RUN_SUMMARY_VIEW, getCallOptions(), request);
    }

    /**
     * Refreshes one partition of a view and answers it.
     */
    public io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse runSummaryViewPartition(io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), RUN_SUMMARY_VIEW_PARTITION, getCallOptions(), request);
    }

    /**
     * Lists the partitions of a view.
     */
    public io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse listSummaryViewPartitions(io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), LIST_SUMMARY_VIEW_PARTITIONS, getCallOptions(), request);
    }

    /**
     * Gives up everything of a session that waits for extraction, and takes in
     * nothing of it any more; or gives up some of its messages, wherever they are.
     */
    public io.agentmemory.extraction.v1.ForgetSessionResponse forgetSession(io.agentmemory.extraction.v1.ForgetSessionRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), FORGET_SESSION, getCallOptions(), request);
    }

    /**
     * Erases everything of a user that waits for extraction, and its jobs and
     * summaries.
     */
    public io.agentmemory.extraction.v1.EraseUserResponse eraseUser(io.agentmemory.extraction.v1.EraseUserRequest request) {
      return ClientCalls.blockingUnaryCall(
          getChannel(), ERASE_USER, getCallOptions(), request);
    }
  }

  /** Stub whose calls answer a future. */
  public static final class ExtractionServiceFutureStub extends AbstractFutureStub<ExtractionServiceFutureStub> {
    private ExtractionServiceFutureStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected ExtractionServiceFutureStub build(Channel channel, CallOptions options) {
      return new ExtractionServiceFutureStub(channel, options);
    }

    /**
     * Takes messages and memories in for extraction and returns when they are
     * durable. Repeating a message of the same session and sequence changes
     * nothing. Working memory calls it for what it acknowledged; a credential
     * that is confined to users does not. The owner of a session is set once.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.SubmitMessagesResponse> submitMessages(io.agentmemory.extraction.v1.SubmitMessagesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(SUBMIT_MESSAGES, getCallOptions()), request);
    }

    /**
     * Takes several submissions in, each for itself and in no particular order.
     * Working memory hands over by it what gathers while calls come in quickly. A
     * caller who may not submit one of them may submit none.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.BatchSubmitMessagesResponse> batchSubmitMessages(io.agentmemory.extraction.v1.BatchSubmitMessagesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(BATCH_SUBMIT_MESSAGES, getCallOptions()), request);
    }

    /**
     * Answers what a strategy would find in the given messages; stores nothing.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.ExtractMemoriesResponse> extractMemories(io.agentmemory.extraction.v1.ExtractMemoriesRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(EXTRACT_MEMORIES, getCallOptions()), request);
    }

    /**
     * Summarizes messages, continuing a summary where one is given.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.SummarizeResponse> summarize(io.agentmemory.extraction.v1.SummarizeRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(SUMMARIZE, getCallOptions()), request);
    }

    /**
     * Answers a job.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.GetJobResponse> getJob(io.agentmemory.extraction.v1.GetJobRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_JOB, getCallOptions()), request);
    }

    /**
     * Lists jobs, the latest first.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.ListJobsResponse> listJobs(io.agentmemory.extraction.v1.ListJobsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_JOBS, getCallOptions()), request);
    }

    /**
     * Tries a failed job again.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.RetryJobResponse> retryJob(io.agentmemory.extraction.v1.RetryJobRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(RETRY_JOB, getCallOptions()), request);
    }

    /**
     * Cancels a job that waits or runs.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.CancelJobResponse> cancelJob(io.agentmemory.extraction.v1.CancelJobRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(CANCEL_JOB, getCallOptions()), request);
    }

    /**
     * Answers what extraction did for the caller's tenant, by minutes or by hours,
     * with the tokens that models took, and what waits now. It tells of the tenant
     * as a whole: a credential that is confined to users or namespaces does not.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.GetStatisticsResponse> getStatistics(io.agentmemory.extraction.v1.GetStatisticsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_STATISTICS, getCallOptions()), request);
    }

    /**
     * Creates a summary view.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.CreateSummaryViewResponse> createSummaryView(io.agentmemory.extraction.v1.CreateSummaryViewRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(CREATE_SUMMARY_VIEW, getCallOptions()), request);
    }

    /**
     * Answers a summary view.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.GetSummaryViewResponse> getSummaryView(io.agentmemory.extraction.v1.GetSummaryViewRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(GET_SUMMARY_VIEW, getCallOptions()), request);
    }

    /**
     * Lists summary views.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.ListSummaryViewsResponse> listSummaryViews(io.agentmemory.extraction.v1.ListSummaryViewsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_SUMMARY_VIEWS, getCallOptions()), request);
    }

    /**
     * Changes a summary view.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.UpdateSummaryViewResponse> updateSummaryView(io.agentmemory.extraction.v1.UpdateSummaryViewRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(UPDATE_SUMMARY_VIEW, getCallOptions()), request);
    }

    /**
     * Deletes a summary view and its partitions.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.DeleteSummaryViewResponse> deleteSummaryView(io.agentmemory.extraction.v1.DeleteSummaryViewRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(DELETE_SUMMARY_VIEW, getCallOptions()), request);
    }

    /**
     * Refreshes every partition of a view in the background.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.RunSummaryViewResponse> runSummaryView(io.agentmemory.extraction.v1.RunSummaryViewRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(RUN_SUMMARY_VIEW, getCallOptions()), request);
    }

    /**
     * Refreshes one partition of a view and answers it.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse> runSummaryViewPartition(io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(RUN_SUMMARY_VIEW_PARTITION, getCallOptions()), request);
    }

    /**
     * Lists the partitions of a view.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse> listSummaryViewPartitions(io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(LIST_SUMMARY_VIEW_PARTITIONS, getCallOptions()), request);
    }

    /**
     * Gives up everything of a session that waits for extraction, and takes in
     * nothing of it any more; or gives up some of its messages, wherever they are.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.ForgetSessionResponse> forgetSession(io.agentmemory.extraction.v1.ForgetSessionRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(FORGET_SESSION, getCallOptions()), request);
    }

    /**
     * Erases everything of a user that waits for extraction, and its jobs and
     * summaries.
     */
    public ListenableFuture<io.agentmemory.extraction.v1.EraseUserResponse> eraseUser(io.agentmemory.extraction.v1.EraseUserRequest request) {
      return ClientCalls.futureUnaryCall(
          getChannel().newCall(ERASE_USER, getCallOptions()), request);
    }
  }
}
