/**
 * Messages in the form of their providers.
 *
 * A message that came in a provider's form is kept as JSON beside its fields. What a field holds
 * stands there as a reference: `{"$ref": "parts.0.text"}`, spelled otherwise with `"$as"`;
 * `{"$bytes": "..."}` is bytes in base64, and `{"$literal": {...}}` an object that has such a key
 * itself.
 */

import type { MessageInitShape } from "@bufbuild/protobuf";

import { invalid } from "./errors.js";
import type { Message, MessageSchema } from "./gen/agent_memory/common/v1/message_pb.js";
import type { PromptMessage } from "./gen/agent_memory/working_memory/v1/working_memory_pb.js";
import type { ChatMessage } from "./models.js";
import { fromBase64, toBase64 } from "./values.js";

type Kept = Message | PromptMessage;

const MARKS = ["$ref", "$bytes", "$literal"];
const WORTH_A_REFERENCE = 32;
const DEEPEST = 100;

/**
 * Spell a provider's message as JSON that refers to the fields of ours.
 *
 * @throws MemoryValidationError It is not JSON, bytes aside.
 */
export function spelled(
  original: Record<string, unknown>,
  message: MessageInitShape<typeof MessageSchema>,
  path: string,
): string {
  return JSON.stringify(new Speller(message, path).encoded(original, 0));
}

/** Speller of one message; knows where its longer values stand. */
class Speller {
  readonly #path: string;
  readonly #texts = new Map<string, string>();
  /** By base64. */
  readonly #bytes = new Map<string, string>();

  constructor(message: MessageInitShape<typeof MessageSchema>, path: string) {
    this.#path = path;
    for (const [n, { kind }] of (message.parts ?? []).entries()) {
      if (kind?.case === undefined) continue;
      const at = `parts.${n}.${kind.case.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
      if (typeof kind.value === "string") this.#note(at, kind.value);
      else if (kind.case === "toolUse") this.#note(`${at}.arguments`, kind.value.arguments);
      else if (kind.case === "toolResult") this.#note(`${at}.content`, kind.value.content);
      else if ("data" in kind.value && kind.value.data) this.#noteBytes(`${at}.data`, kind.value.data);
    }
    for (const [n, call] of (message.toolCalls ?? []).entries()) {
      this.#note(`tool_calls.${n}.arguments`, call.arguments);
    }
    if (!message.parts?.length) this.#note("content", message.content);
  }

  /** Encode a value within the message, at a depth. */
  encoded(value: unknown, depth: number): unknown {
    if (depth > DEEPEST) throw invalid(this.#path, `is nested deeper than ${DEEPEST} levels`);
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (value instanceof URL) return value.href;
    if (value instanceof ArrayBuffer) return this.#data(new Uint8Array(value));
    if (value instanceof Uint8Array) return this.#data(value);
    if (Array.isArray(value)) return value.map((each) => this.encoded(each ?? null, depth + 1));
    if (isObject(value) && !(value instanceof Date)) return this.#object(value, depth);
    throw invalid(this.#path, `holds ${String(value).slice(0, 80)}, which is not JSON`);
  }

  #note(path: string, text: string | undefined): void {
    if (text === undefined || text.length < WORTH_A_REFERENCE || this.#texts.has(text)) return;
    this.#texts.set(text, path);
  }

  #noteBytes(path: string, data: Uint8Array): void {
    if (data.length >= WORTH_A_REFERENCE) this.#bytes.set(toBase64(data), path);
  }

  #object(value: Record<string, unknown>, depth: number): unknown {
    if (depth > 0 && this.#texts.size > 0) {
      const known = this.#texts.get(JSON.stringify(value)) ?? this.#texts.get(shortened(value));
      if (known) return { $ref: known, $as: "json" };
    }
    const fields = Object.fromEntries(
      Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .sort(([one], [two]) => (one < two ? -1 : 1))
        .map(([key, each]) => [key, this.encoded(each, depth + 1)]),
    );
    return MARKS.some((mark) => mark in fields) ? { $literal: fields } : fields;
  }

  #text(text: string): unknown {
    if (text.length < WORTH_A_REFERENCE) return text;
    const same = this.#texts.get(text);
    if (same !== undefined) return { $ref: same };
    const bytes = this.#bytes.get(text);
    if (bytes !== undefined) return { $ref: bytes, $as: "base64" };
    const comma = text.indexOf(",");
    const tail = comma < 0 ? undefined : this.#bytes.get(text.slice(comma + 1));
    if (tail !== undefined) return { $ref: tail, $as: text.slice(0, comma + 1) };
    if (this.#bytes.size === 0) return text;
    const spoken = this.#bytes.get(toBase64(new TextEncoder().encode(text)));
    return spoken === undefined ? text : { $ref: spoken, $as: "utf-8" };
  }

  #data(data: Uint8Array): unknown {
    const base64 = toBase64(data);
    const known = this.#bytes.get(base64);
    return known === undefined ? { $bytes: base64 } : { $ref: known };
  }
}

/**
 * Answer a message as its provider writes it; none where it did not come so. One that refers to
 * what the message has not counts as none.
 */
export function restored(message: Kept): Record<string, unknown> | undefined {
  if (message.original === "") return undefined;
  try {
    const read = decoded(JSON.parse(message.original), message);
    return isObject(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Convert a message of a prompt to the form of chat APIs, or of its provider. */
export function asChatMessage(message: PromptMessage): ChatMessage {
  const original = restored(message);
  if (original !== undefined) return asRequest(original) as ChatMessage;
  return {
    role: message.role,
    content: message.content,
    ...(message.name && { name: message.name }),
    ...(message.toolCalls.length > 0 && {
      tool_calls: message.toolCalls.map(({ id, name, arguments: given }) => ({
        id,
        type: "function",
        function: { name, arguments: given },
      })),
    }),
    ...(message.toolCallId && { tool_call_id: message.toolCallId }),
  };
}

/** Leave of a message what its provider takes in a request, where that answers more than that. */
function asRequest(original: Record<string, unknown>): Record<string, unknown> {
  const kept = (key: string): boolean => {
    if ("parts" in original) return key === "role" || key === "parts";
    if ("stop_reason" in original) return key === "role" || key === "content";
    return key !== "annotations";
  };
  const request = Object.fromEntries(
    Object.entries(original).filter(
      ([key, value]) => kept(key) && (value !== null || key === "content"),
    ),
  );
  const audio = request["audio"];
  if (isObject(audio) && "id" in audio) request["audio"] = { id: audio["id"] };
  return request;
}

function decoded(value: unknown, message: Kept): unknown {
  if (Array.isArray(value)) return value.map((each) => decoded(each, message));
  if (!isObject(value)) return value;
  const literal = value["$literal"];
  if (isObject(literal)) return mapped(literal, message);
  const bytes = value["$bytes"];
  if (typeof bytes === "string") return fromBase64(bytes);
  const reference = value["$ref"];
  if (typeof reference === "string") {
    return readAs(String(value["$as"] ?? ""), field(message, reference));
  }
  return mapped(value, message);
}

function mapped(value: Record<string, unknown>, message: Kept): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, decoded(each, message)]),
  );
}

/** Find the value of a field by the path that the contract has for it. */
function field(message: Kept, path: string): string | Uint8Array {
  let found: unknown = message;
  for (const name of path.split(".")) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (isObject(found) && isOneof(found["kind"]) && found["kind"].case === camel) {
      found = found["kind"].value;
    } else if (isObject(found) || Array.isArray(found)) {
      found = (found as Record<string, unknown>)[camel];
    } else throw new RangeError(path);
  }
  if (typeof found !== "string" && !(found instanceof Uint8Array)) throw new RangeError(path);
  return found;
}

function readAs(form: string, value: string | Uint8Array): unknown {
  if (form === "") return value;
  if (form === "json" && typeof value === "string") return spelledBy(value);
  if (typeof value === "string") throw new RangeError(form);
  if (form === "utf-8") return new TextDecoder().decode(value);
  const base64 = toBase64(value);
  return form === "base64" ? base64 : form + base64;
}

/** Read the JSON that a text spells; a shortened answer spells none, and is an output still. */
function spelledBy(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { output: text };
  }
}

/** Answer the text that `spelledBy` read as a shortened answer; empty where it is none. */
function shortened(value: Record<string, unknown>): string {
  const text = value["output"];
  if (typeof text !== "string" || Object.keys(value).length !== 1) return "";
  try {
    JSON.parse(text);
    return "";
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOneof(value: unknown): value is { case: string; value: unknown } {
  return isObject(value) && typeof value["case"] === "string";
}
