// Figures as the command line prints them, to the same digit, with a minus sign as wide as a figure. What is rounded to
// nothing has no minus. Files have the plain numbers.

export const MINUS = "\u2212";

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

// Half of the last digit goes to the even one, as in Python.
export function fixed(value, places) {
  const size = Math.abs(value);
  const twice = size * 2 ** (places + 1);
  let text = size.toFixed(places);
  if (Number.isInteger(twice) && twice % 2 === 1) {
    const down = (Math.floor(size * 10 ** places) / 10 ** places).toFixed(places);
    text = Number(down.at(-1)) % 2 ? text : down;
  }
  const [whole, part] = text.split(".");
  return grouped(whole) + (part ? `.${part}` : "");
}

const minusOf = (value, text) => (value < 0 && /[1-9]/.test(text) ? MINUS : "");

export function signed(value, places) {
  const text = fixed(value, places);
  return (minusOf(value, text) || "+") + text;
}

export function plain(value, places) {
  const text = fixed(value, places);
  return minusOf(value, text) + text;
}

const absent = (value) => value === null || value === undefined;

export const percent = (value) => (absent(value) ? "" : `${signed(value * 100, 2)} %`);
export const unsigned = (value) => percent(value).replace("+", "");
export const points = (value) => (absent(value) ? "" : `${signed(value * 100, 2)} points`);
export const ratio = (value) => (absent(value) ? "-" : plain(value, 2));
export const whole = (value) => plain(value, 0);
export const brief = (value) => signed(value, 0).replace(/^\+0$/, "0");

export function tickPercent(value) {
  const places = Math.abs(value * 100 - Math.round(value * 100)) < 1e-9 ? 0 : 1;
  return Math.abs(value) < 1e-9 ? "0" : `${plain(value * 100, places)} %`;
}

export const flags = (quality) => (quality ? quality.split(",").join(", ") : "no flags");

// Sentences of the command line.
export const withMinus = (text) => text.replace(/(^|[\s(])-(?=\d)/g, `$1${MINUS}`);
