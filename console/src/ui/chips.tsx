/** Filters as chips, and a form that adds one. */

import { useId, useState } from "react";
import { type Chosen, chip, FILTERS, type FilterKind } from "../lib/filters";
import { forInput } from "../lib/time";
import { Button } from "./basics";
import { Disclosure } from "./disclosure";

export function Chips({ chosen, onChange }: { chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {chosen.map(([key, value], index) => (
        <span key={`${key} ${value}`} className="inline-flex max-w-full items-center rounded border border-accent bg-tint text-[0.857rem] text-accent">
          <span className="truncate py-0.5 pl-2">{chip(key, shown(key, value))}</span>
          <button
            type="button"
            className="min-h-[1.72rem] min-w-[1.72rem] rounded-r hover:bg-accent hover:text-on-accent"
            aria-label={`Remove ${chip(key, shown(key, value))}`}
            onClick={() => onChange(chosen.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </span>
      ))}
      <AddFilter onAdd={(key, value) => onChange([...chosen.filter(([other]) => other !== key || key === "metadata"), [key, value]])} />
    </div>
  );
}

function shown(key: string, value: string): string {
  return key === "after" || key === "before" ? new Date(value).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : value;
}

function AddFilter({ onAdd }: { onAdd: (key: string, value: string) => void }) {
  const [kind, setKind] = useState<FilterKind>(FILTERS[0] as FilterKind);
  const [value, setValue] = useState("");
  const ids = { kind: useId(), value: useId() };
  const choose = (key: string) => {
    const next = FILTERS.find((each) => each.key === key) as FilterKind;
    setKind(next);
    setValue(next.choices ? (Object.keys(next.choices)[0] ?? "") : next.input === "date" ? forInput(new Date()) : "");
  };
  return (
    <Disclosure
      buttonClass="inline-flex min-h-[1.72rem] items-center rounded border border-dashed border-edge px-2 text-[0.857rem] text-dim hover:bg-sunk hover:text-ink"
      panelClass="left-0 top-full mt-1.5 w-72 p-3"
      button="+ Filter"
    >
      {(close) => (
          <form
            className="flex flex-col gap-2.5"
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              onAdd(kind.key, kind.input === "date" ? new Date(value).toISOString() : value.trim());
              close();
              choose(kind.key);
            }}
          >
            <div>
              <label className="label" htmlFor={ids.kind}>
                Filter
              </label>
              <select id={ids.kind} className="field" value={kind.key} onChange={(event) => choose(event.target.value)}>
                {FILTERS.map((each) => (
                  <option key={each.key} value={each.key}>
                    {each.label}
                  </option>
                ))}
              </select>
            </div>
            <div>
              <label className="label" htmlFor={ids.value}>
                {kind.key === "metadata" ? "Path, and =, < or > a value" : "Value"}
              </label>
              {kind.choices ? (
                <select id={ids.value} className="field" value={value} onChange={(event) => setValue(event.target.value)}>
                  {Object.entries(kind.choices).map(([key, label]) => (
                    <option key={key} value={key}>
                      {label}
                    </option>
                  ))}
                </select>
              ) : (
                <input
                  id={ids.value}
                  className="field"
                  type={kind.input === "date" ? "datetime-local" : "text"}
                  placeholder={kind.hint}
                  autoComplete="off"
                  required={kind.key !== "namespace" && kind.key !== "user"}
                  value={value}
                  onChange={(event) => setValue(event.target.value)}
                />
              )}
            </div>
            <Button type="submit" tone="main">
              Add
            </Button>
          </form>
      )}
    </Disclosure>
  );
}
