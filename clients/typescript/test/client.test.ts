/** The verbs of the client, against a running stack. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  MemoryCancelledError,
  MemoryClient,
  MemoryNotFoundError,
  MemoryStateError,
  MemoryTimeoutError,
  MemoryUnavailableError,
  MemoryValidationError,
} from "@agent-memory/client";
import { WorkingMemoryService } from "@agent-memory/client/contract/agent_memory/working_memory/v1/service";

const baseUrl = process.env["AGENT_MEMORY_ADDRESS"] ?? "";
const user = `verbs-${Date.now().toString(36)}`;
const memory = new MemoryClient({ baseUrl, defaultUserId: user });


async function gathered<Item>(items: AsyncIterable<Item>, most = Number.POSITIVE_INFINITY) {
  const found: Item[] = [];
  for await (const item of items) {
    found.push(item);
    if (found.length === most) break;
  }
  return found;
}

describe("sessions", () => {
  const session = `${user}-session`;

  test("are created, written, changed and read", async () => {
    const first = await memory.getOrCreateWorkingMemory(session, {
      longTermMemoryStrategy: { strategy: "none" },
    });
    assert.equal(first.created, true);
    assert.equal(first.memory.longTermMemoryStrategy.strategy, "none");
    const said = await memory.appendMessagesToWorkingMemory(session, [
      { role: "user", content: "What does this show?", createdAt: "2027-01-02T03:04:05.678Z" },
      { role: "assistant", toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
      { role: "assistant" },
      {
        role: "tool",
        toolCallId: "c1",
        parts: [
          { kind: "image", media: { data: Uint8Array.of(1, 2, 3), mediaType: "image/png" } },
          { kind: "toolResult", toolResult: { toolCallId: "c1", content: "a cat" } },
        ],
      },
    ]);
    assert.equal(said.newMessageCount, 3, "a message that says nothing is left out");
    const log = await memory.listMessages(session);
    assert.deepEqual(log.items[0]?.createdAt, new Date("2027-01-02T03:04:05.678Z"));
    assert.deepEqual(log.items[2]?.parts[0], {
      kind: "image",
      media: { uri: "", data: Uint8Array.of(1, 2, 3), mediaType: "image/png", name: "" },
    });
    await memory.updateWorkingMemoryData(session, { a: { b: 1 }, kept: true });
    const changed = await memory.updateWorkingMemoryData(
      session,
      { a: { c: 2 } },
      { mergeStrategy: "deep_merge" },
    );
    assert.deepEqual(changed.data, { a: { b: 1, c: 2 }, kept: true });
    const timed = await memory.updateWorkingMemory(session, { ttlSeconds: 3600, slidingTtl: true });
    assert.equal(timed.ttlSeconds, 3600);
    assert.ok(timed.expiresAt !== undefined && timed.expiresAt.getTime() > Date.now());
    const cleared = await memory.updateWorkingMemory(session, { ttlSeconds: null, slidingTtl: null });
    assert.equal(cleared.expiresAt, undefined);
  });

  test("give a prompt in the form of chat APIs", async () => {
    const { messages, tokens } = await memory.memoryPrompt("And now?", { sessionId: session });
    assert.deepEqual(messages[1]?.["tool_calls"], [
      { id: "c1", type: "function", function: { name: "look", arguments: "{}" } },
    ]);
    assert.deepEqual(messages.at(-1), { role: "user", content: "And now?" });
    assert.ok(tokens > 0);
  });

  test("answer a message of a provider as it came", async () => {
    const original = JSON.stringify({
      role: "user",
      content: [
        { type: "text", text: { $ref: "parts.0.text" } },
        { type: "image_url", image_url: { url: { $ref: "parts.1.image.data", $as: "data:image/png;base64," } } },
        { $literal: { $ref: "no reference" } },
      ],
    });
    await memory.connection.call(WorkingMemoryService.method.appendMessages, {
      sessionId: `${session}-provider`,
      messages: [
        {
          role: "user",
          content: "Look.",
          skipExtraction: true,
          original,
          parts: [
            { kind: { case: "text", value: "Look." } },
            { kind: { case: "image", value: { data: Uint8Array.of(1, 2, 3) } } },
          ],
        },
      ],
    });
    const [message] = (await memory.listMessages(`${session}-provider`)).items;
    assert.deepEqual(message?.original?.["content"], [
      { type: "text", text: "Look." },
      { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
      { $ref: "no reference" },
    ]);
  });

  test("are copied, listed by pages and deleted", async () => {
    const log = await memory.listMessages(session);
    const messageId = log.items[0]?.id ?? "";
    const copy = await memory.forkWorkingMemory(session, `${session}-copy`, { messageId });
    assert.equal(copy.forkedFrom?.sessionId, session);
    assert.equal(copy.lastSequence, 1);
    const page = await memory.listSessions({ limit: 1 });
    assert.equal(page.items.length, 1);
    const next = await memory.listSessions({ limit: 1, cursor: page.nextCursor });
    assert.notEqual(next.items[0]?.sessionId, page.items[0]?.sessionId);
    assert.equal((await memory.listSessions({ limit: 1, offset: 1 })).items.length, 1);
    assert.equal(await memory.deleteWorkingMemory(session), true);
    assert.equal(await memory.deleteWorkingMemory(session), false);
    await assert.rejects(memory.getWorkingMemory(session), MemoryNotFoundError);
  });
});

describe("memories", () => {
  test("are found by what filters say, by days too", async () => {
    const created = await memory.createLongTermMemories([
      { text: "User paints in oil", topics: ["art"], metadata: { level: 3, tags: ["a", "b"] } },
      { text: "User sails", topics: ["sea"], eventDate: "2027-06-01T22:30:00Z", memoryType: "episodic" },
    ]);
    assert.deepEqual(created.map(({ outcome }) => outcome), ["created", "created"]);
    const texts = async (filters: Parameters<typeof memory.listLongTermMemories>[0]) =>
      (await memory.listLongTermMemories(filters)).memories.map(({ text }) => text);
    assert.deepEqual(await texts({ filters: { eventDate: "2027-06-01" } }), ["User sails"]);
    assert.deepEqual(
      await texts({ filters: { eventDate: "2027-06-02" }, timeZone: "Europe/Berlin" }),
      ["User sails"],
    );
    assert.deepEqual(
      await texts({ filters: { eventDate: { ne: "2027-06-01" } } }),
      ["User paints in oil"],
    );
    assert.deepEqual(await texts({ filters: { metadata: { level: { gte: 3, lt: 4 }, tags: "b" } } }), [
      "User paints in oil",
    ]);
    assert.deepEqual(
      await texts({ filters: { anyOf: [{ topics: "sea" }, { topics: { exists: false } }] } }),
      ["User sails"],
    );
    const { values } = await memory.listFieldValues("topics");
    assert.deepEqual(values.map(({ value }) => value).sort(), ["art", "sea"]);
    const found = await memory.searchLongTermMemory("painting", { limit: 1, explain: true });
    assert.equal(found.memories[0]?.text, "User paints in oil");
    assert.ok((found.memories[0]?.signals.length ?? 0) > 0);
    const streamed = await gathered(memory.streamLongTermMemories("painting"));
    assert.equal(streamed.length, 2);
    const batch = await memory.batchGetLongTermMemories([created[0]?.memoryId ?? "", "none"]);
    assert.equal(batch.memories.length, 1);
    assert.ok(batch.errors["none"] instanceof MemoryNotFoundError);
  });

  test("are edited, and every change can be looked at and taken back", async () => {
    const [hit] = (await memory.searchLongTermMemory("sailing", { limit: 1 })).memories;
    assert.ok(hit);
    const edited = await memory.editLongTermMemory(hit.id, { topics: null, pinned: true });
    assert.deepEqual([edited.topics, edited.pinned, edited.text], [[], true, "User sails"]);
    const revisions = await gathered(memory.allMemoryRevisions(hit.id));
    assert.deepEqual(revisions.map(({ cause }) => cause), ["update", "create"]);
    const [reverted] = await memory.revertLongTermMemory(hit.id);
    assert.deepEqual(reverted?.topics, ["sea"]);
    const dry = await memory.updateLongTermMemoriesByFilter(
      { pinned: true },
      { filters: { topics: "sea" } },
    );
    assert.deepEqual([dry.matched, dry.done, dry.dryRun], [1, 0, true]);
    const done = await memory.updateLongTermMemoriesByFilter(
      { pinned: true },
      { filters: { topics: "sea" }, dryRun: false },
    );
    assert.equal(done.done, 1);
    const policy = { maxAgeDays: 1 };
    assert.equal((await memory.forgetLongTermMemories(policy)).dryRun, true);
  });

  test("move out and in, and are deleted by a filter", async () => {
    const parts = await gathered(memory.exportLongTermMemories());
    const exported = parts.flatMap(({ memories }) => memories);
    assert.equal(exported.length, 2);
    const gone = await memory.deleteLongTermMemoriesByFilter({
      filters: { userId: user },
      dryRun: false,
    });
    assert.equal(gone.done, 2);
    const moved = exported.map((each, n) => ({ ...each, id: `${user}-${n}` }));
    const report = await memory.importLongTermMemories(moved);
    assert.deepEqual([report.created, report.rejected], [2, 0]);
    const again = await memory.getLongTermMemory(`${user}-0`);
    assert.deepEqual(again.createdAt, exported[0]?.createdAt);
    assert.equal(await memory.countLongTermMemories(), 2);
  });

  test("of a session are stored now, or waited for", async () => {
    const session = `${user}-placed`;
    await memory.addMemoriesToWorkingMemory(session, [{ text: "User hikes" }]);
    const stored = await memory.promoteWorkingMemoriesToLongTerm(session);
    assert.ok(["created", "duplicate"].includes(stored[0]?.outcome ?? ""));
    await memory.waitForExtraction(session);
  });

  test("are watched until the caller leaves", async () => {
    const watching = memory.watchLongTermMemories({ checkpoints: true });
    const begun = (await watching.next()).value;
    assert.equal(begun?.kind, undefined);
    await memory.createLongTermMemories([{ text: "User skates" }]);
    const told = (await watching.next()).value;
    assert.deepEqual([told?.kind, told?.memory?.text], ["created", "User skates"]);
    await watching.return();
    const resumed = memory.watchLongTermMemories({ resumeToken: begun?.resumeToken ?? "" });
    const again = (await resumed.next()).value;
    assert.equal(again?.memory?.text, "User skates");
    await resumed.return();
  });
});

describe("extraction", () => {
  test("previews, and keeps summaries of groups", async () => {
    const preview = await memory.previewExtraction([
      { role: "user", content: "I'm vegetarian and I work in Lyon." },
    ]);
    assert.ok(preview.memories.some(({ text }) => text === "User is vegetarian"));
    const view = await memory.createSummaryView({
      name: user,
      groupBy: ["user_id"],
      filters: { userId: user },
      timeWindowDays: 7,
    });
    assert.deepEqual([view.groupBy, view.timeWindowDays], [["user_id"], 7]);
    const renamed = await memory.updateSummaryView(view.id, { name: "other" });
    assert.equal(renamed.name, "other");
    const partition = await memory.runSummaryViewPartition(view.id, { userId: user });
    assert.equal(partition.group.userId, user);
    assert.equal(await memory.deleteSummaryView(view.id), true);
    assert.ok(Array.isArray((await memory.listJobs({ limit: 5 })).jobs));
    await assert.rejects(memory.getJob("none"), MemoryNotFoundError);
  });
});

describe("a client", () => {
  test("refuses what is wrong before it calls, by its name", async () => {
    const field = (expected: string) => (error: unknown) => {
      assert.ok(error instanceof MemoryValidationError);
      assert.equal(error.code, undefined);
      assert.equal(error.fieldViolations[0]?.field, expected);
      return true;
    };
    assert.throws(() => new MemoryClient({ baseUrl: "ftp://x" }), field("baseUrl"));
    assert.throws(() => new MemoryClient({ apiKey: "é" }), field("apiKey"));
    using web = new MemoryClient({ baseUrl, protocol: "grpc-web" });
    await assert.rejects(web.importLongTermMemories([]), field("protocol"));
    await assert.rejects(memory.searchLongTermMemory("x", { limit: 0 }), field("limit"));
    const wrong = { bogus: "x" } as object;
    await assert.rejects(memory.listLongTermMemories({ filters: wrong }), field("filters.bogus"));
    await assert.rejects(memory.editLongTermMemory("m", {}), field("updates"));
    await assert.rejects(
      memory.listLongTermMemories({ filters: { eventDate: "2027-06-01" }, timeZone: "Nowhere" }),
      field("timeZone"),
    );
  });

  test("gives calls up when it is told to, or their time is over", async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(memory.searchLongTermMemory("x", { signal }), MemoryCancelledError);
    const watching = memory.watchWorkingMemory("nobody", { timeout: 0.2 });
    await assert.rejects(gathered(watching), MemoryTimeoutError);
    const stop = new AbortController();
    const watched = memory.watchWorkingMemory("nobody", { checkpoints: true, signal: stop.signal });
    await watched.next();
    stop.abort();
    await assert.rejects(watched.next(), MemoryCancelledError);
  });

  test("leaves nothing behind a watch that would keep a process alive", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
    const before = timers();
    const watching = memory.watchWorkingMemory("nobody", { checkpoints: true, timeout: 60 });
    await watching.next();
    assert.equal(timers(), before + 1);
    await watching.return();
    await new Promise(setImmediate);
    assert.equal(timers(), before);
  });

  test("says that nobody is there", async () => {
    using lost = new MemoryClient({ baseUrl: "http://127.0.0.1:1", timeout: 5 });
    await assert.rejects(lost.getLongTermMemory("m"), MemoryUnavailableError);
    assert.equal((await lost.healthCheck()).healthy, false);
    assert.equal((await memory.healthCheck()).healthy, true);
  });

  test("shares its connections with copies, and ends with them", async () => {
    const own = new MemoryClient({ baseUrl });
    const copy = own.withOptions({ defaultUserId: user });
    assert.ok((await copy.countLongTermMemories()) > 0);
    own.close();
    await assert.rejects(copy.countLongTermMemories(), MemoryStateError);
  });

  test("erases a user", async () => {
    const { erased } = await memory.eraseUser(user);
    assert.ok((erased["memories"] ?? 0) > 0);
    assert.equal(await memory.countLongTermMemories({ includeHidden: true } as object), 0);
  });
});
