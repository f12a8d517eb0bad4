/** Types of the providers' SDKs: what they answer is taken, and they take prompts. Compiled alone. */

import type Anthropic from "@anthropic-ai/sdk";
import type { Content, GenerateContentParameters } from "@google/genai";
import type { ModelMessage } from "ai";
import type OpenAI from "openai";

import type { MemoryClient, MemoryPrompt } from "@agent-memory/client";

/** Appends what each SDK answers or takes. */
export async function taken(
  memory: MemoryClient,
  openai: OpenAI.ChatCompletion,
  response: OpenAI.Responses.Response,
  asked: OpenAI.ChatCompletionMessageParam[],
  anthropic: Anthropic.Message,
  turns: Anthropic.MessageParam[],
  gemini: Content,
  history: ModelMessage[],
): Promise<void> {
  const messages = openai.choices.map(({ message }) => message);
  await memory.appendMessagesToWorkingMemory("s", messages);
  await memory.appendMessagesToWorkingMemory("s", response.output);
  await memory.appendMessagesToWorkingMemory("s", asked);
  await memory.appendMessagesToWorkingMemory("s", [anthropic]);
  await memory.appendMessagesToWorkingMemory("s", turns);
  await memory.appendMessagesToWorkingMemory("s", [gemini]);
  await memory.appendMessagesToWorkingMemory("s", history);
}

/** Asks each provider with a prompt. */
export function asked(prompt: MemoryPrompt): unknown[] {
  const openai: OpenAI.ChatCompletionCreateParams = { model: "m", ...prompt.forOpenAI() };
  const anthropic: Anthropic.MessageCreateParams = { model: "m", max_tokens: 1, ...prompt.forAnthropic() };
  const gemini: GenerateContentParameters = { model: "m", ...prompt.forGemini() };
  return [openai, anthropic, gemini];
}
