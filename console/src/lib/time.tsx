/** Times in the reader's zone; the exact instant shows when one is pointed at. */

import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { TimePrecision, type EventTime } from "../api/contract";

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const SHORT = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Return a contract's time as a date of the browser. */
export function date(at: Timestamp): Date {
  return timestampDate(at);
}

/** Return milliseconds since 1970; 0 for a time that is not set. */
export function milliseconds(at: Timestamp | undefined): number {
  return at ? timestampDate(at).getTime() : 0;
}

/** Return a time in words, in the reader's zone. */
export function spelled(at: Timestamp | Date | undefined): string {
  if (!at) return "";
  return MOMENT.format(at instanceof Date ? at : date(at));
}

/** Show a moment. */
export function When({ at, clock = false }: { at: Timestamp | undefined; clock?: boolean }) {
  if (!at) return <span className="text-dim">not set</span>;
  const moment = date(at);
  return (
    <time dateTime={moment.toISOString()} title={moment.toISOString()} className="whitespace-nowrap">
      {(clock ? SHORT : MOMENT).format(moment)}
    </time>
  );
}

/** Show the time of an event as exactly as it is known. */
export function EventWhen({ event }: { event: EventTime }) {
  if (!event.start) return null;
  const moment = date(event.start);
  return (
    <time dateTime={moment.toISOString()} title={`${moment.toISOString()} ${event.timeZone}`.trim()}>
      {known(moment, event)}
    </time>
  );
}

function known(moment: Date, event: EventTime): string {
  const timeZone = event.timeZone || (moment.getTime() % 86_400_000 === 0 ? "UTC" : undefined);
  const told = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(undefined, { ...options, timeZone }).format(moment);
  switch (event.precision) {
    case TimePrecision.DAY:
      return told({ dateStyle: "medium" });
    case TimePrecision.WEEK:
      return `week of ${told({ dateStyle: "medium" })}`;
    case TimePrecision.MONTH:
      return told({ month: "long", year: "numeric" });
    case TimePrecision.SEASON:
      return `season from ${told({ month: "long", year: "numeric" })}`;
    case TimePrecision.YEAR:
      return told({ year: "numeric" });
    default:
      return told({ dateStyle: "medium", timeStyle: "short" });
  }
}

/** Return a time for an input of type `datetime-local`, in the reader's zone. */
export function forInput(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** Return a span in words. */
export function span(from: number, to: number): string {
  const seconds = Math.max(0, (to - from) / 1000);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
