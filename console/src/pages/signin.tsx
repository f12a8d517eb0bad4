/** Sign-in with an API key or a token. */

import { useState } from "react";
import type { Problem } from "../api/calls";
import { signIn, useSession } from "../api/session";
import { Button } from "../ui/basics";
import { Mark } from "../ui/shell";

export function SignIn() {
  const session = useSession();
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Problem | null>(session.problem);
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form
        className="panel w-full max-w-md p-6"
        onSubmit={async (event) => {
          event.preventDefault();
          setBusy(true);
          setWrong(await signIn(token.trim()));
          setBusy(false);
        }}
      >
        <div className="mb-5 flex items-center gap-2.5">
          <Mark />
          <h1 className="text-lg">Agent Memory</h1>
        </div>
        <label className="label" htmlFor="token">
          API key or token
        </label>
        <input
          id="token"
          type="password"
          className="field mono"
          autoComplete="off"
          autoFocus
          required
          spellCheck={false}
          placeholder="am_…"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          aria-describedby="kept"
          aria-invalid={wrong ? true : undefined}
        />
        <p id="kept" className="mt-2 text-[0.857rem] text-dim">
          It stays in this page's memory, and is forgotten when the page is left or loaded again.
        </p>
        {wrong ? (
          <p role="alert" className="mt-3 rounded border border-bad bg-bad-tint px-3 py-2">
            <span className="font-medium text-bad">{wrong.title}.</span> {wrong.text}
          </p>
        ) : null}
        <Button type="submit" tone="main" className="mt-4 w-full" disabled={busy || !token.trim()}>
          {busy ? "Signing in …" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
