/** A user: what is known, by topic; how it grew; and how to take it along or make it forget. */

import { toJson } from "@bufbuild/protobuf";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useId, useMemo, useState } from "react";
import { longTerm, WITHOUT_DEADLINE, working } from "../api/calls";
import { type EraseReceipt, type FieldValue, type Memory, MemoryField, MemorySchema, MemoryType } from "../api/contract";
import { queries, useMay } from "../api/session";
import { erase, receiptText } from "../lib/erasure";
import { save } from "../lib/files";
import { milliseconds, When } from "../lib/time";
import { Button, Empty, Failure, Loaded, Page, Panel, Tag } from "../ui/basics";
import { Decision } from "../ui/dialog";
import { Rows } from "../ui/list";
import { MemoryLink, Standing } from "../ui/memory";

const Chart = lazy(() => import("../ui/chart"));
const route = getRouteApi("/user");
const usersRoute = getRouteApi("/users");
const PAGE = 1000;
const MOST = 5000;
const WITHOUT_TOPIC = "without a topic";

export function UsersPage() {
  const { prefix = "" } = usersRoute.useSearch();
  const id = useId();
  const navigate = useNavigate();
  const found = useInfiniteQuery({
    queryKey: ["users", prefix],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      longTerm.listFieldValues(
        // Messages count too: who has said something is a user, whatever was learned of it.
        { field: MemoryField.USER_ID, prefix, filter: { type: { any: [MemoryType.SEMANTIC, MemoryType.EPISODIC, MemoryType.MESSAGE] } }, includeHidden: true, pageSize: PAGE, pageToken: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const users = useMemo(() => (found.data?.pages ?? []).flatMap((page) => page.values.filter(({ value }) => value.case === "text" && value.value !== "")), [found.data]);
  const first = found.data?.pages[0];
  return (
    <Page title="Users">
      <form
        key={prefix}
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const user = String(new FormData(event.currentTarget).get("user")).trim();
          const submitter = (event.nativeEvent as SubmitEvent).submitter;
          if (submitter?.getAttribute("value") === "open" && user) void navigate({ to: "/user", search: { id: user } });
          else void navigate({ to: "/users", search: { prefix: user } });
        }}
      >
        <div className="w-full max-w-sm">
          <label className="label" htmlFor={id}>
            Id of a user, or how it begins
          </label>
          <input id={id} name="user" className="field" autoComplete="off" placeholder="alice" defaultValue={prefix} />
        </div>
        <Button type="submit" value="find">
          Find
        </Button>
        <Button type="submit" value="open" tone="quiet">
          Open this one
        </Button>
      </form>
      <Panel flush title={prefix ? `Users that begin with ${prefix}` : "All users"} aside={first ? `${first.totalSize.toLocaleString()}${first.partial ? " and more; a longer beginning finds the others" : ""}` : null}>
        <Loaded query={found} what="users">
          {() =>
            users.length === 0 ? (
              <Empty title="No user">A user whose messages are not searchable and of whom nothing is known yet is opened by the id.</Empty>
            ) : (
              <Rows label="Users" items={users} keyOf={userOf} estimate={44} more={found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined}>
                {(each) => (
                  <div className="flex flex-wrap items-baseline gap-x-4 px-4 py-2">
                    <Link to="/user" search={{ id: userOf(each) }} className="inline-flex min-h-[1.72rem] items-center font-medium break-all">
                      {userOf(each)}
                    </Link>
                    <span className="text-[0.93rem] text-dim">{`${each.memoryCount.toLocaleString()} ${each.memoryCount === 1n ? "memory" : "memories"}, with messages`}</span>
                  </div>
                )}
              </Rows>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function userOf({ value }: FieldValue): string {
  return value.case === "text" ? value.value : "";
}

interface Known {
  memories: Memory[];
  total: number;
}

async function known(userId: string, signal: AbortSignal): Promise<Known> {
  const memories: Memory[] = [];
  let pageToken = "";
  let total = 0;
  do {
    const page = await longTerm.listMemories(
      { filter: { userId: { eq: userId }, type: { none: [MemoryType.MESSAGE] } }, pageSize: PAGE, pageToken },
      { signal },
    );
    memories.push(...page.memories);
    total = Number(page.totalSize);
    pageToken = page.nextPageToken;
  } while (pageToken && memories.length < MOST);
  return { memories, total };
}

export function UserPage() {
  const { id = "" } = route.useSearch();
  const isAdmin = useMay("admin");
  const [receipts, setReceipts] = useState<EraseReceipt[] | null>(null);
  const facts = useQuery({ queryKey: ["user", id, "known"], queryFn: ({ signal }) => known(id, signal) });
  const counts = useQuery({
    queryKey: ["user", id, "counts"],
    queryFn: async ({ signal }) => {
      const [messages, sessions] = await Promise.all([
        longTerm.countMemories({ filter: { userId: { eq: id }, type: { any: [MemoryType.MESSAGE] } } }, { signal }),
        working.listSessions({ userId: id, pageSize: 20 }, { signal }),
      ]);
      return { messages: messages.count, sessions };
    },
  });
  return (
    <Page
      title={<span className="break-all">{id}</span>}
      lead={
        facts.data && counts.data ? (
          <span data-counts>
            {`${facts.data.total.toLocaleString()} facts and events, ${counts.data.messages.toLocaleString()} messages, ${counts.data.sessions.totalSize.toLocaleString()} sessions`}
          </span>
        ) : null
      }
      actions={isAdmin ? <Actions id={id} onErased={setReceipts} /> : null}
    >
      {receipts ? <Receipt id={id} receipts={receipts} /> : null}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Loaded query={facts} what="what is known">
            {(all) => (all.memories.length === 0 ? <Panel><Empty title="Nothing is known">No fact or event of this user is stored, for this key to see.</Empty></Panel> : <ByTopic known={all} />)}
          </Loaded>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {facts.data && facts.data.memories.length > 0 ? <Growth memories={facts.data.memories} /> : null}
          <Panel flush title="Sessions" aside={counts.data && counts.data.sessions.totalSize > 0n ? <Link to="/sessions" search={{ user: id }}>All of them</Link> : null}>
            <Loaded query={counts} what="sessions">
              {({ sessions }) =>
                sessions.sessions.length === 0 ? (
                  <Empty title="No session" />
                ) : (
                  <ul>
                    {sessions.sessions.map((session) => (
                      <li key={`${session.namespace} ${session.sessionId}`} className="flex flex-wrap items-baseline justify-between gap-x-3 border-b border-line px-4 py-1.5 last:border-b-0">
                        <Link to="/session" search={{ id: session.sessionId, ns: session.namespace }} className="inline-flex min-h-[1.72rem] items-center break-all">
                          {session.sessionId}
                        </Link>
                        <span className="text-[0.857rem] text-dim">
                          {session.lastSequence.toLocaleString()} messages, <When at={session.updateTime} />
                        </span>
                      </li>
                    ))}
                  </ul>
                )
              }
            </Loaded>
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function ByTopic({ known: { memories, total } }: { known: Known }) {
  const groups = useMemo(() => {
    const by = new Map<string, Memory[]>();
    for (const memory of memories) {
      if (memory.standing) continue;
      const topic = memory.topics[0] ?? WITHOUT_TOPIC;
      by.set(topic, [...(by.get(topic) ?? []), memory]);
    }
    return [...by.entries()].sort(([one, first], [other, second]) =>
      one === WITHOUT_TOPIC ? 1 : other === WITHOUT_TOPIC ? -1 : second.length - first.length || one.localeCompare(other),
    );
  }, [memories]);
  const standing = memories.filter((memory) => memory.standing);
  return (
    <>
      {standing.length > 0 ? (
        <Panel flush title="Standing, in every prompt" aside={String(standing.length)}>
          <Group memories={standing} label="Standing memories" />
        </Panel>
      ) : null}
      {groups.map(([topic, of]) => (
        <Panel key={topic} flush title={<span className="inline-block first-letter:uppercase">{topic}</span>} aside={String(of.length)}>
          <Group memories={of} label={`Memories about ${topic}`} />
        </Panel>
      ))}
      {total > memories.length ? <p className="text-dim">{`The newest ${memories.length.toLocaleString()} of ${total.toLocaleString()} are shown.`}</p> : null}
    </>
  );
}

function Group({ memories, label }: { memories: Memory[]; label: string }) {
  return (
    <Rows label={label} items={memories} keyOf={(memory) => memory.id} className="max-h-[24rem]" estimate={58}>
      {(memory) => (
        <div className="px-4 py-2">
          <MemoryLink memory={memory} />
          <div className="flex flex-wrap gap-x-2 text-[0.857rem] text-dim">
            <When at={memory.createTime} />
            <Standing memory={{ ...memory, standing: false }} />
            {memory.topics.slice(1, 4).map((topic) => (
              <Tag key={topic}>{topic}</Tag>
            ))}
          </div>
        </div>
      )}
    </Rows>
  );
}

function Growth({ memories }: { memories: Memory[] }) {
  const [times, values] = useMemo(() => {
    const sorted = memories.map((memory) => milliseconds(memory.createTime)).sort((one, other) => one - other);
    return [
      [...sorted, Date.now()],
      [...sorted.map((_, index) => index + 1), sorted.length],
    ];
  }, [memories]);
  return (
    <Panel title="Growth">
      <Suspense fallback={<div className="h-[11.5rem]" />}>
        <Chart times={times} values={values} label="Facts and events that are true now, by when they were stored" summary={`${values.at(-1)} now`} />
      </Suspense>
    </Panel>
  );
}

function Actions({ id, onErased }: { id: string; onErased: (receipts: EraseReceipt[]) => void }) {
  const [open, setOpen] = useState(false);
  const exporting = useMutation({
    mutationFn: async () => {
      const lines: string[] = [];
      for await (const part of longTerm.exportMemories({ filter: { userId: { eq: id } }, includeHidden: true }, WITHOUT_DEADLINE)) {
        for (const memory of part.memories) lines.push(JSON.stringify(toJson(MemorySchema, memory, { useProtoFieldName: true })));
      }
      return lines;
    },
    onSuccess: (lines) => save(`memories-of-${id}.jsonl`, `${lines.join("\n")}\n`, "application/x-ndjson"),
  });
  const erasing = useMutation({
    mutationFn: () => erase(id),
    onSuccess: (receipts) => {
      setOpen(false);
      onErased(receipts);
      void queries.invalidateQueries();
    },
  });
  return (
    <>
      <Button onClick={() => exporting.mutate()} disabled={exporting.isPending}>
        {exporting.isPending ? "Exporting …" : "Export"}
      </Button>
      <Button tone="danger" onClick={() => setOpen(true)}>
        Erase
      </Button>
      {exporting.error ? <Failure error={exporting.error} /> : null}
      <Decision open={open} onClose={() => setOpen(false)} title={`Erase ${id}?`} action="Erase for good" typed={id} busy={erasing.isPending} error={erasing.error} onDecide={() => erasing.mutate()}>
        <p>Every session, message, memory, change and summary of this user is erased from all three services, with what is still on its way. It cannot be taken back.</p>
      </Decision>
    </>
  );
}

function Receipt({ id, receipts }: { id: string; receipts: EraseReceipt[] }) {
  return (
    <Panel
      title="Erased"
      aside={
        <Button small onClick={() => save(`erasure-of-${id}.json`, receiptText(id, receipts))}>
          Download the receipt
        </Button>
      }
    >
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Receipt">
        <table className="w-full min-w-[36rem] text-[0.93rem]" data-receipt>
          <thead>
            <tr className="text-left text-[0.857rem] text-dim">
              <th scope="col" className="py-1 font-medium">Service</th>
              <th scope="col" className="py-1 font-medium">What went</th>
              <th scope="col" className="py-1 font-medium">Nothing was left</th>
              <th scope="col" className="py-1 font-medium">Receipt</th>
            </tr>
          </thead>
          <tbody>
            {receipts.map((receipt) => (
              <tr key={receipt.receiptId} className="border-t border-line align-baseline">
                <th scope="row" className="py-1 pr-3 text-left font-normal">{receipt.service.split(".")[1]?.replaceAll("_", " ") ?? receipt.service}</th>
                <td className="py-1 pr-3">{Object.entries(receipt.erased).map(([kind, count]) => `${count.toLocaleString()} ${kind.replaceAll("_", " ")}`).join(", ") || "nothing"}</td>
                <td className="py-1 pr-3">
                  <When at={receipt.endTime} />
                </td>
                <td className="mono py-1 text-dim">{receipt.receiptId}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
