// The whole window of an instrument and what is to be known of it: metric_span.sql, metric_quality.sql.

import { countBetween, dayOf, placeAfter } from "./calendars.js";
import { suspect, traits } from "./years.js";

const STALE_AFTER = 5;

export const windowOf = (ask) => [dayOf(ask.first, 1, 1), dayOf(ask.last, 12, 31)];

// Null where nothing is stored within.
export function spanOf(market, id, ask) {
  const [first, last] = windowOf(ask);
  const { day, level, rates } = market.level(id, ask.currency, ask.basis);
  const end = placeAfter(day, last) - 1;
  if (end < 0 || day[end] < first) return null;
  const start = Math.max(0, placeAfter(day, first, true) - 1);
  const calendar = market.calendars[market.instrument(id).calendar];
  const dueStart = calendar[placeAfter(calendar, first, true) - 1];
  const dueEnd = calendar[placeAfter(calendar, last) - 1];
  const complete = day[start] === dueStart && day[end] === dueEnd;
  const days = day[end] - day[start];
  const growth = days > 0 ? level[end] / level[start] : NaN;
  const years = complete ? ask.last - ask.first + 1 : days / 365.25;
  const missing = [start, end].map((at) => (Number.isNaN(rates[at]) ? "no_rate" : Number.isNaN(level[at]) ? "no_price" : null));
  return { start, end, from: day[start], to: day[end], complete, days, years, growth, missing };
}

// Flags of figures over the whole window (`whole`), else of its periods.
export function flagsOf(market, id, ask, span, spoilt, whole) {
  const one = market.instrument(id);
  const { day, level, rates, known } = market.level(id, ask.currency, ask.basis);
  const calendar = market.calendars[one.calendar];
  // the start of the span counts too
  const stored = known[span.end] - (span.start > 0 ? known[span.start - 1] : 0);
  const latest = market.stored(id).day.at(-1);
  const due = Math.min(market.header.built - 1, windowOf(ask)[1], one.until ?? Infinity);
  const within = (test) => {
    for (let i = span.start; i <= span.end; i++) if (test(i)) return true;
    return false;
  };
  const noRate = whole ? span.missing.includes("no_rate") && !span.missing.includes("no_price") : within((i) => Number.isNaN(rates[i]));
  const noPrice = whole
    ? span.missing.includes("no_price") || span.days === 0
    : within((i) => !Number.isNaN(rates[i]) && Number.isNaN(level[i]));
  const facts = whole && span.complete && !spoilt;
  return [
    !span.complete && "partial",
    stored < countBetween(calendar, span.from, span.to) && "gap",
    suspect(market, one, ask, span.from, span.to) && "suspect",
    countBetween(calendar, latest + 1, due) > STALE_AFTER && "stale",
    noRate && "no_rate",
    noPrice && "no_price",
    ...traits(one, ask.basis),
    (spoilt || one.synthetic === "all" || (one.synthetic === "daily" && !facts)) && "simulated",
  ].filter(Boolean);
}
