/** Calls to the services, by gRPC-Web, at the address that served this page. */

import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ExtractionService,
  LongTermMemoryService,
  type Principal,
  WorkingMemoryService,
} from "./contract";

const UNARY_MILLISECONDS = 30_000;
/** Of a stream: open for as long as the page needs it. */
export const WITHOUT_DEADLINE = { timeoutMs: 0 };

// In memory alone: a reload, a closed tab or a sign-out forgets it.
let credential = "";

/** Set the key or token of all calls from now on; empty for none. */
export function present(token: string): void {
  credential = token;
}

const authorize: Interceptor = (next) => (request) => {
  if (credential) request.header.set("authorization", `Bearer ${credential}`);
  return next(request);
};

const transport = createGrpcWebTransport({
  baseUrl: window.location.origin,
  defaultTimeoutMs: UNARY_MILLISECONDS,
  interceptors: [authorize],
  fetch: (input, init) => fetch(input, { ...init, credentials: "omit", cache: "no-store" }),
});

export const longTerm = createClient(LongTermMemoryService, transport);
export const working = createClient(WorkingMemoryService, transport);
export const extraction = createClient(ExtractionService, transport);

/** Find out who the credential stands for. The services decide all the same what it may do. */
export async function whoAmI(): Promise<Principal> {
  const { principal } = await working.getPrincipal({});
  if (!principal) throw new ConnectError("the answer names nobody", Code.Internal);
  return principal;
}

/** What went wrong, in words for the page. */
export interface Problem {
  kind: "denied" | "absent" | "unauthenticated" | "conflict" | "invalid" | "unavailable" | "other";
  title: string;
  text: string;
  reason: string;
  /** Where it is of use to repeat the call as it is. */
  again: boolean;
}

const TITLES: Record<Problem["kind"], string> = {
  denied: "Not allowed",
  absent: "Not found",
  unauthenticated: "Not signed in",
  conflict: "Changed meanwhile",
  invalid: "Not understood",
  unavailable: "Not reachable now",
  other: "Something went wrong",
};

const KINDS: Partial<Record<Code, Problem["kind"]>> = {
  [Code.PermissionDenied]: "denied",
  [Code.NotFound]: "absent",
  [Code.Unauthenticated]: "unauthenticated",
  [Code.Aborted]: "conflict",
  [Code.AlreadyExists]: "conflict",
  [Code.FailedPrecondition]: "conflict",
  [Code.InvalidArgument]: "invalid",
  [Code.Unavailable]: "unavailable",
  [Code.DeadlineExceeded]: "unavailable",
  [Code.ResourceExhausted]: "unavailable",
  [Code.Unknown]: "unavailable",
};

/** Say what an error means to whoever reads the page. */
export function problem(error: unknown): Problem {
  const known = ConnectError.from(error);
  const kind = KINDS[known.code] ?? "other";
  const info = known.findDetails(ErrorInfoSchema)[0];
  const violations = known.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
  const fields = violations.map((each) => (each.field ? `${each.field}: ${each.description}` : each.description));
  const text = fields.length > 0 ? fields.join("; ") : sentence(kind, known, info?.metadata ?? {});
  return {
    kind,
    title: TITLES[kind],
    text,
    reason: info?.reason ?? "",
    again: kind === "unavailable" || kind === "other",
  };
}

function sentence(kind: Problem["kind"], error: ConnectError, metadata: Record<string, string>): string {
  const needed = metadata["required_access"];
  if (kind === "denied" && needed) return `This needs the access of ${needed === "admin" ? "an" : "a"} ${needed}.`;
  if (kind === "unauthenticated") return "The key is missing, unknown or no longer valid.";
  if (kind === "unavailable" && error.code === Code.Unknown) return "The gateway cannot be reached.";
  return error.rawMessage || "No more is known.";
}
