/** Lists and tables of any length: only what is in sight is in the page. */

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";

const AHEAD = 12;

/** A list whose rows have any height. `more` is called when its end comes into sight. */
export function Rows<T>({
  items,
  keyOf,
  children,
  label,
  className = "max-h-[70dvh]",
  estimate = 64,
  more,
  at,
}: {
  items: readonly T[];
  keyOf: (item: T) => string;
  children: (item: T, index: number) => ReactNode;
  label: string;
  className?: string;
  estimate?: number;
  more?: (() => void) | undefined;
  /** The row to show first. */
  at?: number | undefined;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => estimate,
    getItemKey: (index) => keyOf(items[index] as T),
    overscan: 6,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && last >= items.length - AHEAD) more();
  }, [more, last, items.length]);
  const ready = at !== undefined && at >= 0 && at < items.length;
  useEffect(() => {
    if (ready) virtual.scrollToIndex(at, { align: at === items.length - 1 ? "end" : "center" });
  }, [ready, at]);
  return (
    <div ref={frame} className={`overflow-auto ${className}`} tabIndex={0} role="list" aria-label={label}>
      <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
        {shown.map((row) => (
          <div
            key={row.key}
            ref={virtual.measureElement}
            data-index={row.index}
            role="listitem"
            aria-setsize={items.length}
            aria-posinset={row.index + 1}
            className="absolute inset-x-0 top-0 border-b border-line"
            style={{ transform: `translateY(${row.start}px)` }}
          >
            {children(items[row.index] as T, row.index)}
          </div>
        ))}
      </div>
    </div>
  );
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export interface Column<T> {
  id: string;
  header: string;
  /** Of the grid, such as `8rem` or `minmax(12rem, 1fr)`. */
  width: string;
  /** What the column is sorted by; it is not sortable without. */
  value?: (row: T) => string | number;
  cell: (row: T) => ReactNode;
}

/** A table that is sorted by its headings. */
export function DataTable<T extends object>({
  rows,
  columns,
  keyOf,
  label,
  className = "max-h-[70dvh]",
  more,
}: {
  rows: T[];
  columns: Column<T>[];
  keyOf: (row: T) => string;
  label: string;
  className?: string;
  more?: (() => void) | undefined;
}) {
  const table = useTable({
    features,
    data: rows,
    columns: columns.map(
      (each): ColumnDef<typeof features, T> => ({
        id: each.id,
        accessorFn: each.value ?? (() => ""),
        enableSorting: each.value !== undefined,
        sortFn: (one, other) => compare(one.getValue(each.id), other.getValue(each.id)),
      }),
    ),
    getRowId: keyOf,
  });
  const frame = useRef<HTMLDivElement>(null);
  const sorted = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 38,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 8,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && last >= sorted.length - AHEAD) more();
  }, [more, last, sorted.length]);
  const grid = { gridTemplateColumns: columns.map((each) => each.width).join(" ") };
  return (
    <div ref={frame} className={`overflow-auto ${className}`} tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={sorted.length + 1} className="min-w-max">
        <div role="row" aria-rowindex={1} className="sticky top-0 z-10 grid gap-x-4 border-b border-line bg-panel px-4" style={grid}>
          {table.getHeaderGroups()[0]?.headers.map((header, index) => (
            <Heading key={header.id} sorted={header.column.getIsSorted()} sort={header.column.getCanSort() ? () => header.column.toggleSorting() : undefined}>
              {columns[index]?.header}
            </Heading>
          ))}
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {shown.map((row) => (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              role="row"
              aria-rowindex={row.index + 2}
              className="absolute inset-x-0 top-0 grid gap-x-4 border-b border-line px-4 hover:bg-sunk"
              style={{ ...grid, transform: `translateY(${row.start}px)` }}
            >
              {columns.map((each) => (
                <div key={each.id} role="cell" className="min-w-0 self-center py-1.5">
                  {each.cell(sorted[row.index]?.original as T)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function Heading({ children, sorted, sort }: { children: ReactNode; sorted: false | "asc" | "desc"; sort?: (() => void) | undefined }) {
  const order = sorted === false ? "none" : sorted === "asc" ? "ascending" : "descending";
  return (
    <div role="columnheader" {...(sort ? { "aria-sort": order } : {})} className="min-w-0 py-1.5 text-[0.857rem] font-medium text-dim">
      {sort ? (
        <button type="button" className="min-h-[1.72rem] leading-6 hover:text-ink" onClick={sort}>
          {children}
          <span aria-hidden className="ml-1 inline-block w-2">
            {sorted === "asc" ? "↑" : sorted === "desc" ? "↓" : ""}
          </span>
        </button>
      ) : (
        <span className="inline-block min-h-[1.72rem] leading-6">{children}</span>
      )}
    </div>
  );
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}
