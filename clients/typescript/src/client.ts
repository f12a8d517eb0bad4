/** Client of the three services. */

import { Connection } from "./connection.js";
import { fromPrincipal, fromStatistics, STATISTICS_PERIODS } from "./convert.js";
import { MemoryTimeoutError, MemoryUnavailableError } from "./errors.js";
import { ExtractionService } from "./gen/agent_memory/extraction/v1/service_pb.js";
import { LongTermMemoryService } from "./gen/agent_memory/long_term_memory/v1/service_pb.js";
import { WorkingMemoryService } from "./gen/agent_memory/working_memory/v1/service_pb.js";
import { JobMethods } from "./jobs.js";
import type { Principal, Statistics } from "./models.js";
import type { CallOptions, ClientOptions } from "./options.js";

const HEALTH_SECONDS = 5;
/** Settings that have nothing to do with connections. */
type Defaults = Omit<
  ClientOptions,
  | "baseUrl"
  | `${"workingMemory" | "longTermMemory" | "extraction"}Address`
  | `${"caCertificate" | "clientCertificate" | "clientKey"}File`
  | "protocol"
  | "transport"
>;

/** Services by name, and whether each welcomes calls. */
export interface Health {
  services: Record<"workingMemory" | "longTermMemory" | "extraction", boolean>;
  healthy: boolean;
}

/**
 * Memory for LLM agents.
 *
 * Making one does no I/O; connections open with the first call, and many calls may run at once over
 * them.
 *
 *     const memory = new MemoryClient({ baseUrl: "http://localhost:8000" });
 *     await memory.setWorkingMemory("chat", { userId: "alice", messages: [...] });
 *     const prompt = await memory.memoryPrompt("Where shall we eat?", { sessionId: "chat" });
 *
 * Every call takes `timeout`, the seconds that it may take instead of the client's, and `signal`,
 * which gives it up. Every failure is a `MemoryClientError`.
 */
export class MemoryClient extends JobMethods {
  /**
   * Keep the settings; nothing is connected yet.
   *
   * @throws MemoryValidationError A setting is wrong.
   */
  constructor(options: ClientOptions | Connection = {}) {
    super(options instanceof Connection ? options : new Connection(options));
  }

  /** Make a client with other defaults over the same connections; closing one closes the other. */
  withOptions(options: Defaults): MemoryClient {
    return new MemoryClient(new Connection({ ...this.options, ...options }, this.connection));
  }

  /** Ask each service a small question; one that cannot be reached does not welcome calls. */
  async healthCheck(options: CallOptions = {}): Promise<Health> {
    const { connection } = this;
    const limits = { timeout: this.options.timeout ?? HEALTH_SECONDS, ...options };
    const small = { pageSize: 1 };
    const services = {
      workingMemory: await answers(() =>
        connection.call(WorkingMemoryService.method.listSessions, small, limits),
      ),
      longTermMemory: await answers(() =>
        connection.call(LongTermMemoryService.method.listMemories, small, limits),
      ),
      extraction: await answers(() =>
        connection.call(ExtractionService.method.listJobs, small, limits),
      ),
    };
    return { services, healthy: Object.values(services).every(Boolean) };
  }

  /** Answer whom the credential stands for and what it allows, never the credential itself. */
  async getPrincipal(options: CallOptions = {}): Promise<Principal> {
    const { method } = WorkingMemoryService;
    const answer = await this.connection.call(method.getPrincipal, {}, options);
    return fromPrincipal(answer.principal);
  }

  /**
   * Answer what extraction did for the tenant, the tokens that models took, and what waits.
   *
   * @throws MemoryPermissionError The credential is confined to users or namespaces.
   */
  async getStatistics(
    options: CallOptions & {
      /** The last 60 minutes, or the last 168 hours; hours when absent. */
      readonly period?: "minute" | "hour";
    } = {},
  ): Promise<Statistics> {
    const period = STATISTICS_PERIODS.number(options.period, "period");
    const { method } = ExtractionService;
    return fromStatistics(await this.connection.call(method.getStatistics, { period }, options));
  }

  /** Close for good, with all copies; calls under way are given up. */
  close(): void {
    this.connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

async function answers(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof MemoryUnavailableError || error instanceof MemoryTimeoutError) return false;
    throw error;
  }
}
