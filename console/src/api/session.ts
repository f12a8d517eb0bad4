/** Who is signed in, and what they may do. */

import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { type Access, allowed, present, problem, type Problem } from "./calls";

export interface Session {
  state: "starting" | "signed-out" | "signed-in" | "unreachable";
  access: Access;
  /** What may be shown of the credential; empty where there is none. */
  name: string;
  problem: Problem | null;
}

let session: Session = { state: "starting", access: "none", name: "", problem: null };
const listeners = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const tell of listeners) tell();
}

function ended(error: unknown): void {
  const known = problem(error);
  if (known.kind === "unauthenticated" && session.state === "signed-in") signOut(known);
}

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: ended }),
  mutationCache: new MutationCache({ onError: ended }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      networkMode: "always",
      retry: (failures, error) => problem(error).kind === "unavailable" && failures < 2,
    },
    mutations: { networkMode: "always" },
  },
});

/** Return the session, and render again when it changes. */
export function useSession(): Session {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => session,
  );
}

const RANK: Record<Access, number> = { none: 0, reader: 1, writer: 2, admin: 3 };

/** Tell whether the credential has an access. The services decide all the same. */
export function useMay(access: Access): boolean {
  return RANK[useSession().access] >= RANK[access];
}

/** Sign in where no credential is needed. */
export async function start(): Promise<void> {
  try {
    become({ state: "signed-in", access: await allowed(), name: "", problem: null });
  } catch (error) {
    const known = problem(error);
    const needed = known.kind === "unauthenticated";
    become({ state: needed ? "signed-out" : "unreachable", access: "none", name: "", problem: needed ? null : known });
  }
}

/** Sign in with a key or token; answers what is wrong with it. */
export async function signIn(token: string): Promise<Problem | null> {
  present(token);
  try {
    const access = await allowed();
    queries.clear();
    become({ state: "signed-in", access, name: shown(token), problem: null });
    return null;
  } catch (error) {
    present("");
    return problem(error);
  }
}

/** Forget the credential and everything that was read with it. */
export function signOut(why: Problem | null = null): void {
  present("");
  queries.clear();
  become({ state: "signed-out", access: "none", name: "", problem: why });
}

function shown(token: string): string {
  const key = /^am_([^_]+)_/.exec(token);
  return key ? `key ${key[1]}` : "token";
}
