// Return and risk of one instrument, and of two together, over the window: sql/metric.

import { periodsPerYear } from "./calendars.js";
import { ratesNeeded } from "./levels.js";
import { pairReturns, periodReturns, pointsOf } from "./periods.js";
import { flagsOf, spanOf, windowOf } from "./span.js";

const ROUNDING = 1e-12;
const SHORTEST_YEAR = 365;

export const frequencyOf = (market, ids) => (ids.some((id) => market.instrument(id).monthly) ? "monthly" : "daily");

export function measure(market, id, ask, frequency, ids) {
  const span = spanOf(market, id, ask);
  if (!span) return null;
  const one = market.instrument(id);
  const spoilt = ratesNeeded(market, ids, ask.currency).some((rate) => rate.synthetic !== "no");
  const [first, last] = windowOf(ask);
  const points = pointsOf(market.level(id, ask.currency, ask.basis), last);
  const periods = periodReturns(points, frequency, first, last, market.calendars[one.calendar]);
  const perYear = periodsPerYear(market.calendars, one.calendar, frequency);
  const returns = periods.map((period) => period.returns[0]);
  const spread = deviation(returns);
  const annual = span.days >= SHORTEST_YEAR ? span.growth ** (1 / span.years) - 1 : null;
  return {
    id,
    span,
    points,
    periods,
    perYear,
    n: returns.length,
    cumulative: nothing(span.growth - 1),
    cagr: annual === null ? null : nothing(annual),
    short: span.days < SHORTEST_YEAR,
    volatility: spread === null ? null : spread * Math.sqrt(perYear),
    sharpe: spread > ROUNDING ? (mean(returns) / spread) * Math.sqrt(perYear) : null,
    best: best(periods, 1),
    worst: best(periods, -1),
    fall: deepestFall(periods),
    quality: flagsOf(market, id, ask, span, spoilt, false).join(","),
    wholeQuality: flagsOf(market, id, ask, span, spoilt, true).join(","),
  };
}

// How many returns a year of correlation has.
export const YEAR_OF = { daily: 252, monthly: 12 };

// Correlation over the window and over each stretch of a year's returns.
export function together(market, ask, frequency, a, b) {
  if (!a || !b) return null;
  const sides = [a, b].map(({ id, points }) => ({ points, calendar: market.calendars[market.instrument(id).calendar] }));
  const periods = pairReturns(sides, frequency, ...windowOf(ask));
  const [x, y] = [0, 1].map((side) => periods.map((period) => period.returns[side]));
  const past = rolling(periods, x, y, YEAR_OF[frequency]);
  return { periods, n: periods.length, correlation: correlation(x, y, 0, x.length), rolling: past };
}

function rolling(periods, x, y, length) {
  const found = [];
  for (let end = length; end <= x.length; end++) {
    const value = correlation(x, y, end - length, end);
    found.push({ from: periods[end - length].start, day: periods[end - 1].end, value });
  }
  return found;
}

const nothing = (value) => (Number.isNaN(value) ? null : value);

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values) {
  if (values.length < 2) return null;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

function correlation(x, y, from, to) {
  const n = to - from;
  let [mx, my, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let i = from; i < to; i++) [mx, my] = [mx + x[i], my + y[i]];
  [mx, my] = [mx / n, my / n];
  for (let i = from; i < to; i++) {
    const [dx, dy] = [x[i] - mx, y[i] - my];
    [xx, yy, xy] = [xx + dx * dx, yy + dy * dy, xy + dx * dy];
  }
  const varies = Math.min(Math.sqrt(xx / (n - 1)), Math.sqrt(yy / (n - 1))) > ROUNDING;
  return varies ? xy / Math.sqrt(xx * yy) : null;
}

function best(periods, sign) {
  let found = null;
  for (const period of periods) if (!found || sign * period.returns[0] > sign * found.returns[0]) found = period;
  return found;
}

// { depth, high, low, recovered } on the closes of the periods and the start of the first: drawdown.sql.
function deepestFall(periods) {
  if (!periods.length) return null;
  let found = { depth: 0, high: null, low: null, recovered: null };
  for (const point of underWater(periods)) {
    if (point.depth < found.depth) found = { depth: point.depth, high: point.high, low: point.day, recovered: null };
    else if (found.low && !found.recovered && point.depth === 0) found.recovered = point.day;
  }
  return found;
}

// How far each close is below the highest so far, and when that was last reached.
export function underWater(periods) {
  let high = { level: periods[0].startLevels[0], day: periods[0].start };
  const path = [{ day: high.day, depth: 0, high: high.day }];
  for (const { end, levels } of periods) {
    if (levels[0] >= high.level) high = { level: levels[0], day: end };
    path.push({ day: end, depth: levels[0] / high.level - 1, high: high.day });
  }
  return path;
}
