// What 10,000 became, on a scale on which equal steps are equal ratios.

import { isoDay } from "./calendars.js";
import { keepApart, line, logarithmic, linear, surface, text, watermark, yearTicks } from "./frame.js";
import { bothSpans, dividends, terms, titled } from "./figures.js";
import { fixed } from "./format.js";
import { path, svg } from "./svg.js";
import { joined } from "./years.js";

const START = 10000;

export function growthView(state) {
  const { ask, measured, names, frequency } = state;
  const lines = measured.map((m) => (m && m.periods.length ? growthOf(m) : []));
  const quality = joined(...measured.map((m) => m?.quality ?? ""));
  const ends = lines.map((points) => points.at(-1));
  const counts = measured.map((m) => (m ? m.n.toLocaleString("en") : 0)).join(" and ");
  return {
    name: `${ask.a}-${ask.b}-growth`,
    plain: `Growth of 10,000 ${ask.currency}: ${names.join(" and ")}`,
    title: titled(names, [`10,000 ${ask.currency} in `, " and in ", "; equal steps up are equal ratios"]),
    caption: `What 10,000 ${ask.currency} put into each ${sinceWhen(state)} was worth at the end of every ${frequency === "daily" ? "session" : "month"}, ${dividends(state)}.`,
    terms: terms(state, `nominal, ${frequency} closes on own sessions`, bothSpans(measured), `n ${counts}`, quality),
    draw: (width) => draw(width, lines, names, quality, ask, ends),
    table: tableOfDays(["session", ask.a, ask.b], lines, (value) => fixed(value, 2)),
  };
}

// From which close the figures run.
export function sinceWhen({ measured }) {
  const starts = measured.filter((m) => m?.periods.length).map((m) => [m.id, isoDay(m.periods[0].start)]);
  if (new Set(starts.map(([, day]) => day)).size === 1) return `at the close of ${starts[0][1]}`;
  return starts.length ? `(${starts.map(([id, day]) => `${id} at the close of ${day}`).join(", ")})` : "in the window";
}

function growthOf({ periods }) {
  const first = periods[0];
  const scaled = (level) => (START * level) / first.startLevels[0];
  return [{ day: first.start, value: START }, ...periods.map(({ end, levels }) => ({ day: end, value: scaled(levels[0]) }))];
}

// The last session of each month for people, every one for the file.
export function tableOfDays(head, lines, say) {
  const days = [...new Set(lines.flatMap((points) => points.map((point) => point.day)))].sort((a, b) => a - b);
  const values = lines.map((points) => new Map(points.map((point) => [point.day, point.value])));
  const row = (day) => [isoDay(day), ...values.map((of) => of.get(day))];
  const months = days.filter((day, i) => i + 1 === days.length || isoDay(day).slice(0, 7) !== isoDay(days[i + 1]).slice(0, 7));
  const lasting = (day, i) => [isoDay(day).slice(0, 7), ...lines.map((points) => latest(points, i ? months[i - 1] : -Infinity, day))];
  return { head, say: [String, ...lines.map(() => say)], rows: months.map(lasting), all: days.map(row), note: "The last close of each month; the CSV has every session." };
}

function latest(points, after, day) {
  const last = points.findLast((point) => point.day <= day);
  return last && last.day > after ? last.value : null;
}

function draw(width, lines, names, quality, ask, ends) {
  const words = names.map((name, i) => (name.length <= (width < 520 ? 12 : 20) ? name : [ask.a, ask.b][i]));
  const right = Math.max(width < 520 ? 84 : 130, ...words.map((word) => 9 * word.length * (word === word.toUpperCase())));
  const area = surface(width, width < 520 ? 300 : 380, said(names, ends, ask), { left: 62, right });
  const all = lines.flat();
  if (!all.length) return empty(area);
  const values = all.map((point) => point.value);
  const [low, high] = [Math.min(...values) * 0.9, Math.max(...values) * 1.1];
  const days = all.map((point) => point.day);
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const x = linear(first, last, area.left, area.right);
  const y = logarithmic(low, high, area.bottom, area.top);
  for (const tick of decades(low, high)) {
    area.root.append(line(area.left, y(tick), area.right, y(tick), tick === START ? "axis" : "grid"));
    area.root.append(text(area.left - 7, y(tick) + 4, fixed(tick, 0), "tick end"));
  }
  area.root.append(...yearTicks(area, x, first, last));
  const labels = ends.map((end, i) => end && { i, y: y(end.value) + 4, x: x(end.day), value: end.value }).filter(Boolean);
  keepApart(labels, 32, area.top + 8, area.bottom - 16);
  ["b", "a"].forEach((side) => {
    const points = lines[side === "a" ? 0 : 1];
    area.root.append(svg("path", { class: `line ${side}-line`, d: path(points, x, y) }));
  });
  for (const label of labels) {
    const side = "ab"[label.i];
    area.root.append(
      text(label.x + 7, label.y, fixed(label.value, 0), `value won ${side}-ink`),
      text(label.x + 7, label.y + 14, words[label.i], `note ${side}-ink`),
    );
  }
  const mark = watermark(area, quality);
  if (mark) area.root.append(mark);
  return area.root;
}

export function empty(area) {
  area.root.append(text((area.left + area.right) / 2, area.height / 2, "No figures in this window", "note middle"));
  return area.root;
}

function decades(low, high) {
  const found = [];
  const times = high / low < 12 ? [1, 1.5, 2, 3, 5, 7] : high / low < 400 ? [1, 2, 5] : [1];
  for (let unit = 10 ** Math.floor(Math.log10(low)); unit <= high; unit *= 10) {
    for (const one of times) if (unit * one >= low && unit * one <= high) found.push(unit * one);
  }
  return found;
}

function said(names, ends, ask) {
  const words = ends.map((end, i) => end && `${names[i]} ${fixed(end.value, 0)} on ${isoDay(end.day)}`).filter(Boolean);
  return `Growth of 10,000 ${ask.currency}: ${words.join(", ")}`;
}
