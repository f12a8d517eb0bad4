/** Memory for LLM agents: the client of the Agent Memory services. */

export type {
  ChangeOptions,
  OwnerOptions,
  PageOptions,
  WindowOptions,
} from "./base.js";
export { type Health, MemoryClient } from "./client.js";
export { Connection, PATIENCE, type WatchOptions } from "./connection.js";
export type { SearchCriteria } from "./convert.js";
export * from "./errors.js";
export type * from "./filters.js";
export type { NewSummaryView, SummaryView, SummaryViewPartition } from "./jobs.js";
export type { ByFilterOptions, FilterOptions, SearchOptions } from "./memories.js";
export type * from "./models.js";
export type { CallOptions, ClientOptions, Protocol } from "./options.js";
export type { MergeStrategy, PromptOptions, PromptSearch } from "./sessions.js";
