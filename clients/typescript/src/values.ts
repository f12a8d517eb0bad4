/** Values in the form of the contracts: names of enums, times and numbers. */

import type { DescEnum } from "@bufbuild/protobuf";
import { type Duration, type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";

import { invalid } from "./errors.js";
import type { Moment } from "./models.js";

/** Values of an enum by their lower-case names, without the enum's prefix. */
export class EnumNames<Name extends string> {
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<number, Name>();

  constructor(schema: DescEnum) {
    const prefix = (schema.values[0]?.name ?? "").replace(/UNSPECIFIED$/, "");
    for (const { name, number } of schema.values) {
      if (number === 0) continue;
      const short = name.slice(prefix.length).toLowerCase();
      this.#numbers.set(short, number);
      this.#names.set(number, short as Name);
    }
  }

  /** Answer the number of a name, and 0 where there is none. */
  number(name: Name | null | undefined, path: string): number {
    if (name === undefined || name === null) return 0;
    const found = this.#numbers.get(name);
    if (found === undefined) {
      throw invalid(path, `'${name}' is none of ${[...this.#numbers.keys()].join(", ")}`);
    }
    return found;
  }

  /** Answer the name of a number; none for the unspecified and for those of a newer server. */
  name(number: number): Name | undefined {
    return this.#names.get(number);
  }
}

const LARGEST_MS = 253_402_300_799_999;
const SMALLEST_MS = -62_135_596_800_000;

/** Convert a moment; absent where there is none. */
export function toTimestamp(value: Moment | null | undefined, path: string): Timestamp | undefined {
  if (value === undefined || value === null) return undefined;
  const ms = value instanceof Date ? value.getTime() : new Date(value).getTime();
  if (!(ms >= SMALLEST_MS && ms <= LARGEST_MS)) throw invalid(path, `'${String(value)}' is no time`);
  return timestampFromMs(ms);
}

/** Read a moment. */
export function fromTimestamp(value: Timestamp | undefined): Date | undefined {
  return value && new Date(timestampMs(value));
}

/** Convert a span of seconds, to the microsecond. */
export function toDuration(
  seconds: number | null | undefined,
  path: string,
): Pick<Duration, "seconds" | "nanos"> | undefined {
  if (seconds === undefined || seconds === null) return undefined;
  if (!Number.isFinite(seconds)) throw invalid(path, `${seconds} is no span of time`);
  const whole = Math.trunc(seconds);
  const nanos = Math.round((seconds - whole) * 1e6) * 1000;
  return nanos === 1e9
    ? { seconds: BigInt(whole + 1), nanos: 0 }
    : { seconds: BigInt(whole), nanos };
}

/** Read a span, in seconds. */
export function fromDuration(value: Duration | undefined): number | undefined {
  return value && Number(value.seconds) + value.nanos / 1e9;
}

/** Convert a whole number. */
export function toInt64(value: number, path: string): bigint {
  if (!Number.isSafeInteger(value)) throw invalid(path, `${value} is no whole number that is exact`);
  return BigInt(value);
}

/** Answer the text, or none where it is empty. */
export function some(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Refuse a number of things to answer that is none. */
export function checkLimit(limit: number, path = "limit"): number {
  if (!Number.isInteger(limit) || limit < 1) throw invalid(path, "needs a whole number above 0");
  return limit;
}

/** Read base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Write base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
