/** Calls to long-term memory: memories by their ids, those that a search finds, and their life. */

import {
  batches,
  type ChangeOptions,
  gather,
  LARGEST_PAGE,
  type OwnerOptions,
  type PageOptions,
} from "./base.js";
import type { WatchOptions } from "./connection.js";
import {
  asError,
  fromCreateResult,
  fromForgotten,
  fromHit,
  fromMemory,
  fromMemoryChange,
  fromReceipt,
  fromRevision,
  type SearchCriteria,
  toForgetPolicy,
  toImported,
  toMemory,
  toQuery,
  updatePaths,
} from "./convert.js";
import { fromStatus, invalid, MemoryServerError } from "./errors.js";
import type { Filter } from "./filters.js";
import type { ErasedSession } from "./gen/agent_memory/common/v1/erase_pb.js";
import { ExtractionService } from "./gen/agent_memory/extraction/v1/service_pb.js";
import {
  DeduplicationPolicySchema,
  MemoryFieldSchema,
} from "./gen/agent_memory/long_term_memory/v1/long_term_memory_pb.js";
import { LongTermMemoryService } from "./gen/agent_memory/long_term_memory/v1/service_pb.js";
import { WorkingMemoryService } from "./gen/agent_memory/working_memory/v1/service_pb.js";
import type * as models from "./models.js";
import type { CallOptions } from "./options.js";
import { SessionMethods } from "./sessions.js";
import { ulid } from "./ulid.js";
import { checkLimit, EnumNames, fromTimestamp } from "./values.js";

const METHODS = LongTermMemoryService.method;
const LARGEST_BATCH = 500;
const LARGEST_SEARCH_PAGE = 100;
const LARGEST_ERASURE = 10_000;
const SAMPLE = 20;
const FIELDS = new EnumNames<models.ListedField>(MemoryFieldSchema);
const POLICIES = new EnumNames<models.Deduplication>(DeduplicationPolicySchema);

/** Options of a search; where no condition names a namespace or a user, the defaults hold. */
export interface SearchOptions extends SearchCriteria, CallOptions {
  readonly filters?: Filter;
  /** Answers what each part of the ranking added to a score. */
  readonly explain?: boolean;
}

/** Options of a listing; where no condition names a namespace or a user, the defaults hold. */
export interface FilterOptions extends CallOptions {
  readonly filters?: Filter;
  /** IANA zone of days in the filter; UTC when absent. */
  readonly timeZone?: string;
}

/** Options of a change by a filter, which needs a condition. */
export interface ByFilterOptions extends FilterOptions {
  /** False really does it. */
  readonly dryRun?: boolean;
  /** Also superseded, merged and archived memories. */
  readonly includeHidden?: boolean;
  /** How many each call to the service looks at; 500 when absent, at most 1000. */
  readonly batchSize?: number;
  /** Why, for the history. */
  readonly reason?: string;
}

/** Calls that store, read, change, delete and find memories. */
export class MemoryMethods extends SessionMethods {
  /**
   * Store memories; they can be found when the call returns. Answers what became of each, in the
   * order given; one that was rejected throws nothing here.
   *
   * More than 500 go in several calls; since every record has an id, repeating all of them after an
   * error stores none twice, where the ids are the caller's.
   *
   * @throws MemoryValidationError A memory is malformed; nothing of its call was stored.
   */
  async createLongTermMemories(
    memories: readonly models.NewMemory[],
    options: CallOptions & {
      /** How far they are compared with those of their owner; left to the server when absent. */
      readonly deduplicate?: models.Deduplication;
      readonly requestId?: string;
    } = {},
  ): Promise<models.CreateMemoryResult[]> {
    const { requestId } = options;
    const deduplication = POLICIES.number(options.deduplicate, "deduplicate");
    const stored = memories.map((memory, n) => ({
      ...toMemory(memory, this.owner({}), `memories[${n}]`),
      id: memory.id ?? ulid(),
    }));
    const results: models.CreateMemoryResult[] = [];
    for (const [n, batch] of batches(stored, LARGEST_BATCH).entries()) {
      const answer = await this.connection.call(
        METHODS.createMemories,
        {
          memories: batch,
          deduplication,
          requestId: requestId && n > 0 ? `${requestId}/${n}` : (requestId ?? ""),
        },
        options,
      );
      results.push(...answer.results.map(fromCreateResult));
    }
    return results;
  }

  /**
   * Answer a memory, superseded and merged ones too.
   *
   * @throws MemoryNotFoundError There is none for this caller.
   */
  async getLongTermMemory(memoryId: string, options: CallOptions = {}): Promise<models.MemoryRecord> {
    const { memory } = await this.connection.call(METHODS.getMemory, { memoryId }, options);
    return record(memory);
  }

  /** Answer several memories, each or why not. */
  async batchGetLongTermMemories(
    memoryIds: readonly string[],
    options: CallOptions = {},
  ): Promise<models.BatchGetResult> {
    const found: models.BatchGetResult = { memories: [], errors: {} };
    for (const batch of batches(memoryIds, LARGEST_BATCH)) {
      const { items } = await this.connection.call(
        METHODS.batchGetMemories,
        { memoryIds: batch },
        options,
      );
      for (const [n, { result }] of items.entries()) {
        if (result.case === "memory") found.memories.push(fromMemory(result.value));
        if (result.case === "error") found.errors[batch[n] ?? ""] = fromStatus(result.value);
      }
    }
    return found;
  }

  /**
   * Change the fields that `updates` names; null clears one.
   *
   * @throws MemoryNotFoundError There is no such memory for this caller.
   * @throws MemoryConflictError The etag is no longer the memory's.
   */
  async editLongTermMemory(
    memoryId: string,
    updates: models.MemoryUpdate,
    options: ChangeOptions & {
      /** Why, for the memory's history. */
      readonly reason?: string;
    } = {},
  ): Promise<models.MemoryRecord> {
    const { memory } = await this.connection.call(
      METHODS.updateMemory,
      {
        memory: { ...toMemory(updates, {}, "updates"), id: memoryId, etag: options.etag ?? "" },
        updateMask: { paths: updatePaths(updates) },
        reason: options.reason ?? "",
        requestId: options.requestId ?? "",
      },
      options,
    );
    return record(memory);
  }

  /** Delete memories; answers the ids of those that existed. */
  async deleteLongTermMemories(
    memoryIds: readonly string[],
    options: CallOptions & { readonly reason?: string } = {},
  ): Promise<string[]> {
    const deleted: string[] = [];
    for (const batch of batches(memoryIds, LARGEST_BATCH)) {
      const { deletedIds } = await this.connection.call(
        METHODS.deleteMemories,
        { memoryIds: batch, reason: options.reason ?? "" },
        options,
      );
      deleted.push(...deletedIds);
    }
    return deleted;
  }

  /** Store a session's memories now, instead of in the background. */
  async promoteWorkingMemoriesToLongTerm(
    sessionId: string,
    memoryIds?: readonly string[],
    options: OwnerOptions = {},
  ): Promise<models.CreateMemoryResult[]> {
    const session = await this.getWorkingMemory(sessionId, { ...options, recentMessagesLimit: 1 });
    const chosen = session.memories.filter(({ id }) => memoryIds?.includes(id) ?? true);
    return chosen.length === 0 ? [] : this.createLongTermMemories(chosen, options);
  }

  /**
   * Find memories, the best first; an empty text lists what matches, newest first.
   *
   * @throws MemoryValidationError A filter or an option is unknown, or a value has the wrong type.
   */
  async searchLongTermMemory(
    text = "",
    options: SearchOptions & PageOptions & { readonly offset?: number } = {},
  ): Promise<models.MemoryPage> {
    const limit = options.limit ?? 10;
    let timeWindows: models.MemoryPage["timeWindows"] = [];
    const found = await gather(
      async (token) => {
        const page = await this.#searchPage(text, options, limit, token);
        timeWindows = page.timeWindows;
        return page;
      },
      limit,
      options.offset ?? 0,
      options.cursor,
    );
    return {
      memories: found.items,
      total: found.total,
      nextCursor: found.nextCursor,
      timeWindows,
    };
  }

  /** Iterate over everything a search finds, each memory once, the best first. */
  async *searchAllLongTermMemories(
    text = "",
    options: SearchOptions & { readonly batchSize?: number } = {},
  ): AsyncGenerator<models.MemoryHit, void, undefined> {
    let token = "";
    do {
      const page = await this.#searchPage(text, options, options.batchSize ?? 50, token);
      yield* page.items;
      token = page.next;
    } while (token !== "");
  }

  /** Find many memories in one call, the best first, no faster than they are taken. */
  async *streamLongTermMemories(
    text = "",
    options: SearchOptions & { readonly limit?: number } = {},
  ): AsyncGenerator<models.MemoryHit, void, undefined> {
    const parts = this.connection.stream(
      METHODS.streamSearchMemories,
      {
        query: this.#query(text, options),
        limit: checkLimit(options.limit ?? 1000),
        explain: options.explain ?? false,
      },
      options,
    );
    for await (const { hits } of parts) yield* hits.map(fromHit);
  }

  /** List memories, the newest first. */
  async listLongTermMemories(
    options: FilterOptions &
      PageOptions & {
        readonly offset?: number;
        /** Also answers superseded, merged and archived memories. */
        readonly includeHidden?: boolean;
      } = {},
  ): Promise<models.MemoryPage> {
    const limit = options.limit ?? 20;
    const filter = this.filter(options.filters, options.timeZone);
    const found = await gather(
      async (pageToken) => {
        const answer = await this.connection.call(
          METHODS.listMemories,
          {
            filter,
            pageSize: Math.min(limit, LARGEST_PAGE),
            includeHidden: options.includeHidden ?? false,
            pageToken,
          },
          options,
        );
        return {
          items: answer.memories.map((memory) => ({ ...fromMemory(memory), signals: [] })),
          next: answer.nextPageToken,
          total: Number(answer.totalSize),
        };
      },
      limit,
      options.offset ?? 0,
      options.cursor,
    );
    return {
      memories: found.items,
      total: found.total,
      nextCursor: found.nextCursor,
      timeWindows: [],
    };
  }

  /** Count memories. */
  async countLongTermMemories(
    options: FilterOptions & { readonly includeHidden?: boolean } = {},
  ): Promise<number> {
    const { count } = await this.connection.call(
      METHODS.countMemories,
      {
        filter: this.filter(options.filters, options.timeZone),
        includeHidden: options.includeHidden ?? false,
      },
      options,
    );
    return Number(count);
  }

  /** List the values that a field has among memories, those of most memories first. */
  async listFieldValues(
    field: models.ListedField,
    options: FilterOptions &
      PageOptions & {
        /** Where in the metadata the values are, for `metadata_value` alone. */
        readonly metadataPath?: string;
        /** Only values that start with this. */
        readonly prefix?: string;
        /** Levels of texts to tell apart, which `/` separates; 0 for all. */
        readonly depth?: number;
        readonly includeHidden?: boolean;
      } = {},
  ): Promise<models.FieldValues> {
    const answer = await this.connection.call(
      METHODS.listFieldValues,
      {
        field: FIELDS.number(field, "field"),
        filter: this.filter(options.filters, options.timeZone),
        metadataPath: options.metadataPath ?? "",
        prefix: options.prefix ?? "",
        depth: options.depth ?? 0,
        includeHidden: options.includeHidden ?? false,
        pageSize: checkLimit(options.limit ?? 100),
        pageToken: options.cursor ?? "",
      },
      options,
    );
    return {
      values: answer.values.map(({ value, memoryCount, hasChildren }) => ({
        value: value.value ?? "",
        memoryCount: Number(memoryCount),
        hasChildren,
      })),
      total: Number(answer.totalSize),
      nextCursor: answer.nextPageToken || undefined,
      partial: answer.partial,
    };
  }

  /**
   * Delete the memories that a filter matches, in batches; by default only says how many. After an
   * error the rest is deleted by calling it again.
   */
  async deleteLongTermMemoriesByFilter(options: ByFilterOptions): Promise<models.FilterReport> {
    const request = this.#byFilter(options);
    return eachBatch(async (resumeToken) => {
      const answer = await this.connection.call(
        METHODS.deleteMemoriesByFilter,
        { ...request, resumeToken },
        options,
      );
      return { ...answer, done: answer.deletedCount, skippedIds: [] };
    });
  }

  /**
   * Change the memories that a filter matches, in batches; by default only says how many. After an
   * error the rest is changed by calling it again.
   */
  async updateLongTermMemoriesByFilter(
    updates: Omit<models.MemoryUpdate, "text" | "context" | "claims" | "slot" | "validity">,
    options: ByFilterOptions,
  ): Promise<models.FilterReport> {
    const request = {
      ...this.#byFilter(options),
      memory: toMemory(updates, {}, "updates"),
      updateMask: { paths: updatePaths(updates) },
    };
    return eachBatch(async (resumeToken) => {
      const answer = await this.connection.call(
        METHODS.updateMemoriesByFilter,
        { ...request, resumeToken },
        options,
      );
      return { ...answer, done: answer.updatedCount };
    });
  }

  /** List the changes of a memory, the latest first. */
  async listMemoryRevisions(
    memoryId: string,
    options: PageOptions = {},
  ): Promise<{ revisions: models.MemoryRevision[]; nextCursor?: string | undefined }> {
    const answer = await this.connection.call(
      METHODS.listMemoryRevisions,
      { memoryId, pageSize: checkLimit(options.limit ?? 20), pageToken: options.cursor ?? "" },
      options,
    );
    return {
      revisions: answer.revisions.map(fromRevision),
      nextCursor: answer.nextPageToken || undefined,
    };
  }

  /** Iterate over every change of a memory, the latest first. */
  async *allMemoryRevisions(
    memoryId: string,
    options: CallOptions = {},
  ): AsyncGenerator<models.MemoryRevision, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.listMemoryRevisions(memoryId, { ...options, limit: 100, cursor });
      yield* page.revisions;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /**
   * Take a change back: an edit, a merge, a supersession, a deletion, or a revert. Answers the
   * memories that changed and are there, the one asked for first.
   *
   * @throws MemoryStateError What it changed was changed again since; says what to do.
   */
  async revertLongTermMemory(
    memoryId: string,
    revisionId?: string,
    options: ChangeOptions & { readonly reason?: string } = {},
  ): Promise<models.MemoryRecord[]> {
    const { memories } = await this.connection.call(
      METHODS.revertMemory,
      {
        memoryId,
        revisionId: revisionId ?? "",
        etag: options.etag ?? "",
        reason: options.reason ?? "",
        requestId: options.requestId ?? "",
      },
      options,
    );
    return memories.map(fromMemory);
  }

  /**
   * Tell every change of memories from now on; a connection that breaks is made again. A change is
   * told where the memory matches before it or after it.
   *
   * @throws MemoryUnavailableError Nobody answered for too long.
   */
  async *watchLongTermMemories(
    options: FilterOptions &
      WatchOptions & { readonly resumeToken?: string; readonly checkpoints?: boolean } = {},
  ): AsyncGenerator<models.MemoryChange, void, undefined> {
    const request = {
      filter: this.filter(options.filters, options.timeZone),
      resumeToken: options.resumeToken ?? "",
    };
    for await (const answer of this.connection.watch(METHODS.watchMemories, request, options)) {
      if (options.checkpoints || answer.change !== undefined) yield fromMemoryChange(answer);
    }
  }

  /** Forget by policy; by default only says what it would forget. */
  async forgetLongTermMemories(
    policy: models.ForgetPolicy,
    options: FilterOptions & {
      /** False really forgets. */
      readonly dryRun?: boolean;
      /** Memories to keep whatever the policy says. */
      readonly pinnedIds?: readonly string[];
      readonly requestId?: string;
    } = {},
  ): Promise<models.ForgetResult> {
    const answer = await this.connection.call(
      METHODS.forgetMemories,
      {
        policy: toForgetPolicy(policy),
        filter: this.filter(options.filters, options.timeZone),
        keepIds: [...(options.pinnedIds ?? [])],
        execute: options.dryRun === false,
        requestId: options.requestId ?? "",
      },
      options,
    );
    return fromForgotten(answer);
  }

  /** Consolidate memories that changed since the last time; needs the access of an admin. */
  async compactLongTermMemories(
    options: FilterOptions = {},
  ): Promise<{ considered: number; merged: number; superseded: number }> {
    const answer = await this.connection.call(
      METHODS.compactMemories,
      { filter: this.filter(options.filters, options.timeZone) },
      options,
    );
    return {
      considered: Number(answer.consideredCount),
      merged: Number(answer.mergedCount),
      superseded: Number(answer.supersededCount),
    };
  }

  /** Stream memories out, the oldest first; needs the access of an admin. */
  async *exportLongTermMemories(
    options: FilterOptions & {
      readonly includeHidden?: boolean;
      /** Of the last part seen, of an export of the same memories; continues after it. */
      readonly resumeToken?: string;
    } = {},
  ): AsyncGenerator<{ memories: models.MemoryRecord[]; resumeToken: string }, void, undefined> {
    const parts = this.connection.stream(
      METHODS.exportMemories,
      {
        filter: this.filter(options.filters, options.timeZone),
        includeHidden: options.includeHidden ?? false,
        resumeToken: options.resumeToken ?? "",
      },
      options,
    );
    for await (const { memories, resumeToken } of parts) {
      yield { memories: memories.map(fromMemory), resumeToken };
    }
  }

  /**
   * Store memories as they were elsewhere: times, accesses, what is merged or archived. Each is
   * known by its id, so after an error all of them may be sent again. Needs gRPC, and the access of
   * an admin.
   */
  async importLongTermMemories(
    memories: Iterable<models.MemoryRecord> | AsyncIterable<models.MemoryRecord>,
    options: CallOptions = {},
  ): Promise<models.ImportReport> {
    const owner = this.owner({});
    async function* requests() {
      let row = 0;
      for await (const memory of memories) {
        yield { memory: toImported(memory, owner, `memories[${row}]`) };
        row += 1;
      }
    }
    const answer = await this.connection.upload(METHODS.importMemories, requests(), options);
    return {
      created: Number(answer.createdCount),
      duplicates: Number(answer.duplicateCount),
      rejected: Number(answer.rejectedCount),
      errors: answer.errors.map((each) => ({
        row: Number(each.row),
        memoryId: each.memoryId || undefined,
        error: asError(each.error),
      })),
    };
  }

  /**
   * Erase a user's sessions, what waits for extraction, and memories. The services are asked in the
   * order in which memories flow, and each tells the next which sessions went. After an error the
   * whole call may be repeated. Needs the access of an admin.
   */
  async eraseUser(userId: string, options: CallOptions = {}): Promise<models.ErasureReceipt> {
    const sessions = new Map<string, Pick<ErasedSession, "sessionUid" | "ownedLate">>();
    const note = (found: readonly ErasedSession[]): void => {
      for (const { sessionUid, ownedLate } of found) {
        const late = ownedLate || (sessions.get(sessionUid)?.ownedLate ?? false);
        sessions.set(sessionUid, { sessionUid, ownedLate: late });
      }
    };
    const erased = await this.connection.call(
      WorkingMemoryService.method.eraseUser,
      { userId },
      options,
    );
    note(erased.sessions);
    const receipts = [fromReceipt(erased.receipt)];
    const inExtraction: models.EraseReceipt[] = [];
    for (const batch of erasures([...sessions.values()])) {
      const answer = await this.connection.call(
        ExtractionService.method.eraseUser,
        { userId, sessions: batch },
        options,
      );
      note(answer.sessions);
      inExtraction.push(fromReceipt(answer.receipt));
    }
    const inMemories: models.EraseReceipt[] = [];
    for (const batch of erasures([...sessions.values()])) {
      const answer = await this.connection.call(
        METHODS.eraseUser,
        { userId, sessions: batch },
        options,
      );
      inMemories.push(fromReceipt(answer.receipt));
    }
    receipts.push(together(inExtraction), together(inMemories));
    return { userId, receipts, erased: totals(receipts) };
  }

  async #searchPage(text: string, options: SearchOptions, limit: number, pageToken: string) {
    const answer = await this.connection.call(
      METHODS.searchMemories,
      {
        query: this.#query(text, options),
        pageSize: Math.min(checkLimit(limit), LARGEST_SEARCH_PAGE),
        explain: options.explain ?? false,
        pageToken,
      },
      options,
    );
    return {
      items: answer.hits.map(fromHit),
      next: answer.nextPageToken,
      total: Number(answer.totalSize),
      timeWindows: answer.timeWindows.map(({ phrase, start, end }) => ({
        phrase,
        start: fromTimestamp(start),
        end: fromTimestamp(end),
      })),
    };
  }

  #byFilter(options: ByFilterOptions) {
    return {
      filter: this.filter(options.filters, options.timeZone),
      includeHidden: options.includeHidden ?? false,
      execute: options.dryRun === false,
      limit: checkLimit(options.batchSize ?? 500, "batchSize"),
      reason: options.reason ?? "",
    };
  }

  #query(text: string, options: SearchOptions) {
    if (typeof text !== "string") throw invalid("text", "needs a text");
    return { ...toQuery(text, options), filter: this.filter(options.filters, options.timeZone) };
  }
}

function record(memory: Parameters<typeof fromMemory>[0] | undefined): models.MemoryRecord {
  if (memory === undefined) throw new MemoryServerError("the answer holds no memory");
  return fromMemory(memory);
}

interface Batch {
  readonly matchedCount: bigint;
  readonly done: bigint;
  readonly sampleIds: string[];
  readonly skippedIds: string[];
  readonly resumeToken: string;
  readonly executed: boolean;
}

/** Make one report of all batches. */
async function eachBatch(
  fetch: (resumeToken: string) => Promise<Batch>,
): Promise<models.FilterReport> {
  let part = await fetch("");
  const report: models.FilterReport = {
    matched: Number(part.matchedCount),
    done: Number(part.done),
    sampleIds: part.sampleIds,
    skippedIds: part.skippedIds,
    dryRun: !part.executed,
  };
  while (part.resumeToken !== "") {
    part = await fetch(part.resumeToken);
    report.done += Number(part.done);
    report.sampleIds = [...report.sampleIds, ...part.sampleIds].slice(0, SAMPLE);
    report.skippedIds = [...report.skippedIds, ...part.skippedIds];
  }
  return report;
}

/** Cut sessions into batches that a call takes; one batch where there are none. */
function erasures<Item>(sessions: readonly Item[]): Item[][] {
  return sessions.length === 0 ? [[]] : batches(sessions, LARGEST_ERASURE);
}

/** Make one receipt of a service that was asked in several calls. */
function together(receipts: readonly models.EraseReceipt[]): models.EraseReceipt {
  const [first] = receipts;
  if (first === undefined) throw new MemoryServerError("the answer comes without a receipt");
  return { ...first, erased: totals(receipts), endedAt: receipts.at(-1)?.endedAt };
}

function totals(receipts: readonly models.EraseReceipt[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { erased } of receipts) {
    for (const [kind, count] of Object.entries(erased)) sums[kind] = (sums[kind] ?? 0) + count;
  }
  return sums;
}
