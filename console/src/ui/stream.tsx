/** The state of a stream, in a word. */

import type { Following } from "../api/follow";
import { Tag } from "./basics";

const STATES = {
  connecting: { text: "connecting", tone: "plain" },
  live: { text: "live", tone: "good" },
  lost: { text: "connection lost, resuming", tone: "warn" },
  refused: { text: "not allowed", tone: "bad" },
} as const;

export function StreamTag({ following }: { following: Following }) {
  const { text, tone } = STATES[following.state];
  return (
    <span role="status" data-stream={following.state} data-resumed={following.resumed}>
      <Tag tone={tone} {...(following.problem ? { title: following.problem.text } : {})}>
        {following.state === "live" && following.resumed > 0 ? `live, resumed ${following.resumed} times` : text}
      </Tag>
      {following.gap ? <Tag tone="bad">changes in between are not known</Tag> : null}
    </span>
  );
}
