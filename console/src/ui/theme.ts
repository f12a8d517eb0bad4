/** Dark or light: as the system says, until the reader chooses. */

import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Show the page in the chosen theme. */
export function applyTheme(): void {
  const theme = chosen();
  const isDark = theme === "dark" || (theme === "system" && dark.matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  for (const tell of listeners) tell();
}

dark.addEventListener("change", applyTheme);

export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, chosen);
  return [
    theme,
    (next) => {
      if (next === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
      applyTheme();
    },
  ];
}
