/**
 * Arguments of tools, as models write them.
 *
 * A model often says the right thing in the wrong form: null for what it leaves out, a number or a
 * list as text, JSON within a string, one thing where a list is meant, another name for a field.
 * Such forms are read by a tool's schema. What it does not explain is refused with the schema in
 * words, so that the model can correct itself.
 */

import { isFields } from "./providers.js";

/** Schema of a field, in the words of JSON Schema. */
export type FieldSchema =
  | { type: "string"; description: string; enum?: string[] }
  | { type: "integer"; description: string; minimum: number; maximum: number }
  | { type: "array"; description: string; items: { type: "string" } };

/** Schema of the arguments of a tool. */
export interface ToolSchema {
  type: "object";
  properties: Record<string, FieldSchema>;
  required: string[];
  additionalProperties: false;
}

/** Arguments that were read, or the reason why they could not be. */
export type ReadArguments =
  | { success: true; value: Record<string, unknown> }
  | { success: false; error: Error };

const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  query: ["q", "text", "search", "search_query", "question", "prompt", "input"],
  topics: ["topic", "tags", "tag", "categories", "category", "subjects", "subject", "labels"],
  max_results: ["limit", "k", "top_k", "n", "count", "num_results", "max", "size", "results"],
  memories: ["memory", "text", "content", "fact", "facts", "statement", "items", "note", "notes"],
  memory_id: ["id", "memory", "identifier"],
  memory_ids: ["ids", "id", "memory_id", "memories"],
  text: ["content", "memory", "fact", "statement", "new_text", "value"],
};
const NOTHING = new Set(["", "null", "none", "nil", "undefined", "n/a", "any", "all"]);
const WRAPPERS = ["arguments", "input", "args", "parameters", "params", "kwargs"];

/** Read arguments by the schema of a tool. */
export function readArguments(name: string, given: unknown, schema: ToolSchema): ReadArguments {
  const written = parsed(given);
  const whole = Array.isArray(written) && written.length === 1 ? written[0] : written;
  if (whole !== null && !isFields(whole)) return refused(name, schema, "they are no JSON object");
  const fields = unwrapped(whole ?? {}, schema);
  const known: Record<string, unknown> = {};
  const unknown = new Map<string, unknown>();
  for (const [key, value] of Object.entries(fields)) {
    if (snake(key) in schema.properties) known[snake(key)] = value;
    else if (value !== null) unknown.set(snake(key), value);
  }
  for (const field of Object.keys(schema.properties)) {
    const meant = SYNONYMS[field]?.find((synonym) => unknown.has(synonym));
    if (meant === undefined || !isNothing(known[field])) continue;
    known[field] = unknown.get(meant);
    unknown.delete(meant);
  }
  const [odd] = unknown.keys();
  if (odd !== undefined) return refused(name, schema, `${odd} is unknown`);
  const value: Record<string, unknown> = {};
  for (const [field, wanted] of Object.entries(schema.properties)) {
    const read = isNothing(known[field]) ? undefined : readField(known[field], wanted);
    if (read === null) return refused(name, schema, `${field} is not understood`);
    if (read !== undefined) value[field] = read;
    else if (schema.required.includes(field)) return refused(name, schema, `${field} is missing`);
  }
  return { success: true, value };
}

/** Read a value by its schema; null where it makes no sense there, none where nothing is left. */
function readField(value: unknown, schema: FieldSchema): unknown {
  if (schema.type === "array") return readList(value);
  if (schema.type === "integer") {
    const number = typeof value === "string" ? Number(value.trim()) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) return null;
    return Math.min(Math.max(number, schema.minimum), schema.maximum);
  }
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return null;
  if (schema.enum === undefined) return value;
  return schema.enum.find((choice) => choice === snake(value)) ?? null;
}

/** Read a list of texts: one thing is a list of it, and a text may spell several. */
function readList(value: unknown): string[] | null | undefined {
  const spelled = typeof value === "string" && /^\s*[[{]/.test(value) ? parsed(value) : value;
  const items = (Array.isArray(spelled) ? spelled : [spelled]).filter((each) => !isNothing(each));
  const texts = items.map((each) => {
    if (typeof each === "number") return String(each);
    if (isFields(each)) return each["text"] ?? each["content"] ?? each["memory"];
    return each;
  });
  if (!texts.every((each): each is string => typeof each === "string")) return null;
  return texts.length > 0 ? texts : undefined;
}

/** Take arguments out of an object that only holds them. */
function unwrapped(
  fields: Readonly<Record<string, unknown>>,
  schema: ToolSchema,
): Readonly<Record<string, unknown>> {
  const [only, ...others] = Object.entries(fields);
  if (only === undefined || others.length > 0) return fields;
  const [key, value] = only;
  const inner = parsed(value);
  return WRAPPERS.includes(key) && !(key in schema.properties) && isFields(inner) ? inner : fields;
}

/** Parse JSON that was spelled once or twice; anything else stays what it is. */
function parsed(given: unknown): unknown {
  let value = given;
  for (let times = 0; times < 3 && typeof value === "string"; times++) {
    const text = value.trim().replace(/^```\w*\s*([\s\S]*?)\s*```$/, "$1");
    if (NOTHING.has(text.toLowerCase())) return null;
    try {
      value = JSON.parse(text);
    } catch {
      return value;
    }
  }
  return value ?? null;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "string" && NOTHING.has(value.trim().toLowerCase());
}

function snake(name: string): string {
  const words = name.trim().replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  return words.replace(/[\s-]+/g, "_").toLowerCase();
}

function refused(name: string, schema: ToolSchema, why: string): ReadArguments {
  const told = Object.entries(schema.properties).map(
    ([field, each]) =>
      `${field} (${inWords(each)}, ${schema.required.includes(field) ? "required" : "optional"})`,
  );
  const error = new Error(`${why}. ${name} takes a JSON object with ${told.join(", ")}.`);
  return { success: false, error };
}

function inWords(schema: FieldSchema): string {
  if (schema.type === "array") return "a list of texts";
  if (schema.type === "integer") return `a number from ${schema.minimum} to ${schema.maximum}`;
  return schema.enum === undefined ? "a text" : `one of ${schema.enum.join(", ")}`;
}
