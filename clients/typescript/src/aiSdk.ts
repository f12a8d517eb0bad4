/**
 * Memory for the AI SDK (`ai`): tools for a model, and a middleware that adds what is known.
 *
 * Import it from `@agent-memory/client/ai-sdk`; it needs the package `ai`.
 */

import { jsonSchema, type LanguageModelMiddleware, type Tool, tool } from "ai";

import type { MemoryClient } from "./client.js";
import { MemoryClientError, MemoryNotFoundError } from "./errors.js";
import type { MemoryRecord, ProviderMessage } from "./models.js";
import { readArguments, type ToolSchema } from "./toolArguments.js";

/** Whose memories; what is left out is the client's default. */
export interface MemoryScope {
  readonly userId?: string;
  readonly namespace?: string;
}

/** What a middleware adds and keeps. */
export interface MiddlewareOptions extends MemoryScope {
  /** The session that keeps what is said, from which facts are extracted; nothing is kept without. */
  readonly sessionId?: string;
  /** How many memories to add at the most; 10 when absent. */
  readonly limit?: number;
  /** Is told of a failure of memory, without which the model is called then; thrown when absent. */
  readonly onError?: (error: MemoryClientError) => void;
}

/** A tool that reads its arguments as models write them, and answers in words. */
export type MemoryTool = Tool<Record<string, unknown>, string>;

type Params = Parameters<NonNullable<LanguageModelMiddleware["transformParams"]>>[0]["params"];
type Prompt = Params["prompt"];
type Generate = NonNullable<LanguageModelMiddleware["wrapGenerate"]>;
type Stream = NonNullable<LanguageModelMiddleware["wrapStream"]>;
type StreamPart =
  Awaited<ReturnType<Stream>>["stream"] extends ReadableStream<infer Part> ? Part : never;
type SaidPart = { type: string; text?: string; toolCallId?: string; toolName?: string; input?: unknown };

const MOST_RESULTS = 20;
const MEMORY_ID = { type: "string", description: "The memory's id, as a search answers it." } as const;

const TOOLS = ["search_memories", "remember", "edit_memory", "forget_memories"] as const;

/** Make the tools by which a model uses memory; it never leaves the scope. */
export function memoryTools(
  memory: MemoryClient,
  scope: MemoryScope = {},
): Record<(typeof TOOLS)[number], MemoryTool> {
  const owner = owned(memory, scope);
  const reachable = async (memoryId: string): Promise<MemoryRecord> => {
    const found = await memory.getLongTermMemory(memoryId);
    const { userId, namespace } = owner;
    const isOwn =
      (userId === undefined || (found.userId ?? "") === userId) &&
      (namespace === undefined || (found.namespace ?? "") === namespace);
    if (!isOwn) throw new MemoryNotFoundError(`there is no memory ${memoryId}`);
    return found;
  };
  return {
    search_memories: memoryTool(
      "search_memories",
      "Find what is remembered about the user: facts, preferences, events and what was said. Use it before you answer what may depend on them.",
      {
        query: { type: "string", description: "What to look for, in words." },
        topics: {
          type: "array",
          items: { type: "string" },
          description: "Only memories about one of these.",
        },
        max_results: {
          type: "integer",
          minimum: 1,
          maximum: MOST_RESULTS,
          description: "How many memories to answer; 5 when absent.",
        },
      },
      ["query"],
      async ({ query, topics, max_results: limit }) => {
        const { memories } = await memory.searchLongTermMemory(String(query), {
          limit: Number(limit ?? 5),
          filters: { ...owner, ...(topics ? { topics: { any: topics as string[] } } : {}) },
        });
        return memories.map(inWords).join("\n") || "Nothing that is remembered matches.";
      },
    ),
    remember: memoryTool(
      "remember",
      "Store what should be remembered about the user, as full statements of one fact each. What is known already is not stored twice.",
      {
        memories: {
          type: "array",
          items: { type: "string" },
          description: "The statements, such as `User is vegetarian`.",
        },
        topics: { type: "array", items: { type: "string" }, description: "What they are about." },
      },
      ["memories"],
      async ({ memories, topics }) => {
        const texts = memories as string[];
        const results = await memory.createLongTermMemories(
          texts.map((text) => ({ ...owner, text, topics: (topics as string[] | undefined) ?? [] })),
        );
        return results
          .map(({ outcome, memoryId, error }, n) =>
            error === undefined
              ? `- ${outcome}: ${texts[n]} (id: ${memoryId})`
              : `- not stored: ${texts[n]} (${error.message})`,
          )
          .join("\n");
      },
    ),
    edit_memory: memoryTool(
      "edit_memory",
      "Correct a memory that is wrong or has changed.",
      {
        memory_id: MEMORY_ID,
        text: { type: "string", description: "The corrected statement." },
      },
      ["memory_id", "text"],
      async ({ memory_id: id, text }) => {
        const { etag } = await reachable(String(id));
        const options = etag === undefined ? {} : { etag };
        const edited = await memory.editLongTermMemory(String(id), { text: String(text) }, options);
        return `Changed:\n${inWords(edited)}`;
      },
    ),
    forget_memories: memoryTool(
      "forget_memories",
      "Delete memories, when the user asks to forget something.",
      {
        memory_ids: {
          type: "array",
          items: { type: "string" },
          description: "The memories' ids, as a search answers them.",
        },
      },
      ["memory_ids"],
      async ({ memory_ids: ids }) => {
        const found = await Promise.allSettled((ids as string[]).map(reachable));
        const own = found.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : []));
        if (own.length > 0) await memory.deleteLongTermMemories(own);
        const missing = (ids as string[]).filter((id) => !own.includes(id));
        return `Deleted ${own.length}.${missing.length > 0 ? ` Not found: ${missing.join(", ")}.` : ""}`;
      },
    ),
  };
}

/**
 * Make a middleware that adds what is known for the user's question to the instructions of a call,
 * and keeps what was said in a session, if one is named.
 *
 *     const model = wrapLanguageModel({ model: own, middleware: memoryMiddleware(memory, { userId }) });
 */
export function memoryMiddleware(
  memory: MemoryClient,
  options: MiddlewareOptions = {},
): LanguageModelMiddleware {
  const owner = owned(memory, options);
  const { sessionId, limit, onError } = options;
  const guarded = async <Result>(work: () => Promise<Result>, otherwise: Result): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (onError === undefined || !(error instanceof MemoryClientError)) throw error;
      onError(error);
      return otherwise;
    }
  };
  const keep = async (prompt: Prompt, answer: readonly SaidPart[]): Promise<void> => {
    if (sessionId === undefined) return;
    const messages = unanswered(prompt).flatMap(asSaid);
    if (answer.length > 0) messages.push({ role: "assistant", content: answer });
    if (messages.length === 0) return;
    await guarded(() => memory.appendMessagesToWorkingMemory(sessionId, messages, owner), undefined);
  };
  return {
    specificationVersion: "v4",
    transformParams: async ({ params }) => {
      const question = questionOf(params.prompt);
      if (question === "") return params;
      const known = await guarded(async () => {
        const search = { limit: limit ?? 10 };
        const { messages } = await memory.memoryPrompt(question, {
          ...owner,
          longTermSearch: search,
          includeQuery: false,
        });
        return messages.map(({ content }) => String(content)).join("\n\n");
      }, "");
      return known === "" ? params : { ...params, prompt: instructed(params.prompt, known) };
    },
    wrapGenerate: async ({ doGenerate, params }: Parameters<Generate>[0]) => {
      const result = await doGenerate();
      await keep(params.prompt, result.content.flatMap(said));
      return result;
    },
    wrapStream: async ({ doStream, params }: Parameters<Stream>[0]) => {
      const { stream, ...rest } = await doStream();
      const parts = new Map<string, SaidPart>();
      const kept = new TransformStream<StreamPart, StreamPart>({
        transform(part, controller) {
          note(part, parts);
          controller.enqueue(part);
        },
        flush: () => keep(params.prompt, [...parts.values()]),
      });
      return { stream: stream.pipeThrough(kept), ...rest };
    },
  };
}

function memoryTool(
  name: string,
  description: string,
  properties: ToolSchema["properties"],
  required: string[],
  act: (given: Record<string, unknown>) => Promise<string>,
): MemoryTool {
  const schema: ToolSchema = { type: "object", properties, required, additionalProperties: false };
  return tool({
    description,
    inputSchema: jsonSchema<Record<string, unknown>>(schema, {
      validate: (given) => readArguments(name, given, schema),
    }),
    execute: async (given): Promise<string> => {
      try {
        return await act(given);
      } catch (error) {
        // A model can do something about what it is told.
        if (error instanceof MemoryClientError) return `It failed: ${error.message}`;
        throw error;
      }
    },
  });
}

function owned(memory: MemoryClient, scope: MemoryScope): MemoryScope {
  const userId = scope.userId ?? memory.options.defaultUserId;
  const namespace = scope.namespace ?? memory.options.defaultNamespace;
  return { ...(userId !== undefined && { userId }), ...(namespace !== undefined && { namespace }) };
}

function inWords(memory: MemoryRecord): string {
  const said = memory.eventDate ?? memory.createdAt;
  const when = said ? `, ${said.toISOString().slice(0, 10)}` : "";
  return `- ${memory.text} (${memory.memoryType}${when}; id: ${memory.id})`;
}

/** Answer what the user says last; calls of tools that follow belong to it. */
function questionOf(prompt: Prompt): string {
  const last = prompt.findLast(({ role }) => role === "user");
  if (last === undefined || typeof last.content === "string") return "";
  return last.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** Add to the instructions, which stand first: not every provider takes them elsewhere. */
function instructed(prompt: Prompt, known: string): Prompt {
  const [first, ...rest] = prompt;
  if (first?.role !== "system") return [{ role: "system", content: known }, ...prompt];
  return [{ ...first, content: `${first.content}\n\n${known}` }, ...rest];
}

/** List what came since the model spoke last; the rest was kept when it did. */
function unanswered(prompt: Prompt): Prompt {
  const last = prompt.findLastIndex(({ role }) => role === "assistant");
  return prompt.slice(last + 1).filter(({ role }) => role !== "system");
}

/** Make messages of one: what came from memory is shown again, and not learned from. */
function asSaid({ role, content }: Prompt[number]): ProviderMessage[] {
  if (role !== "tool") return [{ role, content }];
  const isRecalled = (part: (typeof content)[number]): boolean =>
    part.type === "tool-result" && (TOOLS as readonly string[]).includes(part.toolName);
  return [
    { role, content: content.filter(isRecalled), recalled: true },
    { role, content: content.filter((part) => !isRecalled(part)) },
  ].filter((each) => each.content.length > 0);
}

/** Leave of an answer's content what a message of the assistant has. */
function said(part: SaidPart): SaidPart[] {
  if (part.type === "text" || part.type === "reasoning") {
    return part.text ? [{ type: part.type, text: part.text }] : [];
  }
  if (part.type !== "tool-call") return [];
  const { toolCallId = "", toolName = "", input } = part;
  return [{ type: "tool-call", toolCallId, toolName, input: readInput(input) }];
}

function readInput(input: unknown): unknown {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** Note what a part of a stream adds to the answer. */
function note(part: StreamPart, parts: Map<string, SaidPart>): void {
  if (part.type === "text-delta" || part.type === "reasoning-delta") {
    const type = part.type === "text-delta" ? "text" : "reasoning";
    const key = `${type} ${part.id}`;
    parts.set(key, { type, text: (parts.get(key)?.text ?? "") + part.delta });
  } else if (part.type === "tool-call") {
    for (const call of said(part)) parts.set(`call ${part.toolCallId}`, call);
  }
}
