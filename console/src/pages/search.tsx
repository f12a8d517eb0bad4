/** Search: what is found, in which order, and why. */

import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { longTerm } from "../api/calls";
import { type MemoryHit, SearchMode, SearchQuerySchema } from "../api/contract";
import { type Chosen, memoryFilter } from "../lib/filters";
import { forInput, spelled } from "../lib/time";
import { Button, Empty, Failure, Loading, Page, Panel } from "../ui/basics";
import { Chips } from "../ui/chips";
import { Disclosure } from "../ui/disclosure";
import { useKeys } from "../ui/keys";
import { MemoryLink, MemoryMeta } from "../ui/memory";
import { Explanation, Legend, ScoreBar } from "../ui/score";

const route = getRouteApi("/search");
const PAGE = 20;

const MODES: Record<string, [label: string, mode: SearchMode]> = {
  hybrid: ["Meaning and words", SearchMode.HYBRID],
  semantic: ["Meaning alone", SearchMode.SEMANTIC],
  keyword: ["Words alone", SearchMode.KEYWORD],
};

const PARTS = {
  recency: "Recency",
  contextLegs: "Words around",
  neighbourSmoothing: "Neighbours",
  sessionPrior: "Session",
  entityMatch: "Names",
  temporalIntent: "Time",
  kindMatch: "Kinds",
  telling: "What it tells",
} as const;
type Part = keyof typeof PARTS;

/** How is ranked: a mode, and the parts that are switched off. */
interface Ranking {
  mode: string;
  off: ReadonlySet<Part>;
}

function readRanking(text: string | undefined): Ranking {
  const [mode = "", ...off] = (text ?? "").split(" ");
  return { mode: mode in MODES ? mode : "hybrid", off: new Set(off.filter((each): each is Part => each in PARTS)) };
}

function writeRanking({ mode, off }: Ranking): string {
  return [mode, ...off].join(" ");
}

export function SearchPage() {
  const address = route.useSearch();
  const navigate = route.useNavigate();
  const go = (change: Partial<typeof address>) => void navigate({ search: (now) => ({ ...now, ...change }) });
  const chosen = useMemo<Chosen>(() => [...new URLSearchParams(address.f ?? "")], [address.f]);
  const [text, setText] = useState(address.q ?? "");
  useEffect(() => setText(address.q ?? ""), [address.q]);
  const question = useRef<HTMLInputElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const step = (by: number) => {
    const links = [...(frame.current?.querySelectorAll<HTMLElement>("[data-hit] a[data-open]") ?? [])];
    const at = links.findIndex((link) => link.closest("[data-hit]")?.contains(document.activeElement));
    links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
  };
  useKeys({
    "/": () => question.current?.focus(),
    j: () => step(1),
    k: () => step(-1),
    e: () => document.activeElement?.closest("[data-hit]")?.querySelector<HTMLElement>("[data-why]")?.click(),
  });
  const asked = { text: address.q ?? "", chosen, asOf: address.asof ?? "", past: address.past === "1" };
  const two = address.b !== undefined;
  return (
    <Page
      title="Search"
      actions={
        <Button onClick={() => go({ b: two ? undefined : "keyword" })} aria-pressed={two}>
          {two ? "One setting" : "Two settings side by side"}
        </Button>
      }
    >
      <div className="panel flex flex-col gap-3 p-3 sm:p-4">
        <form
          role="search"
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            go({ q: text.trim() || undefined });
          }}
        >
          <label className="sr-only" htmlFor="question">
            Question
          </label>
          <input
            id="question"
            ref={question}
            className="field min-h-10! text-[1.07rem]"
            type="search"
            placeholder="Where does Maya work?"
            autoComplete="off"
            enterKeyHint="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" tone="main" className="min-h-10!">
            Search
          </Button>
        </form>
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
          <Chips chosen={chosen} onChange={(next) => go({ f: String(new URLSearchParams(next)) || undefined })} />
          <AsOf value={address.asof} past={asked.past} onChange={go} />
        </div>
      </div>
      <Legend />
      <div ref={frame} className={two ? "grid items-start gap-4 xl:grid-cols-2" : ""}>
        <Results asked={asked} ranking={readRanking(address.a)} onRanking={(next) => go({ a: writeRanking(next) })} name={two ? "First setting" : ""} />
        {two ? <Results asked={asked} ranking={readRanking(address.b)} onRanking={(next) => go({ b: writeRanking(next) })} name="Second setting" /> : null}
      </div>
    </Page>
  );
}

function AsOf({ value, past, onChange }: { value: string | undefined; past: boolean; onChange: (change: { asof?: string | undefined; past?: string | undefined }) => void }) {
  const id = useId();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-[0.93rem]">
      <span className="flex items-center gap-2">
        <label htmlFor={id} className="text-dim">
          As of
        </label>
        <input
          id={id}
          type="datetime-local"
          className="field min-h-7! w-auto! py-0.5!"
          value={value ? forInput(new Date(value)) : ""}
          onChange={(event) => onChange({ asof: event.target.value ? new Date(event.target.value).toISOString() : undefined })}
        />
        {value ? (
          <Button small tone="quiet" onClick={() => onChange({ asof: undefined })}>
            Now
          </Button>
        ) : null}
      </span>
      <label className="flex items-center gap-1.5">
        <input type="checkbox" checked={past} onChange={(event) => onChange({ past: event.target.checked ? "1" : undefined })} />
        also what is no longer true
      </label>
    </div>
  );
}

interface Asked {
  text: string;
  chosen: Chosen;
  asOf: string;
  past: boolean;
}

function Results({ asked, ranking, onRanking, name }: { asked: Asked; ranking: Ranking; onRanking: (ranking: Ranking) => void; name: string }) {
  const on = (part: Part) => !ranking.off.has(part);
  const found = useInfiniteQuery({
    queryKey: ["search", asked, ranking.mode, ...ranking.off],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      longTerm.searchMemories(
        {
          query: create(SearchQuerySchema, {
            text: asked.text,
            mode: (MODES[ranking.mode] as [string, SearchMode])[1],
            filter: memoryFilter(asked.chosen),
            includeSuperseded: asked.past,
            timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
            untracked: true,
            ...(asked.asOf ? { asOf: timestampFromDate(new Date(asked.asOf)) } : {}),
            ...(on("recency") ? {} : { recency: { enabled: false } }),
            ranking: Object.fromEntries((Object.keys(PARTS) as Part[]).filter((part) => part !== "recency" && !on(part)).map((part) => [part, false])),
          }),
          pageSize: PAGE,
          pageToken: pageParam,
          explain: true,
        },
        { signal },
      ),
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const pages = found.data?.pages ?? [];
  const hits = pages.flatMap((page) => page.hits);
  const best = Math.max(0.2, ...hits.map((hit) => hit.score));
  const first = pages[0];
  return (
    <Panel
      flush
      title={name || (asked.text ? "Hits" : "Newest first")}
      aside={
        <>
          {first ? <span role="status">{`${first.totalSize.toLocaleString()} ${asked.chosen.length > 0 ? "pass the filters" : "in all"}`}</span> : null}
          {asked.text ? <RankingMenu ranking={ranking} onChange={onRanking} name={name} /> : null}
        </>
      }
    >
      {first?.timeWindows.map((window) => (
        <p key={window.phrase} className="border-b border-line px-4 py-2 text-dim">
          <q className="text-ink">{window.phrase}</q> is {spelled(window.start)} to {spelled(window.end)}
        </p>
      ))}
      {found.error && !found.data ? <Failure error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Loading what="memories" /> : null}
      {first && hits.length === 0 ? (
        <Empty title={asked.text || asked.chosen.length > 0 ? "Nothing is found" : "Nothing is remembered yet"}>
          {asked.chosen.length > 0 ? "Take a filter away, or ask as of another time." : "Say something on Try it, or append messages to a session."}
        </Empty>
      ) : null}
      <ol aria-label={name || "Hits"}>
        {hits.map((hit, index) => (
          <Hit key={hit.memory?.id} hit={hit} rank={index + 1} best={best} scored={asked.text !== ""} />
        ))}
      </ol>
      {found.hasNextPage ? (
        <div className="border-t border-line p-3 text-center">
          <Button onClick={() => void found.fetchNextPage()} disabled={found.isFetchingNextPage}>
            {found.isFetchingNextPage ? "Reading …" : "More"}
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function RankingMenu({ ranking, onChange, name }: { ranking: Ranking; onChange: (ranking: Ranking) => void; name: string }) {
  const id = useId();
  const toggle = (part: Part) => {
    const off = new Set(ranking.off);
    if (!off.delete(part)) off.add(part);
    onChange({ ...ranking, off });
  };
  return (
    <Disclosure
      label={`Ranking${name ? ` of the ${name.toLowerCase()}` : ""}: ${MODES[ranking.mode]?.[0]}`}
      buttonClass="flex min-h-[1.72rem] items-center gap-1 rounded px-1.5 text-ink hover:bg-sunk"
      panelClass="right-0 top-full mt-1 flex w-64 flex-col gap-3 p-3"
      button={
        <>
          {MODES[ranking.mode]?.[0]}
          {ranking.off.size > 0 ? <span className="text-dim">without {ranking.off.size}</span> : null}
          <span aria-hidden className="text-dim">
            ▾
          </span>
        </>
      }
    >
      {() => (
        <>
          <div>
            <label className="label" htmlFor={id}>
              Match by
            </label>
            <select id={id} className="field" value={ranking.mode} onChange={(event) => onChange({ ...ranking, mode: event.target.value })}>
              {Object.entries(MODES).map(([key, [label]]) => (
                <option key={key} value={key}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <fieldset>
            <legend className="label">Parts that count</legend>
            <div className="grid grid-cols-2 gap-x-3 gap-y-1">
              {(Object.keys(PARTS) as Part[]).map((part) => (
                <label key={part} className="flex items-center gap-1.5">
                  <input type="checkbox" checked={!ranking.off.has(part)} onChange={() => toggle(part)} />
                  {PARTS[part]}
                </label>
              ))}
            </div>
          </fieldset>
        </>
      )}
    </Disclosure>
  );
}

function Hit({ hit, rank, best, scored }: { hit: MemoryHit; rank: number; best: number; scored: boolean }) {
  const [open, setOpen] = useState(false);
  const memory = hit.memory;
  if (!memory) return null;
  return (
    <li data-hit={memory.id} className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-2 border-b border-line px-3 py-3 last:border-b-0 focus-within:bg-tint/40 sm:px-4">
      <span aria-hidden className="pt-px text-right text-[0.857rem] text-dim">
        {rank}
      </span>
      <div className="min-w-0">
        <div className="text-[1.03rem]/[1.4]" data-text>
          <span className="contents [&>a]:font-medium">
            <MemoryLink memory={memory} />
          </span>
        </div>
        <div className="mt-1">
          <MemoryMeta memory={memory} />
        </div>
        {scored ? (
          <div className="mt-2 flex items-center gap-3">
            <span className="w-10 shrink-0 text-right font-medium" data-score={hit.score}>
              {hit.score.toFixed(3)}
            </span>
            <ScoreBar hit={hit} best={best} />
            <Button small tone="quiet" className="w-20" data-why aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Close" : "Why here"}
            </Button>
          </div>
        ) : null}
        {open ? <Explanation hit={hit} /> : null}
      </div>
    </li>
  );
}
