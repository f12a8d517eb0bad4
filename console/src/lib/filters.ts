/** Filters of a search as they stand in the page's address, and as the contract writes them. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { MemoryFilterSchema, MemoryType, type MemoryFilter } from "../api/contract";

export interface FilterKind {
  key: string;
  label: string;
  hint: string;
  input: "text" | "date" | "choice";
  choices?: Record<string, string>;
}

/** Every filter that can be added; `metadata` alone may be there more than once. */
export const FILTERS: FilterKind[] = [
  { key: "user", label: "User", hint: "alice", input: "text" },
  { key: "namespace", label: "Namespace", hint: "support", input: "text" },
  { key: "session", label: "Session", hint: "trip-to-rome", input: "text" },
  {
    key: "type",
    label: "Type",
    hint: "",
    input: "choice",
    choices: { facts: "facts and events", semantic: "facts", episodic: "events", messages: "messages" },
  },
  { key: "topic", label: "Topic", hint: "travel", input: "text" },
  { key: "entity", label: "Entity", hint: "Porto", input: "text" },
  { key: "slot", label: "Slot", hint: "user/employer", input: "text" },
  { key: "after", label: "Stored since", hint: "", input: "date" },
  { key: "before", label: "Stored before", hint: "", input: "date" },
  { key: "standing", label: "Standing", hint: "", input: "choice", choices: { yes: "yes", no: "no" } },
  { key: "pinned", label: "Pinned", hint: "", input: "choice", choices: { yes: "yes", no: "no" } },
  { key: "metadata", label: "Metadata", hint: "agent.id=chef", input: "text" },
];

export type Chosen = [key: string, value: string][];

/** Return a filter's name and value for a chip. */
export function chip(key: string, value: string): string {
  const kind = FILTERS.find((each) => each.key === key);
  return `${kind?.label ?? key}: ${kind?.choices?.[value] ?? (value || "none")}`;
}

const FACTS = [MemoryType.SEMANTIC, MemoryType.EPISODIC];
const TYPES: Record<string, MemoryType[]> = {
  facts: FACTS,
  semantic: [MemoryType.SEMANTIC],
  episodic: [MemoryType.EPISODIC],
  messages: [MemoryType.MESSAGE],
};

/** Return the contract's filter. */
export function memoryFilter(chosen: Chosen): MemoryFilter {
  const filter: MessageInitShape<typeof MemoryFilterSchema> & { metadata: object[] } = { metadata: [] };
  for (const [key, value] of chosen) {
    if (key === "user") filter.userId = { eq: value };
    else if (key === "namespace") filter.namespace = { eq: value };
    else if (key === "session") filter.sessionId = { eq: value };
    else if (key === "type") filter.type = { any: TYPES[value] ?? FACTS };
    else if (key === "topic") filter.topics = { eq: value };
    else if (key === "entity") filter.entities = { eq: value };
    else if (key === "slot") filter.slot = { eq: value };
    else if (key === "standing") filter.standing = value === "yes";
    else if (key === "pinned") filter.pinned = value === "yes";
    else if (key === "metadata") filter.metadata.push(metadata(value));
    else if (key === "after" || key === "before") {
      const bound = timestampFromDate(new Date(value));
      filter.createTime = { ...filter.createTime, ...(key === "after" ? { gte: bound } : { lt: bound }) } as typeof filter.createTime;
    }
  }
  return create(MemoryFilterSchema, filter);
}

/** Read `path=value`, `path>5`, `path<5` or `path` alone. */
function metadata(written: string): object {
  const [, path = written, sign, value = ""] = /^(.*?)(=|<|>)(.*)$/s.exec(written) ?? [];
  if (!sign) return { path: path.trim(), exists: true };
  const number = Number(value);
  const isNumber = value.trim() !== "" && Number.isFinite(number);
  if (sign === ">") return { path: path.trim(), number: { gt: number } };
  if (sign === "<") return { path: path.trim(), number: { lt: number } };
  if (value === "true" || value === "false") return { path: path.trim(), flag: value === "true" };
  return isNumber ? { path: path.trim(), number: { eq: number } } : { path: path.trim(), text: { eq: value } };
}
