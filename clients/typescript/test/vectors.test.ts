/** The vectors of all clients, over gRPC and gRPC-Web. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import {
  create,
  createRegistry,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromJson,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { MemoryClient, MemoryClientError } from "@agent-memory/client";
import { file_google_rpc_error_details } from "@agent-memory/client/contract/google/rpc/error_details";
import {
  ExtractionService,
  file_agent_memory_extraction_v1_service,
} from "@agent-memory/client/contract/agent_memory/extraction/v1/service";
import {
  file_agent_memory_long_term_memory_v1_service,
  ListMemoriesRequestSchema,
  LongTermMemoryService,
  SearchMemoriesRequestSchema,
} from "@agent-memory/client/contract/agent_memory/long_term_memory/v1/service";
import {
  file_agent_memory_working_memory_v1_service,
  WorkingMemoryService,
} from "@agent-memory/client/contract/agent_memory/working_memory/v1/service";

interface Expected {
  kind: string;
  code: string;
  reason: string;
  metadata?: Record<string, string>;
  fields?: string[];
}

interface Step {
  call?: string;
  watch?: string;
  told?: string;
  as?: string;
  request?: JsonValue;
  answer?: JsonValue;
  answers?: JsonValue[];
  error?: Expected;
  save?: Record<string, string>;
}

interface Vectors {
  scenarios: { name: string; steps: Step[] }[];
  refusals: ({ name: string } & Step)[];
}

const vectors = JSON.parse(readFileSync(needed("AGENT_MEMORY_VECTORS"), "utf-8")) as Vectors;
const registry = createRegistry(
  file_google_rpc_error_details,
  file_agent_memory_extraction_v1_service,
  file_agent_memory_long_term_memory_v1_service,
  file_agent_memory_working_memory_v1_service,
);
const services = [WorkingMemoryService, LongTermMemoryService, ExtractionService];

function needed(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

function methodOf(name: string): DescMethod {
  const [service, method] = name.split("/");
  const found = services
    .find(({ typeName }) => typeName === `agent_memory.${service}`)
    ?.methods.find((each) => each.name === method);
  assert.ok(found, name);
  return found;
}

/** One run of a scenario by one client. */
class Run {
  readonly #memory: MemoryClient;
  readonly #saved: Record<string, string>;
  readonly #told = new Map<string, AsyncGenerator<JsonValue>>();

  constructor(memory: MemoryClient, run: string) {
    this.#memory = memory;
    this.#saved = { run };
  }

  async step(step: Step): Promise<void> {
    if (step.watch !== undefined) return this.#open(step);
    if (step.told !== undefined) return this.#tell(step);
    if (step.error !== undefined) {
      const { error } = step;
      await assert.rejects(this.#answer(step), (raised: unknown) => {
        assert.ok(raised instanceof MemoryClientError, String(raised));
        assert.equal(raised.name, `Memory${camel(`_${error.kind}`)}Error`);
        assert.equal(raised.code, error.code);
        assert.equal(raised.reason, error.reason);
        this.#match(error.metadata ?? {}, { ...raised.metadata }, "metadata");
        if (error.fields !== undefined) {
          assert.deepEqual(raised.fieldViolations.map(({ field }) => field).sort(), error.fields);
        }
        return true;
      });
      return;
    }
    const answer = await this.#answer(step);
    this.#match(step.answer ?? {}, answer, "answer");
    for (const [name, path] of Object.entries(step.save ?? {})) {
      const found = path.split(".").reduce<unknown>((at, key) => (at as never)[key], answer);
      this.#saved[name] = String(found);
    }
  }

  async end(): Promise<void> {
    for (const told of this.#told.values()) await told.return(undefined);
  }

  async #answer(step: Step): Promise<JsonValue> {
    const request = this.#filled(step.request ?? {}) as Record<string, JsonValue>;
    const { connection } = this.#memory;
    switch (step.call) {
      case "WaitForExtraction": {
        const progress = await this.#memory.waitForExtraction(String(request["sessionId"]));
        return { extractedSequence: String(progress.extractedSequence) };
      }
      case "EraseUser": {
        const { receipts, erased } = await this.#memory.eraseUser(String(request["userId"]));
        return {
          services: receipts.map(({ service }) => service),
          erased: Object.fromEntries(Object.entries(erased).map(([k, n]) => [k, String(n)])),
        };
      }
      case "SearchAll": {
        const asked = fromJson(SearchMemoriesRequestSchema, request, { registry });
        const hits: JsonValue[] = [];
        do {
          const answer = await connection.call(LongTermMemoryService.method.searchMemories, asked);
          hits.push(...answer.hits.map(({ memory }) => ({ memory: { id: memory?.id ?? "" } })));
          asked.pageToken = answer.nextPageToken;
        } while (asked.pageToken);
        return { hits };
      }
      case "ListAll": {
        const asked = fromJson(ListMemoriesRequestSchema, request, { registry });
        const memories: JsonValue[] = [];
        do {
          const answer = await connection.call(LongTermMemoryService.method.listMemories, asked);
          memories.push(...answer.memories.map(({ id }) => ({ id })));
          asked.pageToken = answer.nextPageToken;
        } while (asked.pageToken);
        return { memories };
      }
      default: {
        const method = methodOf(step.call ?? "") as DescMethodUnary;
        const message = fromJson(method.input, request, { registry });
        return toJson(method.output, await connection.call(method, message), { registry });
      }
    }
  }

  /** Open a watch, and wait until the service has begun it: its first answer says so. */
  async #open(step: Step): Promise<void> {
    const method = methodOf(step.watch ?? "") as DescMethodServerStreaming;
    const request = fromJson(method.input, this.#filled(step.request ?? {}), { registry });
    const { connection } = this.#memory;
    async function* told() {
      for await (const answer of connection.watch(method, create(method.input, request))) {
        yield toJson(method.output, answer, { registry });
      }
    }
    const answers = told();
    await answers.next();
    this.#told.set(step.as ?? "", answers);
  }

  async #tell(step: Step): Promise<void> {
    const answers = this.#told.get(step.told ?? "");
    assert.ok(answers);
    for (const expected of step.answers ?? []) {
      let answer = (await answers.next()).value as Record<string, JsonValue>;
      while (answer["change"] === undefined) {
        answer = (await answers.next()).value as Record<string, JsonValue>;
      }
      this.#match(expected, answer, "change");
    }
  }

  #filled<T extends JsonValue>(value: T): T {
    return JSON.parse(
      JSON.stringify(value, (_, each: unknown) => (typeof each === "string" ? this.#text(each) : each)),
    ) as T;
  }

  #text(text: string): string {
    return text.replace(/\$([a-z_]+)/g, (written, name: string) => this.#saved[name] ?? written);
  }

  #match(expected: unknown, actual: unknown, path: string): void {
    if (expected === "$some") {
      assert.ok(actual !== undefined && actual !== "" && actual !== "0", `${path} is empty`);
    } else if (Array.isArray(expected)) {
      const items = (actual ?? []) as unknown[];
      assert.equal(items.length, expected.length, `${path}: ${JSON.stringify(actual)}`);
      for (const [n, each] of expected.entries()) this.#match(each, items[n], `${path}[${n}]`);
    } else if (typeof expected === "object" && expected !== null) {
      if ("$holds" in expected) {
        for (const each of expected.$holds as unknown[]) {
          const found = (actual as unknown[]).some((item) => this.#matches(each, item));
          assert.ok(found, `${path} holds no ${JSON.stringify(each)}: ${JSON.stringify(actual)}`);
        }
        return;
      }
      for (const [key, each] of Object.entries(expected)) {
        this.#match(each, (actual as Record<string, unknown> | undefined)?.[key], `${path}.${key}`);
      }
    } else {
      const wanted = typeof expected === "string" ? this.#text(expected) : expected;
      // What has its default is left out of an answer in JSON.
      const given = actual ?? (typeof wanted === "string" && /^\d+$/.test(wanted) ? "0" : empty(wanted));
      assert.deepEqual(given, wanted, path);
    }
  }

  #matches(expected: unknown, actual: unknown): boolean {
    try {
      this.#match(expected, actual, "");
      return true;
    } catch {
      return false;
    }
  }
}

function empty(like: unknown): unknown {
  return typeof like === "number" ? 0 : typeof like === "boolean" ? false : "";
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const baseUrl = needed("AGENT_MEMORY_ADDRESS");
const ways = {
  grpc: () => new MemoryClient({ baseUrl, protocol: "grpc" }),
  "grpc-web": () => new MemoryClient({ baseUrl, protocol: "grpc-web" }),
  "grpc-web by fetch": () =>
    new MemoryClient({ transport: createGrpcWebTransport({ baseUrl: `http://${baseUrl}` }) }),
};

for (const [way, open] of Object.entries(ways)) {
  describe(`over ${way}`, () => {
    for (const [n, { name, steps }] of vectors.scenarios.entries()) {
      test(name, async () => {
        using memory = open();
        const run = new Run(memory, `ts-${way.replaceAll(" ", "-")}-${n}-${Date.now().toString(36)}`);
        for (const step of steps) await run.step(step);
        await run.end();
      });
    }
  });
}

describe("when calls are refused", () => {
  for (const { name, ...step } of vectors.refusals) {
    test(name, async () => {
      using memory = new MemoryClient({
        baseUrl: needed("AGENT_MEMORY_REFUSING_ADDRESS"),
        caCertificateFile: needed("AGENT_MEMORY_CA_FILE"),
        apiKey: needed("AGENT_MEMORY_API_KEY"),
      });
      await new Run(memory, "refused").step(step);
    });
  }
});
