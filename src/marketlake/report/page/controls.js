// The reader's choice: lists, kept in the address so that it can be passed on.

import { ratesNeeded } from "./levels.js";
import { compareYears, yearsOf } from "./years.js";
import { html } from "./svg.js";

const KEYS = ["a", "b", "first", "last", "currency", "basis", "closes"];

export function controls(market, changed) {
  const pick = Object.fromEntries(KEYS.map((key) => [key, document.getElementById(`pick-${key}`)]));
  const [start, asked] = [{ basis: "price", closes: "month", ...market.header.start }, fromAddress()];
  for (const key of ["a", "b"]) fillWith(pick[key], [...market.listed.values()].map((one) => [one.id, `${one.id} \u2013 ${one.label}`]));
  pick.closes.parentElement.hidden = !market.header.instruments.some((one) => one.by_month);
  const state = { touched: false };
  for (const wanted of [start, asked]) for (const key of ["a", "b", "basis", "closes"]) set(pick[key], wanted[key]);
  if (pick.a.value === pick.b.value) swapOther(pick, "b");
  currencies(market, pick, start.currency, asked.currency);
  windowFor(market, pick, [start.first, asked.first], [start.last, asked.last]);
  const tell = () => {
    const ask = { ...Object.fromEntries(KEYS.map((key) => [key, pick[key].value])), first: Number(pick.first.value), last: Number(pick.last.value) };
    changed(ask);
    return ask;
  };
  for (const key of KEYS) {
    pick[key].addEventListener("change", () => {
      if (key === "currency") state.touched = true;
      if (pick.a.value === pick.b.value) swapOther(pick, key);
      if (key === "a" || key === "b") {
        currencies(market, pick, state.touched && pick.currency.value);
        windowFor(market, pick, [pick.first.value], [pick.last.value]);
      }
      if (Number(pick.first.value) > Number(pick.last.value)) pick[key === "first" ? "last" : "first"].value = pick[key].value;
      history.replaceState(null, "", `#${new URLSearchParams(KEYS.map((one) => [one, pick[one].value]))}`);
      tell();
    });
  }
  // an address with another choice, in the same window
  addEventListener("hashchange", () => Object.keys(fromAddress()).length && location.reload());
  document.getElementById("controls").hidden = false;
  tell();
}

function fromAddress() {
  return Object.fromEntries([...new URLSearchParams(location.hash.slice(1))].filter(([key]) => KEYS.includes(key)));
}

function fillWith(list, options) {
  list.replaceChildren(...options.map(([value, words]) => html("option", { value }, words)));
}

// What stands in an address may be anything.
function set(list, value) {
  if ([...list.options].some((option) => option.value === String(value))) list.value = String(value);
}

// An instrument against itself says nothing: the other side takes the next one.
function swapOther(pick, key) {
  const other = pick[key === "a" ? "b" : "a"];
  other.selectedIndex = (other.selectedIndex + 1) % other.options.length;
}

function currencies(market, pick, ...wanted) {
  const ids = [pick.a.value, pick.b.value];
  const rates = [...market.listed.values()].map((one) => one.base_currency).filter(Boolean);
  const quoted = [...new Set(ids.map((id) => market.instrument(id).currency))];
  const codes = [...new Set([...quoted, "USD", ...rates])].filter((code) => ratesNeeded(market, ids, code));
  fillWith(pick.currency, codes.sort().map((code) => [code, code]));
  set(pick.currency, quoted.length === 1 ? quoted[0] : "USD");
  for (const code of wanted) set(pick.currency, code);
}

// All years that both have; without a wish from the first to the last that is complete for both.
function windowFor(market, pick, first, last) {
  const years = yearsOf(market, pick.a.value, pick.b.value);
  for (const list of [pick.first, pick.last]) fillWith(list, years.map((year) => [String(year), String(year)]));
  const ask = { a: pick.a.value, b: pick.b.value, currency: pick.currency.value, basis: pick.basis.value };
  const complete = pick.currency.value && years.length ? compareYears(market, { ...ask, first: years[0], last: years.at(-1) }).filter((row) => row.complete) : [];
  set(pick.first, complete[0]?.year ?? years[0]);
  set(pick.last, complete.at(-1)?.year ?? years.at(-1));
  for (const year of first) set(pick.first, year);
  for (const year of last) set(pick.last, year);
  if (Number(pick.first.value) > Number(pick.last.value)) pick.first.value = pick.last.value;
}
