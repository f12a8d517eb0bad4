/** Figures of the tenant's work over time: throughput, lag, spend, and what waits. */

import { durationMs } from "@bufbuild/protobuf/wkt";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { extraction } from "../api/calls";
import { type GetStatisticsResponse, type PeriodStatistics, StatisticsPeriod } from "../api/contract";
import { milliseconds, span, When } from "../lib/time";
import { Button, Fact, Loaded, Panel } from "../ui/basics";

const Chart = lazy(() => import("../ui/chart"));
const REFRESH = 10_000;
const RANGES = [
  { period: StatisticsPeriod.MINUTE, label: "Last hour", each: "a minute" },
  { period: StatisticsPeriod.HOUR, label: "Seven days", each: "an hour" },
] as const;
type Range = (typeof RANGES)[number];

export function Figures() {
  const [range, setRange] = useState<Range>(RANGES[0]);
  const found = useQuery({
    queryKey: ["statistics", range.period],
    queryFn: ({ signal }) => extraction.getStatistics({ period: range.period }, { signal }),
    refetchInterval: REFRESH,
    placeholderData: keepPreviousData,
  });
  return (
    <Panel
      title="Throughput, lag and spend"
      aside={
        <div role="group" aria-label="Time shown" className="flex gap-1">
          {RANGES.map((each) => (
            <Button key={each.label} small tone={each === range ? "main" : "plain"} aria-pressed={each === range} onClick={() => setRange(each)}>
              {each.label}
            </Button>
          ))}
        </div>
      }
    >
      <Loaded query={found} what="the figures">
        {(statistics) => <Shown statistics={statistics} range={range} />}
      </Loaded>
    </Panel>
  );
}

function Shown({ statistics, range }: { statistics: GetStatisticsResponse; range: Range }) {
  const { times, done, failed, lag, tokens } = useMemo(() => series(statistics), [statistics]);
  const { backlog } = statistics;
  const sum = (values: number[]) => values.reduce((all, each) => all + each, 0);
  return (
    <div className="flex flex-col gap-5" data-figures={range.label}>
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        <Fact name="Wait now">{Number(backlog?.pendingJobs ?? 0).toLocaleString()}</Fact>
        <Fact name="Run now">{Number(backlog?.runningJobs ?? 0).toLocaleString()}</Fact>
        <Fact name="Given up">{Number(backlog?.failedJobs ?? 0).toLocaleString()}</Fact>
        <Fact name="Overdue">{backlog?.oldestDue && durationMs(backlog.oldestDue) > 0 ? span(0, durationMs(backlog.oldestDue)) : "nothing"}</Fact>
        <Budget statistics={statistics} />
      </dl>
      <Suspense fallback={<div className="h-[11.5rem]" />}>
        <div className="grid gap-6 md:grid-cols-2 xl:grid-cols-4">
          <Chart bars times={times} values={done} label={`Jobs done in ${range.each}`} summary={`${sum(done)} in all`} />
          <Chart bars times={times} values={failed} label={`Failed attempts in ${range.each}`} summary={`${sum(failed)} in all`} />
          <Chart bars times={times} values={lag} label="Seconds from a message to its facts, at most" summary={`at most ${Math.max(...lag).toFixed(1)} seconds`} />
          <Chart bars times={times} values={tokens} label={`Tokens of models in ${range.each}`} summary={`${sum(tokens)} in all`} />
        </div>
      </Suspense>
      <Spend periods={statistics.periods} />
    </div>
  );
}

/** Values for every period that is kept, with those in which nothing happened. */
function series(statistics: GetStatisticsResponse) {
  const length = statistics.periodLength ? durationMs(statistics.periodLength) : 1;
  const start = milliseconds(statistics.startTime);
  const by = new Map(statistics.periods.map((period) => [milliseconds(period.startTime), period]));
  const count = Math.floor((milliseconds(statistics.answerTime) - start) / length) + 1;
  const times = Array.from({ length: count }, (_, index) => start + index * length);
  const of = (value: (period: PeriodStatistics) => number) =>
    times.map((time) => {
      const period = by.get(time);
      return period ? value(period) : 0;
    });
  return {
    times,
    done: of((period) => Number(period.succeededJobs)),
    failed: of((period) => Number(period.failedJobs + period.retriedAttempts)),
    lag: of((period) => (period.maxLag ? durationMs(period.maxLag) / 1000 : 0)),
    tokens: of((period) => period.models.reduce((all, model) => all + Number(model.inputTokens + model.outputTokens), 0)),
  };
}

function Budget({ statistics: { tokenBudget: budget } }: { statistics: GetStatisticsResponse }) {
  if (!budget) return null;
  return (
    <Fact name="Token budget">
      {`${budget.usedTokens.toLocaleString()} of ${budget.limitTokens.toLocaleString()} used, anew `}
      <When at={budget.endTime} />
    </Fact>
  );
}

interface Spent {
  calls: bigint;
  read: bigint;
  written: bigint;
  refused: bigint;
  dollars: number | null;
}

/** What each model took, in all periods together. */
function Spend({ periods }: { periods: PeriodStatistics[] }) {
  const models = useMemo(() => {
    const by = new Map<string, Spent>();
    for (const each of periods.flatMap((period) => period.models)) {
      const before = by.get(each.model) ?? { calls: 0n, read: 0n, written: 0n, refused: 0n, dollars: null };
      by.set(each.model, {
        calls: before.calls + each.calls,
        read: before.read + each.inputTokens,
        written: before.written + each.outputTokens,
        refused: before.refused + each.refusedCalls,
        dollars: each.costDollars === undefined ? before.dollars : (before.dollars ?? 0) + each.costDollars,
      });
    }
    return [...by.entries()].sort(([one], [other]) => one.localeCompare(other));
  }, [periods]);
  if (models.length === 0) return <p className="text-dim">No model was asked in this time.</p>;
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Spend by model">
      <table className="w-full min-w-[36rem] text-[0.93rem]" data-spend>
        <thead>
          <tr className="text-left text-[0.857rem] text-dim">
            {["Model", "Calls", "Tokens read", "Tokens written", "Cost", "Refused by the budget"].map((name) => (
              <th key={name} scope="col" className="py-1 pr-3 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map(([name, spent]) => (
            <tr key={name} className="border-t border-line align-baseline">
              <th scope="row" className="py-1 pr-3 text-left font-normal break-all">
                {name}
              </th>
              <td className="py-1 pr-3">{spent.calls.toLocaleString()}</td>
              <td className="py-1 pr-3">{spent.read.toLocaleString()}</td>
              <td className="py-1 pr-3">{spent.written.toLocaleString()}</td>
              <td className="py-1 pr-3">{spent.dollars === null ? "no price is set" : `$${spent.dollars.toFixed(spent.dollars < 1 ? 4 : 2)}`}</td>
              <td className="py-1 pr-3">{spent.refused.toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
