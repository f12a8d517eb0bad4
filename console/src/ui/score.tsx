/** A hit's score as the parts that it is the sum of. */

import type { MemoryHit } from "../api/contract";
import { type Group, GROUPS, groupOf, sentence, total, weighty } from "../lib/signals";

export function ScoreBar({ hit, best }: { hit: MemoryHit; best: number }) {
  const sums = new Map<Group, number>();
  let taken = 0;
  for (const signal of hit.signals) {
    if (signal.contribution < 0) taken -= signal.contribution;
    else sums.set(groupOf(signal), (sums.get(groupOf(signal)) ?? 0) + signal.contribution);
  }
  const parts = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const sum = sums.get(group) ?? 0;
    return sum >= 0.0005 ? [{ group, sum }] : [];
  });
  const told = [...parts.map(({ group, sum }) => `${GROUPS[group].label.toLowerCase()} ${sum.toFixed(2)}`), ...(taken ? [`taken off ${taken.toFixed(2)}`] : [])];
  const width = (share: number) => `${(100 * share) / best}%`;
  return (
    <div className="relative flex h-2.5 w-full overflow-hidden rounded-sm bg-sunk" role="img" aria-label={`Score ${hit.score.toFixed(3)}: ${told.join(", ")}`}>
      {parts.map(({ group, sum }) => (
        <span
          key={group}
          className={`h-full border-r border-panel last:border-r-0 ${GROUPS[group].fill}`}
          style={{ width: width(sum) }}
          title={`${GROUPS[group].label} ${sum.toFixed(3)}`}
        />
      ))}
      {taken > 0 ? <span className="h-full bg-bad opacity-70" style={{ width: width(taken), marginLeft: `-${width(taken)}` }} title={`Taken off ${taken.toFixed(3)}`} /> : null}
    </div>
  );
}

export function Legend() {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-[0.857rem] text-dim" aria-label="Parts of a score">
      {Object.entries(GROUPS)
        .filter(([group]) => group !== "other")
        .map(([group, { label, fill }]) => (
          <li key={group} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2.5 rounded-xs ${fill}`} />
            {label}
          </li>
        ))}
    </ul>
  );
}

/** Every part with a sentence; the last line is their sum. */
export function Explanation({ hit }: { hit: MemoryHit }) {
  const signals = weighty(hit.signals);
  return (
    <table className="mt-2 w-full text-[0.93rem]" data-explanation>
      <caption className="sr-only">Parts of the score</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Share of the score</th>
          <th scope="col">Why</th>
          <th scope="col">Signal</th>
        </tr>
      </thead>
      <tbody>
        {signals.map((signal) => (
          <tr key={signal.name} className="border-t border-line align-baseline">
            <td className="w-20 py-1 pr-3 whitespace-nowrap">
              <span aria-hidden className={`mr-2 inline-block size-2 rounded-xs ${GROUPS[groupOf(signal)].fill}`} />
              <span data-contribution={signal.contribution}>{signed(signal.contribution)}</span>
            </td>
            <td className="py-1 pr-3">{sentence(signal)}</td>
            <td className="mono hidden py-1 text-right text-dim sm:table-cell">{signal.name}</td>
          </tr>
        ))}
        <tr className="border-t-2 border-edge">
          <td className="py-1 pr-3 font-medium" data-total>
            {total(hit.signals).toFixed(3)}
          </td>
          <td className="py-1" colSpan={2}>
            The score is the sum of its parts.
          </td>
        </tr>
      </tbody>
    </table>
  );
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
