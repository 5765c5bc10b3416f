// Returns by day or month, of one or of two on the sessions that both have: metric_period.sql.

import { dayOf, monthOf, placeAfter, yearOf } from "./calendars.js";

// Points are sessions that have a figure: { day, levels: [own] or [own, benchmark] }.
export function pointsOf({ day, level }, last) {
  const points = [];
  for (let i = 0; i < day.length && day[i] <= last; i++) {
    if (!Number.isNaN(level[i])) points.push({ day: day[i], levels: [level[i]] });
  }
  return points;
}

export function pairPoints(own, other) {
  const at = new Map(other.map((point) => [point.day, point.levels[0]]));
  return own
    .filter((point) => at.has(point.day))
    .map((point) => ({ day: point.day, levels: [point.levels[0], at.get(point.day)] }));
}

// { period, start, end, levels, startLevels, returns } of each period wholly within the window.
export function periodReturns(points, frequency, first, last, grid) {
  const closing = frequency === "monthly" ? monthCloses(points) : points.map((p) => ({ ...p, period: p.day, ends: p.day }));
  const found = [];
  for (let i = 1; i < closing.length; i++) {
    const [before, now] = [closing[i - 1], closing[i]];
    if (now.period < first || now.ends > last) continue;
    if (i === closing.length - 1 && placeAfter(grid, now.ends) > placeAfter(grid, now.day)) continue;
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
