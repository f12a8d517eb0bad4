/** What a newcomer does first, in Node.js and in a browser; answers what came of each step. */

import { type MemoryClient, MemoryNotFoundError } from "@agent-memory/client";

/** Run the scenario as a user of this name. */
export async function scenario(memory: MemoryClient, name: string): Promise<Record<string, unknown>> {
  const mine = memory.withOptions({ defaultUserId: name });
  const told = ["User drinks oolong tea", "User cycles to work"];
  const outcomes = async (texts: readonly string[]) =>
    (await mine.createLongTermMemories(texts.map((text) => ({ text })))).map(({ outcome }) => outcome);
  const listed = async () => {
    const filters = { memoryType: { any: ["semantic", "episodic"] as const } };
    return (await mine.listLongTermMemories({ filters })).memories.map(({ text }) => text).sort();
  };
  const stored = await outcomes(told);
  const again = await outcomes(told.slice(0, 1));
  const [found] = (await mine.searchLongTermMemory("Which tea?")).memories;
  const id = found?.id ?? "";
  const first = await listed();
  const { text: edited } = await mine.editLongTermMemory(id, { text: "User drinks green tea" });
  await mine.appendMessagesToWorkingMemory(name, [{ role: "user", content: "I am allergic to peanuts." }]);
  const session = await mine.getWorkingMemory(name);
  await mine.waitForExtraction(name);
  const learned = await listed();
  const question = "What must I avoid?";
  const { messages } = await mine.memoryPrompt(question, { sessionId: name, longTermSearch: true });
  const missing = await mine.getLongTermMemory("nobody").catch((error: unknown) => error);
  await mine.deleteLongTermMemories([id]);
  return {
    stored,
    "stored again": again,
    found: found?.text,
    listed: first,
    edited,
    said: session.messages.map(({ role, content }) => `${role}: ${content}`),
    learned,
    "last of the prompt": `${messages.at(-1)?.role}: ${String(messages.at(-1)?.content)}`,
    "prompt knows": JSON.stringify(messages).includes("User is allergic to peanuts"),
    missing: missing instanceof MemoryNotFoundError ? "not found" : String(missing),
    "not forgotten": await listed(),
  };
}
