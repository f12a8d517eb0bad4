/**
 * Filters: conditions on the fields of memories, all of which must hold.
 *
 *     { userId: "alice", topics: { all: ["food", "travel"] } }
 *     { createdAt: { gte: "2024-01-01", lt: "2025-01-01" } }
 *     { metadata: { "agent.id": "chef", importance: { gte: 5 } } }
 *     { namespace: "work", anyOf: [{ pinned: true }, { memoryType: "episodic" }] }
 *
 * A plain value means `eq`. A time is a moment, or a day such as `"2024-01-01"`: `eq` then means
 * within that day, `gt` after its end, `lte` before its end. Days are those of the time zone of the
 * search, or of UTC.
 */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";

import { invalid } from "./errors.js";
import {
  type MemoryFilter,
  MemoryFilterSchema,
  type MetadataFilterSchema,
  type NumberFilterSchema,
  type StrategyFilterSchema,
  type TagFilterSchema,
  type TimeFilterSchema,
  type TypeFilterSchema,
} from "./gen/agent_memory/common/v1/filter_pb.js";
import { MemoryTypeSchema } from "./gen/agent_memory/common/v1/memory_pb.js";
import { ExtractionStrategySchema } from "./gen/agent_memory/common/v1/strategy_pb.js";
import type { MemoryType, Moment, StrategyName } from "./models.js";
import { EnumNames, toInt64, toTimestamp } from "./values.js";

/** Operators on an exact, case-sensitive text, or on a list of such texts. */
export interface TagOperators {
  readonly eq?: string;
  readonly ne?: string;
  readonly any?: readonly string[];
  readonly all?: readonly string[];
  readonly none?: readonly string[];
  readonly prefix?: string;
  readonly exists?: boolean;
}

/** Operators on a moment or a day; `between` has both ends in. */
export interface TimeOperators {
  readonly eq?: Moment;
  readonly ne?: Moment;
  readonly gt?: Moment;
  readonly gte?: Moment;
  readonly lt?: Moment;
  readonly lte?: Moment;
  readonly between?: readonly [Moment, Moment];
  readonly exists?: boolean;
}

/** Operators on a whole number; `between` has both ends in. */
export interface NumberOperators {
  readonly eq?: number;
  readonly ne?: number;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly between?: readonly [number, number];
}

/** Operators on one of a few names. */
export interface ChoiceOperators<Name extends string> {
  readonly eq?: Name;
  readonly ne?: Name;
  readonly any?: readonly Name[];
  readonly none?: readonly Name[];
}

/** Operators on a value of the metadata, each by the type of its operand. */
export interface MetadataOperators {
  readonly eq?: string | number | boolean;
  readonly ne?: string | number | boolean;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly any?: readonly string[] | readonly number[];
  readonly all?: readonly string[];
  readonly none?: readonly string[] | readonly number[];
  readonly prefix?: string;
  readonly exists?: boolean;
}

/** Condition on texts. */
export type TagCondition = string | TagOperators;
/** Condition on a time. */
export type TimeCondition = Moment | TimeOperators;

/** Conditions by field. */
export interface Filter {
  readonly id?: TagCondition | undefined;
  readonly namespace?: TagCondition | undefined;
  readonly userId?: TagCondition | undefined;
  readonly sessionId?: TagCondition | undefined;
  readonly topics?: TagCondition | undefined;
  readonly entities?: TagCondition | undefined;
  readonly extractor?: TagCondition | undefined;
  readonly extractedFrom?: TagCondition | undefined;
  readonly slot?: TagCondition | undefined;
  readonly memoryType?: MemoryType | ChoiceOperators<MemoryType> | undefined;
  readonly extractionStrategy?: StrategyName | ChoiceOperators<StrategyName> | undefined;
  readonly createdAt?: TimeCondition | undefined;
  readonly updatedAt?: TimeCondition | undefined;
  readonly lastAccessed?: TimeCondition | undefined;
  readonly eventDate?: TimeCondition | undefined;
  readonly accessCount?: number | NumberOperators | undefined;
  readonly pinned?: boolean | undefined;
  readonly standing?: boolean | undefined;
  /** Conditions by the path of a value; a dot leads into an object. */
  readonly metadata?:
    | Readonly<Record<string, string | number | boolean | MetadataOperators>>
    | undefined;
  readonly anyOf?: readonly Filter[] | undefined;
  readonly noneOf?: readonly Filter[] | undefined;
}

const TYPES = new EnumNames<MemoryType>(MemoryTypeSchema);
const STRATEGIES = new EnumNames<StrategyName>(ExtractionStrategySchema);

const TAGS = {
  id: "id",
  namespace: "namespace",
  userId: "userId",
  sessionId: "sessionId",
  topics: "topics",
  entities: "entities",
  extractor: "extractor",
  extractedFrom: "sourceMessageIds",
  slot: "slot",
} as const;
const TIMES = {
  createdAt: "createTime",
  updatedAt: "updateTime",
  lastAccessed: "lastAccessTime",
  eventDate: "eventTime",
} as const;
const OTHERS = [
  "memoryType",
  "extractionStrategy",
  "accessCount",
  "pinned",
  "standing",
  "metadata",
  "anyOf",
  "noneOf",
] as const;
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(TAGS),
  ...Object.keys(TIMES),
  ...OTHERS,
]);
const DEEPEST = 30;
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;
const A_DAY_IN_MS = 86_400_000;

/** Defaults of a filter, for the fields that no condition names. */
export interface FilterDefaults {
  readonly namespace?: string | undefined;
  readonly userId?: string | undefined;
}

/**
 * Convert conditions to the filter that holds where every one does.
 *
 * @throws MemoryValidationError A field or an operator is unknown, or a value has the wrong type.
 */
export function toFilter(
  filter: Filter,
  defaults: FilterDefaults = {},
  timeZone = "UTC",
  path = "filter",
): MemoryFilter {
  const { namespace, userId } = defaults;
  return compile(
    {
      ...filter,
      namespace: filter.namespace ?? namespace,
      userId: filter.userId ?? userId,
    },
    path,
    timeZone,
    1,
  );
}

function compile(filter: Filter, path: string, timeZone: string, depth: number): MemoryFilter {
  if (depth > DEEPEST) throw invalid(path.slice(0, 80), `is nested deeper than ${DEEPEST} levels`);
  const result: MessageInitShape<typeof MemoryFilterSchema> = { anyOf: [], noneOf: [] };
  const noneOf: MessageInitShape<typeof MemoryFilterSchema>[] = [];
  for (const name of Object.keys(filter)) {
    if (!KNOWN.has(name)) {
      throw invalid(`${path}.${name}`, `unknown field; known are ${[...KNOWN].join(", ")}`);
    }
  }
  for (const [name, field] of entries(TAGS)) {
    const condition = filter[name];
    if (condition !== undefined) result[field] = tag(condition, `${path}.${name}`);
  }
  for (const [name, field] of entries(TIMES)) {
    const condition = filter[name];
    if (condition === undefined) continue;
    const { times, refused } = time(condition, `${path}.${name}`, timeZone);
    if (times !== undefined) result[field] = times;
    if (refused !== undefined) noneOf.push({ [field]: refused });
  }
  if (filter.memoryType !== undefined) {
    result.type = choice(filter.memoryType, TYPES, `${path}.memoryType`);
  }
  if (filter.extractionStrategy !== undefined) {
    result.strategy = choice(filter.extractionStrategy, STRATEGIES, `${path}.extractionStrategy`);
  }
  if (filter.accessCount !== undefined) {
    result.accessCount = whole(filter.accessCount, `${path}.accessCount`);
  }
  if (filter.pinned !== undefined) result.pinned = filter.pinned;
  if (filter.standing !== undefined) result.standing = filter.standing;
  result.metadata = Object.entries(filter.metadata ?? {}).map(([key, condition]) =>
    onValue(key, condition, `${path}.metadata.${key}`),
  );
  if (filter.anyOf?.length === 0) throw invalid(`${path}.anyOf`, "needs at least one filter");
  result.anyOf = (filter.anyOf ?? []).map((each, n) =>
    compile(each, `${path}.anyOf[${n}]`, timeZone, depth + 1),
  );
  result.noneOf = [
    ...noneOf,
    ...(filter.noneOf ?? []).map((each, n) =>
      compile(each, `${path}.noneOf[${n}]`, timeZone, depth + 1),
    ),
  ];
  return create(MemoryFilterSchema, result);
}

function entries<T extends object>(value: T): [keyof T, T[keyof T]][] {
  return Object.entries(value) as [keyof T, T[keyof T]][];
}

function operators<T extends object>(written: object, path: string, known: readonly string[]): T {
  const given = Object.entries(written).filter(([, operand]) => operand !== undefined);
  if (given.length === 0) throw invalid(path, "holds no condition");
  for (const [name, operand] of given) {
    if (!known.includes(name)) {
      throw invalid(`${path}.${name}`, `unknown operator; known are ${known.join(", ")}`);
    }
    if (operand === null) throw invalid(`${path}.${name}`, "needs a value");
    if (name === "any" && Array.isArray(operand) && operand.length === 0) {
      // In the contract an empty list would match everything.
      throw invalid(`${path}.any`, "needs at least one value");
    }
  }
  return written as T;
}

function tag(condition: TagCondition, path: string): MessageInitShape<typeof TagFilterSchema> {
  if (typeof condition === "string") return { eq: condition };
  const { exists, any, all, none, ...rest } = operators<TagOperators>(condition, path, [
    ...["eq", "ne", "any", "all", "none", "prefix", "exists"],
  ]);
  const result: MessageInitShape<typeof TagFilterSchema> = {
    ...rest,
    any: [...(any ?? [])],
    all: [...(all ?? [])],
    none: [...(none ?? [])],
  };
  if (exists === undefined) return result;
  // The contract has no operator for it: the empty value stands for nothing set.
  const taken = exists ? "ne" : "eq";
  if (rest[taken] !== undefined) throw invalid(`${path}.exists`, `${taken} is given too`);
  return { ...result, [taken]: "" };
}

function choice<Name extends string>(
  condition: Name | ChoiceOperators<Name>,
  names: EnumNames<Name>,
  path: string,
): MessageInitShape<typeof TypeFilterSchema> & MessageInitShape<typeof StrategyFilterSchema> {
  const given: ChoiceOperators<Name> =
    typeof condition === "string"
      ? { eq: condition }
      : operators<ChoiceOperators<Name>>(condition, path, ["eq", "ne", "any", "none"]);
  const numbers = (one: Name | undefined, many: readonly Name[] | undefined): number[] =>
    [...(one === undefined ? [] : [one]), ...(many ?? [])].map((name) => names.number(name, path));
  return { any: numbers(given.eq, given.any), none: numbers(given.ne, given.none) };
}

function whole(
  condition: number | NumberOperators,
  path: string,
): MessageInitShape<typeof NumberFilterSchema> {
  if (typeof condition === "number") return { eq: toInt64(condition, path) };
  const { between, ...rest } = operators<NumberOperators>(condition, path, [
    ...["eq", "ne", "gt", "gte", "lt", "lte", "between"],
  ]);
  const ends = between === undefined ? {} : { gte: between[0], lte: between[1] };
  return Object.fromEntries(
    Object.entries({ ...rest, ...ends }).map(([name, operand]) => [
      name,
      toInt64(operand, `${path}.${name}`),
    ]),
  );
}

function onValue(
  key: string,
  condition: string | number | boolean | MetadataOperators,
  path: string,
): MessageInitShape<typeof MetadataFilterSchema> {
  const given: MetadataOperators =
    typeof condition === "object"
      ? operators<MetadataOperators>(condition, path, [
          ...["eq", "ne", "gt", "gte", "lt", "lte", "any", "all", "none", "prefix", "exists"],
        ])
      : { eq: condition };
  const text: Record<string, string | string[]> = {};
  const number: Record<string, number | number[]> = {};
  const result: MessageInitShape<typeof MetadataFilterSchema> = { path: key };
  for (const [name, operand] of Object.entries(given)) {
    if (name === "exists") result.exists = operand as boolean;
    else if (typeof operand === "boolean") result[name === "eq" ? "flag" : "notFlag"] = operand;
    else if (typeof operand === "number") number[name] = operand;
    else if (typeof operand === "string") text[name] = operand;
    else if (isNumbers(operand)) number[name] = [...operand];
    else text[name] = [...(operand as readonly string[])];
  }
  if (Object.keys(text).length > 0) result.text = text;
  if (Object.keys(number).length > 0) result.number = number;
  return result;
}

function isNumbers(operand: unknown): operand is readonly number[] {
  return (
    Array.isArray(operand) && operand.length > 0 && operand.every((each) => typeof each === "number")
  );
}

type Times = MessageInitShape<typeof TimeFilterSchema>;

function time(
  condition: TimeCondition,
  path: string,
  timeZone: string,
): { times?: Times; refused?: Times } {
  const given: TimeOperators =
    typeof condition === "object" && !(condition instanceof Date)
      ? operators<TimeOperators>(condition, path, [
          ...["eq", "ne", "gt", "gte", "lt", "lte", "between", "exists"],
        ])
      : { eq: condition };
  const { between, exists, ...rest } = given;
  const ends = between === undefined ? {} : { gte: between[0], lte: between[1] };
  const times: { [Bound in Exclude<keyof TimeOperators, "between" | "exists">]?: Timestamp } = {};
  let refused: Times | undefined;
  for (const [name, operand] of entries({ ...rest, ...ends }) as [
    "eq" | "ne" | "gt" | "gte" | "lt" | "lte",
    Moment,
  ][]) {
    const here = `${path}.${name}`;
    if (typeof operand !== "string" || !A_DAY.test(operand)) {
      const moment = toTimestamp(operand, here);
      if (moment !== undefined) narrow(times, name, moment);
      continue;
    }
    const start = startOfDay(operand, timeZone, here);
    const next = startOfDay(following(operand, here), timeZone, here);
    if (name === "ne") refused = { gte: start, lt: next };
    if (name === "eq" || name === "gte") narrow(times, "gte", start);
    if (name === "gt") narrow(times, "gte", next);
    if (name === "lt") narrow(times, "lt", start);
    if (name === "eq" || name === "lte") narrow(times, "lt", next);
  }
  const set = Object.keys(times).length > 0 || exists !== undefined;
  return {
    ...(set ? { times: { ...times, ...(exists === undefined ? {} : { exists }) } } : {}),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** Set a bound, or keep the narrower of two. */
function narrow(
  times: { [name: string]: Timestamp | undefined },
  bound: string,
  moment: Timestamp,
): void {
  const kept = times[bound];
  const upper = bound === "lt" || bound === "lte";
  if (kept === undefined || timestampMs(moment) < timestampMs(kept) === upper) {
    times[bound] = moment;
  }
}

function following(day: string, path: string): string {
  const start = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(start)) throw invalid(path, `'${day}' is no time`);
  return new Date(start + A_DAY_IN_MS).toISOString().slice(0, 10);
}

/** Find the first moment of a day in a time zone. */
function startOfDay(day: string, timeZone: string, path: string): Timestamp {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(wanted)) throw invalid(path, `'${day}' is no time`);
  // The offset is that of the moment itself, which the first guess may miss by a change of clocks.
  let moment = wanted - offset(wanted, timeZone);
  moment = wanted - offset(moment, timeZone);
  return timestampFromMs(moment);
}

function offset(moment: number, timeZone: string): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    parts = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    }).formatToParts(moment);
  } catch {
    throw invalid("timeZone", `'${timeZone}' is no time zone`);
  }
  const part = (type: string): number =>
    Number(parts.find((each) => each.type === type)?.value ?? 0);
  const local = Date.UTC(
    ...([part("year"), part("month") - 1, part("day")] as const),
    ...([part("hour"), part("minute"), part("second")] as const),
  );
  return local - Math.floor(moment / 1000) * 1000;
}
