/**
 * Messages in the form of their providers.
 *
 * A message that came in a provider's form is kept as JSON beside its fields. What a field holds
 * stands there as a reference: `{"$ref": "parts.0.text"}`, spelled otherwise with `"$as"`;
 * `{"$bytes": "..."}` is bytes in base64, and `{"$literal": {...}}` an object that has such a key
 * itself.
 */

import type { Message } from "./gen/agent_memory/common/v1/message_pb.js";
import type { PromptMessage } from "./gen/agent_memory/working_memory/v1/working_memory_pb.js";
import type { ChatMessage } from "./models.js";

type Kept = Message | PromptMessage;

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
  if (form === "json" && typeof value === "string") return JSON.parse(value);
  if (typeof value === "string") throw new RangeError(form);
  if (form === "utf-8") return new TextDecoder().decode(value);
  const base64 = toBase64(value);
  return form === "base64" ? base64 : form + base64;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOneof(value: unknown): value is { case: string; value: unknown } {
  return isObject(value) && typeof value["case"] === "string";
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
