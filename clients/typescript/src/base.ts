/** Parts that all methods of the client share. */

import type { Connection } from "./connection.js";
import { invalid } from "./errors.js";
import { type Filter, toFilter } from "./filters.js";
import type { MemoryFilter } from "./gen/agent_memory/common/v1/filter_pb.js";
import type { CallOptions, ClientOptions } from "./options.js";
import { checkLimit } from "./values.js";

/** Most items that the services answer in one call of a listing. */
export const LARGEST_PAGE = 1000;

/** Owner of what a call is about; the client's defaults where absent. */
export interface OwnerOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly userId?: string | undefined;
}

/** Window that messages must fit; the client's defaults where absent. */
export interface WindowOptions {
  /** Model whose window the messages must fit; any name will do. */
  readonly modelName?: string | undefined;
  /** The window itself, in tokens; beats the model's. */
  readonly contextWindowMax?: number | undefined;
}

/** Part of a listing. */
export interface PageOptions extends CallOptions {
  /** How many to answer. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the answer before; continues after it. */
  readonly cursor?: string | undefined;
}

/** Options of a change that can be repeated. */
export interface ChangeOptions extends CallOptions {
  /** Writes only while the etag is this one. */
  readonly etag?: string | undefined;
  /** Names the call; repeating it within a day answers what it answered first. */
  readonly requestId?: string | undefined;
}

/** One page, as a service answers it. */
export interface Fetched<Item> {
  readonly items: Item[];
  readonly next: string;
  readonly total: number;
}

/** Part of the client; the connection is made when the first call needs it. */
export class ClientBase {
  /** Calls with the contracts' own messages, over the same connections. */
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Settings of this client. */
  get options(): ClientOptions {
    return this.connection.options;
  }

  protected owner(given: { namespace?: string | undefined; userId?: string | undefined }): {
    namespace: string;
    userId: string;
  } {
    return {
      namespace: given.namespace ?? this.options.defaultNamespace ?? "",
      userId: given.userId ?? this.options.defaultUserId ?? "",
    };
  }

  protected window(given: WindowOptions) {
    const own = given.modelName !== undefined || given.contextWindowMax !== undefined;
    const modelName = own ? given.modelName : this.options.defaultModelName;
    const maxTokens = own ? given.contextWindowMax : this.options.defaultContextWindowMax;
    if (modelName === undefined && maxTokens === undefined) return {};
    return {
      window: {
        modelName: modelName ?? "",
        ...(maxTokens === undefined ? {} : { maxTokens: BigInt(maxTokens) }),
      },
    };
  }

  protected filter(filters: Filter | undefined, timeZone?: string): MemoryFilter {
    return toFilter(
      filters ?? {},
      { namespace: this.options.defaultNamespace, userId: this.options.defaultUserId },
      timeZone,
      "filters",
    );
  }
}

/** Gather `limit` items after the first `offset`, or from a cursor on. */
export async function gather<Item>(
  fetch: (token: string) => Promise<Fetched<Item>>,
  limit: number,
  offset: number,
  cursor: string | undefined,
): Promise<{ items: Item[]; total: number; nextCursor: string | undefined }> {
  checkLimit(limit);
  if (!Number.isInteger(offset) || offset < 0) throw invalid("offset", "needs a whole number");
  if (offset > 0 && cursor !== undefined) throw invalid("offset", "needs no cursor beside it");
  const items: Item[] = [];
  let skip = offset;
  let token = cursor ?? "";
  for (;;) {
    const page = await fetch(token);
    const kept = page.items.slice(skip);
    skip = Math.max(0, skip - page.items.length);
    const taken = kept.slice(0, limit - items.length);
    items.push(...taken);
    if (items.length === limit || page.next === "") {
      // A cursor leads to the page after; none leads into the middle of one.
      const inside = taken.length < kept.length;
      return { items, total: page.total, nextCursor: (!inside && page.next) || undefined };
    }
    token = page.next;
  }
}

/** Cut a list into runs of at most a size. */
export function batches<Item>(given: readonly Item[], size: number): Item[][] {
  const runs: Item[][] = [];
  for (let start = 0; start < given.length; start += size) {
    runs.push(given.slice(start, start + size));
  }
  return runs;
}
