/** The AI SDK with memory: its own loop, and a model's protocol over a real server. */

import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, type ModelMessage, streamText, wrapLanguageModel } from "ai";
import { MemoryClient, type MemoryClientError, MemoryUnavailableError } from "@agent-memory/client";
import { memoryMiddleware, memoryTools } from "@agent-memory/client/ai-sdk";

const baseUrl = process.env["AGENT_MEMORY_ADDRESS"] ?? "";
const userId = `ai-sdk-${Date.now().toString(36)}`;
const memory = new MemoryClient({ baseUrl });

type Asked = { messages: { role: string; content: unknown }[]; stream?: boolean; tools?: unknown[] };
type Answer = { content?: string; calls?: { name: string; arguments: string }[] };

/** A model that answers what it is told to, and remembers what it was asked. */
class Model {
  readonly asked: Asked[] = [];
  readonly answers: Answer[] = [];
  readonly server: Server = createServer(async (request, response) => {
    const asked = JSON.parse(await bodyOf(request)) as Asked;
    this.asked.push(asked);
    const { content, calls } = this.answers.shift() ?? { content: "I have nothing to say." };
    const toolCalls = calls?.map(({ name, arguments: given }, index) => ({
      ...{ index, id: `call-${this.asked.length}-${index}`, type: "function" },
      function: { name, arguments: given },
    }));
    const message = { role: "assistant", content: content ?? null, tool_calls: toolCalls };
    const reason = calls ? "tool_calls" : "stop";
    const head = { id: "x", created: 0, model: "scripted" };
    if (!asked.stream) {
      response.setHeader("content-type", "application/json");
      const choice = { index: 0, message, finish_reason: reason };
      response.end(JSON.stringify({ ...head, object: "chat.completion", choices: [choice] }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    const pieces = [...(content ?? "").split(/(?<= )/)].map((piece) => ({ content: piece }));
    for (const delta of [...pieces, ...(toolCalls ? [{ tool_calls: toolCalls }] : [])]) {
      const chunk = { ...head, choices: [{ index: 0, delta, finish_reason: null }] };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }
    const end = { ...head, choices: [{ index: 0, delta: {}, finish_reason: reason }] };
    response.end(`data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += String(part);
  return body;
}

const scripted = new Model();
const model = () =>
  createOpenAICompatible({ name: "scripted", baseURL: scripted.url }).languageModel("scripted");
const system = (asked: Asked | undefined) =>
  asked?.messages.filter(({ role }) => role === "system").map(({ content }) => String(content)) ?? [];

before(async () => {
  await new Promise<void>((resolve) => scripted.server.listen(0, "127.0.0.1", resolve));
});
after(() => {
  scripted.server.close();
  scripted.server.closeAllConnections();
  memory.close();
});

describe("tools", () => {
  const tools = memoryTools(memory, { userId });
  /** What the tools answer to calls of a model, one after the other. */
  async function answers(...calls: { name: string; arguments: string }[]): Promise<string[]> {
    scripted.answers.push(...calls.map((call) => ({ calls: [call] })), { content: "Done." });
    await generateText({
      ...{ model: model(), tools, prompt: "Go on.", maxRetries: 0 },
      stopWhen: isStepCount(calls.length + 1),
    });
    const last = scripted.asked.at(-1)?.messages ?? [];
    return last.filter(({ role }) => role === "tool").map(({ content }) => String(content));
  }

  test("store, find, correct and forget, within their scope", async () => {
    const text = "User prefers window seats";
    const [stored] = await answers({ name: "remember", arguments: JSON.stringify({ memories: [text] }) });
    assert.match(stored ?? "", /^- created: User prefers window seats \(id: /);
    const search = { name: "search_memories", arguments: '{"query": "seats"}' };
    const [found = ""] = await answers(search);
    const id = /id: ([^)]+)\)/.exec(found)?.[1] ?? "";
    const strangers = memoryTools(memory, { userId: `not-${userId}` });
    const options = { toolCallId: "x", messages: [], context: {} } as never;
    const refused = await strangers.edit_memory.execute?.({ memory_id: id, text: "x" }, options);
    assert.match(String(refused), /^It failed: there is no memory/);
    const edit = { memory_id: id, text: "User prefers aisle seats" };
    const [edited] = await answers({ name: "edit_memory", arguments: JSON.stringify(edit) });
    assert.match(edited ?? "", /User prefers aisle seats/);
    const forget = { memory_ids: [id, "nobody"] };
    const [gone] = await answers({ name: "forget_memories", arguments: JSON.stringify(forget) });
    assert.equal(gone, "Deleted 1. Not found: nobody.");
    assert.deepEqual(await answers(search), ["Nothing that is remembered matches."]);
  });

  test("read arguments as models write them, and tell what they take", async () => {
    const text = "User drinks green tea";
    await answers({ name: "remember", arguments: JSON.stringify({ memories: text, topics: "drinks" }) });
    for (const given of [
      { query: "tea", topics: null, max_results: null },
      { q: "tea", topics: "drinks", limit: "3" },
      { query: "tea", topics: '["drinks"]', maxResults: 50 },
      { arguments: { query: "tea", topics: "" } },
      [{ query: "tea" }],
    ]) {
      const [found] = await answers({ name: "search_memories", arguments: JSON.stringify(given) });
      assert.match(found ?? "", /green tea/, JSON.stringify(given));
    }
    for (const given of ['"User eats rice"', '{"text": "User eats rice"}', '{"memories": [{"text": "User eats rice"}]}']) {
      const wrapped = given.startsWith('"') ? `{"memories": ${given}}` : given;
      const [stored] = await answers({ name: "remember", arguments: wrapped });
      assert.match(stored ?? "", /User eats rice/, given);
    }
    for (const given of ["{}", '{"query": "x", "max_results": "some"}', '{"query": {"a": 1}}']) {
      const [told] = await answers({ name: "search_memories", arguments: given });
      assert.match(told ?? "", /search_memories takes a JSON object with query \(a text, required\)/);
    }
  });
});

describe("the middleware", () => {
  const owner = `${userId}-chat`;

  test("adds what is known to the instructions, first and once", async () => {
    await memory.createLongTermMemories([{ text: "User is vegetarian", userId: owner }]);
    const wrapped = wrapLanguageModel({
      model: model(),
      middleware: memoryMiddleware(memory, { userId: owner }),
    });
    scripted.answers.push({ content: "Pasta." });
    const { text } = await generateText({
      ...{ model: wrapped, instructions: "Be brief.", prompt: "What shall I eat?" },
    });
    assert.equal(text, "Pasta.");
    const [told, ...others] = system(scripted.asked.at(-1));
    assert.equal(others.length, 0);
    assert.match(told ?? "", /^Be brief\.\n\n[^]*User is vegetarian/);
    assert.equal(scripted.asked.at(-1)?.messages.at(-1)?.role, "user");
    scripted.answers.push({ content: "Hello." });
    const stranger = memoryMiddleware(memory, { userId: `not-${owner}` });
    await generateText({ model: wrapLanguageModel({ model: model(), middleware: stranger }), prompt: "Hi." });
    assert.deepEqual(system(scripted.asked.at(-1)), []);
  });

  for (const way of ["whole", "streamed"]) {
    test(`keeps what is said, once, from a ${way} answer`, async () => {
      const sessionId = `${owner}-${way}`;
      const wrapped = wrapLanguageModel({
        model: model(),
        middleware: memoryMiddleware(memory, { userId: owner, sessionId }),
      });
      const tools = memoryTools(memory, { userId: owner });
      const messages: ModelMessage[] = [];
      for (const said of ["I moved to Turku.", "What do I eat?"]) {
        messages.push({ role: "user", content: said });
        if (said.endsWith("?")) {
          scripted.answers.push({ calls: [{ name: "search_memories", arguments: '{"query": "food"}' }] });
        }
        scripted.answers.push({ content: "That is good to know." });
        const asked = { model: wrapped, tools, messages, stopWhen: isStepCount(3) };
        if (way === "whole") messages.push(...(await generateText(asked)).responseMessages);
        else {
          const result = streamText(asked);
          await result.consumeStream();
          messages.push(...(await result.responseMessages));
        }
      }
      const { items } = await memory.listMessages(sessionId, { userId: owner });
      assert.deepEqual(
        items.map(({ role, content, recalled }) => [role, recalled ? "(recalled)" : content]),
        [
          ["user", "I moved to Turku."],
          ["assistant", "That is good to know."],
          ["user", "What do I eat?"],
          ["assistant", ""],
          ["tool", "(recalled)"],
          ["assistant", "That is good to know."],
        ],
      );
      assert.equal(items[3]?.parts[0]?.kind, "toolUse");
      const [answer] = items[4]?.parts ?? [];
      assert.ok(answer?.kind === "toolResult" && answer.toolResult.content?.includes("vegetarian"));
      await memory.waitForExtraction(sessionId, { userId: owner });
      const found = await memory.searchLongTermMemory("Turku", { filters: { userId: owner } });
      assert.ok(found.memories.some(({ text }) => text.includes("Turku")));
      const prompt = await memory.memoryPrompt("And now?", { sessionId, userId: owner });
      const turns = prompt.forAnthropic().messages.map(({ role }) => role);
      assert.deepEqual(turns, ["user", "assistant", "user", "assistant", "user", "assistant", "user"]);
    });
  }

  test("goes on without memory only where somebody is told", async () => {
    const away = new MemoryClient({ baseUrl: "http://127.0.0.1:1", timeout: 5 });
    const errors: MemoryClientError[] = [];
    for (const onError of [undefined, (error: MemoryClientError) => void errors.push(error)]) {
      const middleware = memoryMiddleware(away, {
        ...{ userId: owner, sessionId: "s" },
        ...(onError && { onError }),
      });
      const asked = { model: wrapLanguageModel({ model: model(), middleware }), prompt: "Hi.", maxRetries: 0 };
      if (onError === undefined) await assert.rejects(generateText(asked), MemoryUnavailableError);
      else {
        scripted.answers.push({ content: "Hello." });
        assert.equal((await generateText(asked)).text, "Hello.");
      }
    }
    assert.equal(errors.length, 2);
    away.close();
  });
});
