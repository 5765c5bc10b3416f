// What to know before quoting a comparison, in the sentences of `marketlake compare`.

import { dayOf, isoDay, lastUpTo } from "./calendars.js";
import { basisOf } from "./figures.js";

export function notesOf({ ask, rows, market }) {
  const both = [ask.a, ask.b].map((id) => market.instrument(id));
  return [...bases(both, ask.basis), ...closes(both), ...converted(both, ask.currency), ...proxies(both), ...madeUp(rows), ...incomplete(rows)];
}

function* bases(both, basis) {
  const own = both.map((one) => basisOf(one, basis));
  for (const [i, one] of both.entries()) {
    const priceIndex = one.asset_class === "index" && one.return_basis === "price";
    if (priceIndex && basis !== "price") yield `${one.id} is a price index without dividends: its figures are price returns`;
    else if (own[i] !== basis) yield `${one.id} is stored as total return only: its figures include distributions`;
  }
  if (own[0] !== own[1]) yield `a mixture: ${both.map((one, i) => `${own[i]} return of ${one.id}`).join(" against ")}`;
}

function* closes(both) {
  const late = both.filter((one) => one.calendar === "24/7");
  const other = both.find((one) => one.calendar !== "24/7");
  if (late.length && other) yield `a day of ${late[0].id} ends at midnight UTC, hours after a session of ${other.id} (${other.calendar})`;
}

function converted(both, currency) {
  const foreign = both.filter((one) => one.currency !== currency);
  return foreign.map((one) => `${one.id} is quoted in ${one.currency} and converted to ${currency} at reference rates`);
}

function proxies(both) {
  return both.filter((one) => one.proxy_for).map((one) => `${one.id} is a proxy for ${one.proxy_for}`);
}

function* madeUp(rows) {
  const years = rows.filter((row) => row.quality.split(",").includes("simulated")).map((row) => row.year);
  if (years.length) yield `figures marked simulated are made up and give no verdict (${years.join(", ")})`;
  const doubted = rows.filter((row) => row.quality.split(",").includes("suspect")).map((row) => row.year);
  if (doubted.length) yield `a check doubts a price, split or dividend that these figures rest on (${doubted.join(", ")})`;
}

function* incomplete(rows) {
  const years = rows.filter((row) => !row.complete).map((row) => row.year);
  if (years.length) yield `not complete for both and not counted: ${years.join(", ")}`;
  if (!rows.length) yield "no year is complete for both";
}

// Of each year that is not complete, the closes that are missing, and what is stored.
export function missingOf({ ask, rows, market }) {
  return ["a", "b"].flatMap((side) => {
    const calendar = market.calendars[market.instrument(ask[side]).calendar];
    const { day } = market.stored(ask[side]);
    const lacking = rows
      .filter((row) => !row[side].complete)
      .map(({ year }) => [year, [year - 1, year].map((one) => lastUpTo(calendar, dayOf(one, 12, 31))).filter((due) => !day.includes(due))])
      .filter(([, closes]) => closes.length)
      .map(([year, closes]) => `${year} needs the close of ${closes.map(isoDay).join(" and of ")}`);
    return lacking.length ? [`${ask[side]} is stored from ${isoDay(day[0])} to ${isoDay(day.at(-1))}: ${lacking.join(", ")}.`] : [];
  });
}
