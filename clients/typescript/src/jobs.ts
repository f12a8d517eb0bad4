/** Calls to extraction: jobs, summaries, summary views, and waiting for memories. */

import { create } from "@bufbuild/protobuf";

import { LARGEST_PAGE, type OwnerOptions, type PageOptions } from "./base.js";
import { sleep, type WatchOptions } from "./connection.js";
import {
  fromJob,
  fromMemory,
  fromProgress,
  JOB_STATES,
  toExtraction,
  toGroup,
  toMessages,
} from "./convert.js";
import {
  ExtractionFailedError,
  MemoryClientError,
  MemoryServerError,
  MemoryTimeoutError,
  MemoryUnavailableError,
} from "./errors.js";
import { type Filter, toFilter } from "./filters.js";
import type { Memory } from "./gen/agent_memory/common/v1/memory_pb.js";
import { SearchMode } from "./gen/agent_memory/common/v1/search_pb.js";
import {
  JobState,
  SummaryGroupFieldSchema,
  type SummaryPartition,
  type SummaryView as ViewMessage,
  SummaryViewSchema,
} from "./gen/agent_memory/extraction/v1/extraction_pb.js";
import {
  ExtractionService,
  type WatchJobsResponse,
} from "./gen/agent_memory/extraction/v1/service_pb.js";
import { LongTermMemoryService } from "./gen/agent_memory/long_term_memory/v1/service_pb.js";
import {
  type WorkingMemory,
} from "./gen/agent_memory/working_memory/v1/working_memory_pb.js";
import { WorkingMemoryService } from "./gen/agent_memory/working_memory/v1/service_pb.js";
import { MemoryMethods } from "./memories.js";
import type * as models from "./models.js";
import type { CallOptions } from "./options.js";
import { checkLimit, EnumNames, fromTimestamp, some, toDuration } from "./values.js";

const METHODS = ExtractionService.method;
const GROUP_FIELDS = new EnumNames<models.SummaryGroupField>(SummaryGroupFieldSchema);
const FORGOTTEN = "INVALID_TOKEN";
const FIRST_PAUSE = 0.05;
const LONGEST_PAUSE = 1;
const WAIT = 60;
const NEIGHBOURS = 5;
const A_DAY = 86_400;

/** A standing summary over groups of memories, as callers write it. */
export interface NewSummaryView {
  name?: string | undefined;
  /** One summary for each combination of these. */
  groupBy?: readonly models.SummaryGroupField[];
  /** Which memories take part, as in a search. */
  filters?: Filter;
  /** Only memories created within so many days; all when absent. */
  timeWindowDays?: number | undefined;
  /** Refreshed in the background while true. */
  continuous?: boolean;
  /** What the summary shall say. */
  prompt?: string | undefined;
  modelName?: string | undefined;
}

/** A standing summary over groups of memories. Its conditions are those of the contract. */
export interface SummaryView extends Required<Pick<NewSummaryView, "continuous">> {
  id: string;
  name?: string | undefined;
  groupBy: models.SummaryGroupField[];
  filter: ViewMessage["filter"];
  timeWindowDays?: number | undefined;
  prompt?: string | undefined;
  modelName?: string | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  etag?: string | undefined;
}

/** The summary of one group. */
export interface SummaryViewPartition {
  viewId: string;
  group: models.SummaryGroup;
  summary: string;
  memoryCount: number;
  /** Why there is no summary. */
  emptyReason?: string | undefined;
  computedAt?: Date | undefined;
}

const VIEW_PATHS = {
  name: "name",
  groupBy: "group_by",
  filters: "filter",
  timeWindowDays: "time_window",
  continuous: "continuous",
  prompt: "prompt",
  modelName: "model_name",
} as const satisfies Record<keyof NewSummaryView, string>;

/** Calls to the extraction service. */
export class JobMethods extends MemoryMethods {
  /**
   * Answer a job.
   *
   * @throws MemoryNotFoundError There is none for this caller.
   */
  async getJob(jobId: string, options: CallOptions = {}): Promise<models.Job> {
    return fromJob((await this.connection.call(METHODS.getJob, { jobId }, options)).job);
  }

  /** List jobs, the latest first. */
  async listJobs(
    options: PageOptions & {
      readonly sessionId?: string;
      readonly namespace?: string;
      readonly state?: models.JobState;
    } = {},
  ): Promise<{ jobs: models.Job[]; nextCursor?: string | undefined }> {
    const namespace = options.namespace ?? this.options.defaultNamespace;
    const answer = await this.connection.call(
      METHODS.listJobs,
      {
        ...(namespace === undefined ? {} : { namespace }),
        ...(options.sessionId === undefined ? {} : { sessionId: options.sessionId }),
        state: JOB_STATES.number(options.state, "state"),
        pageSize: Math.min(checkLimit(options.limit ?? 20), LARGEST_PAGE),
        pageToken: options.cursor ?? "",
      },
      options,
    );
    return { jobs: answer.jobs.map(fromJob), nextCursor: answer.nextPageToken || undefined };
  }

  /**
   * Try a job again that failed or was cancelled.
   *
   * @throws MemoryStateError It did neither.
   */
  async retryJob(jobId: string, options: CallOptions = {}): Promise<models.Job> {
    return fromJob((await this.connection.call(METHODS.retryJob, { jobId }, options)).job);
  }

  /** Cancel a job that is not done. */
  async cancelJob(jobId: string, options: CallOptions = {}): Promise<models.Job> {
    return fromJob((await this.connection.call(METHODS.cancelJob, { jobId }, options)).job);
  }

  /** Tell where jobs stand, then every change; a connection that breaks is made again. */
  async *watchJobs(
    options: WatchOptions & {
      /** Only this session; all jobs of the tenant when absent. */
      readonly sessionId?: string;
      readonly namespace?: string;
      readonly resumeToken?: string;
    } = {},
  ): AsyncGenerator<models.JobChange, void, undefined> {
    const sessionId = options.sessionId ?? "";
    const request = {
      sessionId,
      namespace: sessionId && this.owner(options).namespace,
      resumeToken: options.resumeToken ?? "",
    };
    for await (const answer of this.connection.watch(METHODS.watchJobs, request, options)) {
      yield {
        job: answer.job && fromJob(answer.job),
        progress: answer.progress && fromProgress(answer.progress),
        resumeToken: answer.resumeToken,
      };
    }
  }

  /** Answer what a strategy would find in messages; stores nothing. */
  async previewExtraction(
    messages: readonly (models.NewMessage | models.ProviderMessage)[],
    strategy: models.MemoryStrategyConfig = {},
    options: CallOptions & {
      /** Messages before them, for reference only. */
      readonly before?: readonly (models.NewMessage | models.ProviderMessage)[];
      /** IANA zone in which relative dates are meant; UTC when absent. */
      readonly timeZone?: string;
    } = {},
  ): Promise<models.ExtractionPreview> {
    const answer = await this.connection.call(
      METHODS.extractMemories,
      {
        messages: toMessages(messages),
        before: toMessages(options.before ?? [], "before"),
        extraction: toExtraction(strategy, "strategy"),
        timeZone: options.timeZone ?? "",
      },
      options,
    );
    return {
      memories: answer.candidates.flatMap(({ memory }) => (memory ? [fromMemory(memory)] : [])),
      extractor: answer.extractor,
      droppedItems: { ...answer.droppedItems },
    };
  }

  /** Summarize messages, continuing a summary where one is given; stores nothing. */
  async summarizeMessages(
    messages: readonly (models.NewMessage | models.ProviderMessage)[],
    options: CallOptions & { readonly previousSummary?: string; readonly maxWords?: number } = {},
  ): Promise<string> {
    const { summary } = await this.connection.call(
      METHODS.summarize,
      {
        messages: toMessages(messages),
        previousSummary: options.previousSummary ?? "",
        maxWords: options.maxWords ?? 0,
      },
      options,
    );
    return summary;
  }

  /** Create a summary view. */
  async createSummaryView(view: NewSummaryView, options: CallOptions = {}): Promise<SummaryView> {
    const answer = await this.connection.call(
      METHODS.createSummaryView,
      { summaryView: toView(view, "view") },
      options,
    );
    return fromView(answer.summaryView);
  }

  /**
   * Answer a summary view.
   *
   * @throws MemoryNotFoundError There is none for this caller.
   */
  async getSummaryView(viewId: string, options: CallOptions = {}): Promise<SummaryView> {
    const answer = await this.connection.call(METHODS.getSummaryView, { viewId }, options);
    return fromView(answer.summaryView);
  }

  /** List summary views. */
  async listSummaryViews(
    options: PageOptions = {},
  ): Promise<{ summaryViews: SummaryView[]; nextCursor?: string | undefined }> {
    const answer = await this.connection.call(
      METHODS.listSummaryViews,
      { pageSize: checkLimit(options.limit ?? 20), pageToken: options.cursor ?? "" },
      options,
    );
    return {
      summaryViews: answer.summaryViews.map(fromView),
      nextCursor: answer.nextPageToken || undefined,
    };
  }

  /** Change the fields of a summary view that `updates` names. */
  async updateSummaryView(
    viewId: string,
    updates: NewSummaryView,
    options: CallOptions & { readonly etag?: string } = {},
  ): Promise<SummaryView> {
    const paths = Object.entries(updates)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => VIEW_PATHS[name as keyof NewSummaryView])
      .sort();
    const summaryView = toView(updates, "updates");
    summaryView.id = viewId;
    summaryView.etag = options.etag ?? "";
    const answer = await this.connection.call(
      METHODS.updateSummaryView,
      { summaryView, updateMask: { paths } },
      options,
    );
    return fromView(answer.summaryView);
  }

  /** Delete a summary view and its partitions; answers whether there was anything to delete. */
  async deleteSummaryView(viewId: string, options: CallOptions = {}): Promise<boolean> {
    const answer = await this.connection.call(METHODS.deleteSummaryView, { viewId }, options);
    return answer.deleted;
  }

  /** Refresh every partition of a summary view in the background. */
  async runSummaryView(viewId: string, options: CallOptions = {}): Promise<models.Job> {
    return fromJob((await this.connection.call(METHODS.runSummaryView, { viewId }, options)).job);
  }

  /** Refresh one partition of a summary view and answer it. */
  async runSummaryViewPartition(
    viewId: string,
    group: models.SummaryGroup,
    options: CallOptions = {},
  ): Promise<SummaryViewPartition> {
    const { partition } = await this.connection.call(
      METHODS.runSummaryViewPartition,
      { viewId, group: toGroup(group) },
      options,
    );
    if (partition === undefined) throw new MemoryServerError("the answer holds no partition");
    return fromPartition(partition);
  }

  /** List the partitions of a summary view. */
  async listSummaryViewPartitions(
    viewId: string,
    options: PageOptions & { readonly group?: models.SummaryGroup } = {},
  ): Promise<{ partitions: SummaryViewPartition[]; nextCursor?: string | undefined }> {
    const answer = await this.connection.call(
      METHODS.listSummaryViewPartitions,
      {
        viewId,
        ...(options.group && { group: toGroup(options.group) }),
        pageSize: checkLimit(options.limit ?? 20),
        pageToken: options.cursor ?? "",
      },
      options,
    );
    return {
      partitions: answer.partitions.map(fromPartition),
      nextCursor: answer.nextPageToken || undefined,
    };
  }

  /**
   * Wait until what is in the session now has become memories, and these are stored: every message
   * of its log, and every memory placed in it. Outlives the restart of a server.
   *
   * @throws ExtractionFailedError A job gave up on some of the messages; see its `job`.
   * @throws MemoryTimeoutError The time, 60 seconds when absent, ran out; extraction goes on.
   * @throws MemoryNotFoundError The session does not exist.
   */
  async waitForExtraction(
    sessionId: string,
    options: OwnerOptions = {},
  ): Promise<models.ExtractionProgress> {
    const allowed = options.timeout ?? WAIT;
    const until = new Until(allowed, options.signal);
    try {
      const { workingMemory } = await this.connection.call(
        WorkingMemoryService.method.getWorkingMemory,
        { ...this.owner(options), sessionId, recentMessagesLimit: 1 },
        until.options(this.connection.usualSeconds(WorkingMemoryService.method.getWorkingMemory)),
      );
      if (workingMemory === undefined) throw new MemoryServerError("the answer holds no session");
      const progress = await this.#reach(workingMemory, until);
      await this.#untilStored(workingMemory, until);
      return progress;
    } catch (error) {
      if (!(error instanceof MemoryTimeoutError) || until.left > 0.001) throw error;
      throw new MemoryTimeoutError(
        `extraction took longer than ${allowed} s; it goes on in the background`,
        { code: "DEADLINE_EXCEEDED", cause: error },
      );
    }
  }

  /** Watch until every message of the session's log is extracted. */
  async #reach(session: WorkingMemory, until: Until): Promise<models.ExtractionProgress> {
    const { namespace, sessionId, sessionUid, lastSequence } = session;
    let resumeToken = "";
    while (lastSequence > 0n) {
      try {
        const answers = this.connection.watch(
          METHODS.watchJobs,
          { namespace, sessionId, resumeToken },
          { ...until.options(), patience: Number.POSITIVE_INFINITY },
        );
        for await (const answer of answers) {
          resumeToken = answer.resumeToken || resumeToken;
          const { progress } = answer;
          const own = progress?.sessionUid === sessionUid;
          if (progress && own && progress.extractedSequence >= lastSequence) {
            return fromProgress(progress);
          }
          checkJob(answer, session);
        }
      } catch (error) {
        // A server that forgot the token tells everything anew.
        const forgot = error instanceof MemoryClientError && error.reason === FORGOTTEN;
        if (!forgot || resumeToken === "") throw error;
        resumeToken = "";
      }
    }
    return { sessionUid, receivedSequence: 0, extractedSequence: 0 };
  }

  /** Wait until each memory of a session is stored, or one of its owner that says the same. */
  async #untilStored(session: WorkingMemory, until: Until): Promise<void> {
    let missing = session.memories.map((memory) => ({
      ...memory,
      userId: memory.userId || session.userId,
      namespace: memory.namespace || session.namespace,
    }));
    let pause = FIRST_PAUSE;
    for (;;) {
      try {
        missing = await this.#notStored(missing, until);
      } catch (error) {
        if (!(error instanceof MemoryUnavailableError)) throw error;
      }
      if (missing.length === 0) return;
      await sleep(Math.min(pause, until.left), until.signal);
      if (until.left <= 0.001) {
        throw new MemoryTimeoutError("the memories of the session are not stored yet");
      }
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  async #notStored(placed: Memory[], until: Until): Promise<Memory[]> {
    if (placed.length === 0) return [];
    const { items } = await this.connection.call(
      LongTermMemoryService.method.batchGetMemories,
      { memoryIds: placed.map(({ id }) => id) },
      until.options(this.connection.usualSeconds(LongTermMemoryService.method.batchGetMemories)),
    );
    const absent = placed.filter((_, n) => items[n]?.result.case !== "memory");
    const missing: Memory[] = [];
    for (const memory of absent) {
      if (!(await this.#isDuplicate(memory, until))) missing.push(memory);
    }
    return missing;
  }

  /** Look for the same words of the same owner: a duplicate never gets an id of its own. */
  async #isDuplicate(memory: Memory, until: Until): Promise<boolean> {
    const method = LongTermMemoryService.method.searchMemories;
    const { hits } = await this.connection.call(
      method,
      {
        query: {
          text: memory.text,
          mode: SearchMode.SEMANTIC,
          untracked: true,
          filter: {
            userId: { eq: memory.userId },
            namespace: { eq: memory.namespace },
            type: { any: memory.type ? [memory.type] : [] },
          },
        },
        pageSize: NEIGHBOURS,
      },
      until.options(this.connection.usualSeconds(method)),
    );
    const words = plain(memory.text);
    return hits.some((hit) => plain(hit.memory?.text ?? "") === words);
  }
}

/** Time until which a wait may last. */
class Until {
  readonly signal: AbortSignal | undefined;
  readonly #due: number;

  constructor(allowed: number, signal: AbortSignal | undefined) {
    this.#due = performance.now() + allowed * 1000;
    this.signal = signal;
  }

  /** Answer the seconds that are left, and a moment where none are. */
  get left(): number {
    return Math.max((this.#due - performance.now()) / 1000, 0.001);
  }

  /** Make the options of a call that ends when the waiting does, or in its own time. */
  options(usual = Number.POSITIVE_INFINITY): CallOptions {
    return { timeout: Math.min(usual, this.left), signal: this.signal };
  }
}

/** Fail where a job gave up on messages that are waited for. */
function checkJob({ job, progress }: WatchJobsResponse, session: WorkingMemory): void {
  if (
    job?.state === JobState.FAILED &&
    job.sessionUid === session.sessionUid &&
    job.firstSequence <= session.lastSequence &&
    job.lastSequence > (progress?.extractedSequence ?? 0n)
  ) {
    const why = job.error?.message ?? "no reason given";
    throw new ExtractionFailedError(`extraction job ${job.id} gave up: ${why}`, fromJob(job));
  }
}

function plain(text: string): string {
  return text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

function toView(view: NewSummaryView, path: string): ViewMessage {
  const days = view.timeWindowDays;
  const timeWindow = toDuration(
    days === undefined ? undefined : days * A_DAY,
    `${path}.timeWindowDays`,
  );
  return create(SummaryViewSchema, {
    name: view.name ?? "",
    groupBy: (view.groupBy ?? []).map((name) => GROUP_FIELDS.number(name, `${path}.groupBy`)),
    filter: toFilter(view.filters ?? {}, {}, undefined, `${path}.filters`),
    ...(timeWindow && { timeWindow }),
    continuous: view.continuous ?? false,
    prompt: view.prompt ?? "",
    modelName: view.modelName ?? "",
  });
}

function fromView(view: ViewMessage | undefined): SummaryView {
  if (view === undefined) throw new MemoryServerError("the answer holds no view");
  return {
    id: view.id,
    name: some(view.name),
    groupBy: view.groupBy.flatMap((field) => GROUP_FIELDS.name(field) ?? []),
    filter: view.filter,
    timeWindowDays: view.timeWindow && Number(view.timeWindow.seconds) / A_DAY,
    continuous: view.continuous,
    prompt: some(view.prompt),
    modelName: some(view.modelName),
    createdAt: fromTimestamp(view.createTime),
    updatedAt: fromTimestamp(view.updateTime),
    etag: some(view.etag),
  };
}

const GROUP_TYPES = { 0: undefined, 1: "semantic", 2: "episodic", 3: "message" } as const;

function fromPartition(partition: SummaryPartition): SummaryViewPartition {
  const { group } = partition;
  return {
    viewId: partition.viewId,
    group: {
      userId: group?.userId,
      namespace: group?.namespace,
      sessionId: group?.sessionId,
      memoryType: GROUP_TYPES[group?.memoryType ?? 0],
    },
    summary: partition.summary,
    memoryCount: Number(partition.memoryCount),
    emptyReason: some(partition.emptyReason),
    computedAt: fromTimestamp(partition.computeTime),
  };
}

