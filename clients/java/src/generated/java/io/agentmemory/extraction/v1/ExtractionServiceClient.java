// Generated from agent_memory/extraction/v1/service.proto by scripts/protoc_gen_grpc_java.py; do not edit.
package io.agentmemory.extraction.v1;

import io.agentmemory.client.AnswerStream;
import io.agentmemory.client.Caller;
import java.util.Iterator;

/**
 * Facts out of conversations, in the background. What is submitted is kept
 * until its results are stored in long-term memory.
 */
public final class ExtractionServiceClient {
  private final Caller caller;

  /** Makes a client whose calls a caller makes. */
  public ExtractionServiceClient(Caller caller) {
    this.caller = caller;
  }

  /**
   * Takes messages and memories in for extraction and returns when they are
   * durable. Repeating a message of the same session and sequence changes
   * nothing. Working memory calls it for what it acknowledged; a credential
   * that is confined to users does not. The owner of a session is set once.
   */
  public io.agentmemory.extraction.v1.SubmitMessagesResponse submitMessages(io.agentmemory.extraction.v1.SubmitMessagesRequest request) {
    return caller.unary(ExtractionServiceGrpc.getSubmitMessagesMethod(), request);
  }

  /**
   * Takes several submissions in, each for itself and in no particular order.
   * Working memory hands over by it what gathers while calls come in quickly. A
   * caller who may not submit one of them may submit none.
   */
  public io.agentmemory.extraction.v1.BatchSubmitMessagesResponse batchSubmitMessages(io.agentmemory.extraction.v1.BatchSubmitMessagesRequest request) {
    return caller.unary(ExtractionServiceGrpc.getBatchSubmitMessagesMethod(), request);
  }

  /**
   * Answers what a strategy would find in the given messages; stores nothing.
   */
  public io.agentmemory.extraction.v1.ExtractMemoriesResponse extractMemories(io.agentmemory.extraction.v1.ExtractMemoriesRequest request) {
    return caller.unary(ExtractionServiceGrpc.getExtractMemoriesMethod(), request);
  }

  /**
   * Summarizes messages, continuing a summary where one is given.
   */
  public io.agentmemory.extraction.v1.SummarizeResponse summarize(io.agentmemory.extraction.v1.SummarizeRequest request) {
    return caller.unary(ExtractionServiceGrpc.getSummarizeMethod(), request);
  }

  /**
   * Answers a job.
   */
  public io.agentmemory.extraction.v1.GetJobResponse getJob(io.agentmemory.extraction.v1.GetJobRequest request) {
    return caller.unary(ExtractionServiceGrpc.getGetJobMethod(), request);
  }

  /**
   * Lists jobs, the latest first.
   */
  public io.agentmemory.extraction.v1.ListJobsResponse listJobs(io.agentmemory.extraction.v1.ListJobsRequest request) {
    return caller.unary(ExtractionServiceGrpc.getListJobsMethod(), request);
  }

  /**
   * Tries a failed job again.
   */
  public io.agentmemory.extraction.v1.RetryJobResponse retryJob(io.agentmemory.extraction.v1.RetryJobRequest request) {
    return caller.unary(ExtractionServiceGrpc.getRetryJobMethod(), request);
  }

  /**
   * Cancels a job that waits or runs.
   */
  public io.agentmemory.extraction.v1.CancelJobResponse cancelJob(io.agentmemory.extraction.v1.CancelJobRequest request) {
    return caller.unary(ExtractionServiceGrpc.getCancelJobMethod(), request);
  }

  /**
   * Streams jobs as they change, with the progress of their sessions; starts
   * with those that are under way.
   */
  public AnswerStream<io.agentmemory.extraction.v1.WatchJobsResponse> watchJobs(io.agentmemory.extraction.v1.WatchJobsRequest request) {
    return caller.stream(ExtractionServiceGrpc.getWatchJobsMethod(), request);
  }

  /**
   * Answers what extraction did for the caller's tenant, by minutes or by hours,
   * with the tokens that models took, and what waits now. It tells of the tenant
   * as a whole: a credential that is confined to users or namespaces does not.
   */
  public io.agentmemory.extraction.v1.GetStatisticsResponse getStatistics(io.agentmemory.extraction.v1.GetStatisticsRequest request) {
    return caller.unary(ExtractionServiceGrpc.getGetStatisticsMethod(), request);
  }

  /**
   * Creates a summary view.
   */
  public io.agentmemory.extraction.v1.CreateSummaryViewResponse createSummaryView(io.agentmemory.extraction.v1.CreateSummaryViewRequest request) {
    return caller.unary(ExtractionServiceGrpc.getCreateSummaryViewMethod(), request);
  }

  /**
   * Answers a summary view.
   */
  public io.agentmemory.extraction.v1.GetSummaryViewResponse getSummaryView(io.agentmemory.extraction.v1.GetSummaryViewRequest request) {
    return caller.unary(ExtractionServiceGrpc.getGetSummaryViewMethod(), request);
  }

  /**
   * Lists summary views.
   */
  public io.agentmemory.extraction.v1.ListSummaryViewsResponse listSummaryViews(io.agentmemory.extraction.v1.ListSummaryViewsRequest request) {
    return caller.unary(ExtractionServiceGrpc.getListSummaryViewsMethod(), request);
  }

  /**
   * Changes a summary view.
   */
  public io.agentmemory.extraction.v1.UpdateSummaryViewResponse updateSummaryView(io.agentmemory.extraction.v1.UpdateSummaryViewRequest request) {
    return caller.unary(ExtractionServiceGrpc.getUpdateSummaryViewMethod(), request);
  }

  /**
   * Deletes a summary view and its partitions.
   */
  public io.agentmemory.extraction.v1.DeleteSummaryViewResponse deleteSummaryView(io.agentmemory.extraction.v1.DeleteSummaryViewRequest request) {
    return caller.unary(ExtractionServiceGrpc.getDeleteSummaryViewMethod(), request);
  }

  /**
   * Refreshes every partition of a view in the background.
   */
  public io.agentmemory.extraction.v1.RunSummaryViewResponse runSummaryView(io.agentmemory.extraction.v1.RunSummaryViewRequest request) {
    return caller.unary(ExtractionServiceGrpc.getRunSummaryViewMethod(), request);
  }

  /**
   * Refreshes one partition of a view and answers it.
   */
  public io.agentmemory.extraction.v1.RunSummaryViewPartitionResponse runSummaryViewPartition(io.agentmemory.extraction.v1.RunSummaryViewPartitionRequest request) {
    return caller.unary(ExtractionServiceGrpc.getRunSummaryViewPartitionMethod(), request);
  }

  /**
   * Lists the partitions of a view.
   */
  public io.agentmemory.extraction.v1.ListSummaryViewPartitionsResponse listSummaryViewPartitions(io.agentmemory.extraction.v1.ListSummaryViewPartitionsRequest request) {
    return caller.unary(ExtractionServiceGrpc.getListSummaryViewPartitionsMethod(), request);
  }

  /**
   * Gives up everything of a session that waits for extraction, and takes in
   * nothing of it any more; or gives up some of its messages, wherever they are.
   */
  public io.agentmemory.extraction.v1.ForgetSessionResponse forgetSession(io.agentmemory.extraction.v1.ForgetSessionRequest request) {
    return caller.unary(ExtractionServiceGrpc.getForgetSessionMethod(), request);
  }

  /**
   * Erases everything of a user that waits for extraction, and its jobs and
   * summaries.
   */
  public io.agentmemory.extraction.v1.EraseUserResponse eraseUser(io.agentmemory.extraction.v1.EraseUserRequest request) {
    return caller.unary(ExtractionServiceGrpc.getEraseUserMethod(), request);
  }
}
