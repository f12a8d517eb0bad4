/** Streams that go on after a lost connection, from where they were. */

import { useEffect, useEffectEvent, useState } from "react";
import { problem, type Problem } from "./calls";

export type StreamState = "connecting" | "live" | "lost" | "refused";

interface Resumable {
  resumeToken: string;
}

export interface Following {
  state: StreamState;
  problem: Problem | null;
  /** How often the stream was taken up again. */
  resumed: number;
  /** True where changes in between are forgotten by the server, and so were not told. */
  gap: boolean;
}

const BEGIN: Following = { state: "connecting", problem: null, resumed: 0, gap: false };
const FIRST_PAUSE = 500;
/** A server says something every five seconds; a line that is silent for so long is dead. */
const SILENCE = 20_000;
const LONGEST_PAUSE = 8_000;
const FINAL: ReadonlySet<Problem["kind"]> = new Set(["denied", "unauthenticated", "invalid", "absent"]);

/**
 * Follow a stream while the component is shown.
 *
 * `open` begins the stream after a token; another `key` is another stream. A change that arrives
 * between two connections is told when the stream continues after its token. `reread` is called when
 * a stream has begun without one: what happened before it began is not told.
 */
export function useFollow<T extends Resumable>(
  key: string | null,
  open: (resumeToken: string, options: { signal: AbortSignal; onHeader: () => void; timeoutMs: number }) => AsyncIterable<T>,
  take: (message: T) => void,
  reread: () => void = () => undefined,
): Following {
  const [following, setFollowing] = useState<Following>(BEGIN);
  const begin = useEffectEvent(open);
  const each = useEffectEvent(take);
  const anew = useEffectEvent(reread);
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    let token = "";
    let resumed = 0;
    let gap = false;
    const run = async () => {
      let pause = FIRST_PAUSE;
      setFollowing(BEGIN);
      while (!stop.signal.aborted) {
        const silent = new AbortController();
        let watch = setTimeout(() => silent.abort(), SILENCE);
        let begun = token !== "";
        const live = () => {
          pause = FIRST_PAUSE;
          if (!begun) anew();
          begun = true;
          clearTimeout(watch);
          watch = setTimeout(() => silent.abort(), SILENCE);
          setFollowing((now) => (now.state === "live" ? now : { state: "live", problem: null, resumed, gap }));
        };
        const signal = AbortSignal.any([stop.signal, silent.signal]);
        try {
          for await (const message of begin(token, { signal, onHeader: live, timeoutMs: 0 })) {
            live();
            token = message.resumeToken || token;
            each(message);
          }
          setFollowing({ state: "lost", problem: null, resumed, gap });
        } catch (error) {
          if (stop.signal.aborted) return;
          const known = problem(error);
          if (known.reason === "INVALID_TOKEN" && token) {
            token = "";
            gap = true;
          } else if (FINAL.has(known.kind)) {
            setFollowing({ state: "refused", problem: known, resumed, gap });
            return;
          }
          setFollowing({ state: "lost", problem: known, resumed, gap });
        } finally {
          clearTimeout(watch);
        }
        await waited(pause * (0.75 + Math.random() / 2), stop.signal);
        pause = Math.min(LONGEST_PAUSE, pause * 2);
        resumed += 1;
      }
    };
    void run();
    return () => stop.abort();
  }, [key]);
  return following;
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
