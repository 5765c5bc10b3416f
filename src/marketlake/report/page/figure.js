// A figure: heading, chart, a sentence about it, and on demand its conventions, the table behind it and its files.

import { csv, drawn, png, save, standalone } from "./export.js";
import { html } from "./svg.js";

// Pixels across a page.
const PAPER = 700;

// view: { plain, title, draw(width), caption, terms, table: { head, rows, all, say }, name }; rows are values, `say` makes them
// text by column, `all` has the rows of the CSV.
export function figure(view) {
  const plot = html("div", { class: "plot" });
  const picture = () => standalone(plot.querySelector("svg"), view.plain, view.terms);
  const files = {
    CSV: () => save(`${view.name}.csv`, [csv({ head: view.table.head, rows: view.table.all ?? view.table.rows })], "text/csv"),
    SVG: () => save(`${view.name}.svg`, [drawn(picture())], "image/svg+xml"),
    PNG: async () => save(`${view.name}.png`, [await png(picture())], "image/png"),
  };
  const tools = Object.entries(files).map(([kind, click]) =>
    html("button", { type: "button", click, "aria-label": `Download ${view.plain} as ${kind}` }, kind),
  );
  const made = html(
    "figure",
    { class: "figure" },
    html("figcaption", {}, ...view.title),
    plot,
    html("p", { class: "caption" }, view.caption),
    html("div", { class: "tools" }, tools),
    behind(view),
    html("details", { class: "conventions" }, html("summary", {}, "Conventions"), html("p", { class: "terms" }, view.terms)),
  );
  made.redraw = (width = Math.round(plot.clientWidth)) => {
    if (width) plot.replaceChildren(view.draw(width));
  };
  return made;
}

function behind(view) {
  const place = html("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Table of ${view.plain}` });
  const fill = () => place.childNodes.length || place.append(tableOf(view.table, view.plain));
  const note = view.table.note ? html("p", { class: "terms" }, view.table.note) : null;
  return html("details", { class: "behind-chart", toggle: fill }, html("summary", {}, "Table"), note, place);
}

export function tableOf({ head, rows, say = [], numbers = 99 }, name) {
  const shown = (value, i) => (value === null || value === undefined ? "" : (say[i] ?? String)(value));
  const heads = head.map((word, i) => html("th", { scope: "col", class: i && i <= numbers ? "num" : null }, word));
  const lines = rows.map(([first, ...others]) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, shown(first, 0)),
      others.map((value, i) => html("td", { class: i < numbers ? "num" : null }, shown(value, i + 1))),
    ),
  );
  return html("table", { class: "plain", "aria-label": name }, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, lines));
}

// On paper all are as wide as it.
export function forPaper(makeAll) {
  const drawn = () => document.querySelectorAll("figure.figure");
  addEventListener("beforeprint", () => {
    makeAll();
    for (const one of drawn()) one.redraw?.(PAPER);
  });
  addEventListener("afterprint", () => drawn().forEach((one) => one.redraw?.()));
}
