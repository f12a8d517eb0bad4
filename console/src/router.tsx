/** Pages by their paths. What a page shows is in the query of its address, so that it can be linked to. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Empty, Failure, Loading } from "./ui/basics";
import { Shell } from "./ui/shell";

type Texts<K extends string> = Partial<Record<K, string>>;

/** Keep the texts of an address's query that a page knows. */
const only =
  <K extends string>(...keys: K[]) =>
  (query: Record<string, unknown>): Texts<K> =>
    Object.fromEntries(keys.flatMap((key) => (typeof query[key] === "string" && query[key] ? [[key, query[key]]] : []))) as Texts<K>;

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Empty title="No such page">Choose one of the pages in the list.</Empty>,
  errorComponent: ({ error }) => <Failure error={error} />,
});

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/search" });
  },
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: only("q", "f", "a", "b", "asof", "past"),
  component: lazyRouteComponent(() => import("./pages/search"), "SearchPage"),
});

const memory = createRoute({
  getParentRoute: () => root,
  path: "/memory",
  validateSearch: only("id"),
  component: lazyRouteComponent(() => import("./pages/memory"), "MemoryPage"),
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  validateSearch: only("user", "ns"),
  component: lazyRouteComponent(() => import("./pages/sessions"), "SessionsPage"),
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/session",
  validateSearch: only("id", "ns", "m"),
  component: lazyRouteComponent(() => import("./pages/session"), "SessionPage"),
});

const users = createRoute({
  getParentRoute: () => root,
  path: "/users",
  validateSearch: only("prefix"),
  component: lazyRouteComponent(() => import("./pages/user"), "UsersPage"),
});

const user = createRoute({
  getParentRoute: () => root,
  path: "/user",
  validateSearch: only("id"),
  component: lazyRouteComponent(() => import("./pages/user"), "UserPage"),
});

const work = createRoute({
  getParentRoute: () => root,
  path: "/work",
  validateSearch: only("state", "session", "ns"),
  component: lazyRouteComponent(() => import("./pages/work"), "WorkPage"),
});

const live = createRoute({
  getParentRoute: () => root,
  path: "/live",
  validateSearch: only("user", "session", "ns"),
  component: lazyRouteComponent(() => import("./pages/live"), "LivePage"),
});

const tryIt = createRoute({
  getParentRoute: () => root,
  path: "/try",
  validateSearch: only("user", "session"),
  component: lazyRouteComponent(() => import("./pages/try"), "TryPage"),
});

export const router = createRouter({
  basepath: "/console",
  routeTree: root.addChildren([index, search, memory, sessions, session, users, user, work, live, tryIt]),
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading what="the page" />,
  // Plain texts: an id that looks like a number is still a text.
  parseSearch: (query) => Object.fromEntries(new URLSearchParams(query)),
  stringifySearch: (query) => {
    const texts = Object.entries(query).filter(([, value]) => typeof value === "string" && value !== "") as [string, string][];
    return texts.length > 0 ? `?${new URLSearchParams(texts)}` : "";
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
