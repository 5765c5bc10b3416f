// Days as numbers from 1970-01-01, and the sessions of calendars.

const DAY = 86400000;

export const dayOf = (year, month, day) => Date.UTC(year, month - 1, day) / DAY;
export const yearOf = (day) => new Date(day * DAY).getUTCFullYear();
export const monthOf = (day) => new Date(day * DAY).getUTCMonth() + 1;
export const isoDay = (day) => new Date(day * DAY).toISOString().slice(0, 10);

// The place of the first day above (or at, with `orAt`) the one given.
export function placeAfter(days, day, orAt = false) {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (orAt ? days[middle] < day : days[middle] <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const countBetween = (days, first, last) => Math.max(0, placeAfter(days, last) - placeAfter(days, first, true));

export const lastUpTo = (days, day) => days[placeAfter(days, day) - 1];

// How many of `stored` up to each place are sessions of the calendar.
export function countKnown(stored, calendar) {
  const counts = new Float64Array(stored.length);
  let j = 0;
  let known = 0;
  for (let i = 0; i < stored.length; i++) {
    while (j < calendar.length && calendar[j] < stored[i]) j++;
    if (calendar[j] === stored[i]) known++;
    counts[i] = known;
  }
  return counts;
}

const FIXED = { "24/7": 365, XNYS: 252 };

// By how many periods a year figures are annualised: metric_grid.sql.
export function periodsPerYear(calendars, name, frequency) {
  if (frequency === "monthly") return 12;
  const days = calendars[name];
  const years = yearOf(days[days.length - 1]) - yearOf(days[0]) + 1;
  return FIXED[name] ?? Math.round(days.length / years);
}
