/** A session: its log beside its view, what was learned from it, and what the next prompt would be. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useId, useMemo, useState } from "react";
import { extraction, longTerm, working } from "../api/calls";
import { type Memory, MemoryType, type Message, SessionChangeKind, type WorkingMemory } from "../api/contract";
import { useFollow } from "../api/follow";
import { queries } from "../api/session";
import { When } from "../lib/time";
import { Button, Empty, Fact, Failure, Loaded, Loading, Page, Panel, Tag } from "../ui/basics";
import { Rows } from "../ui/list";
import { MemoryLink, Standing } from "../ui/memory";
import { Prompt } from "../ui/prompt";
import { StreamTag } from "../ui/stream";

const route = getRouteApi("/session");
const LOG_PAGE = 500;
const BEFORE_LINKED = 100;
const MOST_FACTS = 1000;

export function SessionPage() {
  const { id = "", ns = "" } = route.useSearch();
  const key = ["session", ns, id];
  const session = useQuery({
    queryKey: [...key, "view"],
    queryFn: async ({ signal }) => (await working.getWorkingMemory({ namespace: ns, sessionId: id }, { signal })).workingMemory as WorkingMemory,
  });
  const [extracted, setExtracted] = useState<bigint | null>(null);
  const known = session.data !== undefined;
  const changes = useFollow(
    known ? `${ns} ${id}` : null,
    (resumeToken, options) => working.watchWorkingMemory({ namespace: ns, sessionId: id, resumeToken }, options),
    ({ change }) => {
      if (!change) return;
      void queries.invalidateQueries({ queryKey: [...key, "view"] });
      if (change.kind === SessionChangeKind.MESSAGES) void queries.invalidateQueries({ queryKey: [...key, "log"] });
    },
    () => void queries.invalidateQueries({ queryKey: key }),
  );
  useFollow(
    known ? `jobs ${ns} ${id}` : null,
    (resumeToken, options) => extraction.watchJobs({ namespace: ns, sessionId: id, resumeToken }, options),
    ({ progress }) => {
      if (!progress || progress.extractedSequence === extracted) return;
      setExtracted(progress.extractedSequence);
      void queries.invalidateQueries({ queryKey: [...key, "facts"] });
    },
  );
  return (
    <Page title={<span className="break-all">{id}</span>} lead={session.data ? <Lead session={session.data} extracted={extracted} /> : null} actions={known ? <StreamTag following={changes} /> : null}>
      <Loaded query={session} what="session">
        {(view) => (
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(22rem,2fr)]">
            <Log session={view} queryKey={key} />
            <div className="flex min-w-0 flex-col gap-4">
              <View session={view} />
              <NextPrompt session={view} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Lead({ session, extracted }: { session: WorkingMemory; extracted: bigint | null }) {
  return (
    <span className="flex flex-wrap gap-x-3">
      {session.userId ? (
        <Link to="/user" search={{ id: session.userId }}>
          {session.userId}
        </Link>
      ) : (
        <span>nobody's yet</span>
      )}
      {session.namespace ? <span>in {session.namespace}</span> : null}
      <span>
        begun <When at={session.createTime} />
      </span>
      {extracted !== null ? <span data-extracted>{`learned from ${extracted} of ${session.lastSequence} messages`}</span> : null}
    </span>
  );
}

function Log({ session, queryKey }: { session: WorkingMemory; queryKey: string[] }) {
  const linked = Number(route.useSearch().m ?? "0") || 0;
  const last = Number(session.lastSequence);
  // From the linked message, or from the end: a log may be as long as it likes.
  const [begin] = useState(() => Math.max(0, linked ? linked - BEFORE_LINKED : last > LOG_PAGE ? last - LOG_PAGE : 0));
  const log = useInfiniteQuery({
    queryKey: [...queryKey, "log", begin],
    initialPageParam: begin,
    queryFn: ({ pageParam, signal }) =>
      working.listMessages(
        {
          namespace: session.namespace,
          sessionId: session.sessionId,
          afterSequence: BigInt(pageParam),
          pageSize: pageParam < begin ? Math.min(LOG_PAGE, begin - pageParam) : LOG_PAGE,
        },
        { signal },
      ),
    getNextPageParam: (page, _, after) => (page.nextPageToken ? Math.max(after, begin) + page.messages.length : undefined),
    getPreviousPageParam: (_, __, after) => (after > 0 ? Math.max(0, after - LOG_PAGE) : undefined),
  });
  const facts = useQuery({
    queryKey: [...queryKey, "facts"],
    queryFn: async ({ signal }) =>
      (
        await longTerm.listMemories(
          {
            filter: { namespace: { eq: session.namespace }, sessionId: { eq: session.sessionId }, type: { none: [MemoryType.MESSAGE] } },
            includeHidden: true,
            pageSize: MOST_FACTS,
          },
          { signal },
        )
      ).memories,
  });
  const messages = useMemo(() => {
    const all = new Map<string, Message>();
    for (const page of log.data?.pages ?? []) for (const message of page.messages) all.set(message.id, message);
    return [...all.values()].sort((one, other) => Number(one.sequence - other.sequence));
  }, [log.data]);
  const stated = useMemo(() => {
    const by = new Map<string, Memory[]>();
    for (const fact of facts.data ?? []) {
      for (const message of fact.provenance?.messageIds ?? []) by.set(message, [...(by.get(message) ?? []), fact]);
    }
    return by;
  }, [facts.data]);
  const inView = useMemo(() => new Set(session.messages.map((message) => message.id)), [session.messages]);
  const at = linked ? messages.findIndex((message) => Number(message.sequence) === linked) : messages.length - 1;
  return (
    <Panel
      flush
      title="Log, and what was learned from it"
      aside={
        <>
          <span data-log-size={last}>{`${last.toLocaleString()} messages`}</span>
          {log.hasPreviousPage ? (
            <Button small onClick={() => void log.fetchPreviousPage()} disabled={log.isFetchingPreviousPage}>
              Earlier
            </Button>
          ) : null}
        </>
      }
    >
      {log.error ? <Failure error={log.error} again={() => void log.refetch()} /> : null}
      {log.isPending ? <Loading what="the log" /> : null}
      {log.data && messages.length === 0 ? <Empty title="Nothing was said yet" /> : null}
      {messages.length > 0 ? (
        <Rows
          label="Messages of the log"
          items={messages}
          keyOf={(message) => message.id}
          className="max-h-[75dvh]"
          at={at}
          more={log.hasNextPage && !log.isFetchingNextPage ? () => void log.fetchNextPage() : undefined}
        >
          {(message) => (
            <Said message={message} facts={stated.get(message.id) ?? []} linked={Number(message.sequence) === linked} inView={inView.has(message.id)} session={session} />
          )}
        </Rows>
      ) : null}
    </Panel>
  );
}

function Said({ message, facts, linked, inView, session }: { message: Message; facts: Memory[]; linked: boolean; inView: boolean; session: WorkingMemory }) {
  const range = session.contextRange;
  const summarized = range !== undefined && message.sequence >= range.first && message.sequence <= range.last;
  return (
    <div className={`grid gap-x-4 gap-y-1 px-4 py-2.5 md:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] ${linked ? "bg-tint" : ""}`} data-message={String(message.sequence)}>
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-2 text-[0.857rem] text-dim">
          <span>{String(message.sequence)}</span>
          <span className="font-medium text-ink">{message.name || message.role}</span>
          <When at={message.createTime} />
          {inView ? <Tag tone="accent">in view</Tag> : summarized ? <Tag>summarized</Tag> : <Tag>out of view</Tag>}
          {message.recalled ? <Tag>recalled</Tag> : null}
        </div>
        <p className="break-words whitespace-pre-wrap">{message.content || calls(message)}</p>
      </div>
      <ul className="flex min-w-0 flex-col gap-1 text-[0.93rem] max-md:pl-4">
        {facts.map((fact) => (
          <li key={fact.id} className="border-l-2 border-words pl-2" data-fact>
            <MemoryLink memory={fact} /> <Standing memory={fact} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function calls(message: Message): string {
  return message.toolCalls.map((call) => `calls ${call.name}`).join(", ");
}

function View({ session }: { session: WorkingMemory }) {
  const range = session.contextRange;
  return (
    <Panel title="View" aside={`${session.viewSize.toLocaleString()} of ${session.lastSequence.toLocaleString()} messages`}>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name="Tokens of the messages in view">{session.tokens.toLocaleString()}</Fact>
        <Fact name="Expires">{session.expireTime ? <When at={session.expireTime} /> : "never"}</Fact>
        <Fact name={range ? `Summary of messages ${range.first} to ${range.last}` : "Summary"} wide>
          {session.context ? <p className="whitespace-pre-wrap">{session.context}</p> : <span className="text-dim">Everything that was said is in view.</span>}
        </Fact>
        {session.data && Object.keys(session.data).length > 0 ? (
          <Fact name="Data of the application" wide>
            <pre className="mono overflow-auto rounded bg-sunk p-2" tabIndex={0}>
              {JSON.stringify(session.data, null, 2)}
            </pre>
          </Fact>
        ) : null}
      </dl>
    </Panel>
  );
}

function NextPrompt({ session }: { session: WorkingMemory }) {
  const ids = { question: useId(), budget: useId() };
  const [asked, setAsked] = useState({ question: "What should I know?", budget: "" });
  const prompt = useQuery({
    queryKey: ["prompt", session.namespace, session.sessionId, session.etag, asked],
    queryFn: ({ signal }) =>
      working.buildMemoryPrompt(
        {
          query: asked.question,
          session: { namespace: session.namespace, sessionId: session.sessionId },
          ...(session.userId ? { longTermSearch: { query: { untracked: true, filter: { userId: { eq: session.userId } } } } } : {}),
          ...(asked.budget ? { tokenBudget: BigInt(asked.budget) } : {}),
        },
        { signal },
      ),
    placeholderData: (before) => before,
  });
  return (
    <Panel title="Next prompt" aside={prompt.data ? `${prompt.data.tokens.toLocaleString()} tokens` : null}>
      <form
        className="mb-3 flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          setAsked({ question: String(form.get("question")).trim() || "What should I know?", budget: String(form.get("budget")).trim() });
        }}
      >
        <div className="min-w-40 flex-1">
          <label className="label" htmlFor={ids.question}>
            Question
          </label>
          <input id={ids.question} name="question" className="field" defaultValue={asked.question} autoComplete="off" />
        </div>
        <div className="w-28">
          <label className="label" htmlFor={ids.budget}>
            Token budget
          </label>
          <input id={ids.budget} name="budget" className="field" inputMode="numeric" pattern="[1-9][0-9]{0,7}" placeholder="none" autoComplete="off" />
        </div>
        <Button type="submit">Build</Button>
      </form>
      <Loaded query={prompt} what="the prompt">
        {(built) => <Prompt prompt={built} />}
      </Loaded>
    </Panel>
  );
}
