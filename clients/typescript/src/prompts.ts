/**
 * Prompts as the next call to a model takes them, by provider.
 *
 * A message that came in a provider's own form is given to that provider as it came. For any other
 * it is put together from what it says: texts, media, calls and their answers; reasoning, which
 * providers take back from themselves alone, is left out.
 */

import type {
  AnthropicBlock,
  AnthropicPrompt,
  AnthropicSource,
  ChatMessage,
  ContentPart,
  GeminiPart,
  GeminiPrompt,
  Media,
  MemoryHit,
  MemoryPrompt,
  MemoryRecord,
  NewMessage,
  OpenAICall,
  OpenAIMessage,
  OpenAIPart,
  OpenAIPrompt,
  PromptSectionReport,
} from "./models.js";
import { allParts, isFields, readMessage } from "./providers.js";
import { toBase64 } from "./values.js";

type Said = { chat: ChatMessage; read: NewMessage };

const PARAGRAPH = "\n\n";
/** Words of a user before a history that begins with the assistant; not all take such a one. */
const BEFORE = "(The conversation goes on.)";
const OPENAI_PARTS = ["text", "image_url", "input_audio", "file", "refusal"];
const ANTHROPIC_BLOCKS = [
  ...["text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"],
  ...["search_result", "server_tool_use", "web_search_tool_result", "container_upload"],
];

/** A prompt, with its forms for providers. */
export class Prompt implements MemoryPrompt {
  readonly messages: ChatMessage[];
  readonly longTermMemories: MemoryHit[];
  readonly standing: MemoryRecord[];
  readonly report: PromptSectionReport[];
  readonly tokens: number;

  constructor(prompt: Omit<MemoryPrompt, "forOpenAI" | "forAnthropic" | "forGemini">) {
    this.messages = prompt.messages;
    this.longTermMemories = prompt.longTermMemories;
    this.standing = prompt.standing;
    this.report = prompt.report;
    this.tokens = prompt.tokens;
  }

  forOpenAI(): OpenAIPrompt {
    const [system, rest] = parted(this.messages);
    const first: OpenAIMessage[] = system ? [{ role: "system", content: system }] : [];
    return { messages: [...first, ...rest.flatMap(toOpenAI)] };
  }

  forAnthropic(): AnthropicPrompt {
    const [system, rest] = parted(this.messages);
    const turns = inTurns(rest, anthropicBlocks);
    if (turns[0]?.[0] === true) turns.unshift([false, [{ type: "text", text: BEFORE }]]);
    return {
      ...(system && { system }),
      messages: turns.map(([isModel, blocks]) => ({
        role: isModel ? "assistant" : "user",
        content: plain(blocks),
      })),
    };
  }

  forGemini(): GeminiPrompt {
    const [systemInstruction, rest] = parted(this.messages);
    const called = new Map(
      rest.flatMap(({ read }) =>
        allParts(read).flatMap((part) =>
          part.kind === "toolUse" ? [[part.toolUse.id, part.toolUse.name] as const] : [],
        ),
      ),
    );
    const turns = inTurns(rest, (message) => geminiParts(message, called));
    return {
      contents: turns.map(([isModel, parts]) => ({ role: isModel ? "model" : "user", parts })),
      ...(systemInstruction && { config: { systemInstruction } }),
    };
  }
}

/** Part instructions, wherever they stand, from what was said. */
function parted(messages: readonly ChatMessage[]): [string, Said[]] {
  const said = messages.map((chat, n) => ({ chat, read: readMessage(chat, `messages[${n}]`) }));
  const instructs = ({ chat }: Said): boolean => ["system", "developer"].includes(chat.role);
  const texts = said.filter(instructs).map(({ read }) => read.content);
  return [texts.filter(Boolean).join(PARAGRAPH), said.filter((each) => !instructs(each))];
}

/** Put what one side says in a row into one turn; several answers of tools belong together. */
function inTurns<Block>(
  messages: readonly Said[],
  blocksOf: (message: Said) => Block[],
): [boolean, Block[]][] {
  const turns: [boolean, Block[]][] = [];
  for (const message of messages) {
    const blocks = blocksOf(message);
    if (blocks.length === 0) continue;
    const isModel = message.read.role === "assistant";
    const last = turns.at(-1);
    if (last?.[0] === isModel) last[1].push(...blocks);
    else turns.push([isModel, [...blocks]]);
  }
  return turns;
}

function hasTypes(message: ChatMessage, types: readonly string[]): boolean {
  const { content } = message;
  return (
    Array.isArray(content) &&
    content.every((each) => isFields(each) && types.includes(String(each["type"])))
  );
}

function toOpenAI({ chat, read }: Said): OpenAIMessage[] {
  const { content } = chat;
  const known =
    content === null ||
    content === undefined ||
    typeof content === "string" ||
    hasTypes(chat, OPENAI_PARTS);
  if (known && "role" in chat && !("parts" in chat) && !("stop_reason" in chat)) {
    return [chat as unknown as OpenAIMessage];
  }
  const parts = allParts(read);
  const answers = parts.flatMap((part): OpenAIMessage[] => {
    if (part.kind !== "toolResult") return [];
    const { toolCallId, content: said } = part.toolResult;
    return [{ role: "tool", tool_call_id: toolCallId ?? "", content: said ?? "" }];
  });
  const said = parts.flatMap(openAIPart);
  const calls = parts.flatMap((part) => (part.kind === "toolUse" ? [openAICall(part.toolUse)] : []));
  if (read.role !== "assistant") {
    return said.length > 0 ? [...answers, { role: "user", content: alone(said) ?? said }] : answers;
  }
  // Of a model, texts are all it takes back.
  const texts = said.flatMap((part) => (part.type === "text" ? [part] : []));
  if (texts.length === 0 && calls.length === 0) return answers;
  const saying = alone(texts) ?? (texts.length > 0 ? texts : null);
  return [
    ...answers,
    { role: "assistant", content: saying, ...(calls.length > 0 && { tool_calls: calls }) },
  ];
}

/** Answer the text of what is one text alone. */
function alone(parts: readonly OpenAIPart[]): string | undefined {
  const [first] = parts;
  return parts.length === 1 && first?.type === "text" ? first.text : undefined;
}

function openAICall(call: { id: string; name: string; arguments: string }): OpenAICall {
  const { id, name, arguments: given } = call;
  return { id, type: "function", function: { name, arguments: given } };
}

function openAIPart(part: ContentPart): OpenAIPart[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return [{ type: "text", text: part.text }];
    case "image": {
      const { uri } = part.media;
      return [{ type: "image_url", image_url: { url: uri || dataUrl(part.media) } }];
    }
    case "audio": {
      if (!part.media.data?.length) return [{ type: "text", text: part.media.uri ?? "" }];
      const format = (part.media.mediaType ?? "").split("/").at(-1) as "wav" | "mp3";
      return [{ type: "input_audio", input_audio: { data: base64(part.media), format } }];
    }
    case "file": {
      const { uri, data, name } = part.media;
      if (!data?.length) return [{ type: "text", text: uri ?? "" }];
      return [{ type: "file", file: { filename: name || "file", file_data: dataUrl(part.media) } }];
    }
    default:
      return [];
  }
}

function anthropicBlocks({ chat, read }: Said): AnthropicBlock[] {
  if (!("tool_calls" in chat) && hasTypes(chat, ANTHROPIC_BLOCKS)) {
    return chat.content as AnthropicBlock[];
  }
  return allParts(read).flatMap(anthropicBlock);
}

function anthropicBlock(part: ContentPart): AnthropicBlock[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return part.text ? [{ type: "text", text: part.text }] : [];
    case "image":
      return [{ type: "image", source: anthropicSource(part.media) }];
    case "file":
      return [{ type: "document", source: anthropicSource(part.media) }];
    case "toolUse": {
      const { id, name } = part.toolUse;
      return [{ type: "tool_use", id, name, input: readObject(part.toolUse.arguments) }];
    }
    case "toolResult": {
      const { toolCallId, content, isError } = part.toolResult;
      return [
        {
          type: "tool_result",
          tool_use_id: toolCallId ?? "",
          content: content ?? "",
          ...(isError && { is_error: true }),
        },
      ];
    }
    default:
      return [];
  }
}

function anthropicSource<MediaType extends string>(media: Media): AnthropicSource<MediaType> {
  if (!media.data?.length) return { type: "url", url: media.uri ?? "" };
  return { type: "base64", media_type: (media.mediaType ?? "") as MediaType, data: base64(media) };
}

/** Answer the text of a turn that is one text alone. */
function plain(blocks: AnthropicBlock[]): string | AnthropicBlock[] {
  const [first] = blocks;
  const alone = blocks.length === 1 && first?.type === "text" && Object.keys(first).length === 2;
  return alone ? first.text : blocks;
}

function geminiParts({ chat, read }: Said, called: ReadonlyMap<string, string>): GeminiPart[] {
  if (Array.isArray(chat["parts"]) && !("content" in chat)) return chat["parts"] as GeminiPart[];
  return allParts(read).flatMap((part): GeminiPart[] => {
    switch (part.kind) {
      case "text":
      case "refusal":
        return part.text ? [{ text: part.text }] : [];
      case "image":
      case "audio":
      case "file": {
        const { uri, data, mediaType } = part.media;
        if (data?.length) {
          return [{ inlineData: { mimeType: mediaType ?? "", data: base64(part.media) } }];
        }
        return [{ fileData: { fileUri: uri ?? "", ...(mediaType && { mimeType: mediaType }) } }];
      }
      case "toolUse": {
        const { name } = part.toolUse;
        return [{ functionCall: { name, args: readObject(part.toolUse.arguments) } }];
      }
      case "toolResult": {
        const { toolCallId = "", name, content = "", isError } = part.toolResult;
        const response = { [isError ? "error" : "result"]: content };
        return [
          { functionResponse: { name: name || called.get(toolCallId) || toolCallId, response } },
        ];
      }
      default:
        return [];
    }
  });
}

/** Read arguments; what is no object is one argument. */
function readObject(given: string): Record<string, unknown> {
  let read: unknown = given;
  try {
    read = JSON.parse(given || "{}");
  } catch {
    // It is a text.
  }
  return isFields(read) ? { ...read } : { input: read };
}

function base64(media: Media): string {
  return toBase64(media.data ?? new Uint8Array());
}

function dataUrl(media: Media): string {
  return `data:${media.mediaType ?? ""};base64,${base64(media)}`;
}
