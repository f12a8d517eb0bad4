/** Contracts of the services, as the TypeScript client generates them. */

export { LongTermMemoryService } from "@contract/agent_memory/long_term_memory/v1/service_pb";
export { WorkingMemoryService } from "@contract/agent_memory/working_memory/v1/service_pb";
export { ExtractionService } from "@contract/agent_memory/extraction/v1/service_pb";
export { ErrorInfoSchema, BadRequestSchema, RetryInfoSchema } from "@contract/google/rpc/error_details_pb";
export type { Status } from "@contract/google/rpc/status_pb";
export { MemoryFilterSchema, type MemoryFilter } from "@contract/agent_memory/common/v1/filter_pb";
export { Access } from "@contract/agent_memory/common/v1/policy_pb";
export {
  MemorySchema,
  MemoryType,
  TimePrecision,
  type EventTime,
  type Memory,
} from "@contract/agent_memory/common/v1/memory_pb";
export { MessageSchema, type Message } from "@contract/agent_memory/common/v1/message_pb";
export {
  SearchMode,
  SearchQuerySchema,
  type MemoryHit,
  type ScoreSignal,
  type SearchQuery,
} from "@contract/agent_memory/common/v1/search_pb";
export type { EraseReceipt, ErasedSession } from "@contract/agent_memory/common/v1/erase_pb";
export {
  RevisionCause,
  MemoryChangeKind,
  MemoryField,
  type FieldValue,
  type MemoryChange,
  type MemoryRevision,
} from "@contract/agent_memory/long_term_memory/v1/long_term_memory_pb";
export {
  PromptSection,
  SessionChangeKind,
  type Principal,
  type SessionSummary,
  type WorkingMemory,
} from "@contract/agent_memory/working_memory/v1/working_memory_pb";
export {
  JobKind,
  JobState,
  StatisticsPeriod,
  type Job,
  type PeriodStatistics,
  type SessionProgress,
} from "@contract/agent_memory/extraction/v1/extraction_pb";
export type { GetStatisticsResponse } from "@contract/agent_memory/extraction/v1/service_pb";
export type { BuildMemoryPromptResponse } from "@contract/agent_memory/working_memory/v1/service_pb";
