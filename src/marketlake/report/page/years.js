// Calendar years of two instruments: calendar_year_return.sql (year_end, own sessions) and `compare`.

import { countBetween, dayOf, lastUpTo, placeAfter, yearOf } from "./calendars.js";
import { ratesNeeded } from "./levels.js";

export function compareYears(market, ask) {
  const spoilt = ratesNeeded(market, [ask.a, ask.b], ask.currency).some((one) => one.synthetic !== "no");
  const rows = [];
  for (let year = ask.first; year <= ask.last; year++) {
    const [a, b] = [ask.a, ask.b].map((id) => yearOfOne(market, id, year, ask, spoilt));
    rows.push({ year, a, b, ...ranked(ask, a, b), quality: joined(a.quality, b.quality) });
  }
  return rows;
}

export const joined = (...qualities) => [...new Set(qualities.flatMap((text) => text.split(",")).filter(Boolean))].join(",");

export function traits(one, basis) {
  return [
    basis !== "price" && one.return_basis === "price" && one.asset_class === "index" && "price_index",
    one.proxy_for && "proxy",
  ];
}

// Whether a check doubts a return after `from`, up to `to`, or a rate that converts it.
export function suspect(market, one, ask, from, to) {
  const own = ask.basis === "price" ? one.suspect_price_days : one.suspect_days;
  const rates = ratesNeeded(market, [one.id], ask.currency) ?? [];
  const days = [own, ...rates.map((rate) => rate.suspect_days)].flat();
  return days.some((day) => day > from && day <= to);
}

// Both have sessions in the year; `complete` where the calendar's own stand at both ends of both.
export function yearsOf(market, a, b) {
  const spans = [a, b].map((id) => {
    const { day } = market.stored(id);
    return [day[0], day[day.length - 1]].map(yearOf);
  });
  const first = Math.max(spans[0][0], spans[1][0], market.header.first_year ?? -Infinity);
  const last = Math.min(spans[0][1], spans[1][1]);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

function yearOfOne(market, id, year, ask, spoilt) {
  const one = market.instrument(id);
  const { day, level, rates, known } = market.level(id, ask.currency, ask.basis);
  const calendar = market.calendars[one.calendar];
  const end = lastIn(day, year);
  if (end < 0) return { value: null, from: null, to: null, complete: false, quality: "missing" };
  const start = lastIn(day, year - 1);
  const complete = start >= 0 && isOwnLast(day, start, calendar, year - 1) && isOwnLast(day, end, calendar, year);
  const before = placeAfter(day, dayOf(year, 1, 1), true) - 1;
  const stored = known[end] - (before >= 0 ? known[before] : 0);
  const gap = complete && stored < countBetween(calendar, dayOf(year, 1, 1), dayOf(year, 12, 31));
  const value = start < 0 ? NaN : level[end] / level[start] - 1;
  const noRate = start >= 0 && Number.isNaN(rates[start] + rates[end]);
  const noPrice = !noRate && (Number.isNaN(level[end]) || (start >= 0 && Number.isNaN(level[start])));
  const quality = [
    !complete ? "partial" : gap && "gap",
    start >= 0 && suspect(market, one, ask, day[start], day[end]) && "suspect",
    noRate ? "no_rate" : noPrice && "no_price",
    ...traits(one, ask.basis),
    (spoilt || one.synthetic === "all" || (one.synthetic === "daily" && !complete)) && "simulated",
  ];
  return {
    value: Number.isNaN(value) ? null : value,
    from: start < 0 ? null : day[start],
    to: day[end],
    complete,
    quality: quality.filter(Boolean).join(","),
  };
}

function lastIn(day, year) {
  const at = placeAfter(day, dayOf(year, 12, 31)) - 1;
  return at >= 0 && day[at] >= dayOf(year, 1, 1) ? at : -1;
}

// The last stored session of the year that the calendar knows is the calendar's last.
function isOwnLast(day, at, calendar, year) {
  const due = lastUpTo(calendar, dayOf(year, 12, 31));
  const stored = placeAfter(day, due) - 1;
  return due >= dayOf(year, 1, 1) && day[stored] === due && stored <= at;
}

// As sql/shared/lead.sql: returns that are equal up to rounding.
function isTie(x, y) {
  return Math.abs(x - y) <= 1e-12 * Math.max(1, Math.abs(x), Math.abs(y));
}

function ranked(ask, a, b) {
  const complete = a.complete && b.complete;
  const known = a.value !== null && b.value !== null;
  const difference = known ? a.value - b.value : null;
  const judged = complete && known && !joined(a.quality, b.quality).split(",").includes("simulated");
  const winner = !judged ? null : isTie(a.value, b.value) ? "tie" : a.value > b.value ? ask.a : ask.b;
  return { complete, difference, winner };
}
