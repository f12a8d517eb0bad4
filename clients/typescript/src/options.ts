/** Settings of a client: the way to the services, and the identity of its calls. */

import type { Transport } from "@connectrpc/connect";

import { invalid } from "./errors.js";

/** Settings of a client. */
export interface ClientOptions {
  /**
   * Where all three services are reached: `http(s)://host[:port]`, `grpc(s)://host[:port]` or
   * `host:port`; `http://localhost:8000` when absent.
   */
  readonly baseUrl?: string | undefined;
  /** URL of the working memory service, where it differs from `baseUrl`. */
  readonly workingMemoryAddress?: string | undefined;
  /** URL of the long-term memory service, where it differs from `baseUrl`. */
  readonly longTermMemoryAddress?: string | undefined;
  /** URL of the extraction service, where it differs from `baseUrl`. */
  readonly extractionAddress?: string | undefined;
  /**
   * `grpc`, which needs Node.js, or `grpc-web`, which goes through the gateway; the first where
   * both are possible.
   */
  readonly protocol?: Protocol | undefined;
  /** Key sent as bearer credential. */
  readonly apiKey?: string | undefined;
  /** Token sent as bearer credential. */
  readonly bearerToken?: string | undefined;
  /** Tenant to act for, where the servers let callers name one. */
  readonly tenant?: string | undefined;
  /** PEM file with the authorities to trust; the system's when absent. Node.js only. */
  readonly caCertificateFile?: string | undefined;
  /** PEM file with the certificate chain this client shows. Node.js only. */
  readonly clientCertificateFile?: string | undefined;
  /** PEM file with the private key of the client certificate. Node.js only. */
  readonly clientKeyFile?: string | undefined;
  /** Seconds any call may take; each method's own default when absent. */
  readonly timeout?: number | undefined;
  /** Namespace of every call that names none. */
  readonly defaultNamespace?: string | undefined;
  /** User of every call that names none. */
  readonly defaultUserId?: string | undefined;
  /** Model whose context window messages must fit, where a call says nothing. */
  readonly defaultModelName?: string | undefined;
  /** Context window in tokens, where a call says nothing. */
  readonly defaultContextWindowMax?: number | undefined;
  /** Transport of your own, instead of one that is made from the addresses. */
  readonly transport?: Transport | undefined;
}

/** Protocol of the calls. */
export type Protocol = "grpc" | "grpc-web";

/** Options of one call. */
export interface CallOptions {
  /** Seconds the call may take; the client's when absent. */
  readonly timeout?: number | undefined;
  /** Gives the call up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What a connection to one address depends on. */
export interface Address {
  readonly url: string;
  readonly protocol: Protocol | undefined;
  readonly caCertificateFile: string | undefined;
  readonly clientCertificateFile: string | undefined;
  readonly clientKeyFile: string | undefined;
}

/** A transport, and what frees its connections. */
export interface OpenTransport {
  readonly transport: Transport;
  close(): void;
}

export const MAX_RECEIVE_BYTES = 64 * 1024 * 1024;
const DEFAULT_BASE_URL = "http://localhost:8000";
const HEADER_VALUE = /^[ -~]*$/;
const SCHEMES: Readonly<Record<string, string>> = {
  "http:": "http:",
  "https:": "https:",
  "grpc:": "http:",
  "grpcs:": "https:",
};

/**
 * Refuse settings that are wrong.
 *
 * @throws MemoryValidationError
 */
export function checkOptions(options: ClientOptions): void {
  for (const service of ["workingMemory", "longTermMemory", "extraction"] as const) {
    addressOf(options, service);
  }
  if (options.apiKey !== undefined && options.bearerToken !== undefined) {
    throw invalid("apiKey", "give apiKey or bearerToken, not both");
  }
  for (const name of ["apiKey", "bearerToken", "tenant"] as const) {
    if (!HEADER_VALUE.test(options[name] ?? "")) {
      throw invalid(name, "may hold printable ASCII characters only");
    }
  }
  if ((options.clientCertificateFile === undefined) !== (options.clientKeyFile === undefined)) {
    throw invalid("clientKeyFile", "a client certificate and its key go together");
  }
  if (options.timeout !== undefined) checkSeconds(options.timeout);
}

/**
 * Refuse a time that is no number above 0.
 *
 * @throws MemoryValidationError
 */
export function checkSeconds(timeout: number): number {
  if (typeof timeout !== "number" || !(timeout > 0)) {
    throw invalid("timeout", "needs a number of seconds above 0");
  }
  return timeout;
}

/** Answer where a service is reached. */
export function addressOf(
  options: ClientOptions,
  service: "workingMemory" | "longTermMemory" | "extraction",
): Address {
  const own = {
    workingMemory: options.workingMemoryAddress,
    longTermMemory: options.longTermMemoryAddress,
    extraction: options.extractionAddress,
  }[service];
  return {
    url: parseUrl(own ?? options.baseUrl ?? DEFAULT_BASE_URL),
    protocol: options.protocol,
    caCertificateFile: options.caCertificateFile,
    clientCertificateFile: options.clientCertificateFile,
    clientKeyFile: options.clientKeyFile,
  };
}

function parseUrl(written: string): string {
  const withScheme = written.includes("://") ? written : `grpc://${written}`;
  const [scheme = "", rest = ""] = withScheme.split("://", 2);
  const mapped = SCHEMES[`${scheme.toLowerCase()}:`];
  if (mapped === undefined) {
    throw invalid("baseUrl", `scheme of '${written}' is none of grpc, grpcs, http, https`);
  }
  let url: URL;
  try {
    url = new URL(`${mapped}//${rest}`);
  } catch (cause) {
    throw invalid("baseUrl", `'${written}' is no URL: ${String(cause)}`);
  }
  if (url.username || url.password || url.search || url.hash || url.pathname !== "/") {
    throw invalid("baseUrl", `'${written}' may hold a scheme, a host and a port only`);
  }
  if (!written.includes("://") && !/:\d+$/.test(written)) {
    throw invalid("baseUrl", `'${written}' needs a scheme or a port`);
  }
  return url.origin;
}
