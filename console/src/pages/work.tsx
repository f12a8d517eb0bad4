/** Work in the background: what waits, runs, failed, and why. */

import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { extraction } from "../api/calls";
import { type Job, JobKind, JobState } from "../api/contract";
import { useFollow } from "../api/follow";
import { queries, useMay, useSeesAll } from "../api/session";
import { milliseconds, span, When } from "../lib/time";
import { Button, Empty, Failure, Loading, Page, Panel, Tag } from "../ui/basics";
import { Decision } from "../ui/dialog";
import { type Column, DataTable } from "../ui/list";
import { StreamTag } from "../ui/stream";
import { Figures } from "./figures";

const route = getRouteApi("/work");
const PAGE = 200;

const STATES: Record<string, { label: string; state: JobState; tone: "plain" | "accent" | "good" | "bad" | "warn" }> = {
  pending: { label: "waiting", state: JobState.PENDING, tone: "warn" },
  running: { label: "running", state: JobState.RUNNING, tone: "accent" },
  failed: { label: "failed", state: JobState.FAILED, tone: "bad" },
  succeeded: { label: "done", state: JobState.SUCCEEDED, tone: "good" },
  cancelled: { label: "cancelled", state: JobState.CANCELLED, tone: "plain" },
};
const OF_STATE = new Map(Object.values(STATES).map((each) => [each.state, each]));

export function WorkPage() {
  const { state = "", session = "", ns = "" } = route.useSearch();
  const mayWrite = useMay("writer");
  const seesAll = useSeesAll();
  const [changed, setChanged] = useState<ReadonlyMap<string, Job>>(new Map());
  const [cancelled, setCancelled] = useState<Job | null>(null);
  const listed = useInfiniteQuery({
    queryKey: ["jobs", state, session, ns],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      extraction.listJobs(
        {
          ...(STATES[state] ? { state: STATES[state].state } : {}),
          ...(session ? { sessionId: session, namespace: ns } : {}),
          pageSize: PAGE,
          pageToken: pageParam,
        },
        { signal },
      ),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const following = useFollow(
    `work ${ns} ${session}`,
    (resumeToken, options) => extraction.watchJobs({ sessionId: session, namespace: ns, resumeToken }, options),
    ({ job }) => {
      if (job) setChanged((now) => new Map(now).set(job.id, job));
    },
    () => void queries.invalidateQueries({ queryKey: ["jobs"] }),
  );
  const jobs = useMemo(() => {
    const all = new Map<string, Job>();
    for (const page of listed.data?.pages ?? []) for (const job of page.jobs) all.set(job.id, job);
    for (const job of changed.values()) all.set(job.id, job);
    const wanted = STATES[state]?.state;
    return [...all.values()]
      .filter((job) => (wanted === undefined || job.state === wanted) && (!session || (job.session?.sessionId === session && job.session.namespace === ns)))
      .sort((one, other) => milliseconds(other.createTime) - milliseconds(one.createTime));
  }, [listed.data, changed, state, session, ns]);
  const settled = (job: Job | undefined) => {
    if (job) setChanged((now) => new Map(now).set(job.id, job));
    setCancelled(null);
    void queries.invalidateQueries({ queryKey: ["jobs"] });
  };
  const retry = useMutation({ mutationFn: (job: Job) => extraction.retryJob({ jobId: job.id }), onSuccess: ({ job }) => settled(job) });
  const cancel = useMutation({ mutationFn: (job: Job) => extraction.cancelJob({ jobId: job.id }), onSuccess: ({ job }) => settled(job) });
  const columns: Column<Job>[] = [
    {
      id: "state",
      header: "State",
      width: "6.5rem",
      value: (job) => job.state,
      cell: (job) => <Tag tone={OF_STATE.get(job.state)?.tone ?? "plain"}>{OF_STATE.get(job.state)?.label ?? "unknown"}</Tag>,
    },
    { id: "of", header: "Of", width: "minmax(9rem, 1.2fr)", value: (job) => job.session?.sessionId ?? job.viewId, cell: (job) => <Of job={job} /> },
    { id: "attempt", header: "Attempts", width: "4.5rem", value: (job) => job.attempt, cell: (job) => job.attempt },
    { id: "why", header: "Result", width: "minmax(12rem, 3fr)", cell: (job) => <Result job={job} /> },
    { id: "created", header: "Created", width: "10.5rem", value: (job) => milliseconds(job.createTime), cell: (job) => <When at={job.createTime} /> },
    { id: "waited", header: "Waited", width: "4.5rem", value: waited, cell: (job) => (job.startTime ? span(0, waited(job)) : "-") },
    { id: "took", header: "Took", width: "4.5rem", value: took, cell: (job) => (job.endTime && job.startTime ? span(0, took(job)) : "-") },
    {
      id: "act",
      header: "Action",
      width: "5rem",
      cell: (job) =>
        !mayWrite ? null : job.state === JobState.FAILED ? (
          <Button small onClick={() => retry.mutate(job)} disabled={retry.isPending}>
            Retry
          </Button>
        ) : job.state === JobState.PENDING || job.state === JobState.RUNNING ? (
          <Button small onClick={() => setCancelled(job)}>
            Cancel
          </Button>
        ) : null,
    },
  ];
  return (
    <Page title="Work" lead="What was said becomes memories in jobs, in the background." actions={<StreamTag following={following} />}>
      <nav aria-label="States" className="flex flex-wrap gap-1.5">
        {[["", { label: "all" }] as const, ...Object.entries(STATES)].map(([key, { label }]) => (
          <Link
            key={key}
            to="/work"
            search={{ state: key, session, ns }}
            aria-current={state === key ? "true" : undefined}
            className={`inline-flex min-h-8 items-center rounded border px-2.5 no-underline first-letter:uppercase ${state === key ? "border-accent bg-tint text-accent" : "border-line text-ink hover:bg-sunk"}`}
          >
            <span className="first-letter:uppercase">{label}</span>
          </Link>
        ))}
      </nav>
      {session ? (
        <p>
          Of session <strong className="font-medium">{session}</strong>{" "}
          <Link to="/work" search={{ state }}>
            of all
          </Link>
        </p>
      ) : null}
      {retry.error ? <Failure error={retry.error} /> : null}
      {session ? null : seesAll ? <Figures /> : <p className="text-dim">Figures are of the whole tenant, of which this key sees a part.</p>}
      <Panel flush title="Jobs, the latest first" aside={listed.data ? `${jobs.length.toLocaleString()}${listed.hasNextPage ? " and more" : ""}` : null}>
        {listed.error ? <Failure error={listed.error} again={() => void listed.refetch()} /> : null}
        {listed.isPending ? <Loading what="jobs" /> : null}
        {listed.data && jobs.length === 0 ? <Empty title="No such job" /> : null}
        {jobs.length > 0 ? (
          <DataTable
            label="Jobs"
            rows={jobs}
            columns={columns}
            keyOf={(job) => job.id}
            className="max-h-[60dvh]"
            more={listed.hasNextPage && !listed.isFetchingNextPage ? () => void listed.fetchNextPage() : undefined}
          />
        ) : null}
      </Panel>
      <Decision
        open={cancelled !== null}
        onClose={() => setCancelled(null)}
        title="Cancel this job?"
        action="Cancel the job"
        busy={cancel.isPending}
        error={cancel.error}
        onDecide={() => cancelled && cancel.mutate(cancelled)}
      >
        Its messages stay in the log, and no memory is made of them.
      </Decision>
    </Page>
  );
}

function Of({ job }: { job: Job }) {
  if (job.kind === JobKind.SUMMARY_VIEW) return <span className="break-all">summary view {job.viewId}</span>;
  if (!job.session) return null;
  return (
    <span className="break-words">
      <Link to="/session" search={{ id: job.session.sessionId, ns: job.session.namespace }} className="inline-flex min-h-[1.72rem] items-center">
        {job.session.sessionId}
      </Link>{" "}
      <span className="text-[0.857rem] text-dim">{job.lastSequence > 0n ? `${job.firstSequence} to ${job.lastSequence}` : ""}</span>
    </span>
  );
}

function Result({ job }: { job: Job }) {
  const dropped = Object.entries(job.droppedItems).map(([why, count]) => `${count} ${why.replaceAll("_", " ")}`);
  return (
    <div className="text-[0.93rem]">
      {job.error ? <span className="text-bad">{job.error.message || "failed"}</span> : null}
      {job.state === JobState.SUCCEEDED ? (
        <span>
          {`${job.memoryIds.length} ${job.memoryIds.length === 1 ? "memory" : "memories"}`}
          {job.extractors.length > 0 ? <span className="text-dim"> by {job.extractors.join(", ")}</span> : null}
        </span>
      ) : null}
      {dropped.length > 0 ? <span className="text-dim"> left out: {dropped.join(", ")}</span> : null}
    </div>
  );
}

function waited(job: Job): number {
  return job.startTime ? Math.max(0, milliseconds(job.startTime) - milliseconds(job.dueTime ?? job.createTime)) : 0;
}

function took(job: Job): number {
  return job.endTime && job.startTime ? Math.max(0, milliseconds(job.endTime) - milliseconds(job.startTime)) : 0;
}
