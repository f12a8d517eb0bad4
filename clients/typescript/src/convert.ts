/** Memories, messages and sessions, in the form of the contracts and in that of the client. */

import type { MessageInitShape } from "@bufbuild/protobuf";

import { fromStatus, invalid, type MemoryClientError, MemoryServerError } from "./errors.js";
import {
  ClaimModalitySchema,
  type Memory,
  type MemorySchema,
  MemoryTypeSchema,
  type ProvenanceSchema,
  TimePrecisionSchema,
  type Validity as ValidityMessage,
  type ValiditySchema,
} from "./gen/agent_memory/common/v1/memory_pb.js";
import type {
  ContentPart as ContentPartMessage,
  ContentPartSchema,
  Message,
  MessageSchema,
} from "./gen/agent_memory/common/v1/message_pb.js";
import { AccessSchema } from "./gen/agent_memory/common/v1/policy_pb.js";
import {
  FusionMethodSchema,
  type MemoryHit as HitMessage,
  SearchModeSchema,
  type SearchQuerySchema,
} from "./gen/agent_memory/common/v1/search_pb.js";
import {
  type ExtractionConfig,
  type ExtractionConfigSchema,
  ExtractionStrategySchema,
} from "./gen/agent_memory/common/v1/strategy_pb.js";
import type { EraseReceipt as ReceiptMessage } from "./gen/agent_memory/common/v1/erase_pb.js";
import {
  ForgetOutcomeSchema,
  type Job as JobMessage,
  JobKindSchema,
  JobStateSchema,
  type SessionProgress,
  StatisticsPeriodSchema,
} from "./gen/agent_memory/extraction/v1/extraction_pb.js";
import type { GetStatisticsResponse } from "./gen/agent_memory/extraction/v1/service_pb.js";
import {
  CreateOutcomeSchema,
  type CreateMemoryResult as CreateMessage,
  ForgetReasonSchema,
  type ForgetPolicySchema,
  MemoryChangeKindSchema,
  type MemoryRevision as RevisionMessage,
  RevisionCauseSchema,
} from "./gen/agent_memory/long_term_memory/v1/long_term_memory_pb.js";
import type {
  ForgetMemoriesResponse,
  WatchMemoriesResponse,
} from "./gen/agent_memory/long_term_memory/v1/service_pb.js";
import type {
  BuildMemoryPromptResponse,
  WatchWorkingMemoryResponse,
} from "./gen/agent_memory/working_memory/v1/service_pb.js";
import {
  DataPolicySchema,
  type Principal as PrincipalMessage,
  PromptSectionSchema,
  type SessionSummary,
  SessionChangeKindSchema,
  type WorkingMemory as SessionMessage,
  type WorkingMemorySchema,
} from "./gen/agent_memory/working_memory/v1/working_memory_pb.js";
import type { Status } from "./gen/google/rpc/status_pb.js";
import type * as models from "./models.js";
import { asChatMessage, restored, spelled } from "./original.js";
import { Prompt } from "./prompts.js";
import { readMessage } from "./providers.js";
import {
  EnumNames,
  fromDuration,
  fromTimestamp,
  some,
  toDuration,
  toInt64,
  toTimestamp,
} from "./values.js";

const A_DAY = 86_400;

const MEMORY_TYPES = new EnumNames<models.MemoryType>(MemoryTypeSchema);
const PRECISIONS = new EnumNames<models.TimePrecision>(TimePrecisionSchema);
const MODALITIES = new EnumNames<models.ClaimModality>(ClaimModalitySchema);
const STRATEGIES = new EnumNames<models.StrategyName>(ExtractionStrategySchema);
const SEARCH_MODES = new EnumNames<models.SearchMode>(SearchModeSchema);
const FUSIONS = new EnumNames<"linear" | "reciprocal_rank">(FusionMethodSchema);
const OUTCOMES = new EnumNames<NonNullable<models.CreateMemoryResult["outcome"]>>(
  CreateOutcomeSchema,
);
const REASONS = new EnumNames<NonNullable<models.ForgetResult["forgotten"][number]["reason"]>>(
  ForgetReasonSchema,
);
const CAUSES = new EnumNames<NonNullable<models.MemoryRevision["cause"]>>(RevisionCauseSchema);
const MEMORY_CHANGES = new EnumNames<NonNullable<models.MemoryChange["kind"]>>(
  MemoryChangeKindSchema,
);
const SESSION_CHANGES = new EnumNames<NonNullable<models.SessionChange["kind"]>>(
  SessionChangeKindSchema,
);
const SECTIONS = new EnumNames<NonNullable<models.PromptSectionReport["section"]>>(
  PromptSectionSchema,
);
const JOB_KINDS = new EnumNames<NonNullable<models.Job["kind"]>>(JobKindSchema);
const ACCESSES = new EnumNames<NonNullable<models.Principal["access"]>>(AccessSchema);
const FORGET_OUTCOMES = new EnumNames<string>(ForgetOutcomeSchema);

/** States of jobs, by their names. */
export const JOB_STATES: EnumNames<models.JobState> = new EnumNames(JobStateSchema);
/** Lengths of the periods of statistics, by their names. */
export const STATISTICS_PERIODS: EnumNames<"minute" | "hour"> = new EnumNames(
  StatisticsPeriodSchema,
);
/** Ways in which new data meets the old, by their names. */
export const DATA_POLICIES: EnumNames<"replace" | "merge" | "deep_merge"> = new EnumNames(
  DataPolicySchema,
);

/** A memory that is to be made a message of the contract. */
export type MemoryInit = Exclude<MessageInitShape<typeof MemorySchema>, Memory>;

/** Where a memory belongs that does not say so itself. */
export interface Owner {
  readonly namespace?: string | undefined;
  readonly userId?: string | undefined;
}

/** Convert a memory for the server, without the fields that the server sets. */
export function toMemory(
  memory: Partial<models.NewMemory> | models.MemoryUpdate,
  owner: Owner,
  path: string,
): MemoryInit {
  const given = memory as Partial<models.NewMemory>;
  const start = toTimestamp(given.eventDate, `${path}.eventDate`);
  const expireTime = toTimestamp(given.expiresAt, `${path}.expiresAt`);
  const createTime = toTimestamp(given.createdAt, `${path}.createdAt`);
  return {
    text: given.text ?? "",
    type: MEMORY_TYPES.number(given.memoryType, `${path}.memoryType`),
    namespace: given.namespace ?? owner.namespace ?? "",
    userId: given.userId ?? owner.userId ?? "",
    sessionId: given.sessionId ?? "",
    topics: [...(given.topics ?? [])],
    entities: [...(given.entities ?? [])],
    pinned: given.pinned ?? false,
    standing: given.standing ?? false,
    context: given.context ?? "",
    slot: given.slot ?? "",
    language: given.language ?? "",
    claims: (given.claims ?? []).map(({ modality, quantities, ...claim }) => ({
      ...claim,
      modality: MODALITIES.number(modality ?? "fact", `${path}.claims.modality`),
      quantities: (quantities ?? []).map((each) => ({ ...each })),
    })),
    ...(given.metadata ? { metadata: given.metadata } : {}),
    ...(given.provenance ? { provenance: toProvenance(given.provenance, path) } : {}),
    ...(given.validity ? { validity: toValidity(given.validity, path) } : {}),
    ...(expireTime && { expireTime }),
    ...(createTime && { createTime }),
    ...(start && {
      eventTime: {
        start,
        precision: PRECISIONS.number(
          given.eventPrecision ?? "instant",
          `${path}.eventPrecision`,
        ),
        timeZone: given.eventTimeZone ?? "",
      },
    }),
  };
}

function toProvenance(
  provenance: models.Provenance,
  path: string,
): MessageInitShape<typeof ProvenanceSchema> {
  return {
    sessionUid: provenance.sessionUid ?? "",
    messageIds: provenance.messageIds ?? [],
    strategy: STRATEGIES.number(provenance.strategy, `${path}.provenance.strategy`),
    extractor: provenance.extractor ?? "",
    extractorVersion: provenance.extractorVersion ?? "",
    memoryIds: provenance.memoryIds ?? [],
    endedMemoryIds: provenance.endedMemoryIds ?? [],
    comparedMemoryIds: provenance.comparedMemoryIds ?? [],
    otherSessionUids: provenance.otherSessionUids ?? [],
  };
}

/** Convert the validity of a memory, without what the server adds. */
function toValidity(
  validity: models.Validity,
  path: string,
): Exclude<MessageInitShape<typeof ValiditySchema>, ValidityMessage> {
  const validFrom = toTimestamp(validity.validFrom, `${path}.validity.validFrom`);
  const invalidFrom = toTimestamp(validity.invalidFrom, `${path}.validity.invalidFrom`);
  return { ...(validFrom && { validFrom }), ...(invalidFrom && { invalidFrom }) };
}

/** Convert a memory for an import, which keeps the life that it had elsewhere. */
export function toImported(
  memory: models.NewMemory | models.MemoryRecord,
  owner: Owner,
  path: string,
): MemoryInit {
  const given = memory as Partial<models.MemoryRecord>;
  const made = toMemory(memory as models.NewMemory, owner, path);
  const updateTime = toTimestamp(given.updatedAt, `${path}.updatedAt`);
  const lastAccessTime = toTimestamp(given.lastAccessed, `${path}.lastAccessed`);
  const archiveTime = toTimestamp(given.archivedAt, `${path}.archivedAt`);
  const forgetRequestTime = toTimestamp(given.forgetRequestedAt, `${path}.forgetRequestedAt`);
  return {
    ...made,
    id: memory.id ?? "",
    ...(updateTime && { updateTime }),
    ...(lastAccessTime && { lastAccessTime }),
    ...(archiveTime && { archiveTime }),
    ...(forgetRequestTime && { forgetRequestTime }),
    accessCount: toInt64(given.accessCount ?? 0, `${path}.accessCount`),
    proofCount: given.proofCount ?? 0,
    mergedInto: given.mergedInto ?? "",
    sequence: toInt64(given.sequence ?? 0, `${path}.sequence`),
    ...(given.validity
      ? {
          validity: {
            ...toValidity(given.validity, path),
            supersededBy: given.validity.supersededBy ?? "",
            reason: given.validity.reason ?? "",
          },
        }
      : {}),
  };
}

const UPDATE_PATHS: Readonly<Record<keyof models.MemoryUpdate, string>> = {
  text: "text",
  memoryType: "type",
  topics: "topics",
  entities: "entities",
  userId: "user_id",
  sessionId: "session_id",
  namespace: "namespace",
  eventDate: "event_time",
  eventPrecision: "event_time",
  eventTimeZone: "event_time",
  metadata: "metadata",
  pinned: "pinned",
  standing: "standing",
  context: "context",
  slot: "slot",
  language: "language",
  claims: "claims",
  validity: "validity",
  expiresAt: "expire_time",
};

/**
 * List the paths of the fields that an update names.
 *
 * @throws MemoryValidationError It names none, one that is unknown, or a precision without its date.
 */
export function updatePaths(update: models.MemoryUpdate): string[] {
  for (const name of ["eventPrecision", "eventTimeZone"] as const) {
    if (update[name] !== undefined && (update.eventDate ?? null) === null) {
      throw invalid(`updates.${name}`, "needs eventDate beside it");
    }
  }
  return pathsOf(update, UPDATE_PATHS);
}

/** List the paths of the given fields. */
export function pathsOf(update: object, paths: Readonly<Record<string, string>>): string[] {
  const given = Object.entries(update).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw invalid("updates", "names no field");
  return [
    ...new Set(
      given.map(([name]) => {
        const path = paths[name];
        if (path === undefined) {
          const known = Object.keys(paths).join(", ");
          throw invalid(`updates.${name}`, `unknown field; known are ${known}`);
        }
        return path;
      }),
    ),
  ].sort();
}

/** Read a memory. */
export function fromMemory(memory: Memory): models.MemoryRecord {
  const { provenance, validity, eventTime } = memory;
  return {
    id: memory.id,
    text: memory.text,
    memoryType: MEMORY_TYPES.name(memory.type) ?? "semantic",
    topics: memory.topics,
    entities: memory.entities,
    userId: some(memory.userId),
    sessionId: some(memory.sessionId),
    namespace: some(memory.namespace),
    eventDate: fromTimestamp(eventTime?.start),
    eventPrecision: PRECISIONS.name(eventTime?.precision ?? 0) ?? "instant",
    eventTimeZone: some(eventTime?.timeZone ?? ""),
    metadata: memory.metadata ?? {},
    pinned: memory.pinned,
    standing: memory.standing,
    context: some(memory.context),
    slot: some(memory.slot),
    language: some(memory.language),
    claims: memory.claims.map((claim) => ({
      holder: claim.holder,
      relation: claim.relation,
      value: claim.value,
      negated: claim.negated,
      modality: MODALITIES.name(claim.modality) ?? "fact",
      quantities: claim.quantities.map(({ value, unit }) => ({ value, unit })),
      limits: claim.limits,
      single: claim.single,
      ended: claim.ended,
    })),
    provenance: provenance && {
      sessionUid: some(provenance.sessionUid),
      messageIds: provenance.messageIds,
      strategy: STRATEGIES.name(provenance.strategy),
      extractor: some(provenance.extractor),
      extractorVersion: some(provenance.extractorVersion),
      memoryIds: provenance.memoryIds,
      endedMemoryIds: provenance.endedMemoryIds,
      comparedMemoryIds: provenance.comparedMemoryIds,
      otherSessionUids: provenance.otherSessionUids,
    },
    validity: validity && {
      validFrom: fromTimestamp(validity.validFrom),
      invalidFrom: fromTimestamp(validity.invalidFrom),
      supersededBy: some(validity.supersededBy),
      reason: some(validity.reason),
    },
    expiresAt: fromTimestamp(memory.expireTime),
    createdAt: fromTimestamp(memory.createTime),
    updatedAt: fromTimestamp(memory.updateTime),
    lastAccessed: fromTimestamp(memory.lastAccessTime),
    accessCount: Number(memory.accessCount),
    proofCount: memory.proofCount,
    contentHash: some(memory.contentHash),
    embeddingModel: some(memory.embeddingModel),
    etag: some(memory.etag),
    mergedInto: some(memory.mergedInto),
    conflictsWith: memory.conflictsWith,
    forgetRequestedAt: fromTimestamp(memory.forgetRequestTime),
    archivedAt: fromTimestamp(memory.archiveTime),
    sequence: Number(memory.sequence) || undefined,
  };
}

/** Read a memory that was found. */
export function fromHit(hit: HitMessage): models.MemoryHit {
  if (hit.memory === undefined) throw new MemoryServerError("the answer holds a hit without a memory");
  return {
    ...fromMemory(hit.memory),
    score: hit.score,
    dist: hit.distance,
    signals: hit.signals.map(({ name, value, contribution }) => ({ name, value, contribution })),
  };
}

/** Convert messages; one that says nothing is left out, unless it is the answer of a tool. */
export function toMessages(
  messages: readonly (models.NewMessage | models.ProviderMessage)[],
  path = "messages",
): MessageInitShape<typeof MessageSchema>[] {
  return messages.flatMap((given, n) => {
    const at = `${path}[${n}]`;
    const message = readMessage(given, at);
    const said = message.content || message.toolCalls?.length || message.parts?.length;
    if (!said && message.role !== "tool" && !message.toolCallId) return [];
    const createTime = toTimestamp(message.createdAt, `${at}.createdAt`);
    const made = {
      id: message.id ?? "",
      role: message.role,
      content: message.content ?? "",
      name: message.name ?? "",
      toolCalls: (message.toolCalls ?? []).map((call) => ({ ...call })),
      toolCallId: message.toolCallId ?? "",
      recalled: message.recalled ?? false,
      skipExtraction: message.skipExtraction ?? false,
      parts: (message.parts ?? []).map(toPart),
      ...(createTime && { createTime }),
    };
    return [message.original ? { ...made, original: spelled(message.original, made, at) } : made];
  });
}

function toPart(part: models.ContentPart): MessageInitShape<typeof ContentPartSchema> {
  switch (part.kind) {
    case "image":
    case "audio":
    case "file":
      return { kind: { case: part.kind, value: { ...part.media } } };
    case "toolUse":
      return { kind: { case: part.kind, value: { ...part.toolUse } } };
    case "toolResult":
      return { kind: { case: part.kind, value: { ...part.toolResult } } };
    default:
      return { kind: { case: part.kind, value: part.text } };
  }
}

/** Read a message. */
export function fromMessage(message: Message): models.MemoryMessage {
  return {
    role: message.role,
    content: message.content,
    id: some(message.id),
    name: some(message.name),
    toolCalls: message.toolCalls.map(fromCall),
    toolCallId: some(message.toolCallId),
    createdAt: fromTimestamp(message.createTime),
    recalled: message.recalled,
    skipExtraction: message.skipExtraction,
    parts: message.parts.flatMap(fromPart),
    original: restored(message),
    sequence: Number(message.sequence) || undefined,
    wholeBytes: Number(message.wholeBytes) || undefined,
  };
}

function fromCall(call: models.ToolCall): models.ToolCall {
  return { id: call.id, name: call.name, arguments: call.arguments };
}

/** Read a part; none of a kind that a newer server knows. */
function fromPart({ kind }: ContentPartMessage): models.ContentPart[] {
  switch (kind.case) {
    case undefined:
      return [];
    case "image":
    case "audio":
    case "file": {
      const { uri, data, mediaType, name } = kind.value;
      return [{ kind: kind.case, media: { uri, data, mediaType, name } }];
    }
    case "toolUse":
      return [{ kind: kind.case, toolUse: fromCall(kind.value) }];
    case "toolResult": {
      const { toolCallId, name, content, isError } = kind.value;
      return [{ kind: kind.case, toolResult: { toolCallId, name, content, isError } }];
    }
    default:
      return [{ kind: kind.case, text: kind.value }];
  }
}

/** Convert the way in which messages become memories. */
export function toExtraction(
  config: models.MemoryStrategyConfig,
  path: string,
): MessageInitShape<typeof ExtractionConfigSchema> {
  return {
    strategy: STRATEGIES.number(config.strategy ?? "discrete", `${path}.strategy`),
    customPrompt: config.config?.customPrompt ?? "",
    maxSummaryWords: config.config?.maxSummaryLength ?? 0,
    language: config.config?.language ?? "",
    ...(config.indexMessages === undefined ? {} : { indexMessages: config.indexMessages }),
  };
}

function fromExtraction(config: ExtractionConfig | undefined): models.MemoryStrategyConfig {
  if (config === undefined) return { strategy: "discrete", config: {} };
  return {
    // The unspecified strategy is the discrete one, by contract.
    strategy: STRATEGIES.name(config.strategy) ?? "discrete",
    config: {
      ...(config.customPrompt && { customPrompt: config.customPrompt }),
      ...(config.maxSummaryWords && { maxSummaryLength: config.maxSummaryWords }),
      ...(config.language && { language: config.language }),
    },
    indexMessages: config.indexMessages,
  };
}

/** Convert what a session shall show, without its identity. */
export function toWorkingMemory(
  memory: models.NewWorkingMemory,
  path: string,
): MessageInitShape<typeof WorkingMemorySchema> {
  const ttl = toDuration(memory.ttlSeconds, `${path}.ttlSeconds`);
  return {
    messages: toMessages(memory.messages ?? [], `${path}.messages`),
    memories: (memory.memories ?? []).map((each, n) => ({
      ...toMemory(each, {}, `${path}.memories[${n}]`),
      id: each.id ?? "",
    })),
    context: memory.context ?? "",
    timeZone: memory.timeZone ?? "",
    slidingTtl: memory.slidingTtl ?? false,
    extraction: toExtraction(memory.longTermMemoryStrategy ?? {}, path),
    ...(memory.data ? { data: memory.data } : {}),
    ...(ttl && { ttl }),
  };
}

const SESSION_PATHS: Readonly<Record<keyof models.SessionUpdate, string>> = {
  data: "data",
  context: "context",
  ttlSeconds: "ttl",
  slidingTtl: "sliding_ttl",
  longTermMemoryStrategy: "extraction",
  timeZone: "time_zone",
};

/** Convert new values of a session, with the paths of those that are named. */
export function toSessionUpdate(
  update: models.SessionUpdate,
): [MessageInitShape<typeof WorkingMemorySchema>, string[]] {
  const ttl = toDuration(update.ttlSeconds, "updates.ttlSeconds");
  const strategy = update.longTermMemoryStrategy;
  return [
    {
      context: update.context ?? "",
      timeZone: update.timeZone ?? "",
      slidingTtl: update.slidingTtl ?? false,
      ...(update.data ? { data: update.data } : {}),
      ...(strategy && { extraction: toExtraction(strategy, "updates") }),
      ...(ttl && { ttl }),
    },
    pathsOf(update, SESSION_PATHS),
  ];
}

/** Read a session. */
export function fromWorkingMemory(session: SessionMessage | undefined): models.WorkingMemory {
  if (session === undefined) throw new MemoryServerError("the answer comes without a session");
  const { usage, contextRange, forkedFrom } = session;
  return {
    sessionId: session.sessionId,
    namespace: some(session.namespace),
    userId: some(session.userId),
    messages: session.messages.map(fromMessage),
    memories: session.memories.map(fromMemory),
    data: session.data ?? {},
    context: some(session.context),
    longTermMemoryStrategy: fromExtraction(session.extraction),
    ttlSeconds: session.ttl && Number(session.ttl.seconds),
    slidingTtl: session.slidingTtl,
    timeZone: some(session.timeZone),
    forkedFrom: forkedFrom && {
      sessionId: forkedFrom.sessionId,
      sessionUid: forkedFrom.sessionUid,
      lastSequence: Number(forkedFrom.lastSequence),
    },
    contextRange: contextRange && {
      first: Number(contextRange.first),
      last: Number(contextRange.last),
    },
    expiresAt: fromTimestamp(session.expireTime),
    createdAt: fromTimestamp(session.createTime),
    updatedAt: fromTimestamp(session.updateTime),
    etag: some(session.etag),
    sessionUid: some(session.sessionUid),
    lastSequence: Number(session.lastSequence),
    viewSize: Number(session.viewSize),
    tokens: Number(session.tokens),
    contextPercentageTotalUsed: usage?.totalPercent,
    contextPercentageUntilSummarization: usage?.untilSummarizationPercent,
  };
}

/** Read a session of a listing. */
export function fromSessionSummary(summary: SessionSummary): models.SessionInfo {
  return {
    sessionId: summary.sessionId,
    namespace: some(summary.namespace),
    userId: some(summary.userId),
    createdAt: fromTimestamp(summary.createTime),
    updatedAt: fromTimestamp(summary.updateTime),
    expiresAt: fromTimestamp(summary.expireTime),
    viewSize: Number(summary.viewSize),
    lastSequence: Number(summary.lastSequence),
  };
}

/** Read what a watcher of a session is told. */
export function fromSessionChange(answer: WatchWorkingMemoryResponse): models.SessionChange {
  const { change, resumeToken } = answer;
  return {
    kind: SESSION_CHANGES.name(change?.kind ?? 0),
    etag: some(change?.etag ?? ""),
    messages: (change?.messages ?? []).map(fromMessage),
    changedAt: fromTimestamp(change?.changeTime),
    resumeToken,
  };
}

/** Read what a watcher of memories is told. */
export function fromMemoryChange(answer: WatchMemoriesResponse): models.MemoryChange {
  const { change, resumeToken } = answer;
  return {
    kind: MEMORY_CHANGES.name(change?.kind ?? 0),
    memoryId: some(change?.memoryId ?? ""),
    memory: change?.memory && fromMemory(change.memory),
    changedAt: fromTimestamp(change?.changeTime),
    resumeToken,
  };
}

/** Read a prompt. */
export function fromPrompt(response: BuildMemoryPromptResponse): models.MemoryPrompt {
  return new Prompt({
    messages: response.messages.map(asChatMessage),
    longTermMemories: response.hits.map(fromHit),
    standing: response.standing.map(fromMemory),
    report: response.sections.map((section) => ({
      section: SECTIONS.name(section.section),
      tokens: Number(section.tokens),
      cap: Number(section.cap),
      included: section.included,
      leftOutIds: section.leftOutIds,
      duplicateIds: section.duplicateIds,
    })),
    tokens: Number(response.tokens),
  });
}

/** Convert a question, without its filter. */
export function toQuery(
  text: string,
  criteria: SearchCriteria,
): MessageInitShape<typeof SearchQuerySchema> {
  const asOf = toTimestamp(criteria.asOf, "asOf");
  // A distance means something between vectors only.
  const mode = criteria.searchMode ?? (criteria.distanceThreshold === undefined ? undefined : "semantic");
  const { recency, ranking } = criteria;
  const enabled = criteria.recencyBoost ?? recency?.recencyBoost;
  const { fusion, ...parts } = ranking ?? {};
  return {
    text,
    mode: SEARCH_MODES.number(mode, "searchMode"),
    includeSuperseded: criteria.includeSuperseded ?? false,
    timeZone: criteria.timeZone ?? "",
    untracked: criteria.untracked ?? false,
    ...(criteria.minScore === undefined ? {} : { minScore: criteria.minScore }),
    ...(criteria.distanceThreshold === undefined
      ? {}
      : { maxDistance: criteria.distanceThreshold }),
    ...(asOf && { asOf }),
    ...(recency === undefined && enabled === undefined
      ? {}
      : {
          recency: {
            ...defined({
              enabled,
              semanticWeight: recency?.semanticWeight,
              recencyWeight: recency?.recencyWeight,
              freshnessWeight: recency?.freshnessWeight,
              noveltyWeight: recency?.noveltyWeight,
              halfLifeLastAccessDays: recency?.halfLifeLastAccessDays,
              halfLifeCreateDays: recency?.halfLifeCreatedDays,
            }),
          },
        }),
    ...(ranking === undefined && criteria.hybridAlpha === undefined
      ? {}
      : {
          ranking: {
            ...parts,
            ...defined({ denseWeight: criteria.hybridAlpha }),
            fusion: FUSIONS.number(fusion, "ranking.fusion"),
          },
        }),
  };
}

/** Options of a search besides its text and its filter. */
export interface SearchCriteria {
  readonly searchMode?: models.SearchMode | undefined;
  /** Weight of meaning against words in a hybrid search, 0 to 1. */
  readonly hybridAlpha?: number | undefined;
  /** Drops hits farther than this cosine distance; semantic only. */
  readonly distanceThreshold?: number | undefined;
  /** Drops hits that score lower, 0 to 1. */
  readonly minScore?: number | undefined;
  /** False switches the preference for fresh memories off. */
  readonly recencyBoost?: boolean | undefined;
  readonly recency?: models.RecencyConfig | undefined;
  readonly ranking?: models.RankingConfig | undefined;
  /** Finds what was true at this time. */
  readonly asOf?: models.Moment | undefined;
  /** Also finds what is no longer true. */
  readonly includeSuperseded?: boolean | undefined;
  /** Leaves access times and counts as they are. */
  readonly untracked?: boolean | undefined;
  /** IANA zone of days in the filter, and of times in the question; UTC when absent. */
  readonly timeZone?: string | undefined;
}

/** Leave the fields out that are not set. */
function defined<T extends object>(value: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined),
  ) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

/** Read what became of one memory. */
export function fromCreateResult(result: CreateMessage): models.CreateMemoryResult {
  return {
    outcome: OUTCOMES.name(result.outcome),
    memoryId: some(result.memoryId),
    relatedMemoryIds: result.relatedMemoryIds,
    memory: result.memory && fromMemory(result.memory),
    error: asError(result.error),
  };
}

/** Read the status of one item of a batch. */
export function asError(status: Status | undefined): MemoryClientError | undefined {
  return status && fromStatus(status);
}

/** Convert the policy of forgetting. */
export function toForgetPolicy(
  policy: models.ForgetPolicy,
): MessageInitShape<typeof ForgetPolicySchema> {
  const span = (days: number | undefined, name: string) =>
    toDuration(days === undefined ? undefined : days * A_DAY, `policy.${name}`);
  const maxAge = span(policy.maxAgeDays, "maxAgeDays");
  const maxInactive = span(policy.maxInactiveDays, "maxInactiveDays");
  return {
    ...(maxAge && { maxAge }),
    ...(maxInactive && { maxInactive }),
    ...(policy.budget === undefined ? {} : { keepPerOwner: policy.budget }),
    types: (policy.memoryTypeAllowlist ?? []).map((name) =>
      MEMORY_TYPES.number(name, "policy.memoryTypeAllowlist"),
    ),
    hardAgeMultiplier: policy.hardAgeMultiplier ?? 12,
    permanently: policy.permanently ?? false,
  };
}

/** Read what was, or would be, forgotten. */
export function fromForgotten(response: ForgetMemoriesResponse): models.ForgetResult {
  return {
    forgotten: response.memories.map(({ memoryId, reason }) => ({
      memoryId,
      reason: REASONS.name(reason),
    })),
    deleted: Number(response.forgottenCount),
    scanned: Number(response.consideredCount),
    dryRun: !response.executed,
  };
}

/** Read one change of a memory. */
export function fromRevision(revision: RevisionMessage): models.MemoryRevision {
  return {
    revisionId: revision.revisionId,
    memoryId: revision.memoryId,
    cause: CAUSES.name(revision.cause),
    actor: revision.actor,
    reason: some(revision.reason),
    before: revision.before && fromMemory(revision.before),
    after: revision.after && fromMemory(revision.after),
    relatedMemoryIds: revision.relatedMemoryIds,
    createdAt: fromTimestamp(revision.createTime),
  };
}

/** Read what one service erased. */
export function fromReceipt(receipt: ReceiptMessage | undefined): models.EraseReceipt {
  if (receipt === undefined) throw new MemoryServerError("the answer comes without a receipt");
  return {
    receiptId: receipt.receiptId,
    service: receipt.service,
    erased: Object.fromEntries(
      Object.entries(receipt.erased).map(([kind, count]) => [kind, Number(count)]),
    ),
    startedAt: fromTimestamp(receipt.startTime),
    endedAt: fromTimestamp(receipt.endTime),
  };
}

/** Read a job. */
export function fromJob(job: JobMessage | undefined): models.Job {
  if (job === undefined) throw new MemoryServerError("the answer comes without a job");
  return {
    id: job.id,
    kind: JOB_KINDS.name(job.kind),
    state: JOB_STATES.name(job.state),
    sessionId: some(job.session?.sessionId ?? ""),
    namespace: some(job.session?.namespace ?? ""),
    sessionUid: some(job.sessionUid),
    userId: some(job.userId),
    viewId: some(job.viewId),
    firstSequence: Number(job.firstSequence),
    lastSequence: Number(job.lastSequence),
    attempt: job.attempt,
    memoryIds: job.memoryIds,
    error: job.error && toJobError(job.error),
    droppedItems: { ...job.droppedItems },
    skipped: job.skipped.map((item) => ({
      messageId: some(item.messageId),
      sequence: Number(item.sequence) || undefined,
      memoryId: some(item.memoryId),
      error: item.error && toJobError(item.error),
    })),
    forgetReceipts: job.forgetReceipts.map((receipt) => ({
      messageId: receipt.messageId,
      outcome: FORGET_OUTCOMES.name(receipt.outcome),
      memoryIds: receipt.memoryIds,
      matched: receipt.matchedCount,
    })),
    createdAt: fromTimestamp(job.createTime),
    dueAt: fromTimestamp(job.dueTime),
    startedAt: fromTimestamp(job.startTime),
    endedAt: fromTimestamp(job.endTime),
  };
}

function toJobError(status: Status): models.JobError {
  const { code, reason } = fromStatus(status);
  return { code, reason, message: status.message };
}

/** Read how far a session is. */
export function fromProgress(progress: SessionProgress): models.ExtractionProgress {
  return {
    sessionUid: progress.sessionUid,
    receivedSequence: Number(progress.receivedSequence),
    extractedSequence: Number(progress.extractedSequence),
  };
}

/** Convert the group that a partition of a summary view stands for. */
export function toGroup(group: models.SummaryGroup) {
  const { memoryType, userId, namespace, sessionId } = group;
  return {
    ...defined({ userId, namespace, sessionId }),
    memoryType: MEMORY_TYPES.number(memoryType, "group.memoryType"),
  };
}

/** Read a caller. */
export function fromPrincipal(principal: PrincipalMessage | undefined): models.Principal {
  if (principal === undefined) throw new MemoryServerError("the answer comes without a principal");
  return {
    tenant: principal.tenant,
    subject: principal.subject,
    access: ACCESSES.name(principal.access),
    users: principal.users?.names,
    namespaces: principal.namespaces?.names,
  };
}

/** Read the figures of a tenant. */
export function fromStatistics(answer: GetStatisticsResponse): models.Statistics {
  const { backlog, tokenBudget: budget } = answer;
  return {
    periods: answer.periods.map((period) => ({
      startedAt: fromTimestamp(period.startTime),
      succeededJobs: Number(period.succeededJobs),
      failedJobs: Number(period.failedJobs),
      cancelledJobs: Number(period.cancelledJobs),
      retriedAttempts: Number(period.retriedAttempts),
      meanLag: fromDuration(period.meanLag),
      maxLag: fromDuration(period.maxLag),
      models: period.models.map((each) => ({
        model: each.model,
        calls: Number(each.calls),
        inputTokens: Number(each.inputTokens),
        outputTokens: Number(each.outputTokens),
        refusedCalls: Number(each.refusedCalls),
        costDollars: each.costDollars,
      })),
    })),
    periodLength: fromDuration(answer.periodLength) ?? 0,
    since: fromTimestamp(answer.startTime),
    answeredAt: fromTimestamp(answer.answerTime),
    backlog: {
      pendingJobs: Number(backlog?.pendingJobs ?? 0),
      runningJobs: Number(backlog?.runningJobs ?? 0),
      failedJobs: Number(backlog?.failedJobs ?? 0),
      oldestDue: fromDuration(backlog?.oldestDue) ?? 0,
    },
    tokenBudget: budget && {
      limitTokens: Number(budget.limitTokens),
      usedTokens: Number(budget.usedTokens),
      startedAt: fromTimestamp(budget.startTime),
      endsAt: fromTimestamp(budget.endTime),
    },
  };
}
