/** Transport of Node.js: gRPC over HTTP/2, or gRPC-Web. */

import { readFileSync } from "node:fs";
import type { SecureClientSessionOptions } from "node:http2";

import {
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";

import { invalid } from "../errors.js";
import { type Address, MAX_RECEIVE_BYTES, type OpenTransport } from "../options.js";

// Servers refuse pings that come more often than every 20 s.
const PING_INTERVAL_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;

/** Whether this transport can carry a stream of requests. */
export const UPLOADS = true;

/** Open a transport to an address; the connection is made with the first call. */
export function openTransport(address: Address): OpenTransport {
  const session: SecureClientSessionOptions = {
    ...read("ca", "caCertificateFile", address.caCertificateFile),
    ...read("cert", "clientCertificateFile", address.clientCertificateFile),
    ...read("key", "clientKeyFile", address.clientKeyFile),
  };
  const sessionManager = new Http2SessionManager(
    address.url,
    { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS },
    session,
  );
  const common = { baseUrl: address.url, readMaxBytes: MAX_RECEIVE_BYTES };
  const transport =
    address.protocol === "grpc-web"
      ? createGrpcWebTransport({ ...common, httpVersion: "2", sessionManager })
      : createGrpcTransport({ ...common, sessionManager });
  return { transport, close: () => sessionManager.abort() };
}

function read(
  option: "ca" | "cert" | "key",
  name: string,
  path: string | undefined,
): SecureClientSessionOptions {
  if (path === undefined) return {};
  try {
    return { [option]: readFileSync(path) };
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw invalid(name, `cannot be read: ${String(why)}`);
  }
}
