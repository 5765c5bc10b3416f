// A figure: heading, chart, what must be said with it, the table behind it, and its files. Drawn when it comes near.

import { csv, drawn, png, save, standalone } from "./export.js";
import { html } from "./svg.js";

// Pixels across a page.
const PAPER = 700;

// view: { plain, title, draw(width), terms, table: { head, rows, all }, name }; `all` has the rows of the CSV.
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
    html("p", { class: "terms" }, view.terms),
    html("div", { class: "tools" }, tools),
    behind(view),
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

export function tableOf({ head, rows, numbers = 99 }, name) {
  const heads = head.map((word, i) => html("th", { scope: "col", class: i && i <= numbers ? "num" : null }, word));
  const lines = rows.map(([first, ...others]) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, first ?? ""),
      others.map((value, i) => html("td", { class: i < numbers ? "num" : null }, value === null || value === undefined ? "" : String(value))),
    ),
  );
  return html("table", { class: "plain", "aria-label": name }, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, lines));
}

// Sections are made when they come near, or all of them for paper.
export function whenNear(places, make) {
  const near = new IntersectionObserver(
    (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => make(one.target)),
    { rootMargin: "600px 0px" },
  );
  for (const place of places) near.observe(place);
  const drawn = () => document.querySelectorAll("figure.figure");
  addEventListener("beforeprint", () => {
    places.forEach((place) => make(place));
    for (const one of drawn()) one.redraw?.(PAPER);
  });
  addEventListener("afterprint", () => drawn().forEach((one) => one.redraw?.()));
}
