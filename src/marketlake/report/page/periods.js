// Returns by day or month, of one or of two: metric_period.sql.

import { dayOf, monthOf, placeAfter, yearOf } from "./calendars.js";

// Points are sessions that have a figure: { day, levels: [own] }; closes of a pair have levels [own, benchmark].
export function pointsOf({ day, level }, last) {
  const points = [];
  for (let i = 0; i < day.length && day[i] <= last; i++) {
    if (!Number.isNaN(level[i])) points.push({ day: day[i], levels: [level[i]] });
  }
  return points;
}

// Those of two: by day on the sessions that both have, by month each on its own in the months that both have.
export function pairReturns(sides, frequency, first, last) {
  const [own, other] = sides.map(({ points, calendar }) => closesOf(points, frequency, calendar));
  const at = new Map(other.map((close) => [close.period, close]));
  const both = own.filter((close) => at.has(close.period)).map((close) => [close, at.get(close.period)]);
  return between(both.map(([a, b]) => ({ ...a, day: Math.max(a.day, b.day), levels: [a.levels[0], b.levels[0]] })), first, last);
}

// { period, start, end, levels, startLevels, returns } of each period wholly within the window.
export const periodReturns = (points, frequency, first, last, calendar) => between(closesOf(points, frequency, calendar), first, last);

// The last close of each period, without the latest one while a session of it is still to come.
function closesOf(points, frequency, calendar) {
  if (frequency === "daily") return points.map((point) => ({ ...point, period: point.day, ends: point.day }));
  const closes = monthCloses(points);
  const latest = closes.at(-1);
  if (latest && placeAfter(calendar, latest.ends) > placeAfter(calendar, latest.day)) closes.pop();
  return closes;
}

function between(closing, first, last) {
  const found = [];
  for (let i = 1; i < closing.length; i++) {
    const [before, now] = [closing[i - 1], closing[i]];
    if (now.period < first || now.ends > last) continue;
    found.push({
      period: now.period,
      start: before.day,
      end: now.day,
      startLevels: before.levels,
      levels: now.levels,
      returns: now.levels.map((value, side) => value / before.levels[side] - 1),
    });
  }
  return found;
}

function monthCloses(points) {
  const closes = [];
  for (const point of points) {
    const [year, month] = [yearOf(point.day), monthOf(point.day)];
    const period = dayOf(year, month, 1);
    if (closes.length && closes[closes.length - 1].period === period) closes.pop();
    closes.push({ ...point, period, ends: dayOf(year, month + 1, 1) - 1 });
  }
  return closes;
}
