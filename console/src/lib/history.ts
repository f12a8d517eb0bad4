/** A memory among those that it replaced, was merged from, or was replaced by. */

import { toJson } from "@bufbuild/protobuf";
import { longTerm } from "../api/calls";
import { type Memory, type MemoryRevision, MemorySchema, MemoryType, RevisionCause } from "../api/contract";
import { milliseconds } from "./time";

const MOST_MEMBERS = 24;
const REVISIONS = 100;
const MOST_ALIKE = 500;

export const CAUSES: Record<RevisionCause, string> = {
  [RevisionCause.UNSPECIFIED]: "Changed",
  [RevisionCause.CREATE]: "Stored",
  [RevisionCause.UPDATE]: "Changed",
  [RevisionCause.MERGE]: "Merged",
  [RevisionCause.SUPERSEDE]: "Superseded",
  [RevisionCause.REVERT]: "Taken back",
  [RevisionCause.FORGET]: "Archived or forgotten",
  [RevisionCause.DELETE]: "Deleted",
  [RevisionCause.IMPORT]: "Imported",
};

/** Read the revisions of a memory, the latest first. */
export async function revisions(memoryId: string, signal?: AbortSignal): Promise<MemoryRevision[]> {
  const page = await longTerm.listMemoryRevisions({ memoryId, pageSize: REVISIONS }, signal ? { signal } : {});
  return page.revisions;
}

/** Read every memory that this one leads to or comes from, in the order in which they became true. */
export async function chain(memory: Memory, signal: AbortSignal): Promise<Memory[]> {
  const members = new Map<string, Memory>([[memory.id, memory]]);
  const others = await alike(memory, signal);
  let looked = [memory];
  while (looked.length > 0 && members.size < MOST_MEMBERS) {
    const next = new Set<string>();
    for (const member of looked) {
      for (const id of await neighbours(member, signal)) if (!members.has(id)) next.add(id);
      for (const other of others) if (leads(other, member) && !members.has(other.id)) next.add(other.id);
    }
    const memoryIds = [...next].slice(0, MOST_MEMBERS - members.size);
    if (memoryIds.length === 0) break;
    const { items } = await longTerm.batchGetMemories({ memoryIds }, { signal });
    looked = items.flatMap((item) => (item.result.case === "memory" ? [item.result.value] : []));
    for (const member of looked) members.set(member.id, member);
  }
  return [...members.values()].sort((one, other) => from(one) - from(other));
}

/** Read what its owner has in the same slot, or at all: an older memory names the newer one, not the reverse. */
async function alike(memory: Memory, signal: AbortSignal): Promise<Memory[]> {
  if (memory.type === MemoryType.MESSAGE) return [];
  const page = await longTerm.listMemories(
    {
      filter: {
        userId: { eq: memory.userId },
        namespace: { eq: memory.namespace },
        type: { none: [MemoryType.MESSAGE] },
        ...(memory.slot ? { slot: { eq: memory.slot } } : {}),
      },
      includeHidden: true,
      pageSize: MOST_ALIKE,
    },
    { signal },
  );
  return page.memories;
}

function leads(from: Memory, to: Memory): boolean {
  return from.validity?.supersededBy === to.id || from.mergedInto === to.id;
}

async function neighbours(memory: Memory, signal: AbortSignal): Promise<string[]> {
  const told = await revisions(memory.id, signal);
  const causes = new Set([RevisionCause.MERGE, RevisionCause.SUPERSEDE, RevisionCause.CREATE]);
  return [
    memory.validity?.supersededBy ?? "",
    memory.mergedInto,
    ...(memory.provenance?.memoryIds ?? []),
    ...(memory.provenance?.endedMemoryIds ?? []),
    ...told.filter((each) => causes.has(each.cause)).flatMap((each) => each.relatedMemoryIds),
  ].filter((id) => id !== "" && id !== memory.id);
}

/** Return the moment from which a memory is true, in milliseconds. */
export function from(memory: Memory): number {
  return milliseconds(memory.validity?.validFrom ?? memory.createTime);
}

/** Return the moment from which it is true no more; none that is to come is infinite. */
export function until(memory: Memory): number {
  return milliseconds(memory.validity?.invalidFrom) || Number.POSITIVE_INFINITY;
}

/** Tell whether a memory is true at a moment, and not hidden in another one. */
export function holds(memory: Memory, at: number): boolean {
  return !memory.mergedInto && from(memory) <= at && at < until(memory);
}

const OF_THE_SERVER = new Set([
  "id",
  "text",
  "etag",
  "createTime",
  "updateTime",
  "lastAccessTime",
  "accessCount",
  "contentHash",
  "embeddingModel",
  "claims",
]);

/** Return the fields beside the text that a revision changed, as they were and as they are. */
export function changedFields(revision: MemoryRevision): [name: string, before: string, after: string][] {
  if (!revision.before || !revision.after) return [];
  const before = toJson(MemorySchema, revision.before) as Record<string, unknown>;
  const after = toJson(MemorySchema, revision.after) as Record<string, unknown>;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name): [string, string, string][] => {
    const [was, is] = [written(before[name]), written(after[name])];
    return OF_THE_SERVER.has(name) || was === is ? [] : [[name, was, is]];
  });
}

function written(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
