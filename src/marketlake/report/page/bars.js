// Two instruments side by side by year, as `bars.py` draws them for the claim: across in percent, down in pixels.

import { percent, points, signed, whole } from "./format.js";
import { isoDay } from "./calendars.js";
import { svg } from "./svg.js";
import { basesOf, basisTerm, dividends, terms, titled } from "./figures.js";

const [TOP, BASE, FOOT, LEFT, RIGHT, BAR] = [22, 320, 24, 11, 100, 0.36];
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export function barsView(state) {
  const { ask, rows, market, names } = state;
  const sides = rows.flatMap((row) => [row.a, row.b]).filter((side) => side.from !== null);
  const counted = rows.filter((row) => row.winner !== null).length;
  const quality = [...new Set(rows.flatMap((row) => row.quality.split(",")).filter(Boolean))].join(",");
  const span = sides.length ? [Math.min(...sides.map((s) => s.from)), Math.max(...sides.map((s) => s.to))] : null;
  const spans = market.header.spans.filter(() => isClaim(state));
  return {
    name: `${ask.a}-${ask.b}-years`,
    plain: `${names[0]} and ${names[1]}, return by calendar year in percent`,
    title: titled(names, ["", " and ", ", return by calendar year, in percent"]),
    caption: `What each gained or lost in every calendar year, in ${ask.currency}, ${dividends(state)}; the fuller bar was ahead.`,
    terms: terms(state, "nominal, year_end, own sessions", span, `n ${counted} of ${rows.length} years`, quality),
    draw: () => draw(state, quality, spans),
    table: {
      head: ["year", ask.a, ask.b, "difference", "ahead", "from", "to", "quality"],
      say: [String, percent, percent, points],
      rows: rows.map((row) => [
        row.year,
        row.a.value,
        row.b.value,
        row.difference,
        row.winner ?? (row.complete ? "" : "incomplete"),
        both(row.a.from, row.b.from),
        both(row.a.to, row.b.to),
        row.quality.replaceAll(",", ", "),
      ]),
      numbers: 3,
    },
  };
}

// Brackets belong to the claim as it is worded.
export function isClaim({ ask, market }) {
  const { start } = market.header;
  return ["a", "b", "currency"].every((key) => ask[key] === start[key]) && ask.basis === "price";
}

// Whether the chart shows all years that the claim's verdicts are about.
export function coversClaim(state) {
  const { ask, market } = state;
  return isClaim(state) && market.header.spans.every((span) => ask.first <= span.first && span.last <= ask.last);
}

function both(a, b) {
  const shown = [a, b].map((day) => (day === null ? "" : isoDay(day)));
  return shown[0] === shown[1] ? shown[0] : shown.join(" / ");
}

function draw(state, quality, spans) {
  const { ask, rows, names } = state;
  const values = rows.flatMap((row) => [row.a.value, row.b.value]).filter((value) => value !== null);
  const scale = scaleOf(values.length ? values : [1]);
  const years = rows.map((row) => row.year);
  const shown = spans.filter((span) => years.includes(span.first) && years.includes(span.last));
  const step = (RIGHT - LEFT) / Math.max(1, rows.length);
  const parts = scale.ticks.flatMap((tick) => {
    const zero = Math.abs(tick) < 1e-12;
    const word = zero ? "0" : `${signed(tick * 100, 0)} %`;
    return [line(0, RIGHT, scale.y(tick), zero ? "axis" : "grid"), text(0, scale.y(tick) - 4, word, "tick")];
  });
  rows.forEach((row, place) => {
    const middle = LEFT + step * (place + 0.5);
    for (const side of ["a", "b"]) {
      if (row[side].value !== null) parts.push(...bar(side, middle, step, row[side].value, row.winner === ask[side], scale));
    }
    parts.push(text(middle, BASE + 17, String(row.year), `year middle${rows.length > 12 && place % 2 ? " spare" : ""}`));
  });
  shown.forEach((span, level) => parts.push(...bracket(span, years, step, BASE + FOOT + 14 + 26 * level)));
  if (quality.split(",").includes("simulated")) parts.push(text(53, 180, "SIMULATED", "watermark middle", { "font-size": 56 }));
  if (!values.length) parts.push(text(55, 150, "No year has figures of its own here", "note middle"));
  const said = rows.filter((row) => row.a.value !== null && row.b.value !== null);
  const words = said.map((row) => `${row.year} ${whole(row.a.value * 100)} % and ${whole(row.b.value * 100)} %`).join("; ");
  const name = `${names[0]} and ${names[1]}: ${basisTerm(basesOf(state))} by calendar year in ${ask.currency}, ${words}`;
  const height = BASE + FOOT + 26 * shown.length + 4;
  return svg("svg", { class: `chart${rows.length > 9 ? " dense" : ""}`, role: "img", width: "100%", height, "aria-label": name }, parts);
}

function scaleOf(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const reach = high - low || 1;
  const step = STEPS.find((one) => reach / one <= 5) ?? STEPS.at(-1);
  const [from, to] = [Math.floor(low / step) * step, Math.ceil(high / step) * step || step];
  const count = Math.round((to - from) / step);
  const y = (value) => BASE - ((value - from) / (to - from)) * (BASE - TOP);
  return { y, ticks: Array.from({ length: count + 1 }, (_, i) => from + step * i) };
}

function bar(side, middle, step, value, won, scale) {
  const width = step * BAR;
  const x = side === "a" ? middle - width - step * 0.01 : middle + step * 0.01;
  const [top, bottom] = [scale.y(value), scale.y(0)].sort((a, b) => a - b);
  const place = { x: `${x.toFixed(3)}%`, y: top.toFixed(2), width: `${width.toFixed(3)}%` };
  const rect = svg("rect", { class: side + (won ? "" : " behind"), ...place, height: Math.max(bottom - top, 1).toFixed(2) });
  const at = value >= 0 ? scale.y(value) - 6 : scale.y(value) + 14;
  return [rect, text(x + width / 2, at, whole(value * 100), `value middle ${side}-ink${won ? " won" : ""}`)];
}

function bracket(span, years, step, y) {
  const [left, right] = [LEFT + step * (years.indexOf(span.first) + 0.08), LEFT + step * (years.indexOf(span.last) + 0.92)];
  return [line(left, right, y, "bracket"), text(left, y + 15, span.words, "note")];
}

function line(left, right, y, kind) {
  return svg("line", { class: kind, x1: `${left.toFixed(3)}%`, x2: `${right.toFixed(3)}%`, y1: y.toFixed(2), y2: y.toFixed(2) });
}

function text(x, y, words, kind, more = {}) {
  return svg("text", { class: kind, x: `${x.toFixed(3)}%`, y: y.toFixed(2), ...more }, words);
}
