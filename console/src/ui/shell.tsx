/** The frame of every page: where to go, who is signed in, how it looks. */

import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { Access, type Principal } from "../api/contract";
import { signOut, useSession } from "../api/session";
import { Fact } from "./basics";
import { Disclosure } from "./disclosure";
import { useKeys } from "./keys";
import { type Theme, useTheme } from "./theme";

// Dialogs are read when one is opened.
const Help = lazy(() => import("./help"));

const PLACES = [
  { to: "/search", label: "Search", key: "g s" },
  { to: "/sessions", label: "Sessions", key: "g l" },
  { to: "/users", label: "Users", key: "g u" },
  { to: "/work", label: "Work", key: "g w" },
  { to: "/live", label: "Live", key: "g v" },
  { to: "/try", label: "Try it", key: "g t" },
] as const;

const WITHIN: Record<string, string> = { "/session": "/sessions", "/user": "/users", "/memory": "/search" };

export function Shell() {
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // A new page is read from its beginning, by screen readers too.
    if (first.current) first.current = false;
    else main.current?.focus();
    const place = PLACES.find((each) => each.to === (WITHIN[path] ?? path));
    document.title = place ? `${place.label} - Agent Memory` : "Agent Memory";
  }, [path]);
  useKeys({
    "?": () => setHelp(true),
    ...Object.fromEntries(PLACES.map((place) => [place.key, () => void navigate({ to: place.to, search: {} as never })])),
  });
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only z-50 rounded bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2">
        Skip to the page
      </a>
      <header className="border-line bg-panel max-lg:border-b lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col lg:border-r">
        <div className="flex items-center gap-2 px-4 pt-3 lg:pt-5 lg:pb-4">
          <Mark />
          <span className="font-semibold tracking-tight">Agent Memory</span>
          <div className="ml-auto lg:hidden">
            <Account up={false} onHelp={() => setHelp(true)} />
          </div>
        </div>
        <nav aria-label="Pages" className="flex gap-1 overflow-x-auto px-3 py-2 lg:flex-col">
          {PLACES.map((place) => {
            const here = (WITHIN[path] ?? path) === place.to;
            return (
              <Link
                key={place.to}
                to={place.to}
                search={{}}
                aria-current={here ? "page" : undefined}
                className={`rounded px-2.5 py-1.5 whitespace-nowrap no-underline ${here ? "bg-tint font-medium text-accent" : "text-ink hover:bg-sunk"}`}
              >
                {place.label}
              </Link>
            );
          })}
        </nav>
        <div className="mt-auto hidden border-t border-line p-3 lg:block">
          <Account up onHelp={() => setHelp(true)} />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className="min-w-0 outline-none">
        <Outlet />
      </main>
      <Suspense>{help ? <Help keys={KEYS} onClose={() => setHelp(false)} /> : null}</Suspense>
    </div>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className="size-6">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path d="M8 10h16M8 16h11M8 22h6" strokeWidth="3" strokeLinecap="round" className="stroke-on-accent" />
      <circle cx="22" cy="22" r="3" fill="#f2c14e" />
    </svg>
  );
}

const KEYS = [
  ["/", "To the question, on Search"],
  ["j  k", "Next and previous hit"],
  ["Enter", "Open the hit"],
  ["e", "Explain the hit"],
  ...PLACES.map((place) => [place.key, `To ${place.label}`] as const),
  ["?", "This list"],
] as const;

const THEMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };
const ITEM = "flex min-h-8 w-full items-center justify-between gap-6 rounded px-2 text-left hover:bg-sunk";

const ROLES: Record<Access, string> = { [Access.UNSPECIFIED]: "", [Access.READER]: "reader", [Access.WRITER]: "writer", [Access.ADMIN]: "admin" };

/** Of which tenant, users and namespaces the credential is. */
function Limits({ principal }: { principal: Principal }) {
  return (
    <dl className="mb-1.5 flex flex-col gap-1.5 border-b border-line px-2 pb-2">
      <Fact name="Tenant">{principal.tenant}</Fact>
      {principal.users ? <Fact name="Only for users">{principal.users.names.join(", ") || "none"}</Fact> : null}
      {principal.namespaces ? <Fact name="Only in namespaces">{principal.namespaces.names.map((name) => name || "the empty one").join(", ") || "none"}</Fact> : null}
    </dl>
  );
}

function Account({ onHelp, up }: { onHelp: () => void; up: boolean }) {
  const { principal, isKeyed } = useSession();
  const role = ROLES[principal?.access ?? Access.UNSPECIFIED];
  const [theme, setTheme] = useTheme();
  const group = useId();
  return (
    <Disclosure
      buttonClass="flex min-h-8 w-full items-center gap-2 rounded px-2 text-left hover:bg-sunk"
      panelClass={`w-56 p-2 ${up ? "bottom-full left-0 mb-1.5" : "top-full right-0 mt-1.5"}`}
      button={
        <>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-[0.857rem] font-medium">{isKeyed ? principal?.subject.replace(":", " ") : "No key needed"}</span>
            <span className="block text-[0.8rem] text-dim">{role}</span>
          </span>
          <span aria-hidden className="text-dim">
            ⋯
          </span>
        </>
      }
    >
      {(close) => (
        <>
          {principal ? <Limits principal={principal} /> : null}
          <fieldset>
            <legend className="label px-2">Theme</legend>
            {(Object.keys(THEMES) as Theme[]).map((each) => (
              <label key={each} className={ITEM}>
                {THEMES[each]}
                <input type="radio" name={group} checked={theme === each} onChange={() => setTheme(each)} />
              </label>
            ))}
          </fieldset>
          <hr className="my-1.5 border-line" />
          <button
            type="button"
            className={ITEM}
            onClick={() => {
              close();
              onHelp();
            }}
          >
            Keys <kbd className="mono">?</kbd>
          </button>
          {isKeyed ? (
            <button type="button" className={ITEM} onClick={() => signOut()}>
              Sign out
            </button>
          ) : null}
        </>
      )}
    </Disclosure>
  );
}
