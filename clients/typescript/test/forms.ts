/** Reads messages of providers on the standard input; prints what is sent, and prompts of them. */

import { readFileSync } from "node:fs";

import { create, toJson } from "@bufbuild/protobuf";
import { MessageSchema } from "@agent-memory/client/contract/agent_memory/common/v1/message";

import { toMessages } from "../dist/convert.js";
import { restored } from "../dist/original.js";
import { Prompt } from "../dist/prompts.js";
import type { ChatMessage, ProviderMessage } from "@agent-memory/client";

const revived = (_: string, value: unknown): unknown =>
  isBytes(value) ? new Uint8Array(Buffer.from(value.$base64, "base64")) : value;
const spelled = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { $base64: Buffer.from(value).toString("base64") } : value;

function isBytes(value: unknown): value is { $base64: string } {
  return typeof value === "object" && value !== null && "$base64" in value;
}

const given = JSON.parse(readFileSync(0, "utf-8"), revived) as ProviderMessage[][];
const answers = given.map((messages) => {
  const sent = toMessages(messages).map((message) => create(MessageSchema, message));
  const shown = messages as unknown as ChatMessage[];
  const prompt = new Prompt({ messages: shown, longTermMemories: [], standing: [], report: [], tokens: 0 });
  return {
    sent: sent.map((message) => toJson(MessageSchema, message)),
    back: sent.map((message) => restored(message)),
    openai: prompt.forOpenAI().messages,
    anthropic: prompt.forAnthropic(),
    gemini: prompt.forGemini(),
  };
});
process.stdout.write(JSON.stringify(answers, spelled));
