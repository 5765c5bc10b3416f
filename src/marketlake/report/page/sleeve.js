// What sizes of the sleeve would have done to the plan: computed by `marketlake portfolio`, drawn here.

import { fixed, flags, percent, ratio, unsigned, withMinus } from "./format.js";
import { line, linear, surface, text, watermark } from "./frame.js";
import { figure } from "./figure.js";
import { html, path, svg } from "./svg.js";

const PANELS = [
  { key: "end_value", name: "10,000 became", say: (v) => fixed(v, 0) },
  { key: "volatility", name: "volatility", say: unsigned },
  { key: "max_drawdown", name: "maximum drawdown", say: unsigned },
  { key: "return_per_volatility", name: "return per volatility", say: ratio },
];

export function sleeveFigures(market) {
  return market.header.sleeves.map((one) =>
    one.refused ? html("p", { class: "aside" }, withMinus(`${spanOf(one)}: ${one.refused}`)) : figure(sleeveView(one)),
  );
}

const spanOf = (one) => `${one.plan} with ${one.sleeve}, ${one.first_year}\u2013${one.last_year}`;

function sleeveView(one) {
  const over = one.risk_free === null ? "Sharpe ratio" : `Sharpe ratio over ${one.risk_free}`;
  return {
    name: `sleeve-${one.sleeve}-${one.first_year}-${one.last_year}`,
    plain: `${spanOf(one)}: 0 to ${share(largest(one))}`,
    title: [html("b", {}, `${one.first_year}\u2013${one.last_year}. `), withMinus(one.summary)],
    caption: `What became of the plan with 0 to ${share(largest(one))} of ${one.sleeve} from ${one.start} to ${one.end}, with dividends where they are stored; the claim's size is marked.`,
    terms: `${one.plan}, sleeve ${one.sleeve}, rebalanced ${one.rebalance}; total return where stored, ${one.currency}; ${one.start} to ${one.end}; n ${one.n.toLocaleString("en")} months, ${one.periods_per_year} a year; quality: ${flags(one.quality)}`,
    draw: (width) => draw(width, one),
    table: {
      note: withMinus(one.notes.join("; ")),
      head: ["sleeve", "end value", "CAGR", "volatility", "return / volatility", over, "maximum drawdown"],
      say: [share, (value) => fixed(value, 2), percent, unsigned, ratio, ratio, unsigned],
      rows: one.sizes.map((s) => [s.sleeve, s.end_value, s.cagr, s.volatility, s.return_per_volatility, s.sharpe, s.max_drawdown]),
    },
  };
}

// 10 %, the claim's own where that is more, less where what funds it does not reach as far.
const largest = (one) => one.sizes.at(-1).sleeve;

const share = (value) => `${Number((value * 100).toFixed(6))} %`;

function draw(width, one) {
  const across = width < 520 ? 2 : 4;
  const wide = width / across;
  const tall = 190;
  const name = withMinus(`Sizes of the sleeve from 0 to ${share(largest(one))}: ${one.summary}`);
  const area = surface(width, tall * Math.ceil(PANELS.length / across), name, { left: 0, right: 0, bottom: 0, top: 0 });
  PANELS.forEach((panel, i) => area.root.append(...drawPanel(panel, one, (i % across) * wide, Math.floor(i / across) * tall, wide, tall)));
  const mark = watermark(area, one.quality);
  if (mark) area.root.append(mark);
  return area.root;
}

function drawPanel(panel, one, left, top, wide, tall) {
  const points = one.sizes.filter((s) => s[panel.key] !== null).map((s) => ({ day: s.sleeve, value: s[panel.key] }));
  if (!points.length) return [text(left, top + 16, panel.name, "note")];
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const slack = (high - low) * 0.24 || Math.abs(high) * 0.05 || 1;
  const x = linear(0, largest(one), left + 8, left + wide - 24);
  const y = linear(low - slack, high + slack, top + tall - 34, top + 44);
  const own = points.find((point) => Math.abs(point.day - one.share) < 1e-9);
  const ends = [points[0], own, points.at(-1)].filter(Boolean);
  const rises = points.at(-1).value >= points[0].value;
  const labelled = ends.map((point, i) => {
    const [first, last] = [i === 0, i === ends.length - 1];
    // on the open side of the line
    const below = last ? !rises : rises;
    const kind = `value ${last ? "end" : ""} ${point === own ? "won a-ink" : ""}`;
    return text(x(point.day) + (first ? -4 : last ? 6 : 7), y(point.value) + (below ? 19 : -11), panel.say(point.value), kind);
  });
  return [
    text(left + 4, top + 18, panel.name, "note won"),
    line(left + 4, top + tall - 28, left + wide - 18, top + tall - 28, "axis"),
    ...[...new Set([0, one.share, largest(one)])].map((tick) => text(x(tick), top + tall - 13, share(tick), `tick middle${tick === one.share ? " won" : ""}`)),
    svg("path", { class: "line ink-line", d: path(points, x, y) }),
    ...points.map((point) => svg("circle", { class: `mark${point === own ? " a" : ""}`, cx: x(point.day).toFixed(1), cy: y(point.value).toFixed(1), r: point === own ? 5 : 2.5 })),
    ...labelled,
  ];
}
