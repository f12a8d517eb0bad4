/**
 * Messages as chat APIs and their SDKs write them, read into the client's fields.
 *
 * OpenAI (chat completions and responses), Anthropic, Gemini and the AI SDK are understood. What is
 * none of a part's kinds is kept as `other`: nothing that a provider adds makes a message unfit.
 */

import { invalid } from "./errors.js";
import type { ContentPart, Media, NewMessage, ProviderMessage, ToolCall } from "./models.js";
import { fromBase64, toBase64 } from "./values.js";

type Fields = Readonly<Record<string, unknown>>;
type PartReader = (part: Fields, kind: string) => ContentPart;
type MediaKind = "image" | "audio" | "file";

const LONGEST_URI = 8192;
const LONGEST_ID = 256;
/** Fields of a message that no provider's form has, and that stay what they are. */
const OWN = ["createdAt", "recalled", "sequence", "skipExtraction", "wholeBytes"];
const FIELDS = new Set([
  ...["role", "content", "id", "name", "parts", "original", "toolCalls", "toolCallId"],
  ...["tool_calls", "tool_call_id", ...OWN],
]);
const SAYING = ["content", "parts", "tool_calls", "refusal", "audio", "function_call"];
const CALL_FIELDS = new Set(["id", "name", "arguments"]);
const OUTER_CALL_FIELDS = new Set(["id", "type", "function"]);
const WRAPPERS = ["function", "custom"];
const CALLS = ["function_call", "custom_tool_call", "tool_use", "tool_call", "tool-call"];
const ROLES: Readonly<Record<string, string>> = {
  human: "user",
  ai: "assistant",
  system: "system",
  tool: "tool",
  function: "function",
};
const MEDIA: Readonly<Record<string, MediaKind>> = {
  image: "image",
  image_url: "image",
  input_image: "image",
  audio: "audio",
  input_audio: "audio",
  file: "file",
  input_file: "file",
  document: "file",
  media: "file",
  video: "file",
};
const NESTED = ["source", "image_url", "input_audio", "file", "audio"];
const URIS = ["url", "uri", "file_uri", "fileUri", "image_url", "file_url", "file_id"];
const BYTES = ["data", "base64", "file_data", "image"];
const TYPES = ["media_type", "mime_type", "mediaType", "mimeType"];
const NAMES = ["filename", "title", "display_name", "displayName"];
const THOUGHTS = ["thinking", "redacted_thinking", "reasoning", "reasoning_text"];

const READERS: Readonly<Record<string, PartReader>> = {
  ...named(["text", "input_text", "output_text", "summary_text"], said),
  ...named(THOUGHTS, (part) => ({ kind: "reasoning", text: text(part) })),
  ...named(CALLS, call),
  refusal: (part, kind) =>
    typeof part["refusal"] === "string" ? { kind: "refusal", text: part["refusal"] } : other(kind),
  tool_result: (part) =>
    result(part, part["tool_use_id"] || part["tool_call_id"], part["content"]),
  "tool-result": (part) => output(part),
};

/** Read a message; one in the client's own fields is answered as it is. */
export function readMessage(given: NewMessage | ProviderMessage, path: string): NewMessage {
  const written = defined(given);
  if (isOurs(written)) return inOurFields(written, path);
  const message: Record<string, unknown> = {};
  const original: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(written)) {
    (OWN.includes(key) ? message : original)[key] = value;
  }
  message["original"] = original;
  const { id, name, type } = written;
  if (isText(id) && id.length <= LONGEST_ID) message["id"] = id;
  if (isText(name) && !("call_id" in written)) message["name"] = name;
  if (!("role" in written) && typeof type === "string" && !(type in ROLES)) {
    return { ...message, ...readItem(written, type) };
  }
  const role =
    written["role"] || ROLES[String(type)] || ("parts" in written ? "user" : undefined);
  if (typeof role !== "string") throw invalid(`${path}.role`, "is missing");
  const answered = written["tool_call_id"];
  return {
    ...message,
    role: role === "model" && "parts" in written ? "assistant" : role,
    toolCalls: list(written["tool_calls"]).filter(isFields).map((each) => readCall(each, path)),
    ...(isText(answered)
      ? { toolCallId: answered }
      : role === "function" && isText(name) && { toolCallId: name }),
    ...told(partsOf(written)),
  };
}

/** List all that a message consists of as parts, its calls and what it answers included. */
export function allParts(message: NewMessage): ContentPart[] {
  const said: ContentPart[] = message.content ? [{ kind: "text", text: message.content }] : [];
  const parts = message.parts?.length ? [...message.parts] : said;
  if (message.role === "tool" && !parts.some(({ kind }) => kind === "toolResult")) {
    const { toolCallId, content } = message;
    return [
      { kind: "toolResult", toolResult: { toolCallId: toolCallId ?? "", content: content ?? "" } },
    ];
  }
  return [
    ...parts,
    ...(message.toolCalls ?? []).map((toolUse) => ({ kind: "toolUse" as const, toolUse })),
  ];
}

export function isFields(value: unknown): value is Fields {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function isOurs(given: Fields): boolean {
  if (Array.isArray(given["content"])) return false;
  if (list(given["parts"]).some((part) => isFields(part) && !("kind" in part))) return false;
  if (list(given["tool_calls"]).some(isMoreThanACall)) return false;
  const unknown = Object.keys(given).filter((key) => !FIELDS.has(key));
  if (unknown.length === 0 || unknown.some((key) => meant(key) !== undefined)) return true;
  // A message that says nothing is no message of anybody.
  return !unknown.includes("type") && !SAYING.some((key) => key in given);
}

function inOurFields(given: Fields, path: string): NewMessage {
  for (const key of Object.keys(given)) {
    if (FIELDS.has(key)) continue;
    const suggested = meant(key);
    throw invalid(`${path}.${key}`, suggested ? `is unknown; write ${suggested}` : "is unknown");
  }
  if (!isText(given["role"])) throw invalid(`${path}.role`, "is missing");
  const { tool_calls: calls, tool_call_id: answered, ...message } = given;
  return {
    ...(message as unknown as NewMessage),
    ...(list(calls).length > 0 && {
      toolCalls: list(calls).filter(isFields).map((each) => readCall(each, path)),
    }),
    ...(isText(answered) && { toolCallId: answered }),
  };
}

/** Answer the own field that a key is another spelling of. */
function meant(key: string): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[_-]/g, "");
  return FIELDS.has(key) ? undefined : OWN.find((own) => plain(own) === plain(key));
}

function isMoreThanACall(call: unknown): boolean {
  if (!isFields(call)) return false;
  const within = (given: Fields, known: ReadonlySet<string>): boolean =>
    Object.keys(given).every((key) => known.has(key));
  const inner = call["function"];
  if (!isFields(inner)) return !within(call, CALL_FIELDS);
  const plain = within(inner, CALL_FIELDS) && typeof inner["arguments"] === "string";
  return !(within(call, OUTER_CALL_FIELDS) && isText(call["id"]) && plain);
}

/** Make the fields of what is said; a plain text alone needs no parts. */
function told(parts: ContentPart[]): Pick<NewMessage, "content" | "parts"> {
  const [first] = parts;
  if (parts.length === 1 && first?.kind === "text") return { content: first.text };
  const texts = parts.flatMap((part) =>
    (part.kind === "text" || part.kind === "refusal") && part.text ? [part.text] : [],
  );
  return { content: texts.join("\n"), parts };
}

/** Read the parts of a message, among them those that stand beside its content. */
function partsOf(given: Fields): ContentPart[] {
  const parts: ContentPart[] = [];
  for (const name of ["reasoning_content", "reasoning"]) {
    const thought = given[name];
    if (isText(thought)) parts.push({ kind: "reasoning", text: thought });
  }
  const content = "parts" in given ? given["parts"] : given["content"];
  parts.push(...(typeof content === "string" ? [content] : list(content)).map(readPart));
  const { refusal, audio, function_call: called } = given;
  if (isText(refusal)) parts.push({ kind: "refusal", text: refusal });
  if (isFields(audio)) {
    const { transcript, id } = audio;
    if (isText(transcript)) parts.push({ kind: "text", text: transcript });
    parts.push(media("audio", { ...audio, file_id: id }, "audio"));
  }
  if (isFields(called)) parts.push(call(called, "function_call"));
  return parts;
}

/** Read an item of OpenAI's responses that is no message. */
function readItem(given: Fields, kind: string): NewMessage {
  if (kind === "reasoning") {
    const texts = [...list(given["summary"]), ...list(given["content"])].map(text);
    const thought = texts.filter(Boolean).join("\n");
    return { role: "assistant", parts: [{ kind: "reasoning", text: thought }] };
  }
  const answered = given["call_id"];
  if (kind.endsWith("_output") && isText(answered)) {
    const said = given["output"];
    const parts = (typeof said === "string" ? [said] : list(said)).map(readPart);
    return {
      role: "tool",
      toolCallId: answered,
      ...told(parts.length > 0 ? parts : [other(kind)]),
    };
  }
  return { role: "assistant", parts: [CALLS.includes(kind) ? call(given, kind) : other(kind)] };
}

/** Read a part as any provider writes it. */
function readPart(part: unknown): ContentPart {
  if (typeof part === "string") return { kind: "text", text: part };
  if (!isFields(part)) return other(typeof part);
  const kind = part["type"];
  if (typeof kind !== "string") return readTypeless(part);
  const held = MEDIA[kind];
  if (held !== undefined) return media(ofType(held, part), part, kind);
  return READERS[kind]?.(part, kind) ?? other(kind);
}

/** Tell what a file of the AI SDK is, which has one type for all media. */
function ofType(kind: MediaKind, part: Fields): MediaKind {
  const type = part["mediaType"];
  return kind === "file" && isText(type) ? kindOf(type) : kind;
}

/** Read a part of Gemini, which is told by the field that it has. */
function readTypeless(part: Fields): ContentPart {
  const { text: written, thought } = part;
  if (isText(written)) return { kind: thought ? "reasoning" : "text", text: written };
  for (const [key, value] of Object.entries(part)) {
    if (!isFields(value)) continue;
    if (["inline_data", "inlineData", "file_data", "fileData"].includes(key)) {
      return media(kindOf(first(value, TYPES)), value, key);
    }
    if (key === "function_call" || key === "functionCall") return call(value, key);
    if (key === "function_response" || key === "functionResponse") {
      return result(value, value["id"] || value["name"], value["response"]);
    }
  }
  return other(Object.entries(part).find(([, value]) => value !== null)?.[0] ?? "");
}

/** Read a call into the fields of a `ToolCall`; what it has beside them stays unread. */
function readCall(given: Fields, path: string): ToolCall {
  const inner = WRAPPERS.map((key) => given[key]).find(isFields) ?? given;
  const { name } = inner;
  const id = given["id"] ?? name;
  const written = ["arguments", "args", "input"].map((key) => inner[key]).find(isGiven) ?? "";
  const spelled = typeof written === "string" ? written : spell(written);
  if (!isText(name) || !isText(id) || spelled === undefined) {
    throw invalid(`${path}.tool_calls`, "has a call without a name, or with arguments beyond JSON");
  }
  return { id, name, arguments: spelled };
}

/** Read a call; a provider that gives it no id answers it by its function. */
function call(given: Fields, kind: string): ContentPart {
  const name = given["name"] ?? given["toolName"];
  const id = ["call_id", "toolCallId", "id"].map((key) => given[key]).find(isText) ?? name;
  const written = ["arguments", "input", "args"].map((key) => given[key]).find(isGiven) ?? "";
  const spelled = typeof written === "string" ? written : spell(written);
  if (!isText(id) || !isText(name) || spelled === undefined) return other(kind);
  return { kind: "toolUse", toolUse: { id, name, arguments: spelled } };
}

/** Read an answer: its text, or the texts of its parts, or its JSON. */
function result(part: Fields, answered: unknown, content: unknown): ContentPart {
  const { name } = part;
  const said = Array.isArray(content)
    ? content.map(text).filter(Boolean).join("\n")
    : typeof content === "string"
      ? content
      : isGiven(content)
        ? (spell(content) ?? "")
        : "";
  return {
    kind: "toolResult",
    toolResult: {
      toolCallId: isText(answered) ? answered : "",
      name: isText(name) ? name : "",
      content: said,
      isError: Boolean(part["is_error"]),
    },
  };
}

/** Read an answer of the AI SDK, whose output says what it is. */
function output(part: Fields): ContentPart {
  const given = part["output"];
  const { type, value, reason } = isFields(given) ? given : { type: "", value: given, reason: "" };
  const content = type === "execution-denied" ? reason : value;
  const failed = typeof type === "string" && (type.startsWith("error") || type.endsWith("denied"));
  return result({ name: part["toolName"], is_error: failed }, part["toolCallId"], content);
}

function said(part: Fields, kind: string): ContentPart {
  return typeof part["text"] === "string" ? { kind: "text", text: part["text"] } : other(kind);
}

function other(name: string): ContentPart {
  return { kind: "other", text: name.slice(0, LONGEST_ID / 4) || "part" };
}

/** Read media, wherever the part says where or what they are. */
function media(kind: MediaKind, part: Fields, name: string): ContentPart {
  const fields: Record<string, unknown> = { ...part };
  for (const nested of NESTED) {
    const inner = part[nested];
    if (isFields(inner) && !(inner instanceof URL)) Object.assign(fields, inner);
  }
  if (isFields(fields["data"])) Object.assign(fields, fromAiSdk(fields["data"]));
  const format = first(fields, ["format"]);
  let mediaType = first(fields, TYPES) || (format && `${kind}/${format}`);
  let data = BYTES.map((key) => fields[key]).find(Boolean);
  if (data instanceof ArrayBuffer) data = new Uint8Array(data);
  let uri = data instanceof URL ? data.href : first(fields, URIS);
  if (uri.startsWith("data:")) [uri, data] = ["", uri];
  // The AI SDK writes an address where bytes may stand.
  if (isText(data) && /^https?:\/\//.test(data)) [uri, data] = [data, undefined];
  const content =
    isText(data) && fields["type"] === "text" ? new TextEncoder().encode(data) : bytesOf(data);
  if (isText(data) && data.startsWith("data:")) {
    mediaType ||= data.slice("data:".length).split(/[,;]/, 1)[0] ?? "";
  }
  if (!content?.length && (uri === "" || uri.length > LONGEST_URI)) return other(name);
  const held: Media = { uri, data: content ?? new Uint8Array(), mediaType, name: first(fields, NAMES) };
  return { kind, media: held };
}

/** Read the data of a file of the AI SDK, which say what they are. */
function fromAiSdk(given: Fields): Fields {
  const { type, data, url, text: written } = given;
  return { type, data: type === "text" ? written : data, url: url instanceof URL ? url.href : url };
}

/** Read bytes, or base64 with or without the head of a data URL, if it can be told again. */
function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== "string") return undefined;
  const comma = data.indexOf(",");
  const isUrl = comma > 0 && /^data:.*;base64$/s.test(data.slice(0, comma));
  const written = isUrl ? data.slice(comma + 1) : data;
  try {
    const read = fromBase64(written);
    return toBase64(read) === written ? read : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(mediaType: string): MediaKind {
  const kind = mediaType.split("/", 1)[0];
  return kind === "image" || kind === "audio" ? kind : "file";
}

/** Answer the text in a part, whatever its provider calls it. */
function text(part: unknown): string {
  if (typeof part === "string") return part;
  return isFields(part) ? first(part, ["text", "thinking", "reasoning"]) : "";
}

function first(fields: Fields, names: readonly string[]): string {
  return names.map((name) => fields[name]).find(isText) ?? "";
}

function spell(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function named(names: readonly string[], reader: PartReader): Record<string, PartReader> {
  return Object.fromEntries(names.map((name) => [name, reader]));
}

function defined(given: object): Fields {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? [value] : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
