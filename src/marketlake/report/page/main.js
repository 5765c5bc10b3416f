// From the reader's choice to figures and charts.

import { barsView } from "./bars.js";
import { controls } from "./controls.js";
import { unpack } from "./decode.js";
import { drawdownView } from "./drawdown.js";
import { figure, whenNear } from "./figure.js";
import { figuresTable } from "./figures.js";
import { growthView } from "./growth.js";
import { heatmapView } from "./heatmap.js";
import { makeMarket } from "./levels.js";
import { frequencyOf, measure, together } from "./measure.js";
import { notesOf } from "./notes.js";
import { rollingView } from "./rolling.js";
import { scatterView } from "./scatter.js";
import { sleeveFigures } from "./sleeve.js";
import { html } from "./svg.js";
import { compareYears } from "./years.js";

const VIEWS = {
  growth: growthView,
  drawdown: drawdownView,
  rolling: rollingView,
  heatmap: heatmapView,
  scatter: scatterView,
};

async function main() {
  document.documentElement.dataset.scripts = "on";
  const { header, column } = await unpack(document.getElementById("data").textContent);
  const market = makeMarket(header, column);
  const made = new Map();
  let state = null;
  const places = [...document.querySelectorAll("section.follows")];
  const make = (place) => {
    if (!state || made.get(place) === state.ask) return;
    if (place.id === "sleeve" && made.has(place)) return;
    made.set(place, state.ask);
    fillSection(place, market, state);
  };
  controls(market, (ask) => {
    state = stateOf(market, ask);
    tell(state);
    for (const place of places) if (made.has(place) || isNear(place)) make(place);
  });
  whenNear(places, make);
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    for (const one of document.querySelectorAll("figure.figure")) one.redraw?.();
  });
  document.documentElement.dataset.ready = "yes";
}

const isNear = (place) => place.getBoundingClientRect().top < innerHeight + 600;

function stateOf(market, ask) {
  const ids = [ask.a, ask.b];
  const frequency = frequencyOf(market, ids);
  const measured = ids.map((id) => measure(market, id, ask, frequency, ids));
  const names = ids.map((id) => market.instrument(id).label);
  return { market, ask, names, frequency, measured, rows: compareYears(market, ask), pair: together(market, ask, ...measured) };
}

function fillSection(place, market, state) {
  const figures = place.id === "sleeve" ? sleeveFigures(market) : [figure(VIEWS[place.id](state))];
  place.querySelector(".drawn").replaceChildren(...figures);
  for (const one of place.querySelectorAll("figure.figure")) one.redraw();
}

// The bars at the top, the finding in words and the figures.
function tell(state) {
  const bars = figure(barsView(state));
  bars.id = "bars";
  document.getElementById("bars").replaceWith(bars);
  bars.redraw();
  document.getElementById("finding").replaceChildren(...finding(state));
  document.getElementById("figures").replaceChildren(figuresTable(state));
}

function finding(state) {
  const { ask, rows, market } = state;
  const judged = rows.filter((row) => row.winner !== null);
  const won = (id) => judged.filter((row) => row.winner === id).length;
  const score = judged.length
    ? `${ask.a} ahead in ${won(ask.a)} of ${judged.length} years, ${ask.b} in ${won(ask.b)}`
    : "No year can be judged";
  const window = `--from ${ask.first} --to ${ask.last} --currency ${ask.currency} --basis ${ask.basis}`;
  const monthly = [ask.a, ask.b].some((id) => market.instrument(id).monthly) ? " --frequency monthly" : "";
  return [
    html("p", { class: "score" }, `${score}.`),
    html("ul", { class: "notes" }, notesOf(state).map((note) => html("li", {}, note))),
    html(
      "p",
      { class: "terms" },
      "The same from a terminal: ",
      html("code", {}, `marketlake compare ${ask.a} ${ask.b} ${window}`),
      " and ",
      html("code", {}, `marketlake metrics ${ask.a} --benchmark ${ask.b} ${window}${monthly}`),
    ),
  ];
}

main();
