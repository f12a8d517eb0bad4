/** Keys of one character, which a reader can switch off. */

import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

const KEY = "keys";
const listeners = new Set<() => void>();

const on = () => localStorage.getItem(KEY) !== "off";

export function useKeysSwitch(): [boolean, (on: boolean) => void] {
  const now = useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, on);
  return [
    now,
    (next) => {
      if (next) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, "off");
      for (const tell of listeners) tell();
    },
  ];
}

/** Do what a key says, where nothing is written and no dialog is open; `g s` is one key after another. */
export function useKeys(actions: Record<string, () => void>): void {
  const act = useEffectEvent((key: string) => {
    const action = actions[key];
    action?.();
    return action !== undefined;
  });
  useEffect(() => {
    let before = "";
    let pressed = 0;
    const press = (event: KeyboardEvent) => {
      if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.closest("input, textarea, select, [contenteditable], [role=dialog], [role=alertdialog], [role=menu]")) return;
      const sequence = event.timeStamp - pressed < 1500 && before ? `${before} ${event.key}` : event.key;
      before = event.key;
      pressed = event.timeStamp;
      if (act(sequence) || (sequence !== event.key && act(event.key))) {
        event.preventDefault();
        before = "";
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
