// Return and risk of the two in a table, as `marketlake metrics A --benchmark B` has them; and words that figures share.

import { isoDay } from "./calendars.js";
import { flags, percent, ratio, unsigned } from "./format.js";
import { tableOf } from "./figure.js";
import { html } from "./svg.js";

export function terms(state, how, span, n, quality, ids = [state.ask.a, state.ask.b]) {
  const window = span ? `${isoDay(span[0])} to ${isoDay(span[1])}` : "no session in the window";
  return `${basisTerm(basesOf(state, ids))}, ${state.ask.currency}, ${how}; ${window}; ${n}; quality: ${flags(quality)}`;
}

export const basesOf = ({ ask, market }, ids = [ask.a, ask.b]) => ids.map((id) => [id, basisOf(market.instrument(id), ask.basis)]);

// One basis where it is everyone's, else whose it is: price return of NASDAQ, total return of FUND.
export function basisTerm(bases) {
  const kinds = [...new Set(bases.map(([, basis]) => basis))];
  const of = (kind) => bases.filter(([, basis]) => basis === kind).map(([id]) => id);
  const named = (ids) => (ids.length > 4 ? `${ids.length} instruments` : ids.join(", "));
  return kinds.map((kind) => `${kind} return${kinds.length > 1 ? ` of ${named(of(kind))}` : ""}`).join(", ");
}

const DIVIDENDS = { price: "without dividends", total: "with dividends reinvested" };

// The same in plain words.
export function dividends(state) {
  const bases = basesOf(state);
  if (bases[0][1] === bases[1][1]) return DIVIDENDS[bases[0][1]];
  return bases.map(([id, basis]) => `${id} ${DIVIDENDS[basis]}`).join(", ");
}

// The two names in their colours, with words around them.
export function titled(names, words) {
  const [before, between, after] = words;
  return [before, html("b", { class: "a-ink" }, names[0]), between, html("b", { class: "b-ink" }, names[1]), after];
}

// What a figure is where the basis asked for does not exist for an instrument.
export function basisOf(one, basis) {
  if (one.return_basis === "total") return "total";
  return one.asset_class === "index" ? "price" : basis;
}

export function bothSpans(sides) {
  const found = sides.filter(Boolean);
  if (!found.length) return null;
  return [Math.min(...found.map((m) => m.span.from)), Math.max(...found.map((m) => m.span.to))];
}

// What the returns of two are taken between.
export const pairsOf = (frequency) => (frequency === "daily" ? "shared sessions" : "months");

export function figuresTable(state) {
  const { ask, measured, pair, frequency, market } = state;
  const each = frequency === "daily" ? "day" : "month";
  const day = (value) => (value === null || value === undefined ? "" : isoDay(value));
  const lines = {
    "total return": (m) => percent(m.cumulative),
    CAGR: (m) => (m.short ? "shorter than a year" : percent(m.cagr)),
    volatility: (m) => unsigned(m.volatility),
    "Sharpe ratio, over 0": (m) => ratio(m.sharpe),
    "maximum drawdown": (m) => unsigned(m.fall?.depth),
    "from its high": (m) => day(m.fall?.high),
    "to its low": (m) => day(m.fall?.low),
    recovered: (m) => (m.fall?.low ? day(m.fall.recovered) || "not yet" : ""),
    [`best ${each}`]: (m) => percent(m.best?.returns[0]),
    [`worst ${each}`]: (m) => percent(m.worst?.returns[0]),
    "return is": (m) => basisOf(market.instrument(m.id), ask.basis),
    [`${frequency} returns, n`]: (m) => m.n.toLocaleString("en"),
    "periods a year": (m) => String(m.perYear),
    from: (m) => day(m.span.from),
    to: (m) => day(m.span.to),
    "quality of the whole": (m) => flags(m.wholeQuality),
    [`quality of ${frequency} returns`]: (m) => flags(m.quality),
  };
  const rows = Object.entries(lines).map(([word, say]) => [word, ...measured.map((m) => (m ? say(m) : "-"))]);
  const shown = pair ? `${ratio(pair.correlation)}, n ${pair.n.toLocaleString("en")} ${pairsOf(frequency)}` : "-";
  const table = tableOf({ head: ["figure", ask.a, ask.b], rows }, "Return and risk");
  table.classList.add("figures");
  for (const row of table.tBodies[0].rows) row.classList.toggle("words", row.cells[0].textContent.startsWith("quality"));
  return html("div", { class: "scroll" }, table, html("p", { class: "terms" }, `correlation ${shown}`));
}
