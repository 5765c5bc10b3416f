// From the reader's choice to figures and charts.

import { barsView, coversClaim } from "./bars.js";
import { controls } from "./controls.js";
import { unpack } from "./decode.js";
import { drawdownView } from "./drawdown.js";
import { figure, forPaper } from "./figure.js";
import { basesOf, basisTerm, figuresTable } from "./figures.js";
import { growthView } from "./growth.js";
import { heatmapView } from "./heatmap.js";
import { makeMarket, publishedOnly } from "./levels.js";
import { frequencyOf, measure, together } from "./measure.js";
import { missingOf, notesOf } from "./notes.js";
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
  const { dataset } = document.documentElement;
  dataset.scripts = "on";
  // the claim is not shown over the choice in an address
  if (location.hash.includes("=")) dataset.asked = "yes";
  const { header, column } = await unpack(document.getElementById("data").textContent);
  const markets = { month: makeMarket(publishedOnly(header), column), day: makeMarket(header, column) };
  const made = new Map();
  let state = null;
  const places = [...document.querySelectorAll("section.follows")];
  const isDue = (place) => (place.id === "sleeve" ? !made.has(place) : made.get(place) !== state.ask);
  const make = (place) => {
    made.set(place, state.ask);
    fillSection(place, state);
  };
  const makeAll = () => state && places.filter(isDue).forEach(make);
  // what is in sight immediately, the others one by one, between which the page can be used
  let next = null;
  const makeNext = () => {
    const place = places.find(isDue);
    dataset.ready = place ? "no" : "yes";
    if (!place) return;
    make(place);
    next = setTimeout(makeNext);
  };
  controls(markets.month, (ask) => {
    state = stateOf(markets[ask.closes], ask);
    dataset.ready = "no";
    tell(state);
    delete dataset.asked;
    places.filter((place) => isDue(place) && isInSight(place)).forEach(make);
    clearTimeout(next);
    next = setTimeout(makeNext);
  });
  forPaper(makeAll);
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    for (const one of document.querySelectorAll("figure.figure")) one.redraw?.();
  });
}

const isInSight = (place) => {
  const { top, bottom } = place.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
};

function stateOf(market, ask) {
  const ids = [ask.a, ask.b];
  const frequency = frequencyOf(market, ids);
  const measured = ids.map((id) => measure(market, id, ask, frequency, ids));
  const names = ids.map((id) => market.instrument(id).label);
  return { market, ask, names, frequency, measured, rows: compareYears(market, ask), pair: together(market, ask, frequency, ...measured) };
}

function fillSection(place, state) {
  const figures = place.id === "sleeve" ? sleeveFigures(state.market) : [figure(VIEWS[place.id](state))];
  place.querySelector(".drawn").replaceChildren(...figures);
  for (const one of place.querySelectorAll("figure.figure")) one.redraw();
}

// The bars at the top, the finding in words and the figures.
function tell(state) {
  headline(state);
  const bars = figure(barsView(state));
  bars.id = "bars";
  document.getElementById("bars").replaceWith(bars);
  bars.redraw();
  document.getElementById("finding").replaceChildren(...finding(state));
  document.getElementById("figures").replaceChildren(figuresTable(state));
}

// What stands first is about the chart: the claim over its own years, else the choice.
function headline(state) {
  const { ask, names } = state;
  const [head, claim, chosen] = ["headline", "claim", "chosen"].map((id) => document.getElementById(id));
  head.dataset.claim ??= head.textContent;
  document.documentElement.dataset.title ??= document.title;
  const covers = coversClaim(state);
  claim.hidden = !covers;
  chosen.hidden = covers;
  head.textContent = covers ? head.dataset.claim : leadOf(state);
  const years = ask.first === ask.last ? ask.first : `${ask.first} to ${ask.last}`;
  chosen.textContent = `${names.join(" and ")}, ${years}, ${basisTerm(basesOf(state))} in ${ask.currency}`;
  document.title = covers ? document.documentElement.dataset.title : `${head.textContent}: ${chosen.textContent}`;
}

function leadOf({ ask, rows, names }) {
  const { judged, won } = counted(rows);
  if (!judged.length) return `${names[0]} and ${names[1]}: no year can be judged`;
  const [a, b] = [won(ask.a), won(ask.b)];
  if (a === b) return `${names[0]} and ${names[1]} level: ahead in ${a} of ${judged.length} years each`;
  const [first, second, count] = a > b ? [names[0], names[1], a] : [names[1], names[0], b];
  return `${first} ahead of ${second} in ${count} of ${judged.length} year${judged.length > 1 ? "s" : ""}`;
}

function counted(rows) {
  const judged = rows.filter((row) => row.winner !== null);
  return { judged, won: (id) => judged.filter((row) => row.winner === id).length };
}

function finding(state) {
  const { ask, rows, market } = state;
  const { judged, won } = counted(rows);
  const score = judged.length
    ? `${ask.a} ahead in ${won(ask.a)} of ${judged.length} years, ${ask.b} in ${won(ask.b)}`
    : "No year can be judged";
  const window = `--from ${ask.first} --to ${ask.last} --currency ${ask.currency} --basis ${ask.basis}`;
  const monthly = [ask.a, ask.b].some((id) => market.instrument(id).monthly) ? " --frequency monthly" : "";
  return [
    html("p", { class: "score" }, `${score}.`),
    html("ul", { class: "notes" }, notesOf(state).map((note) => html("li", {}, note))),
    ...missingOf(state).map((words) => html("p", { class: "aside missing" }, words)),
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

main().catch((error) => {
  delete document.documentElement.dataset.asked;
  throw error;
});
