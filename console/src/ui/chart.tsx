/** A series over time. */

import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import Plot from "uplot";
import { useTheme } from "./theme";

/** In the size of the page's text, which is larger on large screens. */
const HEIGHT = 10;
const AXIS = 2;
const VALUES = 3.2;
const LABEL = 0.8;
const MINUTE = 60;
const DAY = 86_400;
const COUNT = new Intl.NumberFormat(undefined, { notation: "compact" });

/** A time of the axis, in seconds, as far as the distance between two of them needs it. */
function told(seconds: number, step: number): string {
  const options: Intl.DateTimeFormatOptions =
    step < MINUTE
      ? { hour: "2-digit", minute: "2-digit", second: "2-digit" }
      : step < DAY
        ? { hour: "2-digit", minute: "2-digit" }
        : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, options).format(seconds * 1000);
}

/** Draw values over times in milliseconds; `summary` says the same in words. */
export default function Chart({ times, values, label, summary, bars = false }: { times: number[]; values: number[]; label: string; summary: string; bars?: boolean }) {
  const frame = useRef<HTMLDivElement>(null);
  const [theme] = useTheme();
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const size = Number.parseFloat(style.fontSize);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: color("--dim"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: `${LABEL * size}px Plex, sans-serif` };
    const plot = new Plot(
      {
        width: element.clientWidth,
        height: HEIGHT * size,
        cursor: { drag: { x: false, y: false } },
        legend: { show: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
        axes: [
          { ...axis, size: AXIS * size, space: 4 * size, values: (_, splits, __, ___, step) => splits.map((each) => told(each, step)) },
          { ...axis, size: VALUES * size, space: 2 * size, values: (_, splits) => splits.map((each) => COUNT.format(each)) },
        ],
        series: [
          {},
          {
            label,
            stroke: color("--accent"),
            width: 2,
            points: { show: false },
            fill: `${color("--accent")}2a`,
            ...(bars && Plot.paths.bars ? { paths: Plot.paths.bars({ size: [0.8, 24] }) } : Plot.paths.stepped ? { paths: Plot.paths.stepped({ align: 1 }) } : {}),
          },
        ],
      },
      [times.map((time) => time / 1000), values],
      element,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT * size }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [times, values, label, bars, theme]);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 text-[0.857rem] text-dim">{label}</figcaption>
      <div ref={frame} role="img" aria-label={`${label}: ${summary}`} className="w-full overflow-hidden" style={{ height: `${HEIGHT}rem` }} />
    </figure>
  );
}
