// Risk against return of everything that is embedded, over the window that was chosen.

import { bothSpans, terms } from "./figures.js";
import { flags, percent, tickPercent, unsigned } from "./format.js";
import { acrossTicks, line, linear, niceStep, steps, surface, text, watermark } from "./frame.js";
import { empty } from "./growth.js";
import { ratesNeeded } from "./levels.js";
import { measure } from "./measure.js";
import { svg } from "./svg.js";
import { joined } from "./years.js";

export function scatterView(state) {
  const { ask, market } = state;
  const all = [...market.listed.values()].filter((one) => !market.header.published || one.synthetic === "no");
  const frequency = all.some((one) => one.monthly) ? "monthly" : "daily";
  const able = all.filter((one) => ratesNeeded(market, [one.id], ask.currency));
  const found = able.map((one) => measure(market, one.id, ask, frequency, [one.id])).filter(Boolean);
  const shown = found.filter((m) => m.volatility !== null && m.cagr !== null).map((m) => ({ ...m, one: market.instrument(m.id) }));
  const whole = shown.filter((m) => m.span.complete);
  const quality = joined(...shown.map((m) => m.quality));
  return {
    name: "risk-and-return",
    plain: "CAGR against volatility, everything in the lake",
    title: ["CAGR against volatility; hollow: not over the whole window"],
    caption: "Further up is more growth a year, further right are larger swings of price; a hollow mark does not span all these years.",
    terms: terms(state, `nominal, ${frequency} returns on own sessions`, bothSpans(shown), `n ${shown.length} instruments, ${whole.length} over the whole window`, quality, shown.map((m) => m.id)),
    draw: (width) => draw(width, shown, ask, quality),
    table: {
      head: ["instrument", "CAGR", "volatility", "n", "from", "to", "quality"],
      say: [String, percent, unsigned],
      rows: shown.map((m) => [m.id, m.cagr, m.volatility, m.n, ...[m.span.from, m.span.to].map(iso), flags(m.quality)]),
      numbers: 3,
    },
  };
}

const iso = (day) => new Date(day * 86400000).toISOString().slice(0, 10);

function draw(width, shown, ask, quality) {
  const area = surface(width, width < 520 ? 360 : 440, `Risk and return of ${shown.length} instruments, ${ask.first} to ${ask.last}`, { left: 54, right: 30, bottom: 44 });
  if (!shown.length) return empty(area);
  const risks = shown.map((m) => m.volatility);
  const rates = shown.map((m) => m.cagr);
  const [left, right] = [0, Math.max(...risks) * 1.06];
  const [low, high] = [Math.min(0, ...rates) * 1.1 - 0.01, Math.max(0.05, ...rates) * 1.08];
  const x = linear(left, right, area.left, area.right);
  const y = linear(low, high, area.bottom, area.top);
  area.root.append(...acrossTicks(area, y, steps(low, high, niceStep(high - low, 6)), tickPercent));
  for (const tick of steps(left, right, niceStep(right, width < 520 ? 4 : 7))) {
    area.root.append(line(x(tick), area.bottom, x(tick), area.bottom + 5, "axis"), text(x(tick), area.bottom + 18, tickPercent(tick), "tick middle"));
  }
  area.root.append(text(area.right, area.bottom + 36, "volatility \u2192", "note end"), text(area.left + 4, area.top - 2, "\u2191 CAGR", "note"));
  const rank = (m) => (m.id === ask.a || m.id === ask.b ? 0 : 1);
  // labels cover no mark; those of the two that were chosen are shown in any case
  const marks = shown.map((m) => ({ left: x(m.volatility) - 4, right: x(m.volatility) + 4, top: y(m.cagr) - 4, bottom: y(m.cagr) + 4 }));
  const labels = [];
  for (const m of [...shown].sort((p, q) => rank(p) - rank(q) || q.volatility - p.volatility)) {
    const side = m.id === ask.a ? "a" : m.id === ask.b ? "b" : "";
    const [cx, cy] = [x(m.volatility), y(m.cagr)];
    const title = svg("title", {}, `${m.one.label}: CAGR ${percent(m.cagr)}, volatility ${unsigned(m.volatility)}`);
    area.root.append(svg("circle", { class: `mark ${side}${m.span.complete ? "" : " hollow"}`, cx: cx.toFixed(1), cy: cy.toFixed(1), r: side ? 6 : 4 }, title));
    const place = room(side ? labels : [...labels, ...marks], cx, cy, m.id.length, area);
    if (!place) continue;
    labels.push(place.box);
    area.root.append(text(place.x, place.y, m.id, `${side ? `value won ${side}-ink` : "note"}${place.end ? " end" : ""}`));
  }
  const mark = watermark(area, quality);
  if (mark) area.root.append(mark);
  return area.root;
}

// Next to the mark where nothing else is, else none: the table names them all.
function room(taken, cx, cy, letters, area) {
  const wide = letters * 7.2 + 6;
  for (const [x, y, end] of [
    [cx + 9, cy + 4, false],
    [cx - 9, cy + 4, true],
    [cx + 6, cy - 8, false],
    [cx + 6, cy + 16, false],
  ]) {
    const box = { left: end ? x - wide : x, right: end ? x : x + wide, top: y - 11, bottom: y + 3 };
    const clear = taken.every((t) => box.right < t.left || box.left > t.right || box.bottom < t.top || box.top > t.bottom);
    if (clear && box.left > area.left && box.right < area.width) return { x, y, end, box };
  }
  return null;
}
