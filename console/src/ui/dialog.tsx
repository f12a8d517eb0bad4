/** Dialogs: for a form, and for a decision that cannot be taken back. */

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, useEffect, useId, useState } from "react";
import { Button, Failure } from "./basics";

const BACKDROP = "fixed inset-0 bg-black/45";
const POPUP =
  "panel fixed top-1/2 left-1/2 max-h-[90dvh] w-[min(36rem,calc(100vw-1.5rem))] -translate-x-1/2 -translate-y-1/2 overflow-auto p-5 shadow-2xl";

export function Dialog({
  open,
  onClose,
  title,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}) {
  return (
    <Base.Root open={open} onOpenChange={(now) => (now ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup className={POPUP}>
          <Base.Title className="mb-3 text-lg font-semibold">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A decision; with `typed`, one that is made by typing that text. */
export function Decision({
  open,
  onClose,
  title,
  children,
  action,
  typed,
  busy,
  error,
  onDecide,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  action: string;
  typed?: string;
  busy?: boolean;
  error?: unknown;
  onDecide: () => void;
}) {
  const [text, setText] = useState("");
  const id = useId();
  const ready = (typed === undefined || text === typed) && !busy;
  // Typed anew for every decision.
  useEffect(() => {
    if (!open) setText("");
  }, [open]);
  return (
    <AlertDialog.Root open={open} onOpenChange={(now) => (now ? undefined : onClose())}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={POPUP}>
          <AlertDialog.Title className="mb-2 text-lg font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="text-dim">
            {children}
          </AlertDialog.Description>
          <form
            className="mt-4 flex flex-col gap-3"
            onSubmit={(event) => {
              event.preventDefault();
              if (ready) onDecide();
            }}
          >
            {typed === undefined ? null : (
              <div>
                <label className="label" htmlFor={id}>
                  Type <span className="mono text-ink">{typed}</span> to confirm
                </label>
                <input id={id} className="field mono" autoComplete="off" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
              </div>
            )}
            {error ? <Failure error={error} /> : null}
            <div className="flex justify-end gap-2">
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" tone="danger" disabled={!ready}>
                {action}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
