/** Transport of browsers, and of whatever else has `fetch`: gRPC-Web through the gateway. */

import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { invalid } from "../errors.js";
import type { Address, OpenTransport } from "../options.js";

/** Whether this transport can carry a stream of requests. */
export const UPLOADS = false;

/** Open a transport to an address; the browser keeps its connections. */
export function openTransport(address: Address): OpenTransport {
  if (address.protocol === "grpc") throw invalid("protocol", "gRPC needs Node.js; use grpc-web");
  for (const name of ["caCertificateFile", "clientCertificateFile", "clientKeyFile"] as const) {
    if (address[name] !== undefined) throw invalid(name, "needs Node.js; browsers have their own");
  }
  return { transport: createGrpcWebTransport({ baseUrl: address.url }), close: () => undefined };
}
