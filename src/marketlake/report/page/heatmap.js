// Every month of the two: the fuller the colour, the larger the gain; the fuller the grey, the larger the loss.

import { isoDay, monthOf, yearOf } from "./calendars.js";
import { bothSpans, dividends, terms, titled } from "./figures.js";
import { brief, percent } from "./format.js";
import { surface, text, watermark } from "./frame.js";
import { periodReturns } from "./periods.js";
import { windowOf } from "./span.js";
import { round, svg } from "./svg.js";
import { joined } from "./years.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ROW = 26;
const STEPS = [0.02, 0.05, 0.1, 0.2];

export function heatmapView(state) {
  const { ask, measured, names, market } = state;
  const months = measured.map((m) => (m ? monthly(market, m, ask) : []));
  const quality = joined(...measured.map((m) => m?.quality ?? ""));
  const at = months.map((list) => new Map(list.map((month) => [month.period, month.returns[0]])));
  const all = [...new Set(months.flatMap((list) => list.map((month) => month.period)))].sort((a, b) => a - b);
  return {
    name: `${ask.a}-${ask.b}-months`,
    plain: `Monthly returns of ${names.join(" and ")}`,
    title: titled(names, ["", " and ", ", return of each month in percent; losses are grey"]),
    caption: `What each gained or lost in every month, in percent, ${dividends(state)}: the fuller the colour the larger the gain, the fuller the grey the larger the loss.`,
    terms: terms(state, "nominal, monthly, own sessions", bothSpans(measured), `n ${months.map((list) => list.length).join(" and ")} months`, quality),
    draw: (width) => draw(width, months, names, ask, quality),
    table: {
      head: ["month", ask.a, ask.b],
      say: [String, percent, percent],
      rows: all.map((period) => [isoDay(period).slice(0, 7), ...at.map((of) => of.get(period))]),
    },
  };
}

function monthly(market, m, ask) {
  const [first, last] = windowOf(ask);
  return periodReturns(m.points, "monthly", first, last, market.calendars[market.instrument(m.id).calendar]);
}

function draw(width, months, names, ask, quality) {
  const years = [...new Set(months.flatMap((list) => list.map((month) => yearOf(month.period))))].sort((a, b) => a - b);
  const block = ROW * years.length + 44;
  const area = surface(width, block * 2 + 6, `Monthly returns of ${names.join(" and ")}, ${ask.first} to ${ask.last}: a cell a month`, { left: 40, right: 0, bottom: 6 });
  const cell = (area.right - area.left) / 12;
  months.forEach((list, i) => {
    const top = i * block + 40;
    area.root.append(text(area.left, top - 22, names[i], `note won ${"ab"[i]}-ink`));
    MONTHS.forEach((name, month) =>
      area.root.append(text(area.left + cell * (month + 0.5), top - 6, cell < 34 ? name[0] : name, "tick middle")),
    );
    years.forEach((year, row) => area.root.append(text(area.left - 7, top + ROW * row + 17, String(year), "tick end")));
    for (const { period, returns } of list) {
      const [x, y] = [area.left + cell * (monthOf(period) - 1), top + ROW * years.indexOf(yearOf(period))];
      const step = STEPS.filter((limit) => Math.abs(returns[0]) >= limit).length;
      const kind = `cell ${returns[0] < 0 ? "loss" : "ab"[i]}-${step}`;
      area.root.append(svg("rect", { class: kind, x: round(x + 0.5), y: round(y + 0.5), width: round(cell - 1), height: ROW - 1 }));
      area.root.append(text(x + cell / 2, y + 17, brief(returns[0] * 100), `in-cell middle${step > 2 ? ` on-${step}` : ""}`));
    }
  });
  const mark = watermark(area, quality);
  if (mark) area.root.append(mark);
  return area.root;
}
