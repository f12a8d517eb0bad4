/** Calls with the contracts' own messages: deadlines, credentials, request ids, retries, errors. */

import {
  create,
  type DescMessage,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Transport } from "@connectrpc/connect";
import { openTransport, UPLOADS } from "#transport";

import {
  fromTransport,
  invalid,
  MemoryCancelledError,
  type MemoryClientError,
  MemoryResourceExhaustedError,
  MemoryServerError,
  MemoryStateError,
  MemoryUnavailableError,
  type StatusName,
} from "./errors.js";
import { serviceConfig } from "./gen/service_config.js";
import {
  type Address,
  addressOf,
  type CallOptions,
  checkOptions,
  checkSeconds,
  type ClientOptions,
  type OpenTransport,
} from "./options.js";
import { ulid } from "./ulid.js";

const LONGEST_TIMEOUT = 2_000_000;
const PASSING: ReadonlySet<string> = new Set(["OVERLOADED", "QUOTA_EXCEEDED"]);
const MOST_GROWTH = 8;
const SHORTEST_PAUSE = 0.05;
const LONGEST_PAUSE = 30;
const FIRST_WATCH_PAUSE = 0.1;
const LONGEST_WATCH_PAUSE = 2;

/** Seconds without any answer after which a watch gives up. */
export const PATIENCE = 60;

interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoff: number;
  readonly maxBackoff: number;
  readonly backoffMultiplier: number;
  readonly codes: ReadonlySet<StatusName>;
}

const DEADLINES: Readonly<Record<string, number>> = serviceConfig.deadlines_seconds;
const POLICIES: ReadonlyMap<string, RetryPolicy> = new Map(
  serviceConfig.named_calls_service_config.methodConfig.flatMap(({ name, retryPolicy }) => {
    const policy: RetryPolicy = {
      maxAttempts: retryPolicy.maxAttempts,
      initialBackoff: Number.parseFloat(retryPolicy.initialBackoff),
      maxBackoff: Number.parseFloat(retryPolicy.maxBackoff),
      backoffMultiplier: retryPolicy.backoffMultiplier,
      codes: new Set(retryPolicy.retryableStatusCodes as StatusName[]),
    };
    return name.map(({ service, method }) => [`/${service}/${method}`, policy] as const);
  }),
);

const SERVICES = {
  "agent_memory.working_memory.v1.WorkingMemoryService": "workingMemory",
  "agent_memory.long_term_memory.v1.LongTermMemoryService": "longTermMemory",
  "agent_memory.extraction.v1.ExtractionService": "extraction",
} as const;

/** Transports of a client and its copies; services at one address share one. */
class Transports {
  readonly #options: ClientOptions;
  readonly #open = new Map<string, OpenTransport>();
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  of(service: string): Transport {
    if (this.#closed) throw new MemoryStateError("the client is closed; make another one");
    if (this.#options.transport !== undefined) return this.#options.transport;
    const name = SERVICES[service as keyof typeof SERVICES];
    if (name === undefined) throw invalid("method", `${service} is none of the services`);
    const address: Address = addressOf(this.#options, name);
    let open = this.#open.get(address.url);
    if (open === undefined) {
      open = openTransport(address);
      this.#open.set(address.url, open);
    }
    return open.transport;
  }

  close(): void {
    this.#closed = true;
    for (const open of this.#open.values()) open.close();
    this.#open.clear();
  }
}

/** A watch: a stream without an end, which is taken up again where its connection broke. */
export interface WatchOptions extends CallOptions {
  /** Seconds to try for when nobody answers; 60 when absent. */
  readonly patience?: number | undefined;
}

/**
 * Calls with the contracts' own messages, with the deadlines, retries, names and errors of the
 * client.
 */
export class Connection {
  readonly options: ClientOptions;
  readonly #transports: Transports;

  /**
   * Keep the settings; nothing is connected yet.
   *
   * @throws MemoryValidationError A setting is wrong.
   */
  constructor(options: ClientOptions = {}, shared?: Connection) {
    checkOptions(options);
    this.options = options;
    this.#transports = shared === undefined ? new Transports(options) : shared.#transports;
  }

  /**
   * Call a method of one request and one answer. A change is named once, so that every attempt has
   * the same effect.
   *
   * @throws MemoryClientError The subclass that stands for the status of the answer.
   */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const path = pathOf(method);
    const message = named(method.input, request);
    const patience = new Patience(this.#seconds(path, options), POLICIES.get(path));
    for (;;) {
      const requestId = ulid();
      try {
        const transport = this.#transports.of(method.parent.typeName);
        const { message: answer } = await transport.unary(
          method,
          options.signal,
          patience.leftMs,
          this.#headers(requestId),
          message,
        );
        return answer;
      } catch (cause) {
        await sleep(patience.pause(failure(cause, requestId, options), options), options.signal);
      }
    }
  }

  /**
   * Call a method whose answer is a stream; leaving the iteration ends the call.
   *
   * @throws MemoryClientError The subclass that stands for the status the stream ended with.
   */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const bound = options.timeout === undefined ? DEADLINES[pathOf(method)] : options.timeout;
    const requestId = ulid();
    const left = new AbortController();
    const giveUp = (): void => left.abort();
    options.signal?.addEventListener("abort", giveUp, { once: true });
    if (options.signal?.aborted) left.abort();
    let answers: AsyncIterator<MessageShape<O>> | undefined;
    try {
      const response = await this.#transports.of(method.parent.typeName).stream(
        method,
        left.signal,
        milliseconds(bound),
        this.#headers(requestId),
        once(request),
      );
      answers = response.message[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await answers.next();
        if (done) return;
        yield value;
      }
    } catch (cause) {
      throw failure(cause, requestId, options);
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
      left.abort();
      // Connect clears the timer of the deadline when it is asked once more.
      answers?.next().catch(() => undefined);
    }
  }

  /**
   * Call a method whose requests are a stream; each is asked for when there is room.
   *
   * @throws MemoryClientError The subclass that stands for the status of the answer.
   */
  async upload<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: AsyncIterable<MessageInitShape<I>>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    if (this.options.transport === undefined && (!UPLOADS || this.options.protocol === "grpc-web")) {
      throw invalid("protocol", "gRPC-Web carries no stream of requests; use grpc, in Node.js");
    }
    const bound = options.timeout === undefined ? DEADLINES[pathOf(method)] : options.timeout;
    const requestId = ulid();
    try {
      const response = await this.#transports.of(method.parent.typeName).stream(
        method,
        options.signal,
        milliseconds(bound),
        this.#headers(requestId),
        requests,
      );
      let last: MessageShape<O> | undefined;
      // To the end, where the status is, and where the stream lets go of its connection.
      for await (const answer of response.message) last = answer;
      if (last !== undefined) return last;
    } catch (cause) {
      throw failure(cause, requestId, options);
    }
    throw new MemoryServerError("the service answered nothing");
  }

  /**
   * Watch: answer what a stream without an end tells; one that breaks is taken up after its last
   * answer.
   *
   * @throws MemoryClientError The service refuses the watch, nobody answers for too long, or the
   *   time is over.
   */
  async *watch<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I> & { resumeToken?: string },
    options: WatchOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const due = options.timeout === undefined ? undefined : now() + checkSeconds(options.timeout);
    const patience = options.patience ?? PATIENCE;
    let token = request.resumeToken ?? "";
    let failing: number | undefined;
    let pause = FIRST_WATCH_PAUSE;
    for (;;) {
      const timeout = due === undefined ? undefined : Math.max(due - now(), 0.001);
      try {
        const answers = this.stream(
          method,
          { ...request, resumeToken: token },
          { signal: options.signal, timeout },
        );
        for await (const answer of answers) {
          failing = undefined;
          pause = FIRST_WATCH_PAUSE;
          token = (answer as { resumeToken?: string }).resumeToken || token;
          yield answer;
        }
      } catch (error) {
        if (options.signal?.aborted) throw error;
        failing ??= now();
        if (!isBreak(error) || now() - failing > patience) throw error;
      }
      await sleep(pause * (0.5 + Math.random() / 2), options.signal);
      pause = Math.min(2 * pause, LONGEST_WATCH_PAUSE);
    }
  }

  /** Answer the seconds that a method's calls may take where the caller says nothing. */
  usualSeconds(method: DescMethodUnary): number {
    return this.#seconds(pathOf(method), {}) ?? LONGEST_TIMEOUT;
  }

  /** Close for good, with all copies; calls under way are given up. */
  close(): void {
    this.#transports.close();
  }

  #seconds(path: string, options: CallOptions): number | undefined {
    if (options.timeout !== undefined) return checkSeconds(options.timeout);
    return this.options.timeout ?? DEADLINES[path];
  }

  #headers(requestId: string): Record<string, string> {
    const credential = this.options.apiKey ?? this.options.bearerToken;
    return {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(this.options.tenant === undefined ? {} : { "x-agent-memory-tenant": this.options.tenant }),
      "x-request-id": requestId,
    };
  }
}

/** Time of one call: its attempts, and its waits for a server that is at its limit. */
class Patience {
  readonly #due: number | undefined;
  readonly #policy: RetryPolicy | undefined;
  #attempts = 1;
  #refusals = 0;

  constructor(allowed: number | undefined, policy: RetryPolicy | undefined) {
    this.#due = allowed === undefined ? undefined : now() + Math.min(allowed, LONGEST_TIMEOUT);
    this.#policy = policy;
  }

  get leftMs(): number | undefined {
    return this.#due === undefined ? undefined : milliseconds(Math.max(0.001, this.#due - now()));
  }

  /** Answer the seconds to wait before the next attempt, or throw the error where there is none. */
  pause(error: MemoryClientError, options: CallOptions): number {
    if (options.signal?.aborted) throw error;
    const wait = this.#wait(error);
    const left = this.#due === undefined ? LONGEST_PAUSE : this.#due - now();
    if (wait === undefined || wait >= left) throw error;
    return wait;
  }

  #wait(error: MemoryClientError): number | undefined {
    if (error instanceof MemoryResourceExhaustedError) {
      if (!PASSING.has(error.reason) || error.retryAfter === undefined) return undefined;
      // Those who were refused together come back spread out, and each time later.
      const growth = Math.min(2 ** this.#refusals, MOST_GROWTH);
      this.#refusals += 1;
      return Math.max(error.retryAfter, SHORTEST_PAUSE) * growth * (1 + Math.random());
    }
    const policy = this.#policy;
    if (policy === undefined || error.code === undefined || !policy.codes.has(error.code)) {
      return undefined;
    }
    if (this.#attempts >= policy.maxAttempts) return undefined;
    const grown = policy.initialBackoff * policy.backoffMultiplier ** (this.#attempts - 1);
    this.#attempts += 1;
    const backoff = Math.min(grown, policy.maxBackoff) * (0.8 + 0.4 * Math.random());
    return Math.max(error.retryAfter ?? 0, backoff);
  }
}

function pathOf(method: { parent: { typeName: string }; name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** Give a change a name of its own, where the caller gave it none. */
function named<I extends DescMessage>(schema: I, request: MessageInitShape<I>): MessageShape<I> {
  const message = create(schema, request);
  const field = schema.fields.find(({ name }) => name === "request_id");
  if (field?.fieldKind === "scalar") {
    const reflected = reflect(schema, message);
    if (reflected.get(field) === "") reflected.set(field, ulid());
  }
  return message;
}

function failure(cause: unknown, requestId: string, options: CallOptions): MemoryClientError {
  const error = fromTransport(cause, requestId);
  if (options.signal?.aborted && !(error instanceof MemoryCancelledError)) {
    return new MemoryCancelledError("the caller gave the call up", { code: "CANCELLED", cause });
  }
  return error;
}

/** Tell whether a connection ended, here or at a proxy, rather than a service said no. */
function isBreak(error: unknown): boolean {
  return (
    error instanceof MemoryUnavailableError ||
    ((error instanceof MemoryServerError || error instanceof MemoryCancelledError) &&
      error.reason === "")
  );
}

function now(): number {
  return performance.now() / 1000;
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined
    ? undefined
    : Math.max(1, Math.round(Math.min(seconds, LONGEST_TIMEOUT) * 1000));
}

/** Wait some seconds, or until the signal says to give up. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new MemoryCancelledError("the caller gave the call up", { code: "CANCELLED" }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

async function* once<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}
