// What charts share: a surface with margins, scales, ticks, labels that keep apart, the watermark.

import { dayOf, yearOf } from "./calendars.js";
import { round, svg } from "./svg.js";

// Where there is only one value, it lies in the middle.
export const linear = (low, high, start, end) => (value) =>
  start + (high === low ? 0.5 : (value - low) / (high - low)) * (end - start);
export const logarithmic = (low, high, start, end) => (value) => linear(Math.log(low), Math.log(high), start, end)(Math.log(value));

export function surface(width, height, name, margins = {}) {
  const m = { top: 14, right: 8, bottom: 26, left: 46, ...margins };
  const root = svg("svg", { class: "chart", role: "img", "aria-label": name, viewBox: `0 0 ${width} ${height}`, width: "100%" });
  const box = { left: m.left, right: width - m.right, top: m.top, bottom: height - m.bottom };
  return { root, width, height, ...box };
}

export function text(x, y, words, kind, traits = {}) {
  return svg("text", { class: kind, x: round(x), y: round(y), ...traits }, words);
}

export const line = (x1, y1, x2, y2, kind) => svg("line", { class: kind, x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) });

export function acrossTicks(area, y, ticks, words, strong = 0) {
  return ticks.flatMap((tick) => [
    line(area.left, y(tick), area.right, y(tick), Math.abs(tick - strong) < 1e-12 ? "axis" : "grid"),
    text(area.left - 7, y(tick) + 4, words(tick), "tick end"),
  ]);
}

// The first day of each year, fewer of them where there is no room.
export function yearTicks(area, x, first, last) {
  const years = [];
  for (let year = yearOf(first); year <= yearOf(last); year++) if (dayOf(year, 1, 1) >= first - 10) years.push(year);
  const each = Math.max(1, Math.ceil((years.length * 40) / (area.right - area.left)));
  const short = (year) => (area.width < 520 ? `\u2019${String(year).slice(2)}` : String(year));
  return years
    .filter((_, i) => i % each === 0)
    .flatMap((year) => {
      const at = Math.max(area.left, x(dayOf(year, 1, 1)));
      return [line(at, area.bottom, at, area.bottom + 5, "axis"), text(at + 4, area.bottom + 17, short(year), "tick")];
    });
}

export function niceStep(reach, most) {
  const rough = reach / most || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  return unit * [1, 2, 2.5, 5, 10].find((times) => times * unit >= rough * (1 - 1e-9));
}

export function steps(low, high, step) {
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

// Moves labels, top down, so that no two are nearer than `gap`.
export function keepApart(labels, gap, low, high) {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  for (let i = 1; i < sorted.length; i++) sorted[i].y = Math.max(sorted[i].y, sorted[i - 1].y + gap);
  const over = sorted.length ? sorted.at(-1).y - high : 0;
  if (over > 0) for (const label of sorted) label.y = Math.max(low, label.y - over);
  return labels;
}

export function watermark(area, quality) {
  if (!quality.split(",").includes("simulated")) return null;
  const [x, y] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  const size = Math.min(72, (area.right - area.left) / 8);
  return text(x, y, "SIMULATED", "watermark middle", {
    "font-size": round(size),
    transform: `rotate(-18 ${round(x)} ${round(y)})`,
  });
}
