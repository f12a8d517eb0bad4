/** Calls to working memory: sessions, their messages, and prompts built from them. */

import {
  ClientBase,
  type ChangeOptions,
  gather,
  LARGEST_PAGE,
  type OwnerOptions,
  type PageOptions,
  type WindowOptions,
} from "./base.js";
import type { WatchOptions } from "./connection.js";
import {
  DATA_POLICIES,
  fromMemory,
  fromMessage,
  fromPrompt,
  fromSessionChange,
  fromSessionSummary,
  fromWorkingMemory,
  type SearchCriteria,
  toMemory,
  toMessages,
  toQuery,
  toSessionUpdate,
  toWorkingMemory,
} from "./convert.js";
import { MemoryNotFoundError, invalid } from "./errors.js";
import { type Filter, toFilter } from "./filters.js";
import { WorkingMemoryService } from "./gen/agent_memory/working_memory/v1/service_pb.js";
import { SessionMemoryPolicy } from "./gen/agent_memory/working_memory/v1/working_memory_pb.js";
import type * as models from "./models.js";
import { checkLimit, toInt64 } from "./values.js";
import { ulid } from "./ulid.js";

const METHODS = WorkingMemoryService.method;

/** Way in which new data meets the old. */
export type MergeStrategy = "replace" | "merge" | "deep_merge";

/** Search of long-term memory for a prompt. */
export interface PromptSearch extends SearchCriteria {
  /** The question; that of the prompt when absent. */
  readonly text?: string;
  readonly filters?: Filter;
  /** How many memories to take, at most 100; 10 when absent. */
  readonly limit?: number;
  /** Leaves out the prompt's own session. */
  readonly excludeSession?: boolean;
  /** Leaves out the standing shelf. */
  readonly excludeStanding?: boolean;
}

/** Options of a prompt. */
export interface PromptOptions extends OwnerOptions, WindowOptions {
  /** The session whose messages and summary go in; one that does not exist counts as empty. */
  readonly sessionId?: string;
  /** What to look for; true for the query with every default. */
  readonly longTermSearch?: PromptSearch | boolean;
  /** Takes only so many of the latest messages. */
  readonly recentMessagesLimit?: number;
  /** The most tokens the prompt may take. */
  readonly tokenBudget?: number;
  /** False leaves the question out. */
  readonly includeQuery?: boolean;
}

/**
 * Calls to the working memory service.
 *
 * A session is named by its namespace and id. `userId` is its owner: it is set once, may be left
 * out, and another one is refused.
 */
export class SessionMethods extends ClientBase {
  /** Answer a session, creating it empty where it does not exist. */
  async getOrCreateWorkingMemory(
    sessionId: string,
    options: OwnerOptions &
      WindowOptions & {
        readonly recentMessagesLimit?: number;
        /** What to extract, for a session that this call creates. */
        readonly longTermMemoryStrategy?: models.MemoryStrategyConfig;
      } = {},
  ): Promise<{ created: boolean; memory: models.WorkingMemory }> {
    const { created, workingMemory } = await this.connection.call(
      METHODS.getOrCreateWorkingMemory,
      {
        ...this.owner(options),
        ...this.window(options),
        sessionId,
        recentMessagesLimit: options.recentMessagesLimit ?? 0,
      },
      options,
    );
    const { longTermMemoryStrategy } = options;
    if (!created || longTermMemoryStrategy === undefined) {
      return { created, memory: fromWorkingMemory(workingMemory) };
    }
    const memory = await this.updateWorkingMemory(sessionId, { longTermMemoryStrategy }, options);
    return { created, memory };
  }

  /**
   * Answer a session.
   *
   * @throws MemoryNotFoundError It does not exist, or belongs to another user.
   */
  async getWorkingMemory(
    sessionId: string,
    options: OwnerOptions & WindowOptions & { readonly recentMessagesLimit?: number } = {},
  ): Promise<models.WorkingMemory> {
    const { workingMemory } = await this.connection.call(
      METHODS.getWorkingMemory,
      {
        ...this.owner(options),
        ...this.window(options),
        sessionId,
        recentMessagesLimit: options.recentMessagesLimit ?? 0,
      },
      options,
    );
    return fromWorkingMemory(workingMemory);
  }

  /**
   * Replace what a session shows; creates it where it does not exist.
   *
   * Messages that are new join the session's log and are extracted. A message that was in view
   * after the last one that stays, and is not any more, is taken back: what was learned from such
   * messages alone is forgotten, unless `keepMemories`.
   *
   * @throws MemoryConflictError The etag is no longer the session's.
   * @throws MemoryPermissionError The session belongs to another user.
   */
  async setWorkingMemory(
    sessionId: string,
    memory: models.NewWorkingMemory,
    options: OwnerOptions & WindowOptions & ChangeOptions & { readonly keepMemories?: boolean } = {},
  ): Promise<models.WorkingMemory> {
    const namespace = agreed("namespace", options.namespace, memory.namespace);
    const userId = agreed("userId", options.userId, memory.userId);
    const { workingMemory } = await this.connection.call(
      METHODS.setWorkingMemory,
      {
        workingMemory: {
          ...toWorkingMemory(memory, "memory"),
          ...this.owner({ namespace, userId }),
          sessionId,
          etag: options.etag ?? "",
        },
        ...this.window(options),
        requestId: options.requestId ?? "",
        forget: !options.keepMemories,
      },
      options,
    );
    return fromWorkingMemory(workingMemory);
  }

  /** Add messages to the end of a session; creates it where it does not exist. */
  async appendMessagesToWorkingMemory(
    sessionId: string,
    messages: readonly (models.NewMessage | models.ProviderMessage)[],
    options: OwnerOptions & WindowOptions & ChangeOptions = {},
  ): Promise<models.AppendResult> {
    const answer = await this.connection.call(
      METHODS.appendMessages,
      {
        ...this.owner(options),
        ...this.window(options),
        sessionId,
        messages: toMessages(messages),
        etag: options.etag ?? "",
        requestId: options.requestId ?? "",
      },
      options,
    );
    return {
      messages: answer.messages.map(fromMessage),
      newMessageCount: answer.newMessageCount,
      lastSequence: Number(answer.lastSequence),
      etag: answer.etag,
      sessionUid: answer.sessionUid,
      created: answer.created,
    };
  }

  /** Place memories in a session, from where they are stored in long-term memory. */
  async addMemoriesToWorkingMemory(
    sessionId: string,
    memories: readonly models.NewMemory[],
    options: OwnerOptions & ChangeOptions & { readonly replace?: boolean } = {},
  ): Promise<{ memories: models.MemoryRecord[]; etag: string; sessionUid: string }> {
    const answer = await this.connection.call(
      METHODS.addMemories,
      {
        ...this.owner(options),
        sessionId,
        memories: memories.map((memory, n) => ({
          ...toMemory(memory, {}, `memories[${n}]`),
          id: memory.id ?? ulid(),
        })),
        policy: options.replace ? SessionMemoryPolicy.REPLACE : SessionMemoryPolicy.ADD,
        etag: options.etag ?? "",
        requestId: options.requestId ?? "",
      },
      options,
    );
    const { etag, sessionUid } = answer;
    return { memories: answer.memories.map(fromMemory), etag, sessionUid };
  }

  /**
   * Change the fields that `updates` names; null clears one.
   *
   * @throws MemoryNotFoundError The session does not exist.
   * @throws MemoryConflictError The etag is no longer the session's.
   */
  async updateWorkingMemory(
    sessionId: string,
    updates: models.SessionUpdate,
    options: OwnerOptions & ChangeOptions & { readonly mergeStrategy?: MergeStrategy } = {},
  ): Promise<models.WorkingMemory> {
    const [session, paths] = toSessionUpdate(updates);
    const { workingMemory } = await this.connection.call(
      METHODS.updateWorkingMemory,
      {
        workingMemory: {
          ...session,
          ...this.owner(options),
          sessionId,
          etag: options.etag ?? "",
        },
        updateMask: { paths },
        dataPolicy: DATA_POLICIES.number(options.mergeStrategy ?? "replace", "mergeStrategy"),
        requestId: options.requestId ?? "",
      },
      options,
    );
    return fromWorkingMemory(workingMemory);
  }

  /** Replace a session's data; creates the session where it does not exist. */
  async setWorkingMemoryData(
    sessionId: string,
    data: NonNullable<models.NewWorkingMemory["data"]>,
    options: OwnerOptions & { readonly preserveExisting?: boolean } = {},
  ): Promise<models.WorkingMemory> {
    return options.preserveExisting === false
      ? this.setWorkingMemory(sessionId, { data }, { ...options, keepMemories: true })
      : this.updateWorkingMemoryData(sessionId, data, { ...options, mergeStrategy: "replace" });
  }

  /** Change a session's data; creates the session where it does not exist. */
  async updateWorkingMemoryData(
    sessionId: string,
    data: NonNullable<models.NewWorkingMemory["data"]>,
    options: OwnerOptions & { readonly mergeStrategy?: MergeStrategy } = {},
  ): Promise<models.WorkingMemory> {
    const merging = { ...options, mergeStrategy: options.mergeStrategy ?? ("merge" as const) };
    try {
      return await this.updateWorkingMemory(sessionId, { data }, merging);
    } catch (error) {
      if (!(error instanceof MemoryNotFoundError)) throw error;
      await this.getOrCreateWorkingMemory(sessionId, options);
    }
    return this.updateWorkingMemory(sessionId, { data }, merging);
  }

  /**
   * Copy a session up to a message under a new id; nothing of it is extracted again.
   *
   * @throws MemoryNotFoundError There is no such session for this caller.
   * @throws MemoryConflictError Another session has the new id.
   */
  async forkWorkingMemory(
    sessionId: string,
    newSessionId: string,
    options: OwnerOptions & {
      /** The last message that is copied; the whole log when absent. */
      readonly messageId?: string;
      readonly requestId?: string;
    } = {},
  ): Promise<models.WorkingMemory> {
    const { workingMemory } = await this.connection.call(
      METHODS.forkWorkingMemory,
      {
        ...this.owner(options),
        sessionId,
        newSessionId,
        messageId: options.messageId ?? "",
        requestId: options.requestId ?? "",
      },
      options,
    );
    return fromWorkingMemory(workingMemory);
  }

  /**
   * Delete a session and what was learned from it alone, unless `keepMemories`. After an error the
   * call may be repeated. Answers whether there was a session to delete.
   */
  async deleteWorkingMemory(
    sessionId: string,
    options: OwnerOptions & { readonly etag?: string; readonly keepMemories?: boolean } = {},
  ): Promise<boolean> {
    const { deleted } = await this.connection.call(
      METHODS.deleteWorkingMemory,
      {
        ...this.owner(options),
        sessionId,
        etag: options.etag ?? "",
        forget: !options.keepMemories,
      },
      options,
    );
    return deleted;
  }

  /** List the sessions that exist now, the latest written first. */
  async listSessions(
    options: PageOptions & OwnerOptions & { readonly offset?: number } = {},
  ): Promise<models.Page<models.SessionInfo>> {
    const namespace = options.namespace ?? this.options.defaultNamespace;
    const userId = options.userId ?? this.options.defaultUserId;
    const limit = options.limit ?? 20;
    return gather(
      async (pageToken) => {
        const answer = await this.connection.call(
          METHODS.listSessions,
          {
            ...(namespace === undefined ? {} : { namespace }),
            ...(userId === undefined ? {} : { userId }),
            pageSize: Math.min(limit, LARGEST_PAGE),
            pageToken,
          },
          options,
        );
        return {
          items: answer.sessions.map(fromSessionSummary),
          next: answer.nextPageToken,
          total: Number(answer.totalSize),
        };
      },
      limit,
      options.offset ?? 0,
      options.cursor,
    );
  }

  /** List a session's log: every message that was ever accepted, in order. */
  async listMessages(
    sessionId: string,
    options: PageOptions &
      OwnerOptions & { readonly afterSequence?: number; readonly descending?: boolean } = {},
  ): Promise<models.Page<models.MemoryMessage>> {
    const answer = await this.connection.call(
      METHODS.listMessages,
      {
        ...this.owner(options),
        sessionId,
        afterSequence: toInt64(options.afterSequence ?? 0, "afterSequence"),
        pageSize: Math.min(checkLimit(options.limit ?? 100), LARGEST_PAGE),
        pageToken: options.cursor ?? "",
        descending: options.descending ?? false,
      },
      options,
    );
    return {
      items: answer.messages.map(fromMessage),
      total: Number(answer.totalSize),
      nextCursor: answer.nextPageToken || undefined,
    };
  }

  /**
   * Tell every change of a session from now on; a connection that breaks is made again. The
   * session need not exist yet.
   *
   * @throws MemoryUnavailableError Nobody answered for too long.
   */
  async *watchWorkingMemory(
    sessionId: string,
    options: OwnerOptions &
      WatchOptions & {
        /** Of the last change seen; continues after it. */
        readonly resumeToken?: string;
        /** Also tells signs of life, which have no kind but a newer token. */
        readonly checkpoints?: boolean;
      } = {},
  ): AsyncGenerator<models.SessionChange, void, undefined> {
    const request = {
      ...this.owner(options),
      sessionId,
      resumeToken: options.resumeToken ?? "",
    };
    for await (const answer of this.connection.watch(METHODS.watchWorkingMemory, request, options)) {
      if (options.checkpoints || answer.change !== undefined) yield fromSessionChange(answer);
    }
  }

  /**
   * Build a prompt from a session, from long-term memory, or from both.
   *
   * The search stays inside its owner: where neither its filters nor `userId` name one, the server
   * takes the session's.
   */
  async memoryPrompt(query: string, options: PromptOptions = {}): Promise<models.MemoryPrompt> {
    const { longTermSearch } = options;
    const search = longTermSearch === true ? {} : longTermSearch || undefined;
    const answer = await this.connection.call(
      METHODS.buildMemoryPrompt,
      {
        query,
        omitQuery: options.includeQuery === false,
        ...(options.tokenBudget === undefined
          ? {}
          : { tokenBudget: toInt64(options.tokenBudget, "tokenBudget") }),
        ...(options.sessionId === undefined
          ? {}
          : {
              session: {
                ...this.owner(options),
                ...this.window(options),
                sessionId: options.sessionId,
                recentMessagesLimit: options.recentMessagesLimit ?? 0,
              },
            }),
        ...(search === undefined
          ? {}
          : {
              longTermSearch: {
                query: {
                  ...toQuery(search.text ?? "", search),
                  filter: toFilter(
                    search.filters ?? {},
                    {
                      namespace: options.namespace ?? this.options.defaultNamespace,
                      userId: options.userId ?? this.options.defaultUserId,
                    },
                    search.timeZone,
                    "longTermSearch.filters",
                  ),
                },
                limit: search.limit ?? 10,
                excludeSession: search.excludeSession ?? false,
                excludeStanding: search.excludeStanding ?? false,
              },
            }),
      },
      options,
    );
    return fromPrompt(answer);
  }

  /** Build a prompt from long-term memory alone. */
  async hydrateMemoryPrompt(
    query: string,
    options: PromptSearch &
      Pick<PromptOptions, "tokenBudget" | "includeQuery" | "timeout" | "signal"> = {},
  ): Promise<models.MemoryPrompt> {
    return this.memoryPrompt(query, { ...options, longTermSearch: options });
  }
}

function agreed(
  name: string,
  ofCall: string | undefined,
  ofMemory: string | undefined,
): string | undefined {
  if (ofCall !== undefined && ofMemory !== undefined && ofCall !== ofMemory) {
    throw invalid(`memory.${name}`, `is '${ofMemory}', but the call says '${ofCall}'`);
  }
  return ofCall ?? ofMemory;
}
