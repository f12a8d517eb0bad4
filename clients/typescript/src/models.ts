/** What the client takes and answers. Times are `Date`s, to the millisecond. */

import type { JsonObject } from "@bufbuild/protobuf";

import type { MemoryClientError } from "./errors.js";

/** Kind of a memory. */
export type MemoryType = "semantic" | "episodic" | "message";
/** Precision of the time of an event. */
export type TimePrecision = "instant" | "day" | "week" | "month" | "season" | "year";
/** Reality of what a claim says. */
export type ClaimModality =
  | "fact"
  | "plan"
  | "wish"
  | "ability"
  | "obligation"
  | "possibility"
  | "instruction";
/** What extraction looks for. */
export type StrategyName = "discrete" | "summary" | "preferences" | "custom" | "none";
/** How far new memories are compared with those of their owner. */
export type Deduplication = "none" | "exact" | "consolidate";
/** Way to match memories with a text. */
export type SearchMode = "semantic" | "keyword" | "hybrid";

/** Moment: a `Date`, an ISO 8601 text with its offset, or milliseconds of Unix time. */
export type Moment = Date | string | number;

/** Origin of a memory. */
export interface Provenance {
  sessionUid?: string | undefined;
  messageIds?: string[];
  strategy?: StrategyName | undefined;
  extractor?: string | undefined;
  extractorVersion?: string | undefined;
  memoryIds?: string[];
  endedMemoryIds?: string[];
  comparedMemoryIds?: string[];
  otherSessionUids?: string[];
}

/** Time in which a memory is true in the world. */
export interface Validity {
  validFrom?: Date | undefined;
  invalidFrom?: Date | undefined;
  supersededBy?: string | undefined;
  reason?: string | undefined;
}

/** One thing that a memory says of somebody or something. */
export interface Claim {
  holder: string;
  relation: string;
  value?: string;
  negated?: boolean;
  modality?: ClaimModality;
  quantities?: { value: string; unit?: string }[];
  limits?: string[];
  single?: boolean;
  ended?: boolean;
}

/**
 * A memory as callers write it. The id is a new ULID unless given; a namespace or user left out is
 * the client's default.
 */
export interface NewMemory {
  id?: string | undefined;
  text: string;
  memoryType?: MemoryType;
  topics?: readonly string[];
  entities?: readonly string[];
  userId?: string | undefined;
  sessionId?: string | undefined;
  namespace?: string | undefined;
  /** When it happened or will happen. */
  eventDate?: Moment | undefined;
  /** Precision of `eventDate`; an instant when absent. */
  eventPrecision?: TimePrecision;
  /** IANA zone of the user, whose day or moment `eventDate` is. */
  eventTimeZone?: string | undefined;
  metadata?: JsonObject;
  pinned?: boolean;
  standing?: boolean;
  context?: string | undefined;
  slot?: string | undefined;
  language?: string | undefined;
  claims?: readonly Claim[];
  provenance?: Provenance | undefined;
  validity?: Validity | undefined;
  expiresAt?: Moment | undefined;
  createdAt?: Moment | undefined;
}

/** A memory as it is stored. */
export interface MemoryRecord {
  id: string;
  text: string;
  memoryType: MemoryType;
  topics: string[];
  entities: string[];
  userId?: string | undefined;
  sessionId?: string | undefined;
  namespace?: string | undefined;
  eventDate?: Date | undefined;
  eventPrecision: TimePrecision;
  eventTimeZone?: string | undefined;
  metadata: JsonObject;
  pinned: boolean;
  standing: boolean;
  context?: string | undefined;
  slot?: string | undefined;
  language?: string | undefined;
  claims: Required<Claim>[];
  provenance?: Provenance | undefined;
  validity?: Validity | undefined;
  expiresAt?: Date | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  lastAccessed?: Date | undefined;
  accessCount: number;
  proofCount: number;
  contentHash?: string | undefined;
  embeddingModel?: string | undefined;
  etag?: string | undefined;
  mergedInto?: string | undefined;
  conflictsWith: string[];
  forgetRequestedAt?: Date | undefined;
  archivedAt?: Date | undefined;
  sequence?: number | undefined;
}

/** New values of a memory's fields; only those that are given change, and null clears one. */
export type MemoryUpdate = {
  [Field in Exclude<keyof NewMemory, "id" | "provenance" | "createdAt">]?: NewMemory[Field] | null;
};

/** A call that a model asked for. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** An image, a sound or a file: where it is, or its bytes. */
export interface Media {
  uri?: string;
  data?: Uint8Array;
  mediaType?: string;
  name?: string;
}

/** One part of what a message consists of. */
export type ContentPart =
  | { kind: "text" | "refusal" | "reasoning" | "other"; text: string }
  | { kind: "image" | "audio" | "file"; media: Media }
  | { kind: "toolUse"; toolUse: ToolCall }
  | {
      kind: "toolResult";
      toolResult: { toolCallId?: string; name?: string; content?: string; isError?: boolean };
    };

/** One message. Without an id, one that equals a message in view is that message. */
export interface NewMessage {
  /** `user`, `assistant`, `system`, `tool` or a role of your own. */
  role: string;
  content?: string | null;
  id?: string | undefined;
  name?: string | undefined;
  toolCalls?: readonly ToolCall[];
  /** The call that a `tool` message answers. */
  toolCallId?: string | undefined;
  /** When it was said; absent means when the server received it. */
  createdAt?: Moment | undefined;
  /** Put there from memory: shown, but nothing is extracted from it. */
  recalled?: boolean;
  /** Shown and kept, but nothing is learned from it. */
  skipExtraction?: boolean;
  parts?: readonly ContentPart[];
  /** The message as its provider writes it, where it was read so. */
  original?: Record<string, unknown> | undefined;
}

/**
 * A message, or an item of a conversation, as OpenAI (chat completions and responses), Anthropic,
 * Gemini or the AI SDK write it; kept whole, and given back as it came.
 */
export interface ProviderMessage {
  role?: string | undefined;
  type?: string | undefined;
  content?: unknown;
  /** Of Gemini. */
  parts?: unknown;
  id?: string | null | undefined;
  name?: string | null | undefined;
  tool_calls?: unknown;
  tool_call_id?: string | undefined;
  function_call?: unknown;
  refusal?: string | null | undefined;
  audio?: unknown;
  annotations?: unknown;
  reasoning_content?: string | null | undefined;
  /** Of items of OpenAI's responses. */
  call_id?: unknown;
  arguments?: unknown;
  input?: unknown;
  output?: unknown;
  summary?: unknown;
  encrypted_content?: string | null | undefined;
  status?: string | null | undefined;
  /** Of answers of Anthropic. */
  model?: string | undefined;
  stop_reason?: string | null | undefined;
  stop_sequence?: string | null | undefined;
  usage?: unknown;
  /** When it was said; this and what follows are of no provider, and as in `NewMessage`. */
  createdAt?: Moment | undefined;
  recalled?: boolean;
  skipExtraction?: boolean;
}

/** A message as it is kept. */
export interface MemoryMessage {
  role: string;
  content: string;
  id?: string | undefined;
  name?: string | undefined;
  toolCalls: ToolCall[];
  toolCallId?: string | undefined;
  createdAt?: Date | undefined;
  recalled: boolean;
  skipExtraction: boolean;
  parts: ContentPart[];
  /** The message as its provider writes it, where it came so. */
  original?: Record<string, unknown> | undefined;
  /** Position in the log. */
  sequence?: number | undefined;
  /** Bytes of a tool's answer that is shortened here; the log has all of it. */
  wholeBytes?: number | undefined;
}

/** Strategy by which extraction looks at a session's messages. */
export interface MemoryStrategyConfig {
  strategy?: StrategyName;
  config?: { customPrompt?: string; maxSummaryLength?: number; language?: string };
  indexMessages?: boolean | undefined;
}

/** A session as callers write it. */
export interface NewWorkingMemory {
  messages?: readonly (NewMessage | ProviderMessage)[];
  /** Stored in long-term memory in the background. */
  memories?: readonly NewMemory[];
  userId?: string | undefined;
  namespace?: string | undefined;
  data?: JsonObject;
  context?: string | undefined;
  longTermMemoryStrategy?: MemoryStrategyConfig;
  /** How long it lives after its last write; absent for what the server gives the namespace. */
  ttlSeconds?: number | undefined;
  /** Reads renew the time to live too. */
  slidingTtl?: boolean;
  timeZone?: string | undefined;
}

/** A session as a reader sees it. */
export interface WorkingMemory {
  sessionId: string;
  namespace?: string | undefined;
  userId?: string | undefined;
  messages: MemoryMessage[];
  memories: MemoryRecord[];
  data: JsonObject;
  context?: string | undefined;
  longTermMemoryStrategy: MemoryStrategyConfig;
  ttlSeconds?: number | undefined;
  slidingTtl: boolean;
  timeZone?: string | undefined;
  /** The session that it was copied from, up to a message. */
  forkedFrom?: { sessionId: string; sessionUid: string; lastSequence: number } | undefined;
  contextRange?: { first: number; last: number } | undefined;
  expiresAt?: Date | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  etag?: string | undefined;
  sessionUid?: string | undefined;
  lastSequence: number;
  viewSize: number;
  tokens: number;
  contextPercentageTotalUsed?: number | undefined;
  contextPercentageUntilSummarization?: number | undefined;
}

/** New values of a session's fields; only those that are given change, and null clears one. */
export interface SessionUpdate {
  data?: JsonObject | null;
  context?: string | null;
  ttlSeconds?: number | null;
  slidingTtl?: boolean | null;
  longTermMemoryStrategy?: MemoryStrategyConfig | null;
  timeZone?: string | null;
}

/** Messages that are in the log now, each with its id and sequence. */
export interface AppendResult {
  messages: MemoryMessage[];
  newMessageCount: number;
  lastSequence: number;
  etag: string;
  sessionUid: string;
  created: boolean;
}

/** A session in a listing. */
export interface SessionInfo {
  sessionId: string;
  namespace?: string | undefined;
  userId?: string | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  expiresAt?: Date | undefined;
  viewSize: number;
  lastSequence: number;
}

/** A page of a listing. */
export interface Page<Item> {
  items: Item[];
  /** How many match in all. */
  total: number;
  /** Asks for what follows; absent at the end, or inside a page of the server. */
  nextCursor?: string | undefined;
}

/** News for a watcher of a session: a change, or a sign of life without one. */
export interface SessionChange {
  kind?: "created" | "messages" | "updated" | "summarized" | "deleted" | undefined;
  etag?: string | undefined;
  messages: MemoryMessage[];
  changedAt?: Date | undefined;
  /** Continues a watch after this. */
  resumeToken: string;
}

/** A message as chat APIs take it, or as its provider writes it. */
export type ChatMessage = { role: string; content?: unknown } & Record<string, unknown>;

/** Report on a section of a prompt and on what did not fit. */
export interface PromptSectionReport {
  section?: "standing" | "summary" | "memories" | "history" | "query" | undefined;
  tokens: number;
  cap: number;
  included: number;
  leftOutIds: string[];
  duplicateIds: string[];
}

/** A prompt. */
export interface MemoryPrompt {
  /**
   * Summary, history, memories, and the query last, each as it was given; `forOpenAI`,
   * `forAnthropic` and `forGemini` answer what the next call takes.
   */
  messages: ChatMessage[];
  /** What the search found. */
  longTermMemories: MemoryHit[];
  /** Standing memories that were considered. */
  standing: MemoryRecord[];
  report: PromptSectionReport[];
  /** Tokens of the whole prompt. */
  tokens: number;
  /** Answer `messages` for OpenAI's chat completions: one system message, first. */
  forOpenAI(): OpenAIPrompt;
  /** Answer `system` and `messages` for Anthropic. */
  forAnthropic(): AnthropicPrompt;
  /** Answer `contents` and `config.systemInstruction` for Gemini. */
  forGemini(): GeminiPrompt;
}

/** A part of what a user says, for OpenAI. */
export type OpenAIPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string } }
  | { type: "input_audio"; input_audio: { data: string; format: "wav" | "mp3" } }
  | { type: "file"; file: { filename: string; file_data: string } };

/** A call of a tool, for OpenAI. */
export interface OpenAICall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** A message for OpenAI's chat completions. */
export type OpenAIMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string | OpenAIPart[] }
  | {
      role: "assistant";
      content: string | { type: "text"; text: string }[] | null;
      tool_calls?: OpenAICall[];
    }
  | { role: "tool"; tool_call_id: string; content: string };

/** Arguments of OpenAI's chat completions. */
export interface OpenAIPrompt {
  messages: OpenAIMessage[];
}

/** Place of media, or their bytes, for Anthropic. */
export type AnthropicSource<MediaType extends string> =
  | { type: "base64"; media_type: MediaType; data: string }
  | { type: "url"; url: string };

/** A block of a message, for Anthropic. */
export type AnthropicBlock =
  | { type: "text"; text: string }
  | {
      type: "image";
      source: AnthropicSource<"image/jpeg" | "image/png" | "image/gif" | "image/webp">;
    }
  | { type: "document"; source: AnthropicSource<"application/pdf"> }
  | { type: "tool_use"; id: string; name: string; input: Record<string, unknown> }
  | { type: "tool_result"; tool_use_id: string; content: string; is_error?: boolean };

/** Arguments of Anthropic's messages. */
export interface AnthropicPrompt {
  system?: string;
  messages: { role: "user" | "assistant"; content: string | AnthropicBlock[] }[];
}

/** A part of a turn, for Gemini. */
export type GeminiPart =
  | { text: string }
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { fileUri: string; mimeType?: string } }
  | { functionCall: { name: string; args: Record<string, unknown> } }
  | { functionResponse: { name: string; response: Record<string, unknown> } };

/** Arguments of Gemini's `generateContent`. */
export interface GeminiPrompt {
  contents: { role: "user" | "model"; parts: GeminiPart[] }[];
  config?: { systemInstruction: string };
}

/** Preference for fresh memories; what is absent keeps the server's default. */
export interface RecencyConfig {
  recencyBoost?: boolean;
  semanticWeight?: number;
  recencyWeight?: number;
  freshnessWeight?: number;
  noveltyWeight?: number;
  halfLifeLastAccessDays?: number;
  halfLifeCreatedDays?: number;
}

/** Parts of the ranking that take part; what is absent keeps the server's default. */
export interface RankingConfig {
  fusion?: "linear" | "reciprocal_rank";
  contextLegs?: boolean;
  neighbourSmoothing?: boolean;
  sessionPrior?: boolean;
  entityMatch?: boolean;
  temporalIntent?: boolean;
  diversity?: number;
  rerank?: boolean;
  kindMatch?: boolean;
  telling?: boolean;
}

/** A memory that was found. */
export interface MemoryHit extends MemoryRecord {
  /** 0 to 1, higher is better; absent in a listing. */
  score?: number | undefined;
  /** Cosine distance, where a vector took part. */
  dist?: number | undefined;
  signals: { name: string; value: number; contribution: number }[];
}

/** A page of memories. */
export interface MemoryPage {
  memories: MemoryHit[];
  /** How many the filter matches in all. */
  total: number;
  nextCursor?: string | undefined;
  /** Spans of time that the question speaks of. */
  timeWindows: { phrase: string; start: Date | undefined; end: Date | undefined }[];
}

/** Field whose values can be listed. */
export type ListedField =
  | "namespace"
  | "user_id"
  | "session_id"
  | "topics"
  | "entities"
  | "metadata_key"
  | "metadata_value";

/** Page of the values of a field, those of most memories first. */
export interface FieldValues {
  values: {
    /** A text; of metadata also a number or a truth value. */
    value: string | number | boolean;
    /** How many memories have it; of one that is cut, those below it too. */
    memoryCount: number;
    /** Others below it are counted with it. */
    hasChildren: boolean;
  }[];
  /** How many values there are in all. */
  total: number;
  nextCursor?: string | undefined;
  /** Not everything was looked at; a narrower filter or a longer prefix tells more. */
  partial: boolean;
}

/** Memories that were, or would be, deleted or changed by a filter. */
export interface FilterReport {
  /** How many match the filter at the beginning. */
  matched: number;
  /** How many were deleted or changed; 0 in a dry run. */
  done: number;
  /** The first of them, at most 20. */
  sampleIds: string[];
  /** Memories left as they are, because others have the content they would get. */
  skippedIds: string[];
  dryRun: boolean;
}

/** Outcome of one memory that was to be created. */
export interface CreateMemoryResult {
  outcome?: "created" | "duplicate" | "merged" | "superseded" | "rejected" | undefined;
  /** The memory that now holds it; absent when rejected. */
  memoryId?: string | undefined;
  relatedMemoryIds: string[];
  memory?: MemoryRecord | undefined;
  /** Why it was rejected. */
  error?: MemoryClientError | undefined;
}

/** Several memories by id. */
export interface BatchGetResult {
  /** Those that were found, in the order asked. */
  memories: MemoryRecord[];
  /** Why there is none, by id. */
  errors: Record<string, MemoryClientError>;
}

/** Policy by which memories are forgotten. */
export interface ForgetPolicy {
  maxAgeDays?: number | undefined;
  maxInactiveDays?: number | undefined;
  /** Keeps the best so many of each owner. */
  budget?: number | undefined;
  /** Only these types; all when empty. */
  memoryTypeAllowlist?: readonly MemoryType[];
  /** With both ages set, so many times the age suffices alone; 12 when absent. */
  hardAgeMultiplier?: number;
  /** Deletes at once instead of archiving first. */
  permanently?: boolean;
}

/** Memories that were, or would be, forgotten. */
export interface ForgetResult {
  forgotten: {
    memoryId: string;
    reason?: "age" | "inactive" | "budget" | "expired" | "requested" | undefined;
  }[];
  /** How many in all. */
  deleted: number;
  /** How many were considered. */
  scanned: number;
  dryRun: boolean;
}

/** One change of a memory. */
export interface MemoryRevision {
  revisionId: string;
  memoryId: string;
  cause?:
    | "create"
    | "update"
    | "merge"
    | "supersede"
    | "revert"
    | "forget"
    | "delete"
    | "import"
    | undefined;
  actor: string;
  reason?: string | undefined;
  before?: MemoryRecord | undefined;
  after?: MemoryRecord | undefined;
  relatedMemoryIds: string[];
  createdAt?: Date | undefined;
}

/** News for a watcher of memories: a change, or a sign of life without one. */
export interface MemoryChange {
  kind?: "created" | "updated" | "merged" | "superseded" | "deleted" | undefined;
  memoryId?: string | undefined;
  /** The memory after it; absent where it is gone. */
  memory?: MemoryRecord | undefined;
  changedAt?: Date | undefined;
  resumeToken: string;
}

/** Outcome of an import. */
export interface ImportReport {
  created: number;
  duplicates: number;
  rejected: number;
  /** Why, for at most 1000 of the rejected. */
  errors: { row: number; memoryId?: string | undefined; error?: MemoryClientError | undefined }[];
}

/** Receipt of one service for the data of a user that it erased. */
export interface EraseReceipt {
  receiptId: string;
  service: string;
  erased: Record<string, number>;
  startedAt?: Date | undefined;
  endedAt?: Date | undefined;
}

/** Receipts of all services for an erased user, in the order it happened. */
export interface ErasureReceipt {
  userId: string;
  receipts: EraseReceipt[];
  /** What went of each kind, over all services. */
  erased: Record<string, number>;
}

/** Reason for which an attempt of a job failed, or for which it left something out. */
export interface JobError {
  code?: string | undefined;
  reason: string;
  message: string;
}

/** State of a job. */
export type JobState = "pending" | "running" | "succeeded" | "failed" | "cancelled";

/** A piece of background work. */
export interface Job {
  id: string;
  kind?: "extraction" | "summary_view" | undefined;
  state?: JobState | undefined;
  sessionId?: string | undefined;
  namespace?: string | undefined;
  sessionUid?: string | undefined;
  userId?: string | undefined;
  viewId?: string | undefined;
  firstSequence: number;
  lastSequence: number;
  attempt: number;
  memoryIds: string[];
  error?: JobError | undefined;
  droppedItems: Record<string, number>;
  skipped: {
    messageId?: string | undefined;
    sequence?: number | undefined;
    memoryId?: string | undefined;
    error?: JobError | undefined;
  }[];
  forgetReceipts: {
    messageId: string;
    outcome?: string | undefined;
    memoryIds: string[];
    matched: number;
  }[];
  createdAt?: Date | undefined;
  dueAt?: Date | undefined;
  startedAt?: Date | undefined;
  endedAt?: Date | undefined;
}

/** Progress of the extraction of a session. */
export interface ExtractionProgress {
  sessionUid: string;
  receivedSequence: number;
  extractedSequence: number;
}

/** News for a watcher of jobs: a job as it is now, or a sign of life without one. */
export interface JobChange {
  job?: Job | undefined;
  progress?: ExtractionProgress | undefined;
  resumeToken: string;
}

/** Memories that a strategy would find in messages; nothing of it is stored. */
export interface ExtractionPreview {
  memories: MemoryRecord[];
  extractor: string;
  droppedItems: Record<string, number>;
}

/** Field that a summary view groups by. */
export type SummaryGroupField = "user_id" | "namespace" | "session_id" | "memory_type";

/** Group of a summary view. */
export interface SummaryGroup {
  userId?: string | undefined;
  namespace?: string | undefined;
  sessionId?: string | undefined;
  memoryType?: MemoryType | undefined;
}

/** A caller, as the services know it by its credential. */
export interface Principal {
  tenant: string;
  /** Names the credential, such as `key:` and the id of an API key. */
  subject: string;
  access?: "reader" | "writer" | "admin" | undefined;
  /** The users that it is confined to; absent where it may act for everyone. */
  users?: string[] | undefined;
  /** The namespaces that it is confined to; absent where it may touch all. */
  namespaces?: string[] | undefined;
}

/** Use of one model. */
export interface ModelUsage {
  model: string;
  /** Calls that took tokens. */
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Calls that were not made, because the tenant's budget was spent. */
  refusedCalls: number;
  /** By the operator's prices of now; absent where none is set for the model. */
  costDollars?: number | undefined;
}

/** Work of jobs and models for a tenant within a period. */
export interface PeriodStatistics {
  startedAt?: Date | undefined;
  succeededJobs: number;
  failedJobs: number;
  cancelledJobs: number;
  /** Attempts that failed and are made again. */
  retriedAttempts: number;
  /** Seconds from the first message to its facts, of jobs that looked for facts. */
  meanLag?: number | undefined;
  /** The longest of these. */
  maxLag?: number | undefined;
  models: ModelUsage[];
}

/** Figures of a tenant; spans are seconds. */
export interface Statistics {
  /** Those in which something happened, the oldest first. */
  periods: PeriodStatistics[];
  periodLength: number;
  /** When the oldest kept period began. */
  since?: Date | undefined;
  answeredAt?: Date | undefined;
  backlog: { pendingJobs: number; runningJobs: number; failedJobs: number; oldestDue: number };
  /** Absent where the tenant has no budget. */
  tokenBudget?:
    | {
        limitTokens: number;
        usedTokens: number;
        startedAt?: Date | undefined;
        endsAt?: Date | undefined;
      }
    | undefined;
}
