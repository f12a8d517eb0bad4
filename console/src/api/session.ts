/** Who is signed in, and what they may do. */

import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { present, problem, type Problem, whoAmI } from "./calls";
import { Access, type Principal } from "./contract";

export interface Session {
  state: "starting" | "signed-out" | "signed-in" | "unreachable";
  /** Who is signed in; nobody before that. */
  principal: Principal | null;
  /** False where nobody is asked for a credential. */
  isKeyed: boolean;
  problem: Problem | null;
}

const NOBODY = { principal: null, isKeyed: false, problem: null } as const;
let session: Session = { state: "starting", ...NOBODY };
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

const LEAST = { reader: Access.READER, writer: Access.WRITER, admin: Access.ADMIN } as const;

/** Tell whether the credential has an access. The services decide all the same. */
export function useMay(access: keyof typeof LEAST): boolean {
  return (useSession().principal?.access ?? Access.UNSPECIFIED) >= LEAST[access];
}

/** Tell whether the credential sees all of its tenant. */
export function useSeesAll(): boolean {
  const { principal } = useSession();
  return principal !== null && !principal.users && !principal.namespaces;
}

/** Sign in where no credential is needed. */
export async function start(): Promise<void> {
  try {
    become({ ...NOBODY, state: "signed-in", principal: await whoAmI() });
  } catch (error) {
    const known = problem(error);
    const needed = known.kind === "unauthenticated";
    become({ ...NOBODY, state: needed ? "signed-out" : "unreachable", problem: needed ? null : known });
  }
}

/** Sign in with a key or token; answers what is wrong with it. */
export async function signIn(token: string): Promise<Problem | null> {
  present(token);
  try {
    const principal = await whoAmI();
    queries.clear();
    become({ ...NOBODY, state: "signed-in", principal, isKeyed: true });
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
  become({ ...NOBODY, state: "signed-out", problem: why });
}
