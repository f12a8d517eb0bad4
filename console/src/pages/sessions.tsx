/** Sessions, the latest written first. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useId } from "react";
import { working } from "../api/calls";
import type { SessionSummary } from "../api/contract";
import { milliseconds, When } from "../lib/time";
import { Button, Empty, Failure, Loading, Page, Panel } from "../ui/basics";
import { type Column, DataTable } from "../ui/list";

const route = getRouteApi("/sessions");
const PAGE = 200;

const COLUMNS: Column<SessionSummary>[] = [
  {
    id: "session",
    header: "Session",
    width: "minmax(14rem, 2fr)",
    value: (row) => row.sessionId,
    cell: (row) => (
      <Link to="/session" search={{ id: row.sessionId, ns: row.namespace }} className="font-medium break-all">
        {row.sessionId}
      </Link>
    ),
  },
  {
    id: "user",
    header: "User",
    width: "minmax(8rem, 1fr)",
    value: (row) => row.userId,
    cell: (row) =>
      row.userId ? (
        <Link to="/user" search={{ id: row.userId }}>
          {row.userId}
        </Link>
      ) : (
        <span className="text-dim">nobody yet</span>
      ),
  },
  { id: "namespace", header: "Namespace", width: "minmax(6rem, 1fr)", value: (row) => row.namespace, cell: (row) => row.namespace || <span className="text-dim">empty</span> },
  { id: "view", header: "In view", width: "5rem", value: (row) => Number(row.viewSize), cell: (row) => row.viewSize.toLocaleString() },
  { id: "log", header: "In the log", width: "6rem", value: (row) => Number(row.lastSequence), cell: (row) => row.lastSequence.toLocaleString() },
  { id: "written", header: "Last written", width: "12rem", value: (row) => milliseconds(row.updateTime), cell: (row) => <When at={row.updateTime} /> },
  {
    id: "expires",
    header: "Expires",
    width: "12rem",
    value: (row) => milliseconds(row.expireTime) || Number.MAX_SAFE_INTEGER,
    cell: (row) => (row.expireTime ? <When at={row.expireTime} /> : <span className="text-dim">never</span>),
  },
];

/** Read sessions page by page. */
export function useSessions(user: string | undefined, namespace: string | undefined) {
  return useInfiniteQuery({
    queryKey: ["sessions", user ?? "", namespace ?? ""],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      working.listSessions(
        { ...(user ? { userId: user } : {}), ...(namespace ? { namespace } : {}), pageSize: PAGE, pageToken: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
}

export function SessionsPage() {
  const { user, ns } = route.useSearch();
  const navigate = route.useNavigate();
  const ids = { user: useId(), ns: useId() };
  const found = useSessions(user, ns);
  const rows = found.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <Page title="Sessions">
      <form
        key={`${user} ${ns}`}
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          void navigate({ search: { user: String(form.get("user")).trim(), ns: String(form.get("ns")).trim() } });
        }}
      >
        <div>
          <label className="label" htmlFor={ids.user}>
            User
          </label>
          <input id={ids.user} name="user" className="field" defaultValue={user} autoComplete="off" placeholder="any" />
        </div>
        <div>
          <label className="label" htmlFor={ids.ns}>
            Namespace
          </label>
          <input id={ids.ns} name="ns" className="field" defaultValue={ns} autoComplete="off" placeholder="any" />
        </div>
        <Button type="submit">Show</Button>
      </form>
      <Panel flush title="The latest written first" aside={found.data ? `${found.data.pages[0]?.totalSize.toLocaleString()} sessions` : null}>
        {found.error ? <Failure error={found.error} again={() => void found.refetch()} /> : null}
        {found.isPending ? <Loading what="sessions" /> : null}
        {found.data && rows.length === 0 ? <Empty title="No session">Sessions begin with the first message that is appended to them.</Empty> : null}
        {rows.length > 0 ? (
          <DataTable
            label="Sessions"
            rows={rows}
            columns={COLUMNS}
            keyOf={(row) => `${row.namespace} ${row.sessionId}`}
            more={found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined}
          />
        ) : null}
      </Panel>
    </Page>
  );
}
