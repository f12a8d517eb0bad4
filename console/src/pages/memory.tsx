/** A memory: what it says, who said it, what became of it, and how to correct it. */

import { toJson } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { longTerm, problem, working } from "../api/calls";
import { type Memory, type MemoryRevision, MemoryType, type Message, RevisionCause } from "../api/contract";
import { queries, useMay } from "../api/session";
import { differences } from "../lib/diff";
import { CAUSES, chain, changedFields, from, holds, revisions, until } from "../lib/history";
import { EventWhen, spelled, When } from "../lib/time";
import { Button, Copyable, Empty, Fact, Failure, Loaded, Loading, Page, Panel, Tag } from "../ui/basics";
import { Decision, Dialog } from "../ui/dialog";
import { kindOf, MemoryLink, Standing } from "../ui/memory";

const route = getRouteApi("/memory");

export function MemoryPage() {
  const { id = "" } = route.useSearch();
  const memory = useQuery({
    queryKey: ["memory", id],
    queryFn: async ({ signal }) => (await longTerm.getMemory({ memoryId: id }, { signal })).memory as Memory,
  });
  const gone = memory.error !== null && problem(memory.error).kind === "absent";
  if (memory.data && !gone) return <Shown key={memory.data.id} memory={memory.data} />;
  return (
    <Page title="Memory">
      <Panel>
        {memory.error ? <Failure error={memory.error} what="memory" again={() => void memory.refetch()} /> : <Loading what="the memory" />}
        {memory.error ? <Revisions id={id} current={null} /> : null}
      </Panel>
    </Page>
  );
}

function Shown({ memory }: { memory: Memory }) {
  const mayWrite = useMay("writer");
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  const pin = useMutation({
    mutationFn: () =>
      longTerm.updateMemory({
        memory: { id: memory.id, etag: memory.etag, pinned: !memory.pinned },
        updateMask: { paths: ["pinned"] },
      }),
    onSettled: () => queries.invalidateQueries(),
  });
  const remove = useMutation({
    mutationFn: () => longTerm.deleteMemories({ memoryIds: [memory.id], reason: "deleted in the console" }),
    onSuccess: () => {
      setDialog(null);
      void queries.invalidateQueries();
    },
  });
  return (
    <Page
      title={<span data-memory-text>{memory.text}</span>}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          {kindOf(memory)} <Standing memory={memory} />
          {memory.eventTime ? (
            <span>
              on <EventWhen event={memory.eventTime} />
            </span>
          ) : null}
        </span>
      }
      actions={
        mayWrite ? (
          <>
            <Button onClick={() => setDialog("edit")}>Edit</Button>
            <Button onClick={() => pin.mutate()} disabled={pin.isPending}>
              {memory.pinned ? "Unpin" : "Pin"}
            </Button>
            <Button tone="danger" onClick={() => setDialog("delete")}>
              Delete
            </Button>
          </>
        ) : null
      }
    >
      {pin.error ? <Failure error={pin.error} /> : null}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Life memory={memory} />
          <Sources memory={memory} />
          <Panel title="Changes" aside="the latest first">
            <Revisions id={memory.id} current={memory} />
          </Panel>
        </div>
        <About memory={memory} />
      </div>
      <Edit memory={memory} open={dialog === "edit"} onClose={() => setDialog(null)} />
      <Decision
        open={dialog === "delete"}
        onClose={() => setDialog(null)}
        title="Delete this memory?"
        action="Delete"
        busy={remove.isPending}
        error={remove.error}
        onDecide={() => remove.mutate()}
      >
        <p className="quote">{memory.text}</p>
        <p className="mt-3">It is found no more. For a while its changes are kept, and the deletion can be taken back.</p>
      </Decision>
    </Page>
  );
}

function About({ memory }: { memory: Memory }) {
  const metadata = memory.metadata ? JSON.stringify(toJson(StructSchema, memory.metadata as never) ?? memory.metadata, null, 2) : "";
  return (
    <Panel title="About it">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name="User">{memory.userId ? <Link to="/user" search={{ id: memory.userId }}>{memory.userId}</Link> : "nobody in particular"}</Fact>
        <Fact name="Namespace">{memory.namespace || "the empty one"}</Fact>
        <Fact name="Session">
          {memory.sessionId ? (
            <Link to="/session" search={{ id: memory.sessionId, ns: memory.namespace }}>
              {memory.sessionId}
            </Link>
          ) : (
            "none"
          )}
        </Fact>
        <Fact name="Supported by">{`${memory.proofCount} ${memory.proofCount === 1 ? "statement" : "statements"}`}</Fact>
        <Fact name="Topics">{memory.topics.length > 0 ? <TagList tags={memory.topics} filter="topic" /> : "none"}</Fact>
        <Fact name="Entities">{memory.entities.length > 0 ? <TagList tags={memory.entities} filter="entity" /> : "none"}</Fact>
        <Fact name="Stored">
          <When at={memory.createTime} />
        </Fact>
        <Fact name="Last changed">
          <When at={memory.updateTime} />
        </Fact>
        <Fact name="Last found">
          <When at={memory.lastAccessTime} />
        </Fact>
        <Fact name="Found">{`${memory.accessCount} times`}</Fact>
        {memory.slot ? <Fact name="Slot">{memory.slot}</Fact> : null}
        {memory.language ? <Fact name="Language">{memory.language}</Fact> : null}
        {memory.expireTime ? (
          <Fact name="Expires">
            <When at={memory.expireTime} />
          </Fact>
        ) : null}
        <Fact name="Id" wide>
          <Copyable text={memory.id} label="the id" />
        </Fact>
      </dl>
      {metadata ? (
        <div className="mt-4">
          <h3 className="text-[0.857rem] font-normal text-dim">Metadata</h3>
          <pre className="mono mt-1 overflow-auto rounded bg-sunk p-2" tabIndex={0}>
            {metadata}
          </pre>
        </div>
      ) : null}
      {memory.claims.length > 0 ? (
        <div className="mt-4">
          <h3 className="text-[0.857rem] font-normal text-dim">Claims, by which it is compared</h3>
          <ul className="mono mt-1 flex flex-col gap-0.5">
            {memory.claims.map((claim) => (
              <li key={`${claim.holder} ${claim.relation} ${claim.value}`}>
                {claim.holder} · {claim.negated ? "not " : ""}
                {claim.relation} · {claim.value || "-"}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </Panel>
  );
}

function TagList({ tags, filter }: { tags: string[]; filter: string }) {
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <Link key={tag} to="/search" search={{ f: String(new URLSearchParams({ [filter]: tag })) }}>
          <Tag tone="accent">{tag}</Tag>
        </Link>
      ))}
    </span>
  );
}

/** What was true when: the memories that replaced one another, and a slider over their time. */
function Life({ memory }: { memory: Memory }) {
  const members = useQuery({ queryKey: ["chain", memory.id, memory.etag], queryFn: ({ signal }) => chain(memory, signal) });
  return (
    <Panel title="What is true, and since when" aside={members.data && members.data.length > 1 ? `${members.data.length} memories belong together` : null}>
      <Loaded query={members} what="what belongs to it">
        {(all) => <Timeline memory={memory} members={all} />}
      </Loaded>
    </Panel>
  );
}

const STEPS = 1000;

function Timeline({ memory, members }: { memory: Memory; members: Memory[] }) {
  const id = useId();
  const [step, setStep] = useState(STEPS);
  const now = Date.now();
  const begin = Math.min(...members.map(from), now - 1000);
  const end = Math.max(now, ...members.map((each) => (Number.isFinite(until(each)) ? until(each) : 0)));
  const lead = (end - begin) * 0.04;
  const at = begin - lead + ((end - begin + lead) * step) / STEPS;
  const where = (moment: number) => `${Math.min(100, Math.max(0, (100 * (moment - begin + lead)) / (end - begin + lead)))}%`;
  const true_ = members.filter((each) => holds(each, at));
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <label htmlFor={id} className="text-dim">
          As of
        </label>
        <output htmlFor={id} className="font-medium" data-as-of>
          {spelled(new Date(at))}
        </output>
        {step < STEPS ? (
          <Button small tone="quiet" onClick={() => setStep(STEPS)}>
            Now
          </Button>
        ) : null}
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={STEPS}
        step={1}
        className="w-full"
        value={step}
        aria-valuetext={spelled(new Date(at))}
        onChange={(event) => setStep(event.target.valueAsNumber)}
      />
      <p className="mt-2 min-h-[1.72rem]" role="status" data-true-then>
        {true_.length > 0 ? true_.map((each) => each.text).join(" / ") : "Nothing of this was known to be true then."}
      </p>
      <ol className="mt-3 flex flex-col gap-2" aria-label="Memories that belong together">
        {members.map((each) => {
          const open = !Number.isFinite(until(each));
          return (
            <li key={each.id} className={holds(each, at) ? "" : "text-dim"}>
              <div className="relative h-2 rounded-sm bg-sunk" aria-hidden>
                <span
                  className={`absolute h-full rounded-sm ${holds(each, at) ? "bg-accent" : "bg-edge opacity-60"}`}
                  style={{ left: where(from(each)), right: open ? "0" : `calc(100% - ${where(until(each))})` }}
                />
                <span className="absolute -top-0.5 h-3 w-px bg-ink" style={{ left: where(at) }} />
              </div>
              <div className="mt-1 flex flex-wrap items-baseline gap-x-2">
                {each.id === memory.id ? <strong className="font-medium">{each.text}</strong> : <MemoryLink memory={each} />}
                <Standing memory={each} />
              </div>
              <div className="text-[0.857rem] text-dim">
                from <When at={each.validity?.validFrom ?? each.createTime} />
                {each.validity?.invalidFrom ? (
                  <>
                    {" "}
                    until <When at={each.validity.invalidFrom} />
                    {each.validity.reason ? `: ${each.validity.reason}` : ""}
                  </>
                ) : (
                  " on"
                )}
              </div>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const LOG_PAGE = 1000;
const MOST_PAGES = 5;

/** Read the messages that state a memory: as they are found by searches, or else in the session's log. */
async function quoted(memory: Memory, signal: AbortSignal): Promise<{ id: string; sequence: bigint; who: string; text: string; message?: Message }[]> {
  const wanted = new Set(memory.provenance?.messageIds);
  if (wanted.size === 0 || !memory.sessionId) return [];
  const found: Awaited<ReturnType<typeof quoted>> = [];
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES && wanted.size > 0; page++) {
    const log = await working.listMessages(
      { namespace: memory.namespace, sessionId: memory.sessionId, pageSize: LOG_PAGE, pageToken },
      { signal },
    );
    for (const message of log.messages) {
      if (wanted.delete(message.id)) {
        found.push({ id: message.id, sequence: message.sequence, who: message.name || message.role, text: message.content, message });
      }
    }
    pageToken = log.nextPageToken;
    if (!pageToken) break;
  }
  return found;
}

function Sources({ memory }: { memory: Memory }) {
  const origin = memory.provenance;
  const ids = origin?.messageIds ?? [];
  const messages = useQuery({
    queryKey: ["quoted", memory.id, memory.etag],
    queryFn: ({ signal }) => quoted(memory, signal),
    enabled: ids.length > 0 && memory.sessionId !== "",
    retry: false,
  });
  const found = origin?.extractor ? `Found by ${origin.extractor}${origin.extractorVersion ? ` ${origin.extractorVersion}` : ""}` : memory.type === MemoryType.MESSAGE ? "A message as it was said" : "Written by a caller";
  return (
    <Panel title="Who said it" aside={found}>
      {ids.length === 0 ? <Empty title="No message states it">A caller stored it as it is{origin?.memoryIds.length ? ", or it was merged from others" : ""}.</Empty> : null}
      {messages.error ? (
        <p className="text-dim">The messages are gone with their session, or not for this key: {ids.length} stated it.</p>
      ) : null}
      {messages.data && messages.data.length === 0 && ids.length > 0 ? <p className="text-dim">The messages are in no log any more.</p> : null}
      <ul className="flex flex-col gap-3">
        {messages.data?.map((each) => (
          <li key={each.id} className="quote" data-quoted>
            <div className="flex flex-wrap items-baseline gap-x-2 text-[0.857rem] text-dim">
              <span className="font-medium text-ink">{each.who}</span>
              <When at={each.message?.createTime} />
              <Link to="/session" search={{ id: memory.sessionId, ns: memory.namespace, m: String(each.sequence) }}>
                in {memory.sessionId}, message {String(each.sequence)}
              </Link>
            </div>
            <blockquote className="break-words whitespace-pre-wrap">{each.text}</blockquote>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Revisions({ id, current }: { id: string; current: Memory | null }) {
  const mayWrite = useMay("writer");
  const [asked, setAsked] = useState<MemoryRevision | null>(null);
  const query = useQuery({ queryKey: ["revisions", id, current?.etag], queryFn: ({ signal }) => revisions(id, signal), retry: false });
  const revert = useMutation({
    mutationFn: (revision: MemoryRevision) =>
      longTerm.revertMemory({ memoryId: id, revisionId: revision.revisionId, reason: "taken back in the console", ...(current ? { etag: current.etag } : {}) }),
    onSuccess: () => {
      setAsked(null);
      void queries.invalidateQueries();
    },
  });
  if (!current && query.error) return null;
  return (
    <Loaded query={query} what="changes">
      {(all) => (
        <>
          {all.length === 0 ? <Empty title="No changes are kept" /> : null}
          <ol className="flex flex-col" aria-label="Changes">
            {all.map((revision, index) => (
              <li key={revision.revisionId} className="relative border-l border-line pb-4 pl-5 last:pb-0" data-revision={RevisionCause[revision.cause]}>
                <span aria-hidden className={`absolute top-1.5 -left-[5px] size-[9px] rounded-full ${index === 0 ? "bg-accent" : "bg-edge"}`} />
                <div className="flex flex-wrap items-baseline justify-between gap-x-3">
                  <p>
                    <span className="font-medium">{CAUSES[revision.cause]}</span>
                    <span className="text-dim">
                      {" "}
                      by {revision.actor || "nobody known"}, <When at={revision.createTime} />
                    </span>
                  </p>
                  {mayWrite && revision.cause !== RevisionCause.CREATE && revision.cause !== RevisionCause.IMPORT ? (
                    <Button small tone="quiet" onClick={() => setAsked(revision)}>
                      Take back
                    </Button>
                  ) : null}
                </div>
                {revision.reason ? <p className="text-dim">{revision.reason}</p> : null}
                <Changed revision={revision} />
              </li>
            ))}
          </ol>
          <Decision
            open={asked !== null}
            onClose={() => setAsked(null)}
            title="Take this change back?"
            action="Take back"
            busy={revert.isPending}
            error={revert.error}
            onDecide={() => asked && revert.mutate(asked)}
          >
            What it did to several memories is taken back as a whole. That is a change itself, and can be taken back too.
          </Decision>
        </>
      )}
    </Loaded>
  );
}

function Changed({ revision }: { revision: MemoryRevision }) {
  const before = revision.before?.text ?? "";
  const after = revision.after?.text ?? "";
  const fields = changedFields(revision);
  return (
    <div className="mt-1">
      {before !== after ? (
        <p className="break-words" data-difference>
          {differences(before, after).map((piece, index) =>
            piece.kind === "same" ? (
              <span key={index}>{piece.text}</span>
            ) : piece.kind === "added" ? (
              <ins key={index} className="bg-add no-underline">
                {piece.text}
              </ins>
            ) : (
              <del key={index} className="bg-cut">
                {piece.text}
              </del>
            ),
          )}
        </p>
      ) : null}
      {fields.length > 0 ? (
        <ul className="text-[0.93rem]">
          {fields.map(([name, was, is]) => (
            <li key={name} className="break-words">
              <span className="text-dim">{name}: </span>
              {was ? <del className="bg-cut">{was}</del> : null} {is ? <ins className="bg-add no-underline">{is}</ins> : null}
            </li>
          ))}
        </ul>
      ) : null}
      {revision.relatedMemoryIds.length > 0 ? (
        <p className="text-[0.857rem]">
          <span className="text-dim">with </span>
          {revision.relatedMemoryIds.map((other) => (
            <Link key={other} to="/memory" search={{ id: other }} className="mono mr-2">
              {other}
            </Link>
          ))}
        </p>
      ) : null}
    </div>
  );
}

function Edit({ memory, open, onClose }: { memory: Memory; open: boolean; onClose: () => void }) {
  const ids = { text: useId(), topics: useId(), entities: useId(), reason: useId() };
  const save = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "");
      const list = (name: string) => text(name).split(",").map((each) => each.trim()).filter(Boolean);
      return longTerm.updateMemory({
        memory: {
          id: memory.id,
          etag: memory.etag,
          text: text("text").trim(),
          topics: list("topics"),
          entities: list("entities"),
          standing: form.has("standing"),
        },
        updateMask: { paths: ["text", "topics", "entities", "standing"] },
        reason: text("reason").trim(),
      });
    },
    onSuccess: () => {
      onClose();
      void queries.invalidateQueries();
    },
  });
  return (
    <Dialog open={open} onClose={onClose} title="Edit the memory">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(new FormData(event.currentTarget));
        }}
      >
        <div>
          <label className="label" htmlFor={ids.text}>
            Text
          </label>
          <textarea id={ids.text} name="text" className="field" rows={4} required maxLength={32768} defaultValue={memory.text} />
        </div>
        <div>
          <label className="label" htmlFor={ids.topics}>
            Topics, with commas between
          </label>
          <input id={ids.topics} name="topics" className="field" defaultValue={memory.topics.join(", ")} autoComplete="off" />
        </div>
        <div>
          <label className="label" htmlFor={ids.entities}>
            Entities, with commas between
          </label>
          <input id={ids.entities} name="entities" className="field" defaultValue={memory.entities.join(", ")} autoComplete="off" />
        </div>
        <label className="flex items-center gap-2">
          <input type="checkbox" name="standing" defaultChecked={memory.standing} />
          Standing: every prompt considers it
        </label>
        <div>
          <label className="label" htmlFor={ids.reason}>
            Why, for its history
          </label>
          <input id={ids.reason} name="reason" className="field" maxLength={1024} autoComplete="off" />
        </div>
        {save.error ? <Failure error={save.error} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="main" disabled={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
