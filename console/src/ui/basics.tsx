/** Buttons, tags and the states that every part of a page can be in. */

import type { ButtonHTMLAttributes, ReactNode } from "react";
import { problem } from "../api/calls";

type Tone = "plain" | "main" | "quiet" | "danger";

const TONES: Record<Tone, string> = {
  plain: "border border-edge bg-panel text-ink hover:bg-sunk",
  main: "border border-accent bg-accent text-on-accent hover:opacity-90",
  quiet: "border border-transparent text-dim hover:bg-sunk hover:text-ink",
  danger: "border border-bad bg-panel text-bad hover:bg-bad-tint",
};

export function Button({
  tone = "plain",
  small = false,
  className = "",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { tone?: Tone; small?: boolean }) {
  const size = small ? "min-h-[1.72rem] px-2 text-[0.857rem]" : "min-h-[2.25rem] px-3";
  return (
    <button
      type="button"
      className={`inline-flex items-center justify-center gap-1.5 rounded font-medium whitespace-nowrap disabled:opacity-55 ${size} ${TONES[tone]} ${className}`}
      {...rest}
    />
  );
}

export function Tag({ children, tone = "plain", title }: { children: ReactNode; tone?: "plain" | "accent" | "warn" | "bad" | "good"; title?: string }) {
  const tones = {
    plain: "border-line text-dim",
    accent: "border-accent text-accent",
    warn: "border-warn text-warn",
    bad: "border-bad text-bad",
    good: "border-good text-good",
  };
  return (
    <span title={title} className={`inline-block max-w-full truncate rounded-sm border px-1.5 align-bottom text-[0.8rem]/[1.35] ${tones[tone]}`}>
      {children}
    </span>
  );
}

export function Page({ title, lead, actions, children }: { title: ReactNode; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-[96rem] flex-col gap-4 p-4 sm:p-6">
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="max-w-[70ch] min-w-0">
          <h1 className="text-[1.43rem]/[1.25] break-words">{title}</h1>
          {lead ? <div className="mt-1 text-dim">{lead}</div> : null}
        </div>
        {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, aside, children, flush = false, id }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; flush?: boolean; id?: string }) {
  return (
    <section className="panel min-w-0" id={id}>
      {title ? (
        <div className="flex min-h-[2.6rem] flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="text-base">{title}</h2>
          {aside ? <div className="flex flex-wrap items-center gap-2 text-[0.857rem] text-dim">{aside}</div> : null}
        </div>
      ) : null}
      <div className={flush ? "" : "p-4"}>{children}</div>
    </section>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div role="status" className="flex items-center gap-2 px-4 py-6 text-dim">
      <span aria-hidden className="size-2 animate-pulse rounded-full bg-accent" />
      Reading {what} …
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-4 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children ? <div className="mx-auto mt-1 max-w-[60ch] text-dim">{children}</div> : null}
    </div>
  );
}

/** What went wrong, or that it is not allowed; with a way on where there is one. */
export function Failure({ error, again, what }: { error: unknown; again?: () => void; what?: string }) {
  const known = problem(error);
  const calm = known.kind === "denied" || known.kind === "absent";
  return (
    <div role="alert" className={`m-2 rounded border px-4 py-3 ${calm ? "border-line bg-sunk" : "border-bad bg-bad-tint"}`}>
      <p className={`font-medium ${calm ? "" : "text-bad"}`}>{what && known.kind === "absent" ? `No such ${what}` : known.title}</p>
      <p className="mt-0.5 break-words">{known.text}</p>
      {known.reason ? <p className="mono mt-1 text-dim">{known.reason}</p> : null}
      {again && known.again ? (
        <Button small className="mt-2" onClick={again}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** A query's content, or the state that it is in instead. */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} what={what} again={() => void query.refetch()} />;
  return <Loading what={what} />;
}

export function Fact({ name, children, wide = false }: { name: string; children: ReactNode; wide?: boolean }) {
  return (
    <div className={`min-w-0 ${wide ? "col-span-full" : ""}`}>
      <dt className="text-[0.857rem] text-dim">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}

export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <button
      type="button"
      className="mono max-w-full truncate text-left text-dim hover:text-ink hover:underline"
      title={`Copy ${label}`}
      aria-label={`Copy ${label} ${text}`}
      onClick={() => void navigator.clipboard.writeText(text)}
    >
      {text}
    </button>
  );
}
