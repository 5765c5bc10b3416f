// How far below its highest close so far each one was.

import { isoDay } from "./calendars.js";
import { acrossTicks, keepApart, linear, niceStep, steps, surface, text, watermark, yearTicks } from "./frame.js";
import { bothSpans, dividends, terms, titled } from "./figures.js";
import { tickPercent, unsigned } from "./format.js";
import { empty, tableOfDays } from "./growth.js";
import { underWater } from "./measure.js";
import { path, svg } from "./svg.js";
import { joined } from "./years.js";

export function drawdownView(state) {
  const { ask, measured, names, frequency } = state;
  const lines = measured.map((m) => (m?.periods.length ? underWater(m.periods).map((p) => ({ day: p.day, value: p.depth })) : []));
  const quality = joined(...measured.map((m) => m?.quality ?? ""));
  const counts = measured.map((m) => (m ? m.n.toLocaleString("en") : 0)).join(" and ");
  return {
    name: `${ask.a}-${ask.b}-drawdown`,
    plain: `Drawdowns of ${names.join(" and ")}`,
    title: titled(names, ["", " and ", ", percent below the highest close so far"]),
    caption: `How far each stood below its highest close so far in these years, ${dividends(state)}; 0 is a new high.`,
    terms: terms(state, `nominal, ${frequency} closes on own sessions`, bothSpans(measured), `n ${counts}`, quality),
    draw: (width) => draw(width, lines, measured, names, quality),
    table: tableOfDays(["session", ask.a, ask.b], lines, unsigned),
  };
}

function draw(width, lines, measured, names, quality) {
  const falls = measured.map((m, i) => m?.fall?.low && { ...m.fall, i }).filter(Boolean);
  const words = falls.map((fall) => `${names[fall.i]} at worst ${unsigned(fall.depth)} on ${isoDay(fall.low)}`);
  const area = surface(width, width < 520 ? 250 : 300, `Drawdowns: ${words.join(", ")}`);
  const all = lines.flat();
  if (!all.length) return empty(area);
  const days = all.map((point) => point.day);
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const lowest = Math.min(-0.05, ...all.map((point) => point.value));
  const step = niceStep(-lowest, 5);
  const floor = Math.floor(lowest / step - 0.25) * step;
  const x = linear(first, last, area.left, area.right);
  const y = linear(floor, 0, area.bottom, area.top + 6);
  area.root.append(...acrossTicks(area, y, steps(floor, 0, step), tickPercent));
  area.root.append(...yearTicks(area, x, first, last));
  [1, 0].forEach((i) => {
    const points = lines[i];
    if (!points.length) return;
    const d = path(points, x, y);
    const side = "ab"[i];
    area.root.append(svg("path", { class: `fill ${side}-fill`, d: `${d}L${x(points.at(-1).day)} ${y(0)}L${x(points[0].day)} ${y(0)}Z` }));
    area.root.append(svg("path", { class: `line thin ${side}-line`, d }));
  });
  const labels = falls.map((fall) => ({ ...fall, y: y(fall.depth) + 15, x: Math.min(area.right - 60, Math.max(area.left + 60, x(fall.low))) }));
  if (labels.length === 2 && Math.abs(labels[0].x - labels[1].x) < 150) keepApart(labels, 16, area.top, area.bottom - 2);
  for (const label of labels) {
    area.root.append(text(label.x, label.y, `${unsigned(label.depth)}, ${isoDay(label.low)}`, `value won middle halo ${"ab"[label.i]}-ink`));
  }
  const mark = watermark(area, quality);
  if (mark) area.root.append(mark);
  return area.root;
}
