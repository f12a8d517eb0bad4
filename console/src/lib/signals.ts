/** The parts of a score in groups that can be told apart, and a sentence for each. */

import type { ScoreSignal } from "../api/contract";

export type Group = "meaning" | "words" | "around" | "names" | "time" | "telling" | "recent" | "other";

export const GROUPS: Record<Group, { label: string; fill: string }> = {
  meaning: { label: "Meaning", fill: "bg-meaning" },
  words: { label: "Words", fill: "bg-words" },
  around: { label: "Surroundings", fill: "bg-around" },
  names: { label: "Names", fill: "bg-names" },
  time: { label: "Time", fill: "bg-time" },
  telling: { label: "What it tells", fill: "bg-telling" },
  recent: { label: "Recency", fill: "bg-recent" },
  other: { label: "Other", fill: "bg-other" },
};

const OF: Record<string, Group> = {
  dense: "meaning",
  words: "words",
  neighbours: "around",
  session: "around",
  entities: "names",
  temporal: "time",
  kind: "telling",
  telling: "telling",
  message: "telling",
  recency: "recent",
};

export function groupOf(signal: ScoreSignal): Group {
  return OF[signal.name.split(".")[0] ?? ""] ?? "other";
}

const percent = (value: number) => `${Math.round(value * 100)} %`;

const SENTENCES: Record<string, (value: number) => string> = {
  "dense.text": (value) => `Its text is ${percent(value)} near to the question in meaning.`,
  "dense.context": (value) => `With the words around it, it is ${percent(value)} near to the question in meaning.`,
  "words.text": (value) => `Its text holds ${percent(value)} of the question's words, rare ones counting more.`,
  "words.context": (value) => `Text and surroundings hold ${percent(value)} of the question's words.`,
  neighbours: (value) => `The messages next to it match the question by ${percent(value)}.`,
  "session.best": (value) => `The best match of its session reaches ${percent(value)}.`,
  "session.coverage": (value) => `Its session holds ${percent(value)} of the question's words.`,
  entities: (value) => `It is by or about ${percent(value)} of the names in the question.`,
  "temporal.nearness": (value) => `It lies ${percent(value)} near to the time that the question speaks of.`,
  "temporal.told": (value) => (value > 0 ? "It tells a time, and the question asks for one." : "It tells no time, and the question asks for one."),
  kind: (value) => (value > 0 ? "It names an instance of the kind that the question asks for." : "It names nothing of the kind that the question asks for."),
  telling: (value) => (value >= 0 ? "It tells more than answers usually do." : "It tells less than answers usually do."),
  "recency.freshness": (value) => `It was stored or found lately: ${percent(value)} fresh, with a half-life of days since then.`,
  "recency.novelty": (value) => `It is new: ${percent(value)}, with a half-life of days since it was stored.`,
  message: () => "It stands in the place of the message that it was taken from, which matches better.",
  diversity: (value) => `It is ${percent(value)} like a better hit, which is taken off.`,
};

/** Say what a part of the score measured. */
export function sentence(signal: ScoreSignal): string {
  return SENTENCES[signal.name]?.(signal.value) ?? `${signal.name} measured ${signal.value.toFixed(3)}.`;
}

/** Return the signals that changed the score, the greatest first. */
export function weighty(signals: readonly ScoreSignal[]): ScoreSignal[] {
  return signals
    .filter((each) => Math.abs(each.contribution) >= 0.0005)
    .sort((one, other) => Math.abs(other.contribution) - Math.abs(one.contribution));
}

/** Return the sum of the contributions, as the server bounds it. */
export function total(signals: readonly ScoreSignal[]): number {
  const sum = signals.reduce((all, each) => all + each.contribution, 0);
  return Math.min(1, Math.max(0, sum));
}
