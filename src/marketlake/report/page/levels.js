// From closes as traded to what one unit has become, on a basis and in a currency: return_index.sql, exchange_rate.sql.

import { countKnown, placeAfter } from "./calendars.js";

const EXACT = 2 ** 49;
const OLDEST_RATE = 7;

export function makeMarket(header, column) {
  const listed = new Map(header.instruments.map((one) => [one.id, one]));
  const calendars = Object.fromEntries(Object.entries(header.calendars).map(([name, at]) => [name, column(at)]));
  const known = new Map();
  const once = (key, make) => known.get(key) ?? known.set(key, make()).get(key);
  const rateOf = new Map(header.instruments.filter((one) => one.base_currency).map((one) => [one.base_currency, one]));
  const market = { header, calendars, listed, instrument: (id) => listed.get(id), rateOf: (code) => rateOf.get(code) };
  market.stored = (id) => once(id, () => stored(listed.get(id), column, calendars));
  market.level = (id, currency, basis) =>
    once(`${id} ${currency} ${basis}`, () => level(market, listed.get(id), currency, basis));
  market.rate = (code) => once(`rate ${code}`, () => rate(market, code));
  return market;
}

// The same instruments by the ends of months where the days between are simulated: what is left is published.
export function publishedOnly(header) {
  const instruments = header.instruments.map((one) => (one.by_month ? { ...one, ...one.by_month, synthetic: "no" } : one));
  return { ...header, instruments, published: true };
}

// Reference rates that turn these instruments into a currency, dollars aside; null where one is not stored.
export function ratesNeeded(market, ids, currency) {
  const quoted = new Set(ids.map((id) => market.instrument(id).currency).filter((code) => code !== currency));
  const codes = [...(quoted.size ? quoted.add(currency) : quoted)].filter((code) => code !== "USD");
  const rates = codes.map(market.rateOf);
  return rates.every(Boolean) ? rates : null;
}

function stored(one, column, calendars) {
  const day = column(one.day);
  if (one.monthly) {
    let sum = 0;
    const known = column(one.sessions).map((count) => (sum += count));
    return { day, price: column(one.price), total: column(one.total), known };
  }
  return { day, ...indices(one, column(one.close)), known: countKnown(day, calendars[one.calendar]) };
}

function indices(one, close) {
  const splits = running(one.split, close, (split) => (split > 0 ? split : NaN));
  const reinvested = running(one.dividend, close, (dividend, at) =>
    at > 0 && at + dividend > 0 ? (at + dividend) / at : NaN,
  );
  const isPrice = one.return_basis === "price";
  const price = new Float64Array(close.length);
  const total = new Float64Array(close.length);
  for (let i = 0; i < close.length; i++) {
    const index = close[i] > 0 ? close[i] * splits(i) : NaN;
    price[i] = isPrice ? index : NaN;
    total[i] = isPrice ? index * reinvested(i) : index;
  }
  return { price, total, close };
}

// The product of all factors so far, as sums of rounded logarithms, which add up exactly; asked in order.
function running(events, close, factor) {
  let next = 0;
  let sum = 0;
  return (place) => {
    for (; next < events.length && events[next][0] <= place; next++) {
      const [at, value] = events[next];
      // a product runs from the second session on
      if (at > 0) sum += Math.round(Math.log(factor(value, close[at])) * EXACT);
    }
    return Math.exp(sum / EXACT);
  };
}

function rate(market, code) {
  const { day, close } = market.stored(market.rateOf(code).id);
  const priced = [...day.keys()].filter((i) => close[i] > 0);
  const days = priced.map((i) => day[i]);
  return (when) => {
    const at = placeAfter(days, when) - 1;
    return at >= 0 && when - days[at] <= OLDEST_RATE ? close[priced[at]] : NaN;
  };
}

function level(market, one, currency, basis) {
  const { day, price, total, known } = market.stored(one.id);
  const index = one.return_basis === "total" || basis === "total" ? total : price;
  const dollars = (code) => (code === "USD" ? () => 1 : market.rate(code));
  const [from, to] = one.currency === currency ? [() => 1, () => 1] : [dollars(one.currency), dollars(currency)];
  const rates = Float64Array.from(day, (when) => from(when) / to(when));
  return { day, level: index.map((value, i) => value * rates[i]), rates, known };
}
