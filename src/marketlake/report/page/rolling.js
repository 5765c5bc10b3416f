// Whether the two moved together, over the year up to each day or month.

import { isoDay } from "./calendars.js";
import { acrossTicks, linear, steps, surface, text, watermark, yearTicks } from "./frame.js";
import { pairsOf, terms, titled } from "./figures.js";
import { ratio } from "./format.js";
import { empty, tableOfDays } from "./growth.js";
import { YEAR_OF } from "./measure.js";
import { path, svg } from "./svg.js";
import { joined } from "./years.js";

export function rollingView(state) {
  const { ask, frequency, measured, pair, names } = state;
  const found = pair?.rolling ?? [];
  const quality = joined(...measured.map((m) => m?.quality ?? ""));
  const span = found.length ? [found[0].from, found.at(-1).day] : null;
  const pairs = pairsOf(frequency);
  const year = `${YEAR_OF[frequency]} ${pairs}`;
  const n = found.length ? `n ${found.length.toLocaleString("en")} windows of ${YEAR_OF[frequency]}` : `fewer than ${year}`;
  return {
    name: `${ask.a}-${ask.b}-correlation`,
    plain: `Correlation of ${names.join(" and ")} over a year`,
    title: titled(names, ["Correlation of ", " and ", `, over ${year} up to each ${frequency === "daily" ? "day" : "month"}`]),
    caption: found.length
      ? `Each point looks back over a year of ${pairs}: at 1 both moved alike, at 0 they had no movement in common.`
      : `There is no correlation over a year of these two: ${n}.`,
    terms: terms(state, frequency === "daily" ? "daily returns on shared sessions" : "monthly returns, own sessions", span, n, quality),
    draw: (width) => draw(width, found, pair, quality, names),
    table: tableOfDays(["session", "correlation"], [found], ratio),
  };
}

function draw(width, found, pair, quality, names) {
  const latest = found.at(-1);
  const whole = pair && pair.correlation !== null ? `${ratio(pair.correlation)} over the whole window` : "";
  const name = latest ? `Rolling correlation of ${names.join(" and ")}: ${ratio(latest.value)} on ${isoDay(latest.day)}, ${whole}` : "No rolling correlation";
  if (!latest) return empty(surface(width, 60, name));
  const area = surface(width, width < 520 ? 220 : 260, name, { right: 58 });
  const values = found.map((point) => point.value).filter((value) => value !== null);
  const [low, high] = [Math.min(0, Math.floor(Math.min(...values) * 4) / 4), Math.min(1, Math.ceil(Math.max(...values, 0.25) * 4) / 4)];
  const x = linear(found[0].day, latest.day, area.left, area.right);
  const y = linear(low, high, area.bottom, area.top);
  area.root.append(...acrossTicks(area, y, steps(low, high, 0.25), (tick) => (Math.abs(tick) < 1e-9 ? "0" : ratio(tick))));
  area.root.append(...yearTicks(area, x, found[0].day, latest.day));
  area.root.append(svg("path", { class: "line ink-line", d: path(found, x, y) }));
  if (found.length === 1 && latest.value !== null) area.root.append(svg("circle", { class: "mark", cx: x(latest.day), cy: y(latest.value), r: 4 }));
  if (latest.value !== null) area.root.append(text(area.right + 6, y(latest.value) + 4, ratio(latest.value), "value won"));
  const mark = watermark(area, quality);
  if (mark) area.root.append(mark);
  return area.root;
}
