/** A button that shows and hides a small panel beside it. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";

/**
 * Show `children` while open. Escape and a click elsewhere close it, and the focus returns to the
 * button; `close` does the same from within.
 */
export function Disclosure({
  button,
  label,
  buttonClass,
  panelClass,
  children,
}: {
  button: ReactNode;
  label?: string;
  buttonClass: string;
  panelClass: string;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const elsewhere = (event: Event) => {
      if (!frame.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  return (
    <div
      ref={frame}
      className="relative"
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <button ref={trigger} type="button" className={buttonClass} aria-expanded={open} aria-controls={open ? id : undefined} aria-label={label} onClick={() => setOpen(!open)}>
        {button}
      </button>
      {open ? (
        <div id={id} className={`panel absolute z-20 text-ink shadow-xl ${panelClass}`}>
          {children(close)}
        </div>
      ) : null}
    </div>
  );
}
