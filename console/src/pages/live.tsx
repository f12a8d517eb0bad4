/** Changes of memories as they happen. */

import { getRouteApi } from "@tanstack/react-router";
import { useId, useState } from "react";
import { longTerm } from "../api/calls";
import { type MemoryChange, MemoryChangeKind } from "../api/contract";
import { useFollow } from "../api/follow";
import { When } from "../lib/time";
import { Button, Empty, Failure, Page, Panel, Tag } from "../ui/basics";
import { Rows } from "../ui/list";
import { MemoryLink, MemoryMeta } from "../ui/memory";
import { StreamTag } from "../ui/stream";

const route = getRouteApi("/live");
const KEPT = 5000;

const KINDS: Record<MemoryChangeKind, { label: string; tone: "plain" | "good" | "warn" | "bad" | "accent" }> = {
  [MemoryChangeKind.UNSPECIFIED]: { label: "changed", tone: "plain" },
  [MemoryChangeKind.CREATED]: { label: "stored", tone: "good" },
  [MemoryChangeKind.UPDATED]: { label: "changed", tone: "accent" },
  [MemoryChangeKind.MERGED]: { label: "merged", tone: "warn" },
  [MemoryChangeKind.SUPERSEDED]: { label: "superseded", tone: "warn" },
  [MemoryChangeKind.DELETED]: { label: "gone", tone: "bad" },
};

interface Told {
  key: string;
  change: MemoryChange;
}

export function LivePage() {
  const { user = "", session = "", ns = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const ids = { user: useId(), session: useId(), ns: useId() };
  return (
    <Page title="Live" lead="Changes as they happen. What happens while the connection is lost is told when it is back.">
      <form
        key={`${user} ${session} ${ns}`}
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = (name: string) => String(form.get(name)).trim();
          void navigate({ search: { user: text("user"), session: text("session"), ns: text("ns") } });
        }}
      >
        {(
          [
            ["user", "User", user],
            ["session", "Session", session],
            ["ns", "Namespace", ns],
          ] as const
        ).map(([name, label, value]) => (
          <div key={name}>
            <label className="label" htmlFor={ids[name]}>
              {label}
            </label>
            <input id={ids[name]} name={name} className="field" defaultValue={value} autoComplete="off" placeholder="any" />
          </div>
        ))}
        <Button type="submit">Follow</Button>
      </form>
      <Stream key={`${user} ${session} ${ns}`} user={user} session={session} namespace={ns} />
    </Page>
  );
}

function Stream({ user, session, namespace }: { user: string; session: string; namespace: string }) {
  const [told, setTold] = useState<Told[]>([]);
  const [paused, setPaused] = useState<Told[] | null>(null);
  const following = useFollow(
    `${user} ${session} ${namespace}`,
    (resumeToken, options) =>
      longTerm.watchMemories(
        {
          filter: {
            ...(user ? { userId: { eq: user } } : {}),
            ...(session ? { sessionId: { eq: session } } : {}),
            ...(namespace ? { namespace: { eq: namespace } } : {}),
          },
          resumeToken,
        },
        options,
      ),
    ({ change, resumeToken }) => {
      if (change) setTold((now) => [{ key: `${resumeToken} ${change.memoryId}`, change }, ...now].slice(0, KEPT));
    },
  );
  const shown = paused ?? told;
  return (
    <Panel
      flush
      title={
        <span className="flex items-center gap-3">
          Changes <StreamTag following={following} />
        </span>
      }
      aside={
        <>
          {paused && told.length > paused.length ? <span role="status">{told.length - paused.length} more</span> : null}
          <Button small onClick={() => setPaused(paused ? null : told)} aria-pressed={paused !== null}>
            {paused ? "Go on" : "Pause"}
          </Button>
          <Button small tone="quiet" onClick={() => setTold([])}>
            Clear
          </Button>
        </>
      }
    >
      {following.state === "refused" && following.problem ? <Failure error={new Error(following.problem.text)} /> : null}
      {shown.length === 0 ? <Empty title="Nothing changed yet">Say something on Try it, or edit a memory, and it shows here.</Empty> : null}
      {shown.length > 0 ? (
        <Rows label="Changes" items={shown} keyOf={(each) => each.key} className="max-h-[72dvh]" estimate={66}>
          {({ change }) => {
            const kind = KINDS[change.kind];
            return (
              <div className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 px-4 py-2" data-change={change.memoryId}>
                <div className="text-[0.857rem] text-dim">
                  <When at={change.changeTime} clock />
                  <div>
                    <Tag tone={kind.tone}>{kind.label}</Tag>
                  </div>
                </div>
                <div className="min-w-0">
                  {change.memory ? (
                    <>
                      <MemoryLink memory={change.memory} />
                      <MemoryMeta memory={change.memory} />
                    </>
                  ) : (
                    <span className="mono text-dim">{change.memoryId}</span>
                  )}
                </div>
              </div>
            );
          }}
        </Rows>
      ) : null}
    </Panel>
  );
}
